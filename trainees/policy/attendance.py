"""Attendance (R15): the teaching of an agenda, what a person missed of it, and whether that passes. Pure.

All intervals are half-open, in whole seconds from the start of their day, by the clock on the wall (as the agenda has its offsets).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import Hours, day_text
from carpentries_portal.common.handbook import Edition, ExceptionUsed, Verdict, allow, refuse, warn
from memberships.policy import exception_for
from trainees.evidence.intervals import Spans, merge, overlap, without

DAY = 24 * 60 * 60


class Ground(enum.StrEnum):
    """Why staff let someone pass who missed too much (R15, R19)."""

    EMERGENCY = "emergency"
    MAKE_UP = "make-up"


def day_seconds(hours: Hours) -> int:
    """How long a day lasts by the clock on the wall. An end that does not come after the start belongs to the next day."""
    seconds = _seconds(hours.ends) - _seconds(hours.starts)
    return seconds if seconds > 0 else seconds + DAY


def teaching(agenda: Sequence[Mapping[str, Any]], hours: Sequence[Hours]) -> tuple[Spans, ...]:
    """R15, R23: the scheduled teaching of each day of a training, in the order of its `hours`.

    `agenda` is the training's own: rows with `day` (from 1), `kind`, `starts_after` and `minutes`. Only sessions are teaching: breaks
    and lunch do not count. What lies outside the hours or the days is not taught.
    """
    return tuple(
        overlap(
            [(0, day_seconds(day))],
            [
                (item["starts_after"] * 60, (item["starts_after"] + item["minutes"]) * 60)
                for item in agenda
                if item["day"] == number and item["kind"] == "session"
            ],
        )
        for number, day in enumerate(hours, start=1)
    )


@dataclass(frozen=True, slots=True)
class Missed:
    """What a person missed of the teaching, in seconds for each day."""

    by_day: tuple[int, ...]
    scheduled_by_day: tuple[int, ...]
    absent: bool
    """Present for no second of the teaching; where an agenda has none, not present at all."""

    @property
    def seconds(self) -> int:
        return sum(self.by_day)

    @property
    def minutes(self) -> int:
        """Whole minutes over all days together: 30:30 + 30:30 is 61, though each day shows 30."""
        return self.seconds // 60

    @property
    def minutes_by_day(self) -> tuple[int, ...]:
        return tuple(seconds // 60 for seconds in self.by_day)

    @property
    def scheduled(self) -> int:
        return sum(self.scheduled_by_day)

    @property
    def scheduled_minutes(self) -> int:
        return self.scheduled // 60


def missed(scheduled: Sequence[Spans], presence: Sequence[Iterable[tuple[int, int]]]) -> Missed:
    """R15: what of the scheduled teaching lies outside the presence, day by day.

    `scheduled` as `teaching` returns it. `presence` has the intervals of each of these days in any order; they may overlap, touch or run
    beyond the day (reconnects merge). Raises ValueError where the two do not have the same number of days.
    """
    present = [merge(day) for day in presence]
    seconds = [_length(day) for day in scheduled]
    attended_seconds = [_length(overlap(day, there)) for day, there in zip(scheduled, present, strict=True)]
    return Missed(
        by_day=tuple(all_ - there for all_, there in zip(seconds, attended_seconds, strict=True)),
        scheduled_by_day=tuple(seconds),
        absent=not any(attended_seconds) if any(seconds) else not any(present),
    )


def attended(
    m: Missed,
    *,
    edition: Edition,
    now: datetime,
    exceptions: Sequence[ExceptionUsed] = (),
    grounds: Mapping[int, Ground] | None = None,
) -> Verdict:
    """R15: who misses more than an hour over all days together does not pass; absent altogether never does.

    An exception in force at `now` lets someone pass all the same; `grounds` says by an exception's id which of the two reasons it has.
    Seconds beyond a whole minute do not count against anyone. WARNED: the agenda has no teaching that could be counted.
    """
    facts = {
        "minutes": m.minutes,
        "scheduled_minutes": m.scheduled_minutes,
        "minutes_by_day": m.minutes_by_day,
        "absent": m.absent,
    }
    sentence = _what_was_missed(m, edition)
    if not m.absent and not m.scheduled:
        return warn("R15", sentence, facts=facts)
    if not m.absent and m.minutes <= edition.max_minutes_missed:
        return allow("R15", sentence, facts=facts)
    given = exception_for("R15", exceptions, now)
    if given is not None:
        why = _exception_text((grounds or {}).get(given.id))
        return allow("R15", sentence + " " + why, exception=given, facts=facts)
    return refuse("R15", sentence, facts=facts)


def _what_was_missed(m: Missed, edition: Edition) -> str:
    if m.absent:
        return _("You were not present.") if not m.scheduled else _("You were present for none of the teaching.")
    if not m.scheduled:
        return _("The agenda of this training has no teaching, so no minutes could be counted.")
    if not m.seconds:
        return _("You were present for all of it.")
    if not m.minutes:
        return _("You were present for all of it but for some seconds, which do not count.")
    sentence = ngettext(
        "%(n)d of %(all)d minutes of teaching was missed; up to %(most)d pass.",
        "%(n)d of %(all)d minutes of teaching were missed; up to %(most)d pass.",
        m.minutes,
    )
    return sentence % {"n": m.minutes, "all": m.scheduled_minutes, "most": edition.max_minutes_missed}


def _exception_text(ground: Ground | None) -> str:
    if ground is Ground.EMERGENCY:
        return _("Staff made an exception for you: it was an emergency.")
    if ground is Ground.MAKE_UP:
        return _("Staff made an exception for you: you came to a make-up session.")
    return _("Staff made an exception for you.")


def _length(spans: Spans) -> int:
    return sum(end - begin for begin, end in spans)


def _seconds(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60 + at.second


class RollCallProblem(ValueError):
    """A mark that does not hold: its field (absent, late, left, away) and the sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class DayMarks:
    """The roll call of one person on one day (P9), wall-clock in the training's zone. No mark at all: present all day."""

    absent: bool = False
    late: time | None = None
    """Came at this time."""
    left: time | None = None
    """Left at this time, and did not come back."""
    away: tuple[tuple[time, time], ...] = ()
    """Was out from - to, any number of times."""


