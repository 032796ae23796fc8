"""Reads about a team that changes trainings: what the rules say, and where it fits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from carpentries_portal.common.handbook import Verdict
from trainings import policy
from trainings.models import Booking, Training, TrainingTrainer
from trainings.queries.calendar import Offer, exceptions_for, facts_of, has_booking
from trainings.queries.fitting import alternatives
from trainings.states import TrainingState


def move_verdicts(booking: Booking, target: Training, *, now: datetime, give_back: bool = False) -> tuple[Verdict, ...]:
    """What the rules say to a move. The page asks it before, the action again under the locks: the same function."""
    old, membership = booking.training, booking.membership
    return policy.check_move(
        facts_of(old),
        facts_of(target),
        membership.facts(),
        seats=booking.reservation.reserved,
        site_zone=booking.site_zone,
        has_one=has_booking(target, membership),
        now=now,
        leaving=exceptions_for(old, membership, now=now),
        arriving=exceptions_for(target, membership, now=now),
        give_back=give_back,
    )


def trainers_elsewhere(training: Training) -> list[tuple[str, str]]:
    """Trainers of a training who train at another one at the same time: name, and its days. One query."""
    rows = TrainingTrainer.objects.filter(
        trainer__training_trainers__training=training.pk,
        training__state=TrainingState.SCHEDULED,
        training__starts_at__lt=training.ends_at,
        training__ends_at__gt=training.starts_at,
    ).exclude(training=training.pk)
    rows = rows.select_related("trainer__person", "training").order_by("training__starts_at", "pk")
    return [(str(row.trainer), row.training.days_text) for row in rows]


def leave_verdict(booking: Booking, *, now: datetime) -> Verdict:
    """Where the booking's seats go if it is left now (P4)."""
    granted = exceptions_for(booking.training, booking.membership, now=now)
    return policy.leave(facts_of(booking.training), seats=booking.reservation.reserved, now=now, exceptions=granted)


def fits_for_move(booking: Booking, *, leave: Verdict, now: datetime, exclude: Iterable[int] = (), limit: int = 8) -> list[Offer]:
    """The trainings to which the team could move now without a refusal, soonest first. `leave`: what P4 says to leaving."""
    seats = booking.reservation.reserved
    return alternatives(
        membership=booking.membership,
        seats=seats,
        site_zone=booking.site_zone,
        now=now,
        exclude=[booking.training_id, *exclude],
        limit=limit,
        coming_back=policy.comes_back(leave, booking.membership.facts(), seats=seats, now=now),
    )
