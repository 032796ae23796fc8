"""The times of a report: how they are written, which number is the day, and the instants that they are in the host's zone. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import FIRST_YEAR, LAST_YEAR, day_text, instant, zone_city

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
AT = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)? ?(?:(?P<half>[ap])\.?m\.?)?"
WRITTEN = tuple(
    re.compile(day + r"(?:,? |t)" + AT)
    for day in (
        r"(?P<year>[0-9]{4})(?P<sign>[-/.])(?P<number>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})",
        r"(?P<one>[0-9]{1,2})(?P<sign>[-/.])(?P<two>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4})",
        MONTH + r" (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})",
        r"(?P<day>[0-9]{1,2})\.? " + MONTH + r",? (?P<year>[0-9]{4})",
    )
)
JAPANESE_DAY = re.compile(r"([0-9]{4})年 ?([0-9]{1,2})月 ?([0-9]{1,2})日")
JAPANESE_HALF = re.compile(r"(午前|午後) ?([0-9:.]+)")
CLOSE = timedelta(days=7)
"""A report is of one meeting, or of a few days: dates that lie closer together than this are read right."""

LEEWAY = 60
"""Seconds by which a duration may differ from its times: Zoom writes it in whole minutes."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as it stands in the file. `one` and `two` are the numbers before the year, where the file's order says which is the day."""

    year: int
    at: time
    month: int = 0
    day: int = 0
    one: int = 0
    two: int = 0
    dotted: bool = False

    @property
    def depends_on_order(self) -> bool:
        return self.one != self.two

    def on(self, *, day_first: bool) -> date | None:
        """The day, or None where there is none such."""
        month, day = (self.month, self.day) if self.month else (self.two, self.one) if day_first else (self.one, self.two)
        try:
            return date(self.year, month, day)
        except ValueError:
            return None


