"""The roll call as its page shows it: a row for each person on one day, with what R15 says so far. Asks the database nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import day_text
from trainees import policy, queries
from trainees.forms import DayForm, pairs_text, time_text
from trainees.models import Place, PlaceException, RollCall, RollCallMark
from trainees.policy import DayMarks
from trainees.states import Outcome
from trainings.models import Booking, Training


@dataclass(frozen=True, slots=True)
class Count:
    """How much of the hour a person has used: the words, their tone, and the bar with its line."""

    text: str
    tone: str = ""  # good, bad, or neither yet
    used: int = 0
    """Minutes, at most `scale`."""
    line: int = 0
    """Minutes that pass."""
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A person on the day that is shown: what stands, or what was sent and does not hold."""

    place: Place
    day: int
    how: str
    late: str
    left: str
    away: list[tuple[str, str]]
    was: str
    """What stands, as one line (policy.text_of): sent back with the form, so that nothing newer is overwritten unseen."""
    made_ms: int
    """When what stands was made, in milliseconds since 1970: a mark made upon it is newer."""
    saved_text: str
    said: str
    """The times that stand, in words; empty where there are none."""
    count: Count
    error: str = ""
    against: str = ""
    """What videoconference reports say, where it differs."""

    @property
    def name(self) -> str:
        """What the fields' names begin with."""
        return f"p{self.place.pk}d{self.day}"


@dataclass(frozen=True, slots=True)
class TeamCard:
    booking: Booking
    rows: list[Row]
    complete: bool
    """Each person has a mark for each day."""
    unmarked: bool
    """Somebody has none for the day that is shown."""
    kept_by: str


class Marks(TypedDict):
    """The values of a row's fields."""

    how: str
    late: str
    left: str
    away: list[tuple[str, str]]


Sent = Mapping[tuple[int, int], DayForm]


def card(
    training: Training, team: queries.Team, *, day: int, now: datetime, sent: Sent, against: Mapping[int, str] | None = None
) -> TeamCard:
    """`against`: what reports say where they differ, by place (evidence_queries.against)."""
    rows = [
        replace(
            row(place, team.given.get(place.pk, []), day=day, now=now, form=sent.get((place.pk, day))),
            against=(against or {}).get(place.pk, ""),
        )
        for place in team.places
    ]
    days = len(training.hours())
    complete = bool(rows) and all(len(place.roll_calls.all()) == days for place in team.places)
    names = {str(one.saved_by) for place in team.places for one in place.roll_calls.all() if one.saved_by}
    unmarked = any(not one.was for one in rows)
    return TeamCard(booking=team.booking, rows=rows, complete=complete, unmarked=unmarked, kept_by=", ".join(sorted(names)))


def row(place: Place, given: list[PlaceException], *, day: int, now: datetime, form: DayForm | None = None) -> Row:
    """Needs `roll_calls` with `saved_by`, and the training's edition."""
    kept = next((one for one in place.roll_calls.all() if one.day == day), None)
    marks = kept.marks() if kept else None
    wrong = form is not None and bool(form.errors)
    return Row(
        place=place,
        day=day,
        **(_sent(form) if form is not None else _kept(marks)),
        was=policy.text_of(marks),
        made_ms=int(kept.made_at.timestamp() * 1000) if kept else 0,
        saved_text=_saved_text(kept, place.training) if kept else "",
        said=policy.words_of(marks) if marks and (marks.late or marks.left or marks.away) else "",
        count=count_of(place, given, now=now),
        error=form.problems() if form is not None and wrong else "",
    )


def _kept(marks: DayMarks | None) -> Marks:
    if marks is None:
        return {"how": "", "late": "", "left": "", "away": []}
    part = bool(marks.late or marks.left or marks.away)
    how = "absent" if marks.absent else "part" if part else "there"
    return {"how": how, "late": time_text(marks.late), "left": time_text(marks.left), "away": pairs_text(marks.away)}


def _sent(form: DayForm) -> Marks:
    how, late, left = (str(form[name].value() or "") for name in ("how", "late", "left"))
    return {"how": how, "late": late, "left": left, "away": pairs_text(form["away"].value())}


def _saved_text(kept: RollCall, training: Training) -> str:
    return _("Saved %(clock)s, %(who)s") % {"clock": saved_clock(kept, training), "who": kept.saved_by or "–"}


def saved_clock(kept: RollCall | RollCallMark, training: Training) -> str:
    """When a mark was saved, in the training's zone; with the day where that is not the day it is of."""
    at = kept.saved_at.astimezone(ZoneInfo(training.zone))
    clock = f"{at.hour}:{at.minute:02}"
    hours = training.hours()
    same = kept.day <= len(hours) and hours[kept.day - 1].on == at.date()
    return clock if same else f"{day_text(at.date())}, {clock}"


def count_of(place: Place, given: list[PlaceException], *, now: datetime) -> Count:
    """R15 so far: a day without a mark costs nobody anything yet."""
    if place.outcome:
        tone = "good" if place.outcome == Outcome.PASSED else "bad"
        return Count(text=f"{place.get_outcome_display()}, {_missed(place.minutes_missed or 0)}", tone=tone)
    marked = {one.day for one in place.roll_calls.all()}
    days = list(enumerate(place.training.hours(), start=1))
    open_days = [str(number) for number, day in days if number not in marked and day.starts_at <= now]
    if not marked:
        return Count(text=_("not marked yet"))
    verdict = queries.verdict_of(place, given, now=now, unmarked=DayMarks())
    minutes, most = int(str(verdict.facts["minutes"])), place.training.edition.edition().max_minutes_missed
    text = _("%(n)d of %(most)d minutes used") % {"n": minutes, "most": most}
    if verdict.refused:
        over = place.training.ends_at <= now  # until then whoever left may come back
        said = _("%(missed)s, up to %(most)d pass: does not pass") if over else _("%(missed)s, up to %(most)d pass: would not pass")
        text = said % {"missed": _missed(minutes), "most": most}
    elif verdict.exception is not None:
        text = _("%(missed)s: passes by an exception") % {"missed": _missed(minutes)}
    if open_days:
        text += "; " + _("not marked for day %(days)s") % {"days": ", ".join(open_days)}
    tone = "bad" if verdict.refused else "" if len(marked) < len(days) else "good"
    scale = max(most * 3 // 2, 1)
    return Count(text=text, tone=tone, used=min(minutes, scale), line=most, scale=scale)


def _missed(minutes: int) -> str:
    return ngettext("%(n)d minute missed", "%(n)d minutes missed", minutes) % {"n": minutes}
