"""A zone as iCalendar writes it (RFC 5545, 3.6.5): each change of its clock in some years, exact to the second.

icalendar makes one too, but writes the spring change an hour late, and of zones whose summer time is negative only a part.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar

DAY = timedelta(days=1)


def clock_changes(zone: str, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The instants between two at which the zone's clock changes: the last second before, and the first after, both in the zone."""
    local = ZoneInfo(zone)
    at = first
    while at < last:
        after = min(at + DAY, last)
        if _rule(at, local) != _rule(after, local):
            low, high = int(at.timestamp()), int(after.timestamp())
            while high - low > 1:
                middle = (low + high) // 2
                if _rule(datetime.fromtimestamp(middle, UTC), local) == _rule(at, local):
                    low = middle
                else:
                    high = middle
            yield datetime.fromtimestamp(low, local), datetime.fromtimestamp(high, local)
        at = after


def _rule(at: datetime, local: ZoneInfo) -> tuple[timedelta | None, str | None]:
    here = at.astimezone(local)
    return here.utcoffset(), here.tzname()


@functools.lru_cache(maxsize=256)
def vtimezone(zone: str, first_year: int, last_year: int) -> icalendar.Timezone:
    """The zone from the first day of a year to the last of another. Not to be changed: it is kept."""
    first, last = datetime(first_year, 1, 1, tzinfo=UTC) - DAY, datetime(last_year + 1, 1, 1, tzinfo=UTC) + DAY
    made = icalendar.Timezone()
    made.add("tzid", zone)
    begin = first.astimezone(ZoneInfo(zone))
    made.add_component(_observance(begin, begin))
    for before, after in clock_changes(zone, first, last):
        made.add_component(_observance(before, after))
    return made


def _observance(before: datetime, after: datetime) -> icalendar.cal.Component:
    """What holds from an instant on. It begins by the clock that held before."""
    made = icalendar.TimezoneDaylight() if after.dst() else icalendar.TimezoneStandard()
    by_old_clock = after.astimezone(UTC) + (before.utcoffset() or timedelta())
    made.add("dtstart", by_old_clock.replace(tzinfo=None))
    made.add("tzoffsetfrom", before.utcoffset())
    made.add("tzoffsetto", after.utcoffset())
    made.add("tzname", after.tzname())
    return made
