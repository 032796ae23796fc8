"""Reads of places and rosters, as pages, actions and the run need them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Count, Exists, Q

from carpentries_portal.common.dates import CutOff, instant
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.prepared import first, prepared
from trainees import policy
from trainees.models import Place, PlaceException, RollCall, RollCallMark, RosterChange, RosterRequest
from trainees.policy import DayMarks, Missed, RosterFacts
from trainees.states import Outcome, PlaceState
from trainings.models import Booking, Training, TrainingException
from trainings.queries import roster_requests, waiting_roster_requests
from trainings.states import BookingState, TrainingState

ABSENT = DayMarks(absent=True)
EXCUSE_HOLDS = timedelta(days=365)
"""How long an excuse (R15) holds that staff enter: until attendance is confirmed, which may be late."""


@prepared
def _on_roster(booking_id: Any) -> models.QuerySet[Place]:
    return Place.objects.active().filter(booking=booking_id).select_related("person", "application")


@prepared
def _changes(booking_id: Any) -> models.QuerySet[RosterChange]:
    return RosterChange.objects.filter(booking=booking_id).order_by("-pk")[:1]


@prepared
def _waiting_for_roster(booking_id: Any) -> models.QuerySet[TrainingException, Any]:
    return waiting_roster_requests([booking_id]).values_list("pk")[:1]


def roster_of(booking: Booking) -> list[Place]:
    """The active places of a booking with their people and applications, by name."""
    rows = _on_roster(booking_id=booking.pk)
    for place in rows:
        place.booking, place.training = booking, booking.training
    return sorted(rows, key=lambda place: (place.name.casefold(), place.pk))


def has_applied(place: Place) -> bool:
    """Whether the person has begun the application. No query where it is loaded."""
    return getattr(place, "application", None) is not None


def brought_in_by_list(place: Place) -> bool:
    """Whether the portal knows the person from this list alone: added with it, and never logged in. No query; needs the person."""
    return place.person.added_at == place.added_at and place.person.last_login is None


def facts_of(booking: Booking, *, names: int, pending: bool = False) -> RosterFacts:
    """The booking as its roster's rules see it. Needs training, edition, membership and reservation loaded."""
    edition, members = booking.training.edition.edition(), booking.membership.edition.edition()
    return RosterFacts(
        seats=booking.seats,
        reserved=booking.reservation.reserved,
        names=names,
        cut_off=booking.roster_cut_off(),
        begins_at=booking.training.starts_at,
        minimum=edition.minimum_for(members.seats_of(booking.membership.level)),
        cancelled=booking.state != BookingState.CONFIRMED or booking.training.state == TrainingState.CANCELLED,
        closed=booking.roster_closed_at is not None,
        pending=pending,
    )


def roster_facts(booking: Booking) -> RosterFacts:
    """As `facts_of`, with the names counted and waiting requests looked up. One query, two more where a request waits."""
    names, own, more_time = _names_and_requests(booking_id=booking.pk)[0]
    return facts_of(booking, names=names, pending=(own or more_time) and booking.pk in requests_in_time([booking.pk]))


@prepared
def _names_and_requests(booking_id: Any) -> models.QuerySet[Booking, tuple[int, bool, bool]]:
    """Of one booking: how many names, and whether a request of either kind waits at all."""
    names = Count("places", filter=Q(places__state=PlaceState.ACTIVE))
    own, more_time = RosterRequest.objects.waiting().filter(booking=booking_id), waiting_roster_requests([booking_id])
    rows = Booking.objects.filter(pk=booking_id).order_by().values("pk")
    return rows.annotate(names=names, own=Exists(own), more_time=Exists(more_time)).values_list("names", "own", "more_time")


def requests_in_time(booking_ids: Collection[int]) -> set[int]:
    """Of these bookings, those of which a request about the roster (R16, P6, P7), made before its cut-off, waits. Two queries."""
    rows = RosterRequest.objects.waiting().filter(booking__in=booking_ids).select_related("booking__training")
    own = {row.booking_id for row in rows if row.asked_at < row.booking.roster_cut_off().ends_at}
    return own | roster_requests(booking_ids)


def names_on(booking_ids: Iterable[int]) -> dict[int, int]:
    """How many names each booking has."""
    rows = Place.objects.active().filter(booking__in=booking_ids).values("booking").annotate(n=Count("pk"))
    return {row["booking"]: row["n"] for row in rows}


def last_change(booking_id: int) -> RosterChange | None:
    return first(_changes(booking_id=booking_id))


