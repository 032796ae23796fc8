"""Reads of trainings and bookings, as pages and actions need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, Hours
from carpentries_portal.common.handbook import ExceptionUsed, Verdict
from carpentries_portal.common.prepared import prepared
from memberships.models import Membership
from trainings import policy
from trainings.models import Booking, Training, TrainingException
from trainings.policy import TrainingFacts
from trainings.states import BookingState


def scheduled_keys(now: datetime) -> dict[tuple[date, date, time, time, str], str]:
    """The trainings to come by what makes two the same (days, hours, zone), with their codes. One query."""
    rows = Training.objects.scheduled().not_begun(now).order_by("-pk")
    return {row[:5]: row[5] for row in rows.values_list("starts_on", "ends_on", "starts", "ends", "zone", "code")}


@prepared
def _seats(training_id: Any) -> QuerySet[Booking, int]:
    return Booking.objects.confirmed().filter(training=training_id).values_list("seats", flat=True)


def seats_booked(training_id: int) -> int:
    """The seats of confirmed bookings. Decide on it only under the training's lock."""
    return sum(_seats(training_id=training_id))


def facts_of(training: Training) -> TrainingFacts:
    """The training as policy sees it, now. Needs `edition` loaded; one query unless `with_seats_booked` counted."""
    counted = getattr(training, "seats_booked", None)
    return training.facts(seats_booked=seats_booked(training.pk) if counted is None else counted)


@prepared
def _in_force(training_id: Any, membership_id: Any, now: Any) -> QuerySet[TrainingException]:
    return TrainingException.objects.in_force(now).filter(training=training_id, membership=membership_id).order_by("pk")


def exceptions_for(training: Training, membership: Membership, *, now: datetime) -> tuple[ExceptionUsed, ...]:
    """The exceptions in force for a membership at a training, or for its booking there; oldest first."""
    return tuple(record.as_used() for record in _in_force(training_id=training.pk, membership_id=membership.pk, now=now))


@prepared
def _there(training_id: Any, membership_id: Any) -> QuerySet[Booking, int]:
    return Booking.objects.confirmed().filter(training=training_id, membership=membership_id).values_list("pk", flat=True)[:1]


def has_booking(training: Training, membership: Membership) -> bool:
    return bool(_there(training_id=training.pk, membership_id=membership.pk))


def sign_up_granted(training: Training, memberships: Sequence[Membership], *, now: datetime) -> ExceptionUsed | None:
    """An exception in force by which one of these memberships may still sign up (R6)."""
    ids = [membership.pk for membership in memberships]
    rows = TrainingException.objects.in_force(now).filter(training=training.pk, membership__in=ids, rule="R6").order_by("pk")
    record = rows.first()
    return record.as_used() if record is not None else None


