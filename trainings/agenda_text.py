"""The agenda of a training as lines that staff read and change, and what is wrong with one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from carpentries_portal.common.edition_json import KINDS
from trainings.agenda import minutes_between

LONGEST_TITLE, MOST_LINES = 200, 100
LINE = re.compile(r"(\d{1,2})\s+(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s+([a-z]+)\s*[:,]?\s+(.+)", re.IGNORECASE)

Items = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What an agenda must fit into: the hours of each day, by the clock of the training, and how many days there are."""

    starts: time
    ends: time
    days: int

    @property
    def minutes(self) -> int:
        return minutes_between(self.starts, self.ends)

    def clock(self, minutes: int) -> str:
        """The wall-clock time of an offset: "09:30"."""
        return f"{datetime.combine(date(2000, 1, 1), self.starts) + timedelta(minutes=minutes):%H:%M}"

    def offset(self, at: time) -> int:
        """Minutes from the day's start to a time; what is earlier belongs to the next day."""
        return (at.hour * 60 + at.minute - self.starts.hour * 60 - self.starts.minute) % (24 * 60)


def text_of(items: Iterable[Mapping[str, Any]], frame: Frame) -> str:
    """One line an item: "1 09:00-10:30 session Welcome". `read_agenda` reads it back."""
    ordered = sorted(items, key=lambda item: (item["day"], item["starts_after"]))
    return "\n".join(
        f"{item['day']} {frame.clock(item['starts_after'])}-{frame.clock(item['starts_after'] + item['minutes'])} "
        f"{item['kind']} {item['title']}"
        for item in ordered
    )


def read_agenda(text: str, frame: Frame) -> tuple[Items, list[str]]:
    """The items of such lines, and what is wrong, line by line. Empty lines are passed over."""
    items: Items = []
    problems: list[str] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_LINES:
        return [], [_("An agenda has at most %(n)d lines.") % {"n": MOST_LINES}]
    for number, line in lines:
        try:
            items.append(_item(line, frame))
        except ValueError as problem:
            problems.append(_("Line %(n)d: %(why)s") % {"n": number, "why": problem})
    return items, problems or problems_of(items, frame)


def _item(line: str, frame: Frame) -> dict[str, Any]:
    found = LINE.fullmatch(line)
    if found is None:
        raise ValueError(_("“%(line)s” is no line such as “1 09:00-10:30 session Welcome”.") % {"line": line[:60]})
    day, begin, end, kind, title = found.groups()
    starts_after, ends_after = frame.offset(_time(begin)), frame.offset(_time(end))
    if ends_after == 0:  # to the very end of a day of 24 hours
        ends_after = 24 * 60
    if ends_after <= starts_after:
        raise ValueError(_("it ends at %(end)s, before it begins at %(begin)s.") % {"begin": begin, "end": end})
    minutes = ends_after - starts_after
    return {"day": int(day), "title": title.strip(), "kind": kind.casefold(), "starts_after": starts_after, "minutes": minutes}


def _time(given: str) -> time:
    try:
        return time.fromisoformat(given.zfill(5))
    except ValueError:
        raise ValueError(_("there is no time %(given)s.") % {"given": given}) from None


def problems_of(items: Sequence[Mapping[str, Any]], frame: Frame) -> list[str]:
    """Why an agenda cannot be: outside the days or hours, two things at one time, nothing that is taught (R15 could count nothing)."""
    problems = []
    last: Mapping[str, Any] | None = None
    for item in sorted(items, key=lambda item: (item["day"], item["starts_after"])):
        name = item["title"][:60]
        if not 1 <= item["day"] <= frame.days:
            text = _("“%(name)s” is on day %(day)d; the training has %(days)d.")
            problems.append(text % {"name": name, "day": item["day"], "days": frame.days})
        if item["kind"] not in KINDS:
            text = _("“%(name)s” is a %(kind)s; it is one of: %(kinds)s.")
            problems.append(text % {"name": name, "kind": item["kind"][:20], "kinds": ", ".join(KINDS)})
        if not item["title"] or len(item["title"]) > LONGEST_TITLE:
            problems.append(_("“%(name)s”: a title has 1 to %(n)d characters.") % {"name": name, "n": LONGEST_TITLE})
        if item["minutes"] < 1 or item["starts_after"] < 0 or item["starts_after"] + item["minutes"] > frame.minutes:
            text = _("“%(name)s” lies outside the hours of the training, %(starts)s–%(ends)s.")
            problems.append(text % {"name": name, "starts": f"{frame.starts:%H:%M}", "ends": f"{frame.ends:%H:%M}"})
        elif last and last["day"] == item["day"] and item["starts_after"] < last["starts_after"] + last["minutes"]:
            text = _("“%(name)s” begins on day %(day)d before “%(other)s” has ended.")
            problems.append(text % {"name": name, "day": item["day"], "other": last["title"][:60]})
        last = item
    if not any(item["kind"] == "session" for item in items):
        problems.append(_("No session is in it: attendance could not be counted (R15)."))
    return problems


def teaching_minutes(items: Iterable[Mapping[str, Any]]) -> int:
    """The minutes that R15 counts."""
    return sum(int(item["minutes"]) for item in items if item["kind"] == "session")