def read_stamp(cell: str) -> Stamp | None:
    """A time as Zoom and spreadsheets write it, 12 or 24 hours, with or without seconds; None where it is none of these."""
    text = " ".join(unicodedata.normalize("NFKC", cell).casefold().split())
    text = JAPANESE_DAY.sub(r"\1-\2-\3", text)
    text = JAPANESE_HALF.sub(_japanese_half, text)
    found = next((match for pattern in WRITTEN if (match := pattern.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    at = _clock(int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0), parts["half"])
    year = int(parts["year"])
    if at is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if "one" in parts:
        return Stamp(year, at, one=int(parts["one"]), two=int(parts["two"]), dotted=parts["sign"] == ".")
    month = int(parts["number"]) if "number" in parts else MONTHS.index(parts["month"]) + 1
    return Stamp(year, at, month=month, day=int(parts["day"])) if 1 <= month <= 12 else None


def _japanese_half(found: re.Match[str]) -> str:
    """午後3:05 is 3:05 pm. The hour after noon and midnight is 0 there, elsewhere 12."""
    return re.sub(r"^0{1,2}:", "12:", found[2]) + (" am" if found[1] == "午前" else " pm")


def _clock(hour: int, minute: int, second: int, half: str | None) -> time | None:
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def is_day_first(stamps: Sequence[Stamp], days: Sequence[date]) -> tuple[bool, str]:
    """Whether 03/12 is the third of December, decided for the whole file, and the sentence to note ("": the file itself says so).

    In this order: a number that is no month; the training's days, and those beside them, as the host may live elsewhere; which reading
    has the dates close together; dots, which nobody writes between month and day; else month first.
    """
    open_ones = [stamp for stamp in stamps if stamp.depends_on_order]
    day_sure = any(stamp.one > 12 >= stamp.two for stamp in open_ones)
    month_sure = any(stamp.two > 12 >= stamp.one for stamp in open_ones)
    if not open_ones or day_sure != month_sure:
        return day_sure, ""
    by_day, by_month = _near(open_ones, days, day_first=True), _near(open_ones, days, day_first=False)
    if by_day != by_month:
        said = _("The days of the training say that dates are written %(order)s.")
        return by_day > by_month, said % {"order": _order(day_first=by_day > by_month)}
    if day_sure and month_sure:
        return False, _("Some dates can only be written day first, others only month first: all are read month first.")
    by_day, by_month = _is_close(open_ones, day_first=True), _is_close(open_ones, day_first=False)
    if by_day != by_month:
        said = _("Dates are read %(order)s: otherwise they would lie weeks apart.")
        return by_day, said % {"order": _order(day_first=by_day)}
    dotted = all(stamp.dotted for stamp in open_ones)
    said = _("Nothing in the file says whether day or month comes first: dates are read %(order)s.")
    return dotted, said % {"order": _order(day_first=dotted)}


def _order(*, day_first: bool) -> str:
    return _("day first") if day_first else _("month first")


def _near(stamps: Sequence[Stamp], days: Sequence[date], *, day_first: bool) -> int:
    """How many lie on the days, or beside them."""
    beside = {day + timedelta(days=n) for day in days for n in (-1, 0, 1)}
    return sum(stamp.on(day_first=day_first) in beside for stamp in stamps)


def _is_close(stamps: Sequence[Stamp], *, day_first: bool) -> bool:
    on = [day for stamp in stamps if (day := stamp.on(day_first=day_first))]
    return bool(on) and max(on) - min(on) <= CLOSE


@dataclass(frozen=True, slots=True)
class Stay:
    """From joining to leaving, as UTC instants; what had to be decided where the clocks change."""

    begins: datetime
    ends: datetime
    notes: tuple[str, ...]

    @property
    def seconds(self) -> int:
        return round((self.ends - self.begins).total_seconds())

    def agrees(self, minutes: float) -> bool:
        """Whether a duration in the report is that of the times, to a minute."""
        return abs(minutes * 60 - self.seconds) <= LEEWAY


def stay(joined: tuple[date, time], left: tuple[date, time], *, zone: str, minutes: float | None) -> Stay:
    """The instants of two wall-clock times in the host's zone.

    An hour that the clocks skip moves forward, as everywhere. Of a doubled hour the one counts that fits the duration, else the first.
    """
    pairs = [(begin, end) for begin in _instants(*joined, zone) for end in _instants(*left, zone)]
    forward = [pair for pair in pairs if pair[0] <= pair[1]] or pairs
    fitting = [pair for pair in forward if minutes is not None and Stay(*pair, notes=()).agrees(minutes)]
    begins, ends = (fitting or forward)[0]
    notes = dict.fromkeys((*_change(*joined, zone, begins), *_change(*left, zone, ends)))
    return Stay(begins, ends, tuple(notes))


def _instants(on: date, at: time, zone: str) -> list[datetime]:
    """The instants that a clock on the wall shows the time: two in a doubled hour. One that the clocks skip has moved forward."""
    first = instant(on, at, zone)
    second = datetime.combine(on, at.replace(fold=1), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return [first, second] if first < second else [first]


def _change(on: date, at: time, zone: str, taken: datetime) -> list[str]:
    """The sentence about a time that the clock shows never, or twice."""
    named = {"at": f"{at:%H:%M}", "day": day_text(on), "city": zone_city(zone)}
    shown = taken.astimezone(ZoneInfo(zone))
    if shown.time().replace(fold=0) != at:
        sentence = _("The clocks of %(city)s skip %(at)s on %(day)s: it is read as %(shown)s.")
        return [sentence % {**named, "shown": f"{shown:%H:%M}"}]
    if len(_instants(on, at, zone)) == 1:
        return []
    if shown.fold:
        return [_("The clocks of %(city)s show %(at)s on %(day)s twice: the second is taken.") % named]
    return [_("The clocks of %(city)s show %(at)s on %(day)s twice: the first is taken.") % named]
