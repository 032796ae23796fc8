"""Calendars that one subscribes to: the public one, and a coordinator's own. Hours by the training's zone; what is cancelled says so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import Hours, day_text, zone_city
from carpentries_portal.common.models import Person
from trainings import queries, timeline
from trainings.models import Booking, CalendarFeed, Training
from trainings.queries import Stamp
from trainings.states import BookingState, TrainingState
from trainings.vtimezone import vtimezone

REFRESH = timedelta(hours=6)
FORM = "1"
"""Raised when what is written of the same facts changes, so that no reader keeps the old form."""
_SIGNER = signing.Signer(sep="~", salt="trainings.calendar-feed")


@dataclass(frozen=True, slots=True)
class Event:
    """A VEVENT: hours in a zone, or a whole day."""

    uid: str
    summary: str
    description: str
    stamp: Stamp
    hours: Hours | None = None
    on: date | None = None
    location: str = ""
    cancelled: bool = False


def token_of(feed: CalendarFeed) -> str:
    """What stands in the address of a private calendar: signed, and nowhere stored."""
    return _SIGNER.sign(f"{feed.pk}.{feed.number}")


def feed_of(token: str) -> CalendarFeed | None:
    """The calendar that an address opens: not revoked, not renewed since, of a person who may log in."""
    try:
        pk, number = _SIGNER.unsign(token).split(".")
    except (signing.BadSignature, ValueError):
        return None
    rows = CalendarFeed.objects.select_related("person").filter(revoked_at__isnull=True, person__is_active=True)
    return rows.filter(pk=int(pk), number=int(number)).first()


def public_etag(trainings: Sequence[Training], stamps: Mapping[int, Stamp]) -> str:
    """The same as long as `public_calendar` writes the same: cheaper than writing it."""
    facts = [
        (row.pk, row.code, row.state, row.round, row.starts_at, row.ends_at, row.zone, row.sign_up_until, stamps.get(row.pk))
        for row in trainings
    ]
    return hashlib.sha256(repr((FORM, settings.SITE_URL, facts)).encode()).hexdigest()[:32]


def public_calendar(trainings: Iterable[Training], stamps: Mapping[int, Stamp]) -> bytes:
    """Trainings for anybody. The videoconference link is never public (R24). `stamps` by training."""
    events: list[Event] = []
    for row in trainings:
        cancelled = row.state == TrainingState.CANCELLED
        stamp = Stamp(at=stamps[row.pk].at if row.pk in stamps else row.added_at, number=2 * row.round + cancelled)
        until = _("Sign up until %(day)s, end of day %(city)s time.") % {"day": day_text(row.sign_up_until), "city": row.city}
        url = settings.SITE_URL + reverse("trainings:detail", args=[row.code])
        summary = _("Instructor training, %(city)s time") % {"city": row.city}
        events += _days(row, f"training-{row.pk}", summary, f"{until}\n{url}", stamp=stamp, cancelled=cancelled)
    return _calendar(_("Instructor trainings"), events)


def _days(
    training: Training, uid: str, summary: str, description: str, *, stamp: Stamp, cancelled: bool, location: str = ""
) -> list[Event]:
    """An event for each day of a training."""
    days = training.hours()
    words = _("Cancelled: %(summary)s, day %(n)d of %(all)d") if cancelled else _("%(summary)s, day %(n)d of %(all)d")
    return [
        Event(
            uid=f"{uid}-day{number}",
            summary=words % {"summary": summary, "n": number, "all": len(days)},
            description=description,
            stamp=stamp,
            hours=hours,
            location=location,
            cancelled=cancelled,
        )
        for number, hours in enumerate(days, start=1)
    ]


def own_calendar(person: Person, *, now: datetime) -> tuple[bytes, datetime | None]:
    """The trainings and dates of the teams that a person coordinates, and when the last of them changed. Seven queries."""
    bookings = queries.bookings_of_coordinator(person, now=now)
    stamps = queries.booking_stamps([row.pk for row in bookings])
    events: list[Event] = []
    for row in bookings:
        events += _of_booking(row, stamps.get(row.pk, Stamp(at=row.booked_at, number=0)), now=now)
    for ending in queries.endings_of_coordinator(person, now=now):
        words = _("%(organization)s: last day of the membership, %(n)d seats left")
        url = settings.SITE_URL + reverse("pages:membership", args=[ending.membership.pk])
        summary = words % {"organization": ending.membership.organization, "n": ending.membership.available}
        events.append(
            Event(f"membership-{ending.membership.pk}-end", summary, url, stamp=ending.stamp, on=ending.membership.last_on)
        )
    changed = max((event.stamp.at for event in events), default=None)
    return _calendar(_("Trainings of your teams"), events), changed


def _of_booking(booking: Booking, stamp: Stamp, *, now: datetime) -> list[Event]:
    """The days of the training, and before and after them the dates by which something is due (one for each rule)."""
    training, organization = booking.training, booking.membership.organization
    url = settings.SITE_URL + reverse("pages:booking", args=[booking.pk])
    cancelled = booking.state == BookingState.CANCELLED
    seats = booking.cancelled_seats if cancelled else booking.seats
    words = {"organization": organization, "n": seats, "city": training.city}
    events = _days(
        training,
        f"booking-{booking.pk}",
        _("%(organization)s: training, %(n)d seats, %(city)s time") % words,
        url,
        stamp=stamp,
        cancelled=cancelled,
        location=", ".join(part for part in (booking.site, booking.room) if part),
    )
    for date_ in timeline.booking_dates(booking, now=now):
        if date_.happened or date_.last or not date_.rule:
            continue
        end = _("The whole day, %(city)s time.") % {"city": zone_city(date_.cut_off.zone)}
        text = "\n".join(part for part in (end, date_.note, url) if part)
        summary = f"{organization}: {date_.what} ({date_.rule})"
        events.append(Event(f"booking-{booking.pk}-{date_.rule.lower()}", summary, text, stamp=stamp, on=date_.cut_off.on))
    return events


def _calendar(name: str, events: Sequence[Event]) -> bytes:
    """The file. METHOD is not set: it is a calendar, not an invitation."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Instructor training portal//EN")
    made.add("version", "2.0")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", REFRESH)
    timed = [event.hours for event in events if event.hours is not None]
    if timed:
        years = min(hours.on.year for hours in timed), max(hours.on.year for hours in timed)
        for zone in sorted({hours.zone for hours in timed} - {"UTC"}):
            made.add_component(vtimezone(zone, *years))
    for event in events:
        made.add_component(_vevent(event))
    return made.to_ical()


def _vevent(event: Event) -> icalendar.Event:
    made = icalendar.Event()
    made.add("uid", f"{event.uid}@{settings.SITE_URL.split('//', 1)[-1]}")
    made.add("dtstamp", event.stamp.at.astimezone(UTC).replace(microsecond=0))
    made.add("sequence", event.stamp.number)
    if event.hours is not None:
        zone = UTC if event.hours.zone == "UTC" else ZoneInfo(event.hours.zone)
        made.add("dtstart", event.hours.starts_at.astimezone(zone))
        made.add("dtend", event.hours.ends_at.astimezone(zone))
    elif event.on is not None:
        made.add("dtstart", event.on)
        made.add("dtend", event.on + timedelta(days=1))
        made.add("transp", "TRANSPARENT")  # a date to keep in mind takes nobody's time
    made.add("summary", event.summary)
    made.add("description", event.description)
    if event.location:
        made.add("location", event.location)
    made.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    return made


def etag_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
