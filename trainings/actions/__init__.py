"""Every change of trainings and bookings."""

from trainings.actions.bookings import UnableToBook, UnableToChangeBooking, book, cancel_booking, change_seats
from trainings.actions.cancelling import UnableToCancelTraining, cancel_training
from trainings.actions.exceptions import UnableToHold, ask_exception, hold_training
from trainings.actions.trainings import (
    UnableToAnnounce,
    add_trainer,
    announce_training,
    set_trainers,
    take_over_training,
)

__all__ = [
    "UnableToAnnounce",
    "UnableToBook",
    "UnableToCancelTraining",
    "UnableToChangeBooking",
    "UnableToHold",
    "add_trainer",
    "announce_training",
    "ask_exception",
    "book",
    "cancel_booking",
    "cancel_training",
    "change_seats",
    "hold_training",
    "set_trainers",
    "take_over_training",
]
