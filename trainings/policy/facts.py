"""A training as policy sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, Hours, day_text, days_before, days_text, hours_of, zone_city
from carpentries_portal.common.handbook import Edition

WEEKS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def period_text(days: int) -> str:
    """A number of days as people say it: 28 -> "four weeks", 30 -> "30 days"."""
    if days and days % 7 == 0 and days // 7 <= 12:
        weeks = days // 7
        return ngettext("%(n)s week", "%(n)s weeks", weeks) % {"n": WEEKS[weeks]}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """Days and hours are wall-clock in `zone`; `seats_booked` counts the seats of confirmed bookings."""

    code: str
    edition: Edition
    first_day: date
    last_day: date
    starts: time
    ends: time
    zone: str
    capacity: int
    announced_on: date
    sign_up_until: date
    roster_until: date
    cancelled: bool
    held: bool
    seats_booked: int
    enforced_from_on: date

    @property
    def sign_up(self) -> CutOff:
        return CutOff(on=self.sign_up_until, zone=self.zone)

    @property
    def roster(self) -> CutOff:
        return CutOff(on=self.roster_until, zone=self.zone)

    @property
    def seats_free(self) -> int:
        return max(self.capacity - self.seats_booked, 0)

    def hours(self) -> list[Hours]:
        return hours_of(first=self.first_day, last=self.last_day, starts=self.starts, ends=self.ends, zone=self.zone)

    @property
    def starts_at(self) -> datetime:
        return Hours(self.first_day, self.starts, self.ends, self.zone).starts_at

    @property
    def city(self) -> str:
        return zone_city(self.zone)

    @property
    def days_text(self) -> str:
        return days_text(self.first_day, self.last_day)

    def d(self, days: int) -> CutOff:
        """D(n): n days before the first day, that whole day in the training's zone."""
        return CutOff(on=days_before(self.first_day, days), zone=self.zone)

    def day_text(self, cut_off: CutOff) -> str:
        """A day on which something begins, in the training's zone."""
        return _("%(day)s, %(city)s time") % {"day": day_text(cut_off.on), "city": self.city}

    def day_here(self, cut_off: CutOff) -> str:
        return _("%(day)s, end of day %(city)s time") % {"day": day_text(cut_off.on), "city": self.city}
