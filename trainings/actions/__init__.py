"""Every change of trainings and bookings."""

from trainings.actions.agendas import UnableToSetAgenda, set_agenda
from trainings.actions.attendance import UnableToConfirmAttendance, record_attendance
from trainings.actions.bookings import UnableToBook, UnableToBookUnread, UnableToChangeBooking, book, change_seats
from trainings.actions.cancelling import UnableToCancelTraining, cancel_booking, cancel_training
from trainings.actions.capacity import SetCapacity, UnableToSetCapacity, set_capacity
from trainings.actions.demands import (
    UnableToSayDemand,
    UnableToWithdrawDemand,
    end_if_booked,
    say_demand,
    tell_who_waits,
    withdraw_demand,
)
from trainings.actions.exceptions import UnableToHold, ask_exception, hold_training
from trainings.actions.feeds import UnableToOpenFeed, renew_feed, revoke_feed
from trainings.actions.locks import lock_booking, lock_training
from trainings.actions.moving import move_booking
from trainings.actions.new_dates import MovedTraining, UnableToMoveTraining, move_training
from trainings.actions.restoring import UnableToRestore, restore_seats
from trainings.actions.rooms import UnableToTick, tick_room
from trainings.actions.rosters import UnableToChangeRoster, ask_roster_date, close_roster, forfeit_unnamed, set_roster_date
from trainings.actions.seasons import announce_season
from trainings.actions.trainers import (
    NamedTrainers,
    UnableToNameTrainers,
    UnableToRetire,
    add_trainer,
    bring_back,
    retire,
    set_trainers,
)
from trainings.actions.trainings import UnableToAnnounce, UnableToSetLink, announce_training, set_link, take_over_training

__all__ = [
    "MovedTraining",
    "NamedTrainers",
    "SetCapacity",
    "UnableToAnnounce",
    "UnableToBook",
    "UnableToBookUnread",
    "UnableToCancelTraining",
    "UnableToChangeBooking",
    "UnableToChangeRoster",
    "UnableToConfirmAttendance",
    "UnableToHold",
    "UnableToMoveTraining",
    "UnableToNameTrainers",
    "UnableToOpenFeed",
    "UnableToRestore",
    "UnableToRetire",
    "UnableToSayDemand",
    "UnableToSetAgenda",
    "UnableToSetCapacity",
    "UnableToSetLink",
    "UnableToTick",
    "UnableToWithdrawDemand",
    "add_trainer",
    "announce_season",
    "announce_training",
    "ask_exception",
    "ask_roster_date",
    "book",
    "bring_back",
    "cancel_booking",
    "cancel_training",
    "change_seats",
    "close_roster",
    "end_if_booked",
    "forfeit_unnamed",
    "hold_training",
    "lock_booking",
    "lock_training",
    "move_booking",
    "move_training",
    "record_attendance",
    "renew_feed",
    "restore_seats",
    "retire",
    "revoke_feed",
    "say_demand",
    "set_agenda",
    "set_capacity",
    "set_link",
    "set_roster_date",
    "set_trainers",
    "take_over_training",
    "tell_who_waits",
    "tick_room",
    "withdraw_demand",
]
