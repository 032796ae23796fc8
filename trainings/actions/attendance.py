"""What of attendance belongs to the booking and the training: that it was confirmed, and that the training was held."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainings.models import Booking
from trainings.states import BookingState, TrainingState


class UnableToConfirmAttendance(UnableTo):
    """The training is not over, the booking has ended, or it was confirmed already."""


def record_attendance(booking: Booking, *, by: Person, now: datetime, why: str) -> None:
    """P9: attendance was confirmed; the first confirmation of a training holds it. The caller has locked the booking (lock_booking).

    Raises UnableToConfirmAttendance.
    """
    training = booking.training
    if booking.state != BookingState.CONFIRMED or training.state == TrainingState.CANCELLED:
        raise UnableToConfirmAttendance(_("This booking was cancelled: there is nothing to confirm."))
    if training.ends_at > now:
        raise UnableToConfirmAttendance(_("Attendance is confirmed when the training is over."))
    if booking.attendance_confirmed_at is not None:
        raise UnableToConfirmAttendance(_("Attendance was confirmed already; staff can correct it."))
    booking.attendance_confirmed_at = now
    booking.save(update_fields=["attendance_confirmed_at"])
    if training.state == TrainingState.SCHEDULED:
        training.state = TrainingState.HELD
        training.save(update_fields=["state"])
    about = [booking, training, booking.membership, booking.membership.organization]
    journal.record(what="attendance_confirmed", now=now, by=by, rule="P9", why=why, about=about, edition=training.edition.name)
