"""The locks of an action about a training: the training first, then memberships, then everything is read again."""

from __future__ import annotations

from typing import Any

from carpentries_portal.common.prepared import first, prepared
from memberships.actions import lock_memberships
from memberships.models import Membership
from trainings.models import Booking, Training
from trainings.models.bookings import BookingQuerySet
from trainings.models.trainings import TrainingQuerySet


@prepared
def _locked(booking_id: Any) -> BookingQuerySet:
    rows = Booking.objects.filter(pk=booking_id)
    rows = rows.select_related("reservation", "training__edition", "membership__organization", "membership__edition")
    return rows.select_for_update(of=("training", "membership", "self", "reservation"), no_key=True)


@prepared
def _training(training_id: Any) -> TrainingQuerySet:
    return Training.objects.locked().select_related("edition").filter(pk=training_id)


def lock_training(training_id: int) -> Training:
    """The training, locked until the transaction ends and read anew."""
    training = first(_training(training_id=training_id))
    if training is None:
        raise Training.DoesNotExist
    return training


def lock_both(training_id: int, membership_id: int) -> tuple[Training, Membership]:
    training = lock_training(training_id)
    (membership,) = lock_memberships([membership_id])
    return training, membership


def lock_move(booking_id: int, to_training_id: int) -> tuple[Booking, Training]:
    """A booking (with its training and membership) and the training it shall move to: both trainings by id, then the membership."""
    training_id, membership_id = Booking.objects.values_list("training", "membership").get(pk=booking_id)
    rows = Training.objects.locked().select_related("edition").filter(pk__in={training_id, to_training_id})
    trainings = {row.pk: row for row in rows}
    (membership,) = lock_memberships([membership_id])
    booking = Booking.objects.select_related("reservation").get(pk=booking_id)
    booking.training, booking.membership = trainings[training_id], membership
    return booking, trainings[to_training_id]


def lock_booking(booking_id: int) -> tuple[Booking, Training, Membership]:
    """A booking with its training and membership locked. Which those are never changes for a booking: a team that moves gets another one.

    One statement. The database locks the rows in the order of `of`, so the training comes first here too; booking and reservation stand in
    it because a row that waited is read anew only where it is locked itself.
    """
    booking = first(_locked(booking_id=booking_id))
    if booking is None:
        raise Booking.DoesNotExist
    return booking, booking.training, booking.membership
