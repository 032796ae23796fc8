"""Writing the journal: each action writes one line, found from every thing it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    entry = JournalEntry.objects.create(
        what=what,
        at=now,
        by=by,
        by_name=str(by) if by else "",
        rule=rule,
        why=why,
        old=dict(old or {}),
        new=dict(new or {}),
        edition=edition,
    )
    pairs = dict.fromkeys(label_of(thing) for thing in about)
    JournalSubject.objects.bulk_create(JournalSubject(entry=entry, label=label, object_id=object_id) for label, object_id in pairs)
    return entry
