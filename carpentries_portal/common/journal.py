"""Writing the journal: each action writes one line, found from every thing it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from carpentries_portal.common.models import JournalEntry, JournalSubject, Person


def label_of(thing: models.Model) -> tuple[str, int]:
    """A row as a label and an id: ("trainings.booking", 7)."""
    return thing._meta.label_lower, thing.pk


def record(
    *,
    what: str,
    now: datetime,
    why: str,
    about: Iterable[models.Model],
    by: Person | None = None,
    rule: str = "",
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    edition: str = "",
) -> JournalEntry:
    """Write one line in the caller's transaction. `what` is a word such as "booking_made"; `why` the sentence people read."""
    line = Line(why=why, about=tuple(about), rule=rule, old=old or {}, new=new or {}, edition=edition)
    entry = _entry(what, line, now=now, by=by)
    entry.save()
    JournalSubject.objects.bulk_create(_subjects(entry, line))
    return entry


@dataclass(frozen=True, slots=True)
class Line:
    """One of many lines of a kind: the arguments of `record`."""

    why: str
    about: Sequence[models.Model]
    rule: str = ""
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    edition: str = ""


def record_each(*, what: str, lines: Sequence[Line], now: datetime, by: Person | None = None) -> list[JournalEntry]:
    """As `record` for each of many, in two statements."""
    entries = JournalEntry.objects.bulk_create([_entry(what, line, now=now, by=by) for line in lines])
    pairs = zip(entries, lines, strict=True)
    JournalSubject.objects.bulk_create([subject for entry, line in pairs for subject in _subjects(entry, line)])
    return entries


def _entry(what: str, line: Line, *, now: datetime, by: Person | None) -> JournalEntry:
    return JournalEntry(
        what=what,
        at=now,
        by=by,
        by_name=str(by) if by else "",
        rule=line.rule,
        why=line.why,
        old=dict(line.old),
        new=dict(line.new),
        edition=line.edition,
    )


def _subjects(entry: JournalEntry, line: Line) -> list[JournalSubject]:
    labels = dict.fromkeys(label_of(thing) for thing in line.about)
    return [JournalSubject(entry=entry, label=label, object_id=object_id) for label, object_id in labels]
