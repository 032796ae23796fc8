"""What trainings do when the floor, or a booking, tells them something."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.signals import exception_approved
from trainings.actions import UnableToChangeRoster, end_if_booked, set_roster_date
from trainings.models import Booking, TrainingException
from trainings.queries import ROSTER_RULES
from trainings.signals import booking_changed


@receiver(exception_approved, sender=TrainingException)
def open_roster(sender: Any, *, record: TrainingException, now: datetime, **more: Any) -> None:
    """R16, P6: the approval names a day; until then the booking takes names."""
    if record.rule not in ROSTER_RULES or record.booking_id is None:
        return
    if record.to_date is None:
        raise UnableToChangeRoster(_("Name the day until which the booking takes names."))
    set_roster_date(booking_id=record.booking_id, until_on=record.to_date, exception=record, now=now)


@receiver(booking_changed)
def nobody_waits_who_has_booked(sender: Any, *, booking: Booking, now: datetime, **more: Any) -> None:
    """A team that is booked hears no more of dates that would have suited it."""
    end_if_booked(booking, now=now)
