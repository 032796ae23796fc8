"""What the calendar's own texts say: days, hours, the zone beside them, how long a day is. Pure; nothing is guessed.

The texts are those of people: "Novemeber 5-6, 2018", "22-25 July 2025", "9 am to 1 pn N. America Central Time / 7 am …".
Only what stands first is read: the hours behind a "/" are the same ones for readers elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}

_DAY = r"([0-9]{1,2})"
_MONTH = r"((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)"
_YEAR = r"(?:\s*,?\s+([0-9]{2,4})(?![0-9:]))?"
_DASH = r"\s*[-–]\s*"
_MONTH_FIRST = re.compile(rf"{_MONTH}\s+{_DAY}{_DASH}(?:{_MONTH}\s+)?{_DAY}{_YEAR}", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"{_DAY}(?:\s+{_MONTH})?{_DASH}{_DAY}\s+{_MONTH}{_YEAR}", re.IGNORECASE)

_CLOCK = r"([0-9]{1,2})(?::([0-9]{2}))?\s*(am|pm|pn|noon)?"
_HOURS = re.compile(rf"(?<![0-9:]){_CLOCK}(?:\s*[-–]\s*|\s+to\s+){_CLOCK}(?![0-9:a-z])(?=([^/*;()]*))", re.IGNORECASE)
_ZONE_WORDS = re.compile(r"\b(time|utc|gmt|america|australia|europe|zealand|[a-z]{2,4}[sd]?t)\b", re.IGNORECASE)

_HOUR_DAYS = re.compile(r"\b(one|two|three|four|five|six)\s+([0-9]+(?:\.[0-9]+)?)-hour days\b", re.IGNORECASE)
_HOURS_A_DAY = re.compile(r"\b([0-9]+(?:\.[0-9]+)?) hours a day\b", re.IGNORECASE)
_DAYS = re.compile(r"\b(one|two|three|four|five|six) (?:half|full|non-consecutive) days\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DaysSaid:
    """First and last day as (month, day); the year, or None where the text has none or a cut one."""

    first: tuple[int, int]
    last: tuple[int, int]
    year: int | None


@dataclass(frozen=True, slots=True)
class HoursSaid:
    """The hours that stand first, and the zone's name behind them ("" where there is none)."""

    starts: time
    ends: time
    zone: str


@dataclass(frozen=True, slots=True)
class ShapeSaid:
    """On how many days it takes place, and how many minutes a day has; None where the text does not say."""

    days: int | None
    minutes: int | None


def days_said(text: str) -> DaysSaid | None:
    """The days with which a text begins: "February 28 - March 1", "22-25 July 2025"."""
    text = text.strip()
    if match := _MONTH_FIRST.match(text):
        month, first, to_month, last, year = match.groups()
        to_month = to_month or month
    elif match := _DAY_FIRST.match(text):
        first, month, last, to_month, year = match.groups()
        month = month or to_month
    else:
        return None
    months = [MONTHS.index(name[:3].lower()) + 1 for name in (month, to_month)]
    full = int(year) if year and len(year) == 4 else None
    return DaysSaid(first=(months[0], int(first)), last=(months[1], int(last)), year=full)


def _clock(hour: str, minute: str | None, half: str) -> time | None:
    """ "12 noon" and "12 pm" are 12:00; "1 pn" is a misspelt 1 pm. None where there is no such hour."""
    if not 1 <= int(hour) <= 12 or int(minute or 0) > 59:
        return None
    late = half.lower() in {"pm", "pn", "noon"}
    return time(int(hour) % 12 + (12 if late else 0), int(minute or 0))


def hours_said(text: str) -> HoursSaid | None:
    """The first hours in a text: "9 am to 1 pm N. America Pacific Time / 12 noon …"."""
    for match in _HOURS.finditer(text):
        hour, minute, half, to_hour, to_minute, to_half, words = match.groups()
        if not to_half:
            continue  # two numbers that are no hours: "21-24"
        starts, ends = _clock(hour, minute, half or to_half), _clock(to_hour, to_minute, to_half)
        if starts is not None and ends is not None and not half and starts >= ends:
            starts = _clock(hour, minute, "am")  # "11:30 - 1 pm"
        if starts is not None and ends is not None:
            zone = " ".join(words.split())
            return HoursSaid(starts=starts, ends=ends, zone=zone if _ZONE_WORDS.search(zone) else "")
    return None


def shape_said(text: str) -> ShapeSaid | None:
    """How many days, and how long: "Two 7.5-hour days", "1.5 hours a day", "four half days"."""
    if match := _HOUR_DAYS.search(text):
        return ShapeSaid(days=NUMBERS[match[1].lower()], minutes=round(float(match[2]) * 60))
    if match := _HOURS_A_DAY.search(text):
        return ShapeSaid(days=None, minutes=round(float(match[1]) * 60))
    if match := _DAYS.search(text):
        return ShapeSaid(days=NUMBERS[match[1].lower()], minutes=None)
    return None
