"""Which of several marks for one person and day stands (P9): however often, and in whatever order they arrive, it is the same one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from trainees.policy.attendance import DayMarks

TICK = timedelta(microseconds=1)
SLACK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells a mark from every other: a key of its own, and when it was made (UTC)."""

    key: UUID
    made_at: datetime
    rest: bool = False
    """From "all there who are not marked": it gives way to whatever somebody said of this very person, before or after."""

    def rank(self) -> tuple[bool, datetime, UUID]:
        """The mark with the greatest rank stands. Two of the same instant are told apart by their keys, the same way everywhere."""
        return (not self.rest, self.made_at, self.key)


def made(claimed: datetime, *, last: datetime | None, now: datetime) -> datetime:
    """When a mark was made that a device claims an hour for: not after it came in, or it would outlive what is marked later.

    One that was made upon the `last` may follow it closely, whatever the clocks say.
    """
    return min(claimed, now if last is None else max(now, last + SLACK))


def made_upon(last: datetime | None, *, now: datetime) -> datetime:
    """When a mark was made by somebody who had seen `last`: now, and after it."""
    return now if last is None else max(now, last + TICK)


def text_of(marks: DayMarks | None) -> str:
    """A day's marks as one line, equal where they say the same: what a page showed is compared by it. "" is no mark."""
    if marks is None:
        return ""
    if marks.absent:
        return "absent"
    parts = [
        *([f"late {_clock(marks.late)}"] if marks.late else []),
        *([f"left {_clock(marks.left)}"] if marks.left else []),
        *(f"away {_clock(begin)}-{_clock(end)}" for begin, end in sorted(marks.away)),
    ]
    return ", ".join(parts) or "there"


def words_of(marks: DayMarks) -> str:
    """A day's marks as people read them, in the training's zone."""
    parts = [
        *([_("absent")] if marks.absent else []),
        *([_("came %(at)s") % {"at": _clock(marks.late)}] if marks.late else []),
        *([_("left %(at)s") % {"at": _clock(marks.left)}] if marks.left else []),
        *(_("away %(a)s to %(b)s") % {"a": _clock(begin), "b": _clock(end)} for begin, end in marks.away),
    ]
    return ", ".join(parts) or _("there all day")


def _clock(at: time) -> str:
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")
