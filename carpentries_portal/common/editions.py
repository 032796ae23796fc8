"""Which edition binds what: the one in force on a day. A new one begins tomorrow at the earliest and rebinds nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.edition_json import EditionProblem, from_json, to_json
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord, Person
from carpentries_portal.common.prepared import first, prepared


class UnableToPublishEdition(UnableTo):
    """The edition contradicts itself, or would begin too early."""


@prepared
def _newest_on(on: Any) -> QuerySet[EditionRecord]:
    return EditionRecord.objects.filter(in_force_from__lte=on).order_by("-in_force_from")[:1]


def record_in_force(on: date) -> EditionRecord:
    """The row in force on a day. Raises UnableTo for a day before the first edition."""
    record = first(_newest_on(on=on))
    if record is None:
        raise UnableTo(_("No edition of the rules was in force on %(day)s.") % {"day": day_text(on)})
    return record


def in_force(on: date) -> Edition:
    """The numbers in force on a day."""
    return record_in_force(on).edition()


@transaction.atomic
def publish_edition(edition: Edition, *, by: Person | None, now: datetime) -> EditionRecord:
    """Keep a new edition. It begins tomorrow (UTC) at the earliest; trainings and memberships keep the one they are bound to."""
    if edition.in_force_from <= now.date():
        raise UnableToPublishEdition(_("A new edition begins tomorrow at the earliest."))
    numbers = to_json(edition)
    try:
        from_json(numbers)
    except EditionProblem as problem:
        raise UnableToPublishEdition(str(problem)) from problem
    if EditionRecord.objects.filter(in_force_from=edition.in_force_from).exists():
        raise UnableToPublishEdition(_("Another edition begins on that day."))
    record = EditionRecord.objects.create(name=edition.name, in_force_from=edition.in_force_from, numbers=numbers, added_at=now)
    why = _("In force from %(day)s.") % {"day": day_text(edition.in_force_from)}
    journal.record(what="edition_published", now=now, why=why, about=[record], by=by, edition=edition.name)
    return record
