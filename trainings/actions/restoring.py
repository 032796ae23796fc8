"""Seats of a booking that a rule forfeited, restored by staff: to the membership, or to the booking."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.actions import restore
from memberships.models import MembershipException
from trainings import queries
from trainings.actions.locks import lock_booking
from trainings.models import Booking
from trainings.signals import booking_changed
from trainings.states import BookingState


class UnableToRestore(UnableTo):
    """The booking cannot take the seats, or would be left without one."""


def restore_seats(
    *, booking_id: int, seats: int, rule: str, to_reserved: bool, until: datetime, why: str, by: Person, now: datetime
) -> Booking:
    """Give back seats that P4, P6 or R15 took, with an exception to R12 in staff's name (until an instant). Raises UnableTo….

    To the membership they are available again to that instant; to the booking they are reserved, and the exception is used up.
    """
    with transaction.atomic():
        booking, training, membership = lock_booking(booking_id)
        if to_reserved:
            _must_take(booking, seats=seats, rule=rule, now=now)
        record = MembershipException(membership=membership, rule="R12", reason=why, until=until, seats=seats)
        exceptions.enter(record, by=by, now=now)
        restore(
            membership=membership,
            seats=seats,
            exception=record,
            why=why,
            by=by,
            now=now,
            reservation=booking.reservation,
            rule=rule,
            to_reserved=to_reserved,
            about=[booking, training],
        )
        if to_reserved:
            exceptions.use_up(record, now=now)
        before, booking.seats = booking.seats, booking.reservation.booked
        if booking.state == BookingState.CONFIRMED and booking.seats == 0:
            raise UnableToRestore(_("The booking would be left without a seat: cancel it instead."))
        booking.save(update_fields=["seats"])
        if rule != "R15" and booking.state == BookingState.CONFIRMED:  # R15's people stay on the list
            booking_changed.send(sender=Booking, booking=booking, seats_before=before, now=now)
    return booking


def _must_take(booking: Booking, *, seats: int, rule: str, now: datetime) -> None:
    """Whether a booking can have seats reserved again. Raises UnableToRestore."""
    if booking.state != BookingState.CONFIRMED:
        raise UnableToRestore(_("The booking was cancelled: the seats can only go back to the membership."))
    if rule == "R15":
        raise UnableToRestore(
            _("R15 took it for a person’s attendance: correct the attendance, or give it back to the membership.")
        )
    if booking.attendance_confirmed_at is not None or booking.training.has_begun(now):
        raise UnableToRestore(_("The training has begun: the seats can only go back to the membership."))
    free = queries.facts_of(booking.training).seats_free
    if rule == "P4" and seats > free:
        raise UnableToRestore(_("The training has %(n)d seats left (P2): raise its capacity first.") % {"n": free})
