"""Taking over the calendar of before the portal: a row is stored once, or refused with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from carpentries_portal.common import editions
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import Person
from carpentries_portal.common.tablefile import CellProblemError, Refusal
from trainings.actions import take_over_training
from trainings.actions.trainings import Schedule
from trainings.calendar_file import CalendarRow, EditionOn, read_calendar
from trainings.models import Training


@dataclass(slots=True)
class Imported:
    """What an import did."""

    taken: list[CalendarRow] = field(default_factory=list)
    unchanged: list[CalendarRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def import_calendar(content: bytes, *, by: Person | None, now: datetime) -> Imported:
    """Store every row that is not here yet. Raises UnreadableFileError; then nothing is stored."""
    rows, refused = read_calendar(content, edition=editions.in_force(now.date()), edition_on=_edition_on())
    known = set(Training.objects.filter(source_key__startswith="calendar:").values_list("source_key", flat=True))
    result = Imported(refused=refused)
    for row in rows:
        if row.source_key in known:
            result.unchanged.append(row)
            continue
        try:
            _take_over(row, by=by, now=now)
        except UnableTo as problem:
            result.refused.append(Refusal(line=row.line, field="start_date", reason=str(problem)))
        else:
            result.taken.append(row)
    result.refused.sort(key=lambda refusal: refusal.line)
    return result


def _edition_on() -> EditionOn:
    @cache
    def edition_on(day: date) -> Edition:
        try:
            return editions.in_force(day)
        except UnableTo as problem:
            raise CellProblemError("first_listed", str(problem)) from problem

    return edition_on


def _take_over(row: CalendarRow, *, by: Person | None, now: datetime) -> None:
    take_over_training(
        schedule=Schedule(starts_on=row.starts_on, ends_on=row.ends_on, starts=row.starts, ends=row.ends, zone=row.zone),
        announced_on=row.announced_on,
        cancelled=row.cancelled,
        source_key=row.source_key,
        source=row.source,
        source_notes=[note.as_json() for note in row.notes],
        by=by,
        now=now,
    )
