"""Cancelling: of a training every reserved seat goes back (P5), of a booking those that P4 says; everybody is told why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.actions import give_back_cancelled, lock_memberships
from memberships.ledger import Cause
from trainings import emails, policy, queries
from trainings.actions.bookings import (
    UnableToChangeBooking,
    decline_waiting,
    leave_seats,
    mark_cancelled,
    must_be_confirmed,
    must_not_be_settled,
    record,
    use_exceptions,
    write_exception,
)
from trainings.actions.locks import lock_booking, lock_training
from trainings.models import Booking, Training, TrainingException
from trainings.signals import booking_changed, training_cancelled
from trainings.states import TrainingState


class UnableToCancelTraining(UnableTo):
    """It was cancelled or held already, or no reason was given."""


def cancel_training(*, training_id: int, why: str, by: Person | None, now: datetime, rule: str = "") -> Training:
    """Cancel a training, by staff or by a rule of the run. Raises UnableToCancelTraining; then nothing has changed."""
    why = why.strip()
    if not why:
        raise UnableToCancelTraining(_("Say why the training is cancelled: everybody who is told reads it."))
    with transaction.atomic():
        training = lock_training(training_id)
        if training.state == TrainingState.CANCELLED:
            raise UnableToCancelTraining(_("This training was cancelled already."))
        if training.state == TrainingState.HELD:
            raise UnableToCancelTraining(_("This training was held: it cannot be cancelled any more."))
        training.state, training.cancelled_at = TrainingState.CANCELLED, now
        training.cancelled_why, training.cancelled_rule = why, rule
        training.save(update_fields=["state", "cancelled_at", "cancelled_why", "cancelled_rule"])
        bookings = _end_bookings(training, why=why, by=by, now=now)
        for request in TrainingException.objects.waiting().filter(training=training):
            exceptions.decline(request, by=by, now=now, note=_("The training was cancelled: %(why)s") % {"why": why})
        entry = journal.record(
            what="training_cancelled",
            now=now,
            by=by,
            rule=rule,
            why=why,
            about=[training, *bookings, *(booking.membership for booking in bookings)],
            old={"state": TrainingState.SCHEDULED},
            new={"state": TrainingState.CANCELLED},
            edition=training.edition.name,
        )
        training_cancelled.send(sender=Training, training=training, bookings=bookings, now=now)
        emails.training_cancelled(training, entry=entry, now=now, sentence=why, bookings=bookings)
    return training


def _end_bookings(training: Training, *, why: str, by: Person | None, now: datetime) -> list[Booking]:
    """Give back the seats of each confirmed booking, its membership locked."""
    bookings = queries.bookings_to_end(training.pk)
    locked = {row.pk: row for row in lock_memberships(booking.membership_id for booking in bookings)}
    for booking in bookings:
        booking.training, booking.membership = training, locked[booking.membership_id]
        reason = _("The training was cancelled: %(why)s") % {"why": why}
        cause = Cause(reason=reason, now=now, rule="P5", by=by, subject=journal.label_of(booking))
        give_back_cancelled(booking.membership, booking.reservation, cause=cause)
        mark_cancelled(booking, why=reason, rule="P5", by=by, now=now)
    return bookings


def cancel_booking(
    *, booking_id: int, why: str, by: Person, now: datetime, give_back: bool = False, as_staff: bool = False
) -> Booking:
    """Cancel a team's booking (P4): free to D(28), later its seats are forfeited; staff may give them back all the same, with a reason.

    Raises UnableToChangeBooking.
    """
    if give_back and not as_staff:
        raise UnableToChangeBooking(_("Only staff decide where the seats go."))
    with transaction.atomic():
        booking, training, membership = lock_booking(booking_id)
        must_be_confirmed(booking)
        must_not_be_settled(booking)
        if training.has_begun(now) and not as_staff:
            raise UnableToChangeBooking(_("The training has begun: who does not come is counted by the roll call."))
        granted = queries.exceptions_for(training, membership, now=now)
        leave = policy.leave(queries.facts_of(training), seats=booking.reservation.reserved, now=now, exceptions=granted)
        free = leave.answer == "allowed"
        if as_staff and not why.strip():
            raise UnableToChangeBooking(_("Say why: the journal keeps it."))
        before = booking.seats
        if booking.reservation.reserved:
            leave_seats(booking, membership, leave, seats=booking.reservation.reserved, give_back=free or give_back, by=by, now=now)
        if give_back and not free:
            write_exception(booking, leave, reason=why, by=by, now=now)
        use_exceptions([leave], now=now)
        mark_cancelled(booking, why=why.strip() or leave.sentence, rule="P4", by=by, now=now)
        decline_waiting(booking, now=now)
        booking_changed.send(sender=Booking, booking=booking, seats_before=before, now=now)
        entry = record(
            "booking_cancelled", booking, (), by=by, now=now, old={"seats": before}, new={"seats": 0}, why=leave.sentence, rule="P4"
        )
        sentence = _("Staff gave the seats back: %(why)s") % {"why": why} if give_back and not free else leave.sentence
        emails.booking_cancelled(booking, entry=entry, now=now, sentence=sentence)
    return booking
