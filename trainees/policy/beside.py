"""A videoconference's report beside the roll call (P9): what it would mean for R15, where both differ, and as marks. Pure.

Evidence passes and fails nobody: it is laid beside what a person has marked. All intervals are seconds from the start of their day.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from carpentries_portal.common.dates import Hours
from trainees.evidence.intervals import Spans, merge
from trainees.policy.attendance import DAY, DayMarks, day_seconds, missed, presence_of

CLOSE = 5
"""Minutes by which both may differ: people join a little late, and two clocks are never the same."""


class Source(enum.StrEnum):
    """What of the reports speaks of a person."""

    OWN = "own"
    ROOM = "room"
    BOTH = "both"
    NOTHING = "nothing"


class Flag(enum.StrEnum):
    """How roll call and report stand to each other; `CROSSES`: by the one the person passes, by the other not."""

    UNKNOWN = "unknown"
    AGREES = "agrees"
    DIFFERS = "differs"
    CROSSES = "crosses"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reports of a training show: the days that they cover, a person's own connection, that of the room."""

    covered: tuple[bool, ...]
    own: tuple[Spans, ...]
    room: tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """One person by the roll call and by the reports: minutes of teaching missed over all days. `roll` is None until each covered day is marked."""

    roll: int | None
    report: int
    source: Source
    flag: Flag

    @property
    def flagged(self) -> bool:
        return self.flag in (Flag.DIFFERS, Flag.CROSSES)


def covered_days(presence: Sequence[Sequence[Spans]], hours: Sequence[Hours]) -> tuple[bool, ...]:
    """Which days the reports speak of: those within whose hours anybody at all was connected. `presence`: of each connection, by day."""
    lengths = [day_seconds(day) for day in hours]
    return tuple(
        any(begin < length and end > 0 for one in presence for begin, end in one[number]) for number, length in enumerate(lengths)
    )


def source_of(seen: Seen, *, alone: bool) -> Source:
    """Who takes part alone (R14) is in no room; for everybody else the room's connection speaks too."""
    own, room = any(seen.own), any(seen.room) and not alone
    if own:
        return Source.BOTH if room else Source.OWN
    return Source.ROOM if room else Source.NOTHING


def presence_by_reports(seen: Seen, *, alone: bool) -> tuple[Spans, ...]:
    """When the person was there as far as the reports know, day by day."""
    if alone or not any(seen.room):
        return seen.own
    return tuple(merge((*own, *room)) for own, room in zip(seen.own, seen.room, strict=True))


def beside(
    seen: Seen,
    *,
    marks: Sequence[DayMarks | None],
    scheduled: Sequence[Spans],
    hours: Sequence[Hours],
    alone: bool,
    most: int,
) -> Beside:
    """Both beside each other. A day that no report covers counts as the roll call has it, on both sides.

    A room's connection shows who may have been there, not who went out: a roll call that counts more missed than the room is no difference.
    """
    rolled = [None if one is None else presence_of(one, day) for one, day in zip(marks, hours, strict=True)]
    whole = [((0, day_seconds(day)),) for day in hours]
    by_roll = [whole[n] if day is None else day for n, day in enumerate(rolled)]
    there = presence_by_reports(seen, alone=alone)
    by_report = [there[n] if seen.covered[n] else by_roll[n] for n in range(len(hours))]
    report, source = missed(scheduled, by_report).minutes, source_of(seen, alone=alone)
    if not any(seen.covered) or any(day is None for n, day in enumerate(rolled) if seen.covered[n]):
        return Beside(roll=None, report=report, source=source, flag=Flag.UNKNOWN)
    roll = missed(scheduled, by_roll).minutes
    return Beside(roll=roll, report=report, source=source, flag=_flag(roll, report, source, most))


def _flag(roll: int, report: int, source: Source, most: int) -> Flag:
    if source in (Source.ROOM, Source.BOTH) and roll >= report:
        return Flag.AGREES
    if (roll <= most) != (report <= most):
        return Flag.CROSSES
    return Flag.DIFFERS if abs(roll - report) > CLOSE else Flag.AGREES


def marks_of(there: Spans, hours: Hours) -> DayMarks:
    """A day's presence as marks of the roll call: whole minutes, rounded so that no second counts against anyone (R15)."""
    length = day_seconds(hours)
    inside = [(max(a, 0) // 60, -(-min(b, length) // 60)) for a, b in there if a < length and b > 0]
    spans = merge((a, b) for a, b in inside)
    if not spans:
        return DayMarks(absent=True)
    first, last = spans[0][0], spans[-1][1]
    gaps = itertools.pairwise(spans)
    return DayMarks(
        late=_at(first, hours) if first > 0 else None,
        left=_at(last, hours) if last * 60 < length else None,
        away=tuple((_at(one[1], hours), _at(next_[0], hours)) for one, next_ in gaps),
    )


def _at(minutes: int, hours: Hours) -> time:
    """The clock on the wall so many minutes after the day's start."""
    return (datetime.combine(hours.on, hours.starts) + timedelta(seconds=minutes * 60 % DAY)).time()
