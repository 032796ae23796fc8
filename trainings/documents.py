"""The iCalendar files of a training and of a booking: one event a day, hours by the zone's wall clock (R8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import icalendar
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import Hours
from trainings.models import Booking, Training


def _calendar(*, cancelled: bool) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Instructor training portal//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    return calendar


def _add_days(
    calendar: icalendar.Calendar,
    training: Training,
    *,
    uid: str,
    summary: str,
    description: str,
    location: str,
    now: datetime,
    sequence: int,
    cancelled: bool,
) -> None:
    """One VEVENT a day, in UTC: each day's instants follow from the zone, so no time zone table can disagree."""
    days = training.hours()
    for number, hours in enumerate(days, start=1):
        event = icalendar.Event()
        event.add("uid", f"{uid}-day{number}@{settings.SITE_URL.split('//', 1)[-1]}")
        event.add("dtstamp", now)
        event.add("sequence", sequence)
        event.add("dtstart", hours.starts_at)
        event.add("dtend", hours.ends_at)
        event.add("summary", _("%(summary)s, day %(n)d of %(all)d") % {"summary": summary, "n": number, "all": len(days)})
        event.add("description", description)
        if location:
            event.add("location", location)
        event.add("organizer", f"mailto:{training.edition.edition().contact}")
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        calendar.add_component(event)


def ics_of_days_gone(training: Training, old: Sequence[Hours], *, after: int, uid: str, now: datetime, sequence: int) -> bytes:
    """Takes the days of before a move out of a calendar that the training has no more: those `after` the days that go on as others."""
    calendar = _calendar(cancelled=True)
    for number, hours in enumerate(old[after:], start=after + 1):
        event = icalendar.Event()
        event.add("uid", f"{uid}-day{number}@{settings.SITE_URL.split('//', 1)[-1]}")
        event.add("dtstamp", now)
        event.add("sequence", sequence)
        event.add("dtstart", hours.starts_at)
        event.add("dtend", hours.ends_at)
        event.add("summary", _("Instructor training, %(city)s time") % {"city": training.city})
        event.add("organizer", f"mailto:{training.edition.edition().contact}")
        event.add("status", "CANCELLED")
        calendar.add_component(event)
    return calendar.to_ical()


def ics_for_training(training: Training, *, now: datetime, gone: bool = False) -> bytes:
    """The training for anybody's calendar; `gone`: for who takes part no more. The videoconference link is never public (R24)."""
    cancelled = gone or training.state == "cancelled"
    calendar = _calendar(cancelled=cancelled)
    _add_days(
        calendar,
        training,
        uid=f"training-{training.pk}",
        summary=_("Instructor training, %(city)s time") % {"city": training.city},
        description=settings.SITE_URL + reverse("trainings:detail", args=[training.code]),
        location="",
        now=now,
        sequence=2 * training.round + cancelled,  # a cancellation comes after what it cancels
        cancelled=cancelled,
    )
    return calendar.to_ical()


def ics_for_booking(booking: Booking, *, now: datetime, sequence: int, cancelled: bool) -> bytes:
    """A team's training with its site. A later letter about the same booking has a higher sequence."""
    training = booking.training
    calendar = _calendar(cancelled=cancelled)
    _add_days(
        calendar,
        training,
        uid=f"booking-{booking.pk}",
        summary=_("Instructor training, %(city)s time") % {"city": training.city},
        description=settings.SITE_URL + reverse("pages:booking", args=[booking.pk]),
        location=", ".join(part for part in (booking.site, booking.room) if part),
        now=now,
        sequence=sequence,
        cancelled=cancelled,
    )
    return calendar.to_ical()