def presence_of(marks: DayMarks, hours: Hours) -> Spans:
    """P9: when a person was present on a day, by the roll call. Raises RollCallProblem, whose sentence names the day."""
    length = day_seconds(hours)
    if marks.absent:
        if marks.late or marks.left or marks.away:
            raise RollCallProblem("absent", _on(hours, _("Somebody who is absent is neither late nor away, and does not leave.")))
        return ()
    begin = 0 if marks.late is None else _offset("late", marks.late, hours)
    end = length if marks.left is None else _offset("left", marks.left, hours, ends=True)
    if end <= begin:
        sentence = _("Who came at %(late)s cannot have left at %(left)s.")
        named = {"late": _clock(marks.late or hours.starts), "left": _clock(marks.left or hours.ends)}
        raise RollCallProblem("left", _on(hours, sentence % named))
    return without(((begin, end),), [_away(gap, hours) for gap in marks.away])


def presence_by_day(marks: Sequence[DayMarks], hours: Sequence[Hours]) -> tuple[Spans, ...]:
    """P9: the presence for `missed`, from the marks of each day of the training, both in order. Raises RollCallProblem."""
    return tuple(presence_of(day, on) for day, on in zip(marks, hours, strict=True))


def _away(gap: tuple[time, time], hours: Hours) -> tuple[int, int]:
    begin, end = _offset("away", gap[0], hours), _offset("away", gap[1], hours, ends=True)
    if end <= begin:
        sentence = _("Away from %(begin)s to %(end)s: the end does not come after the start.")
        raise RollCallProblem("away", _on(hours, sentence % {"begin": _clock(gap[0]), "end": _clock(gap[1])}))
    return begin, end


def _offset(field: str, at: time, hours: Hours, *, ends: bool = False) -> int:
    """Seconds from the day's start. Hours over midnight go on after it; a day of 24 hours can end where it begins."""
    seconds = (_seconds(at) - _seconds(hours.starts)) % DAY
    if ends and not seconds and day_seconds(hours) == DAY:
        return DAY
    if seconds > day_seconds(hours):
        sentence = _("%(at)s lies outside the training, which lasts from %(starts)s to %(ends)s.")
        named = {"at": _clock(at), "starts": _clock(hours.starts), "ends": _clock(hours.ends)}
        raise RollCallProblem(field, _on(hours, sentence % named))
    return seconds


def _on(hours: Hours, sentence: str) -> str:
    return f"{day_text(hours.on)}: {sentence}"


def _clock(at: time) -> str:
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")
