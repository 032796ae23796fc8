"""Which edition binds what: the one in force on a day. A new one begins tomorrow at the earliest and rebinds nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.edition_json import EditionProblem, from_json, to_json
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord, Person
from carpentries_portal.common.prepared import first, prepared
from carpentries_portal.common.registries import Registry


class UnableToPublishEdition(UnableTo):
    """The edition contradicts itself, begins too early, or another has its name or its day; `field` says where."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class UnableToWithdrawEdition(UnableTo):
    """The edition has begun, or something is bound to it."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What an app binds to editions: how many things are bound to one, and what a new one will bind, and will not, in words."""

    title: str | Promise
    bound: Callable[[EditionRecord], int]
    foreseen: Callable[[Edition], list[str]]


BINDINGS: Registry[Binding] = Registry()


def bound_to(record: EditionRecord) -> list[tuple[str, int]]:
    """How many things of each kind are bound to an edition. A query each."""
    return [(str(binding.title), binding.bound(record)) for binding in BINDINGS]


@prepared
def _newest_on(on: Any) -> QuerySet[EditionRecord]:
    return EditionRecord.objects.filter(in_force_from__lte=on).order_by("-in_force_from")[:1]


def record_in_force(on: date) -> EditionRecord:
    """The row in force on a day. Raises UnableTo for a day before the first edition."""
    record = first(_newest_on(on=on))
    if record is None:
        raise UnableTo(_("No edition of the rules was in force on %(day)s.") % {"day": day_text(on)})
    return record


def bind_in_force(on: date) -> EditionRecord:
    """The row in force on a day, locked, for what is about to be bound to it: it is not withdrawn until the caller's transaction ends.

    One that was withdrawn while this waited is not in force any more: then it is the one before. Raises UnableTo.
    """
    while True:
        record = record_in_force(on)
        if EditionRecord.objects.select_for_update(of=("self",), no_key=True).filter(pk=record.pk).first() is not None:
            return record


def in_force(on: date) -> Edition:
    """The numbers in force on a day."""
    return record_in_force(on).edition()


def must_be_publishable(edition: Edition, *, now: datetime) -> None:
    """Raises UnableToPublishEdition where it holds no water, begins before tomorrow (UTC), or another has its name or day."""
    if edition.in_force_from <= now.date():
        raise UnableToPublishEdition(_("A new edition begins tomorrow at the earliest."), field="in_force_from")
    try:
        from_json(to_json(edition))
    except EditionProblem as problem:
        raise UnableToPublishEdition(str(problem), field=problem.field) from problem
    if EditionRecord.objects.filter(in_force_from=edition.in_force_from).exists():
        raise UnableToPublishEdition(_("Another edition begins on that day."), field="in_force_from")
    if EditionRecord.objects.filter(name=edition.name).exists():
        raise UnableToPublishEdition(_("Another edition has that name."), field="name")


@transaction.atomic
def publish_edition(edition: Edition, *, by: Person | None, now: datetime) -> EditionRecord:
    """Keep a new edition. It begins tomorrow (UTC) at the earliest; trainings and memberships keep the one they are bound to.

    Raises UnableToPublishEdition.
    """
    must_be_publishable(edition, now=now)
    try:
        with transaction.atomic():
            record = EditionRecord.objects.create(
                name=edition.name, in_force_from=edition.in_force_from, numbers=to_json(edition), added_at=now
            )
    except IntegrityError:
        raise UnableToPublishEdition(_("Somebody published another edition of that name or day just now.")) from None
    why = _("In force from %(day)s.") % {"day": day_text(edition.in_force_from)}
    journal.record(what="edition_published", now=now, why=why, about=[record], by=by, edition=edition.name)
    return record


def may_be_withdrawn(record: EditionRecord, *, now: datetime) -> bool:
    """An edition that has not begun (UTC), and to which nothing is bound."""
    return record.in_force_from > now.date() and not any(count for _title, count in bound_to(record))


@transaction.atomic
def withdraw_edition(record: EditionRecord, *, why: str, by: Person, now: datetime) -> EditionRecord:
    """Take back an edition that is not in use: what was in force goes on. The journal keeps that it was there. Raises UnableToWithdrawEdition."""
    row = EditionRecord.objects.select_for_update().filter(pk=record.pk).first()  # whoever binds something to it now waits
    if row is None:
        raise UnableToWithdrawEdition(_("This edition was withdrawn already."))
    if not may_be_withdrawn(row, now=now):
        raise UnableToWithdrawEdition(
            _("This edition is in use: it has begun, or something is bound to it. Publish a new one instead.")
        )
    if not why.strip():
        raise UnableToWithdrawEdition(_("Say why the edition is withdrawn."))
    journal.record(
        what="edition_withdrawn", now=now, why=why.strip(), about=[row], by=by, edition=row.name, old={"numbers": row.numbers}
    )
    row.delete()
    return record
