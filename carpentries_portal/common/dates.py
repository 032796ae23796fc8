"""Dates as the handbook counts them: calendar days in a named zone, and the UTC instants that follow from them.

Pure: no clock, no settings, no database. Zones are IANA names; instants are aware datetimes in UTC.
"""

from __future__ import annotations

import calendar
import functools
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2012, 2100
"""The years that the portal takes days of, from files and forms."""


@functools.cache
def known_zones() -> frozenset[str]:
    """The IANA zones that people may choose. Loaded once: reading them from disk takes tens of milliseconds."""
    return frozenset(
        name
        for name in zoneinfo.available_timezones()
        if ("/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))) or name == "UTC"
    )


def is_zone(name: str) -> bool:
    """Whether the name is an IANA zone that the portal takes."""
    return name in known_zones()


# The first words of the zones that people look for; "US/Eastern" and its like are older names of the same ones.
_REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@functools.cache
def offered_zones() -> tuple[str, ...]:
    """The zones that a form offers, by name: those of the regions, and UTC. Every known one is taken."""
    return tuple(sorted(name for name in known_zones() if name == "UTC" or name.split("/")[0] in _REGIONS))


def zone_city(zone: str) -> str:
    """The name a person knows a zone by: "America/New_York" -> "New York"."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def instant(day: date, at: time, zone: str) -> datetime:
    """The UTC instant of a wall-clock time. An hour that a clock change skips moves forward; of a doubled one the first counts."""
    return datetime.combine(day, at.replace(fold=0), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def today_in(zone: str, now: datetime) -> date:
    """The calendar day that it is in the zone at the instant."""
    return now.astimezone(ZoneInfo(zone)).date()


def quarter_of(now: datetime) -> datetime:
    """The begin of the quarter of an hour: a zone's day changes at no other time."""
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


@functools.lru_cache(maxsize=4)
def _zones_by_day(quarter: datetime) -> dict[date, list[str]]:
    days: dict[date, list[str]] = {}
    for zone in sorted(known_zones()):
        days.setdefault(today_in(zone, quarter), []).append(zone)
    return days


def zones_by_day(now: datetime) -> dict[date, list[str]]:
    """The calendar days that it is somewhere at the instant (two or three), each with its zones. Offsets are whole quarters of an hour."""
    return _zones_by_day(quarter_of(now))


def last_day_before(end: datetime, zone: str) -> date:
    """The last day, in the zone, of what ends at an instant that no longer belongs to it."""
    return today_in(zone, end - timedelta(microseconds=1))


def days_before(first_day: date, days: int) -> date:
    """D(n): n days before the first day."""
    return first_day - timedelta(days=days)


def add_months(day: date, months: int) -> date:
    """Months later: the same day, or the month's last (31 August + 6 months = 28 or 29 February)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class CutOff:
    """A calendar date in a zone that includes that whole day."""

    on: date
    zone: str

    @property
    def ends_at(self) -> datetime:
        """The UTC instant at which the day is over. Not part of the day."""
        return instant(self.on + timedelta(days=1), time.min, self.zone)

    def passed(self, now: datetime) -> bool:
        """Whether the whole day is over."""
        return today_in(self.zone, now) > self.on

    def days_left(self, now: datetime) -> int:
        """Days from today to the date, both in the zone: 0 is the last day, negative is over."""
        return (self.on - today_in(self.zone, now)).days


@dataclass(frozen=True, slots=True)
class LocalHours:
    """The hours of one day as a reader elsewhere sees them."""

    starts: datetime
    ends: datetime
    shift: int
    """Days between the event's date and the reader's at the start: -1 the day before, 1 the next day."""

    @property
    def zone(self) -> str:
        return str(self.starts.tzinfo)

    def within(self, earliest: time, latest: time) -> bool:
        """Whether the reader's hours lie between two wall-clock times of one day."""
        return self.starts.date() == self.ends.date() and self.starts.time() >= earliest and self.ends.time() <= latest


@dataclass(frozen=True, slots=True)
class Hours:
    """One day's hours, as announced in a zone."""

    on: date
    starts: time
    ends: time
    zone: str

    @property
    def starts_at(self) -> datetime:
        return instant(self.on, self.starts, self.zone)

    @property
    def ends_at(self) -> datetime:
        """An end that does not come after the start belongs to the next day."""
        on = self.on if self.ends > self.starts else self.on + timedelta(days=1)
        return instant(on, self.ends, self.zone)

    def in_zone(self, zone: str) -> LocalHours:
        local = ZoneInfo(zone)
        starts, ends = self.starts_at.astimezone(local), self.ends_at.astimezone(local)
        return LocalHours(starts=starts, ends=ends, shift=(starts.date() - self.on).days)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def hours_of(*, first: date, last: date, starts: time, ends: time, zone: str) -> list[Hours]:
    """The hours of each day of an event (R8: the same wall-clock hours each day, UTC follows per day)."""
    return [Hours(on=on, starts=starts, ends=ends, zone=zone) for on in days_between(first, last)]


def clock_changes_between(first: datetime, last: datetime, zone: str) -> bool:
    """Whether the zone's offset differs between two instants."""
    local = ZoneInfo(zone)
    return first.astimezone(local).utcoffset() != last.astimezone(local).utcoffset()


def day_text(on: date) -> str:
    """A day as people read it: "Mon 12 Feb 2018". Not localised, so that a sentence kept in the journal reads the same later."""
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{names[on.weekday()]} {on.day} {months[on.month - 1]} {on.year}"


def month_text(on: date) -> str:
    """A month as people read it: "Mar 2018"."""
    return day_text(on).split(" ", 2)[2]


def days_text(first: date, last: date) -> str:
    """A span of days as people read it: "12–13 Mar 2018", "30 Apr – 1 May 2019"."""
    end = day_text(last).split(" ", 1)[1]
    if first == last:
        return end
    start = day_text(first).split(" ", 1)[1]
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{start if first.year != last.year else start.rsplit(' ', 1)[0]} – {end}"
