"""Cancelling a training: every reserved seat goes back (P5), and everybody is told why (L7)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.actions import give_back_cancelled, lock_memberships
from memberships.ledger import Cause
from trainings import emails, queries
from trainings.actions.bookings import mark_cancelled
from trainings.actions.locks import lock_training
from trainings.models import Booking, Training, TrainingException
from trainings.signals import training_cancelled
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