def roster_request_waits(booking: Booking) -> bool:
    """Whether staff have a request about this roster to decide, whenever it was made."""
    return bool(_waiting_for_roster(booking_id=booking.pk))


def can_undo(change: RosterChange | None, places: Iterable[Place], *, now: datetime) -> bool:
    """Whether a list can still be undone: none of those it added has been invited (P13)."""
    if change is None:
        return False
    added = set(change.added)
    return not any(place.pk in added and place.invited(now) for place in places)


@prepared
def _of_person(person_id: Any) -> models.QuerySet[Place]:
    rows = Place.objects.active().of_person(person_id)
    rows = rows.select_related("training__edition", "booking__membership__organization", "application")
    return rows.order_by("-training__starts_at", "-pk")


def places_of(person: Person) -> list[Place]:
    """A person's places over the years, newest training first. One query."""
    return _of_person(person_id=person.pk)


def progress_of(booking_ids: Iterable[int]) -> Counter[int]:
    """How many finished applications each booking has."""
    rows = Place.objects.filter(
        booking__in=booking_ids, state=PlaceState.ACTIVE, application__finished_at__isnull=False
    ).values_list("booking", flat=True)
    return Counter(rows)


def missed_by(place: Place, *, unmarked: DayMarks = ABSENT) -> Missed:
    """What a place missed by its roll call; a day without a mark counts as absent, or as said. Needs `roll_calls` and the training."""
    training = place.training
    marks = {row.day: row.marks() for row in place.roll_calls.all()}
    hours = training.hours()
    days = [marks.get(number, unmarked) for number in range(1, len(hours) + 1)]
    return policy.missed(policy.teaching(training.agenda, hours), policy.presence_by_day(days, hours))


def verdict_of(place: Place, records: Iterable[PlaceException], *, now: datetime, unmarked: DayMarks = ABSENT) -> Verdict:
    """What R15 says to a place by its roll call and the exceptions about it. No query; needs `roll_calls` and the training's edition.

    One that was used up for this place keeps counting for it.
    """
    given = [record for record in records if record.used_at is not None or record.is_in_force(now)]
    grounds = {record.pk: policy.Ground(record.ground) for record in given if record.ground}
    used = [dataclasses.replace(record.as_used(), until=None) for record in given]
    return policy.attended(
        missed_by(place, unmarked=unmarked), edition=place.training.edition.edition(), now=now, exceptions=used, grounds=grounds
    )


def _excuses() -> models.QuerySet[PlaceException]:
    return PlaceException.objects.filter(rule="R15", state=ExceptionState.APPROVED)


def is_excused(place: Place, *, now: datetime) -> bool:
    """Whether staff let the person pass (R15), and it counts: decide on it only under the place's lock."""
    return any(record.used_at is not None or record.is_in_force(now) for record in _excuses().filter(place=place.pk))


def attendance_verdict(place: Place, *, now: datetime) -> Verdict:
    """As `verdict_of`, read anew. Three queries."""
    place = Place.objects.prefetch_related("roll_calls").select_related("training__edition").get(pk=place.pk)
    return verdict_of(place, _excuses().filter(place=place.pk), now=now)


@dataclass(frozen=True, slots=True)
class Team:
    """A team in the roll call: its places with their marks, and the excuses by place."""

    booking: Booking
    places: list[Place]
    given: Mapping[int, list[PlaceException]]


@prepared
def _teams_at(training_id: Any) -> models.QuerySet[Booking]:
    return Booking.objects.confirmed().filter(training=training_id).select_related("membership__organization")


@prepared
def _places_at(training_id: Any) -> models.QuerySet[Place]:
    return Place.objects.active().filter(training=training_id).select_related("person")


@prepared
def _excuses_at(training_id: Any) -> models.QuerySet[PlaceException]:
    return _excuses().filter(place__training=training_id)


def _marks(*, history: bool) -> list[models.Prefetch[str]]:
    kept: list[models.Prefetch[str]] = [models.Prefetch("roll_calls", RollCall.objects.select_related("saved_by"))]
    if history:
        marks = RollCallMark.objects.select_related("saved_by").order_by("rest", "-made_at", "-key")
        kept.append(models.Prefetch("roll_call_marks", marks))
    return kept


