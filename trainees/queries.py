"""Reads of places and rosters, as pages, actions and the run need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from carpentries_portal.common.models import Notice, Person, email_key
from carpentries_portal.common.models.notices import NoticeState
from trainees.models import Place, RosterChange
from trainees.policy import Known, RosterFacts
from trainees.states import PlaceState
from trainings.models import Booking
from trainings.queries import roster_requests, waiting_roster_requests
from trainings.states import BookingState, TrainingState

INVITATION = "trainees.invitation"


def roster_of(booking: Booking) -> list[Place]:
    """The active places of a booking with their people and applications, by name."""
    rows = Place.objects.active().filter(booking=booking.pk).select_related("person", "application")
    return sorted(rows, key=lambda place: (place.name.casefold(), place.pk))


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
    """As `facts_of`, with the names counted and waiting requests looked up. Two queries."""
    names = Place.objects.active().filter(booking=booking.pk).count()
    return facts_of(booking, names=names, pending=booking.pk in roster_requests([booking.pk]))


def names_on(booking_ids: Iterable[int]) -> dict[int, int]:
    """How many names each booking has."""
    rows = Place.objects.active().filter(booking__in=booking_ids).values("booking").annotate(n=Count("pk"))
    return {row["booking"]: row["n"] for row in rows}


def known_of(booking: Booking, emails: Iterable[str]) -> Mapping[str, Known]:
    """What stands in the way of these addresses at this booking's training (P11), by key. One query."""
    keys = {email_key(email) for email in emails if email}
    training = booking.training
    rows = (
        Place.objects.active()
        .filter(person__email_key__in=keys)
        .filter(Q(training=training.pk) | Q(training__starts_at__lt=training.ends_at, training__ends_at__gt=training.starts_at))
        .exclude(booking=booking.pk)
        .exclude(training__state=TrainingState.CANCELLED)
        .select_related("person", "training")
        .order_by("training__starts_at", "pk")
    )
    known: dict[str, Known] = {}
    for place in rows:
        here = place.training_id == training.pk
        found = Known(here=True) if here else Known(overlaps=place.training.days_text)
        if here or place.person.email_key not in known:
            known[place.person.email_key] = found
    return known


def last_change(booking_id: int) -> RosterChange | None:
    return RosterChange.objects.filter(booking=booking_id).order_by("-pk").first()


def roster_request_waits(booking: Booking) -> bool:
    """Whether staff have a request about this roster to decide, whenever it was made."""
    return waiting_roster_requests([booking.pk]).exists()


def can_undo(change: RosterChange | None, places: Iterable[Place], *, now: datetime) -> bool:
    """Whether a list can still be undone: none of those it added has been invited (P13)."""
    if change is None:
        return False
    added = set(change.added)
    return not any(place.pk in added and place.invited(now) for place in places)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What became of a place's invitation."""

    state: str = ""  # a NoticeState, or "" where none is known
    error: str = ""


def invitations(place_ids: Iterable[int]) -> dict[int, Invitation]:
    """The newest invitation of each place. One query."""
    rows = Notice.objects.filter(letter=INVITATION, subject_label="trainees.place", subject_id__in=place_ids)
    rows = rows.exclude(state=NoticeState.CANCELLED).order_by("pk")
    return {row.subject_id: Invitation(row.state, row.error) for row in rows if row.subject_id is not None}


def places_of(person: Person) -> list[Place]:
    """A person's places over the years, newest training first."""
    rows = (
        Place.objects.active()
        .of_person(person.pk)
        .select_related("training__edition", "booking__membership__organization", "application")
    )
    return list(rows.order_by("-training__starts_at", "-pk"))


def progress_of(booking_ids: Iterable[int]) -> Counter[int]:
    """How many finished applications each booking has."""
    rows = Place.objects.filter(
        booking__in=booking_ids, state=PlaceState.ACTIVE, application__finished_at__isnull=False
    ).values_list("booking", flat=True)
    return Counter(rows)
