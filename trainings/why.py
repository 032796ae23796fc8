"""Why?, for trainings and bookings: what belongs to each, a booking's seats as of any day, and what is asked about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy

from carpentries_portal.common.asked import Asked
from carpentries_portal.common.why import KINDS, Kind, Story, add_asked
from memberships.states import Account
from memberships.why import balances
from trainings.models import Booking, Training, TrainingException
from trainings.whereabouts import places_of

HELD = {str(account.label) for account in (Account.RESERVED, Account.USED, Account.FORFEITED)}


def once_of(mine: Q) -> Callable[[datetime | None], Iterable[Any]]:
    """The places that were once on the lists of bookings, for each instant looked up once in a story."""
    return cache(lambda until: places_of(mine, until))


def of_training(pk: int) -> Story | None:
    row = Training.objects.select_related("edition").filter(pk=pk).first()
    if row is None:
        return None
    return Story(
        title=str(row),
        zone=row.zone,
        scope={
            "trainings.training": [pk],
            "trainings.booking": Booking.objects.filter(training=pk).values("pk"),
            "trainees.place": once_of(Q(training=pk)),
        },
        edition=row.edition.name,
        seats_of=Q(reservation__booking__training=pk),
    )


def of_booking(pk: int) -> Story | None:
    row = Booking.objects.select_related("membership__organization", "training__edition").filter(pk=pk).first()
    if row is None:
        return None
    mine = Q(reservation=row.reservation_id)
    return Story(
        title=f"{row.membership.organization}: {row.training}",
        zone=row.membership.organization.zone,
        scope={"trainings.booking": [pk], "trainees.place": once_of(Q(pk=pk))},
        edition=row.training.edition.name,
        balance=lambda until: [(word, seats) for word, seats in balances(mine, until) if word in HELD],
        seats_of=mine,
    )


def _subject(row: TrainingException) -> tuple[str, int]:
    if row.booking_id is not None:
        return "booking", row.booking_id
    return ("membership", row.membership_id) if row.membership_id is not None else ("training", row.training_id)


def register() -> None:
    """Called when the app is ready."""
    KINDS.add("training", Kind(Training, of_training))
    KINDS.add("booking", Kind(Booking, of_booking))
    add_asked(
        Asked(
            name="training",
            title=gettext_lazy("trainings and bookings"),
            model=TrainingException,
            member="membership__organization",
            related=("training__edition", "membership__organization", "booking", "asked_by"),
            subject=_subject,
        )
    )