def roll_call(
    training: Training, *, bookings: Collection[int] | None = None, place_id: int | None = None, history: bool = False
) -> list[Team]:
    """The teams of a training with their people, by organization; or of these bookings, or one person's. With who marked what before.

    Four queries, and one for the history.
    """
    teams = [row for row in _teams_at(training_id=training.pk) if bookings is None or row.pk in bookings]
    rows = [row for row in _places_at(training_id=training.pk) if bookings is None or row.booking_id in bookings]
    rows = [row for row in rows if place_id is None or row.pk == place_id]
    models.prefetch_related_objects(rows, *_marks(history=history))
    places: dict[int, list[Place]] = {}
    for place in sorted(rows, key=lambda place: (place.name.casefold(), place.pk)):
        place.training = training
        places.setdefault(place.booking_id, []).append(place)
    given: dict[int, list[PlaceException]] = {}
    for record in _excuses_at(training_id=training.pk):
        given.setdefault(record.place_id, []).append(record)
    ordered = sorted(teams, key=lambda booking: (booking.membership.organization.name.casefold(), booking.pk))
    return [Team(booking=booking, places=places.get(booking.pk, []), given=given) for booking in ordered]


def fingerprint_of(places: Iterable[Place]) -> str:
    """A team's roll call as a page shows it, so that nobody confirms another one. Needs `roll_calls`; asks nothing."""
    days = [
        f"{place.pk} {place.name} {row.day} {policy.text_of(row.marks())}"
        for place in sorted(places, key=lambda place: place.pk)
        for row in sorted(place.roll_calls.all(), key=lambda row: row.day)
    ]
    return hashlib.sha256("\n".join(days).encode()).hexdigest()[:16]


RECENT = timedelta(days=90)


def attendance_missing(now: datetime, *, since: datetime | None = None) -> models.QuerySet[Training]:
    """Trainings that are over, ended after `since` (ninety days ago), with a team whose attendance is not confirmed; the oldest first."""
    waiting = Booking.objects.confirmed().filter(training=models.OuterRef("pk"), attendance_confirmed_at__isnull=True)
    rows = Training.objects.filter(ends_at__lte=now, ends_at__gt=since or now - RECENT).exclude(state=TrainingState.CANCELLED)
    return rows.filter(models.Exists(waiting)).select_related("edition").order_by("ends_at", "pk")


@prepared
def _trained_by(person_id: Any, since: Any) -> models.QuerySet[Training]:
    rows = Training.objects.filter(training_trainers__trainer__person=person_id, ends_at__gt=since)
    return rows.exclude(state=TrainingState.CANCELLED).order_by("starts_at", "pk")


def trainings_of(person: Person, *, now: datetime) -> list[Training]:
    """The trainings that a person trains, from those of the last thirty days on. One query."""
    return _trained_by(person_id=person.pk, since=now - timedelta(days=30))


def unfinished(booking_id: int) -> list[Place]:
    """The active places of a booking without a finished application, by name. One query."""
    rows = Place.objects.active().filter(booking=booking_id).exclude(application__finished_at__isnull=False)
    return sorted(rows.select_related("person"), key=lambda place: (place.name.casefold(), place.pk))


def remindable(booking_id: int, *, now: datetime) -> list[Place]:
    """Of a team, those who can be reminded of the application: invited, not finished, and not without use because they did not pass."""
    return [place for place in unfinished(booking_id) if place.invited(now) and place.outcome != Outcome.NOT_PASSED]


def reminded_on(place_ids: Iterable[int], *, day: date, zone: str) -> set[int]:
    """Of these places, those to whom L5 was owed on a day of the zone's calendar. One query."""
    rows = Notice.objects.filter(letter="trainees.application_missing", subject_label="trainees.place", subject_id__in=place_ids)
    begins, ends = instant(day, time.min, zone), CutOff(on=day, zone=zone).ends_at
    rows = rows.filter(queued_at__gte=begins, queued_at__lt=ends).exclude(state=NoticeState.CANCELLED)
    return {pk for pk in rows.values_list("subject_id", flat=True) if pk is not None}


def applications_missing(now: datetime, *, within_days: int) -> models.QuerySet[Booking]:
    """Confirmed bookings around their training, from so many days before to two weeks after, with `unfinished` applications."""
    day = timedelta(days=1)
    missing = Count("places", filter=Q(places__state=PlaceState.ACTIVE, places__application__finished_at__isnull=True))
    rows = Booking.objects.confirmed().filter(
        training__starts_on__lte=now.date() + (within_days + 1) * day, training__ends_on__gte=now.date() - 14 * day
    )
    rows = rows.exclude(training__state=TrainingState.CANCELLED).annotate(unfinished=missing).filter(unfinished__gt=0)
    return rows.select_related("training__edition").order_by("training__starts_at", "pk")
