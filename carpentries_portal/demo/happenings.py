"""What happens now and then, once in the demo's last days: a team grows, one cancels, one moves, a training is cancelled, staff decide requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet

from carpentries_portal.common import exceptions
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.demo import cast
from memberships.models import Coordinator, Membership
from trainings.actions import ask_exception, cancel_booking, cancel_training, change_seats, move_booking
from trainings.models import Booking, Training
from trainings.queries import booking_verdicts

MOST_TRIED = 40


def happen(*, spared: list[int], staff: Person, now: datetime) -> None:
    """Each where the picture of this day has somebody for it. `spared`: trainings that stay as they are."""
    teams = _teams(spared, now)
    grown = next((row for row in teams if _grows(row, now=now)), None)
    others = (row for row in teams if grown is None or row.pk != grown.pk)
    moved = next((row for row in others if _moves(row, spared, now=now)), None)
    left = next((row for row in others if moved is None or row.pk != moved.pk), None)
    if left is not None:
        why = "Half of the team has left the university."
        cancel_booking(booking_id=left.pk, why=why, by=_coordinator(left.membership), now=now)
    _cancel_one_with_a_team(spared, staff=staff, now=now)
    _decide_two(spared, staff=staff, now=now)


def _bookings() -> QuerySet[Booking]:
    rows = Booking.objects.confirmed().exclude(membership__organization__name__in=cast.PRINCIPALS)
    return rows.select_related("training__edition", "membership__organization", "membership__edition").order_by("pk")


def _teams(spared: list[int], now: datetime) -> list[Booking]:
    """Teams whose sign-up is open: all is free to change."""
    rows = _bookings().exclude(training__in=spared).filter(training__starts_at__gt=now + timedelta(days=30))
    return [row for row in rows[:MOST_TRIED] if not row.training.sign_up.passed(now)]


def _coordinator(membership: Membership) -> Person:
    rows = Coordinator.objects.filter(organization=membership.organization_id, removed_at__isnull=True)
    return rows.select_related("person").order_by("pk")[0].person


def _grows(booking: Booking, *, now: datetime) -> bool:
    """By one seat, or where none is left, one less."""
    for seats in (booking.seats + 1, booking.seats - 1):
        try:
            change_seats(booking_id=booking.pk, seats=seats, by=_coordinator(booking.membership), now=now)
        except UnableTo:
            continue
        return True
    return False


def _moves(booking: Booking, spared: list[int], *, now: datetime) -> bool:
    later = (
        Training.objects.scheduled().filter(starts_at__gt=now + timedelta(days=40)).exclude(pk__in=[*spared, booking.training_id])
    )
    for training in later.order_by("starts_at", "pk")[:MOST_TRIED]:
        try:
            move_booking(booking_id=booking.pk, to_training_id=training.pk, by=_coordinator(booking.membership), now=now)
        except UnableTo:
            continue
        return True
    return False


def _cancel_one_with_a_team(spared: list[int], *, staff: Person, now: datetime) -> None:
    """A training with invited people, and none of those who log in."""
    rows = (
        _bookings()
        .exclude(training__in=spared)
        .filter(training__starts_at__gt=now + timedelta(days=8), training__state="scheduled")
    )
    rows = rows.filter(
        roster_closed_at__isnull=True, places__state="active", places__invite_at__lt=now - timedelta(hours=1)
    ).order_by("training__starts_at", "pk")
    for booking in rows[:MOST_TRIED]:
        teams = Booking.objects.confirmed().filter(training=booking.training_id)
        if not teams.filter(membership__organization__name__in=cast.PRINCIPALS).exists():
            why = "Both trainers have fallen ill. We are sorry; your seats are yours again."
            cancel_training(training_id=booking.training_id, why=why, by=staff, now=now)
            return


def _decide_two(spared: list[int], *, staff: Person, now: datetime) -> None:
    """Two teams were late for one training (R6): one may come, one may not."""
    asked = _late_teams(spared, now=now)
    for training, membership, reason, note in asked:
        verdicts = booking_verdicts(training, membership, seats=6, site_zone=membership.organization.zone, now=now)
        refusal = next(verdict for verdict in verdicts if verdict.refused)
        record = ask_exception(
            training=training,
            membership=membership,
            rule="R6",
            reason=reason,
            by=_coordinator(membership),
            now=now,
            seats=6,
            verdict=refusal,
        )
        if note:
            exceptions.decline(record, by=staff, now=now, note=note)
        else:
            exceptions.approve(record, by=staff, now=now, until=now + timedelta(days=5), note="Welcome all the same.")


def _late_teams(spared: list[int], *, now: datetime) -> Iterator[tuple[Training, Membership, str, str]]:
    closed = (
        Training.objects.scheduled().filter(pk__in=spared, starts_at__gt=now + timedelta(days=10)).select_related("edition").first()
    )
    if closed is None:
        return
    rows = Membership.objects.filter(available__gte=6, starts_on__lte=closed.starts_on, ends_on__gte=closed.starts_on)
    rows = rows.exclude(organization__name__in=cast.PRINCIPALS).exclude(bookings__training=closed)
    late = rows.select_related("organization", "edition").order_by("-pk")[:2]
    said = [
        ("Two of us were on leave when the calendar came.", ""),
        ("We only saw it now.", "The trainers have as many as they can take."),
    ]
    for membership, (reason, note) in zip(late, said, strict=False):
        yield closed, membership, reason, note