def booking_verdicts(
    training: Training, membership: Membership, *, seats: int, site_zone: str, now: datetime, as_staff: bool = False
) -> tuple[Verdict, ...]:
    """What the rules say to a new booking. The page asks it before, the action again under the locks: the same function."""
    return policy.check_booking(
        facts_of(training),
        membership.facts(),
        seats=seats,
        site_zone=site_zone,
        has_one=has_booking(training, membership),
        now=now,
        exceptions=exceptions_for(training, membership, now=now),
        as_staff=as_staff,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """A training as the calendar lists it."""

    training: Training
    facts: TrainingFacts
    sign_up: CutOff
    hours: Sequence[Hours]
    open: bool
    full: bool
    over: bool

    @property
    def seats_free(self) -> int:
        return self.facts.seats_free

    @property
    def stands(self) -> tuple[str, str]:
        """How it stands for who looks for one: the word and its tone."""
        if self.facts.cancelled:
            return _("cancelled"), "bad"
        if self.over or not self.open:
            return _("over") if self.over else _("sign-up closed"), ""
        return (_("full for a new team"), "warn") if self.full else (_("open"), "good")


def offer_of(training: Training, *, now: datetime) -> Offer:
    """Needs `with_seats_booked` and `edition`."""
    facts = facts_of(training)
    return Offer(
        training=training,
        facts=facts,
        sign_up=training.sign_up,
        hours=training.hours(),
        open=policy.takes_bookings(facts, now=now).allowed and not training.sign_up.passed(now),
        full=facts.seats_free < facts.edition.minimum_team,
        over=training.ends_at < now,
    )


def all_bookings_of(membership_id: Any) -> QuerySet[Booking]:
    """With the edition, which the people of each are judged by."""
    rows = Booking.objects.filter(membership=membership_id).select_related("training__edition")
    rows = rows.defer("training__agenda", "training__source", "training__source_notes")
    return rows.order_by("-training__starts_at", "-pk")


@prepared
def _asked_by(membership_id: Any) -> QuerySet[TrainingException]:
    rows = TrainingException.objects.filter(membership=membership_id)
    return rows.select_related("training", "asked_by", "membership__organization").order_by("-pk")


_of_membership = prepared(all_bookings_of)


def bookings_of(membership: Membership) -> list[Booking]:
    """The bookings of a membership, the newest training first. One query."""
    return _of_membership(membership_id=membership.pk)


def confirmed_bookings(membership_id: int) -> list[Booking]:
    """The confirmed bookings of a membership, the soonest training first. One query."""
    rows = Booking.objects.confirmed().filter(membership=membership_id).select_related("training")
    return list(rows.order_by("training__starts_at", "pk"))


def requests_of(membership: Membership) -> list[TrainingException]:
    """What the coordinators of a membership asked, newest first."""
    return _asked_by(membership_id=membership.pk)


def request_for(training: Training, membership: Membership, rule: str) -> TrainingException | None:
    """The newest request or exception about one rule for a membership at a training."""
    rows = TrainingException.objects.filter(training=training.pk, membership=membership.pk, rule=rule)
    return rows.order_by("-pk").first()


def bookings_to_end(training_id: int) -> list[Booking]:
    """The confirmed bookings of a training that is being cancelled."""
    rows = Booking.objects.filter(training=training_id, state=BookingState.CONFIRMED)
    return list(rows.select_related("reservation", "membership__organization").order_by("membership_id"))


def sign_up_requests(training_id: int, *, now: datetime) -> list[policy.SignUpRequest]:
    """R6 requests that keep an empty training alive (R7): those that wait, and approvals in force and not yet used."""
    rows = TrainingException.objects.filter(training=training_id, rule="R6", membership__isnull=False).filter(
        Q(state="asked") | Q(state="approved", used_at__isnull=True) & (Q(until__isnull=True) | Q(until__gt=now))
    )
    return [policy.SignUpRequest(approved=row.state == "approved", used=row.used_at is not None) for row in rows]


def hold_on(training_id: int) -> ExceptionUsed | None:
    """The hold of staff on a training (an exception to R7) that ends last, ended or not; None where none stands."""
    rows = TrainingException.objects.filter(training=training_id, rule="R7", membership__isnull=True, state="approved")
    hold = rows.order_by("-until").first()
    return hold.as_used() if hold else None


def holds_in_force(now: datetime) -> dict[int, TrainingException]:
    """The holds that keep trainings from R7 now, by training, of several the one that ends last: the rows, for who placed them and why."""
    rows = TrainingException.objects.in_force(now).filter(rule="R7", membership__isnull=True).select_related("decided_by")
    return {row.training_id: row for row in rows.order_by("until")}


def had_booking_at(training_id: int, at: datetime) -> bool:
    """Whether a confirmed booking stood at an instant, such as the end of the sign-up day."""
    rows = Booking.objects.filter(training=training_id, booked_at__lt=at)
    return rows.filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gte=at)).exists()


def membership_again(membership: Membership) -> Membership:
    """The membership as it stands now, with what a booking form shows of it."""
    return Membership.objects.select_related("organization", "edition").get(pk=membership.pk)


def active_booking(training: Training, membership: Membership) -> Booking | None:
    """The confirmed booking of a membership at a training, if there is one (P3)."""
    return Booking.objects.confirmed().filter(training=training.pk, membership=membership.pk).first()


def own_bookings(training: Training, memberships: Sequence[Membership]) -> list[Booking]:
    """The confirmed bookings of these memberships at a training. One query, none without memberships."""
    if not memberships:
        return []
    rows = Booking.objects.confirmed().filter(training=training.pk, membership__in=[row.pk for row in memberships])
    return list(rows.select_related("membership__organization"))


@dataclass(frozen=True, slots=True)
class SiteSuggestion:
    """Where a team sat the last time, or what is known before the first."""

    name: str
    room: str
    zone: str


def last_site(membership: Membership) -> SiteSuggestion:
    """The site of the organization's newest booking; else only its zone. One query."""
    rows = Booking.objects.filter(membership__organization=membership.organization_id).order_by("-pk")
    last = rows.values_list("site", "room", "site_zone").first()
    return SiteSuggestion(*last) if last else SiteSuggestion(name="", room="", zone=membership.organization.zone)


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """A line of the agenda at its wall-clock time in the training's zone."""

    starts: time
    ends: time
    title: str
    kind: str


def agenda_days(training: Training) -> list[tuple[date, list[AgendaLine]]]:
    """The agenda by day, as it was announced with the training. No query."""
    days: list[tuple[date, list[AgendaLine]]] = []
    for number, hours in enumerate(training.hours(), start=1):
        begin = datetime.combine(hours.on, hours.starts)
        lines = [
            AgendaLine(
                starts=(begin + timedelta(minutes=item["starts_after"])).time(),
                ends=(begin + timedelta(minutes=item["starts_after"] + item["minutes"])).time(),
                title=item["title"],
                kind=item["kind"],
            )
            for item in training.agenda
            if item["day"] == number
        ]
        if lines:
            days.append((hours.on, lines))
    return days
