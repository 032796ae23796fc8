"""Merging two people who are one (P11): what moves is shown before, both histories are kept, what cannot stand twice is settled or refused.

Each app registers its part, and moves it when it hears `person_merged`. The merged row stays: it keeps the old address, which still finds the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import models, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import JournalEntry, JournalSubject, Person
from carpentries_portal.common.registries import Registry
from carpentries_portal.common.signals import person_merged

Pointer = tuple[type[models.Model], str]
"""A model, and its field that points at a person."""


class UnableToMerge(UnableTo):
    """They are one row already, one is staff's, or what both have cannot be one person's."""


def _nothing(kept: Person, merged: Person) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Part:
    """An app's part: the pointers that `move` takes along, those that it `settles` by itself, and what it says before.

    `notes`: what is settled, in sentences. `conflicts`: why they cannot be merged as they are. `lock`: the rows that decide it.
    """

    moves: tuple[Pointer, ...] = ()
    settles: tuple[Pointer, ...] = ()
    notes: Callable[[Person, Person], Iterable[str]] = _nothing
    conflicts: Callable[[Person, Person], Iterable[str]] = _nothing
    lock: Callable[[Person, Person], object] = _nothing


PARTS: Registry[Part] = Registry()
"""In the order of locks: organizations, trainings, trainers, places, checkouts; what will move; the two people come last."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do. `moves`: (what, how many)."""

    kept: Person
    merged: Person
    moves: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    conflicts: tuple[str, ...]

    @property
    def seen(self) -> str:
        """A digest: what is done is what was shown."""
        said = f"{self.kept.pk} {self.kept.email_key} {self.merged.pk} {self.merged.email_key} {self.moves} {self.notes}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def pointers() -> Iterator[Pointer]:
    """Every field that a merge handles."""
    for part in PARTS:
        yield from part.moves
        yield from part.settles


def preview(kept: Person, merged: Person) -> Preview:
    """What moves from the merged person to the kept one, what is settled, and what stands against it. A query a pointer."""
    counted = [(_title(model, field), _pointing(model, field, merged).count()) for part in PARTS for model, field in part.moves]
    return Preview(
        kept=kept,
        merged=merged,
        moves=tuple((title, count) for title, count in counted if count),
        notes=tuple(line for part in PARTS for line in part.notes(kept, merged)),
        conflicts=(*_own_conflicts(kept, merged), *(line for part in PARTS for line in part.conflicts(kept, merged))),
    )


def _title(model: type[models.Model], field: str) -> str:
    things = str(model._meta.verbose_name_plural)
    return things if field in {"person", "to_person"} else f"{things} ({field.replace('_', ' ')})"


def _pointing(model: type[models.Model], field: str, person: Person) -> models.QuerySet[models.Model]:
    return model._default_manager.filter(**{field: person.pk})


def move(part: str, kept: Person, merged: Person) -> None:
    """Let what points at the merged person point at the kept one: the `moves` of an app's part. In the merge's transaction."""
    found = PARTS.get(part)
    for model, field in found.moves if found is not None else ():
        _pointing(model, field, merged).update(**{field: kept})


def _own_conflicts(kept: Person, merged: Person) -> Iterator[str]:
    if kept.pk == merged.pk:
        yield _("This is the same person: nothing is to be merged.")
    for person in (kept, merged):
        if person.forgotten_at is not None:
            yield _("%(person)s: was forgotten.") % {"person": person.email}
        if person.merged_into_id is not None:
            yield _("%(person)s: was merged already.") % {"person": person.email}
    if merged.is_staff or merged.is_superuser:
        text = _("%(person)s is staff: keep that row, or take the rights of staff away first. They are never handed on.")
        yield text % {"person": merged}


def merge_people(*, kept_id: int, merged_id: int, why: str, seen: str, by: Person, now: datetime) -> Person:
    """Two people become one: all that points at `merged` points at `kept`; the merged one's ways in end. Returns the kept one.

    `seen`: the preview's digest. Its letters that wait go to the address in use. Raises UnableToMerge; then nothing has changed.
    """
    if not why.strip():
        raise UnableToMerge(_("Say why: the journal keeps it."))
    with transaction.atomic():
        kept, merged = Person.objects.get(pk=kept_id), Person.objects.get(pk=merged_id)
        for part in PARTS:
            part.lock(kept, merged)
        _lock_pointers(merged)
        rows = Person.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[kept_id, merged_id]).order_by("pk")
        people = {row.pk: row for row in rows}
        kept, merged = people[kept_id], people[merged_id]
        shown = preview(kept, merged)
        if shown.conflicts:
            raise UnableToMerge(" ".join(shown.conflicts))
        if shown.seen != seen:
            raise UnableToMerge(_("Something has changed since you looked: read it again."))
        moved = dict(shown.moves)
        person_merged.send(sender=Person, kept=kept, merged=merged, now=now)
        _move_history(kept, merged)
        _close(kept, merged, now=now)
        text = _("%(merged)s <%(old)s> turned out to be %(kept)s <%(new)s>. %(why)s")
        names = {"merged": merged.name, "old": merged.email, "kept": kept.name, "new": kept.email, "why": why.strip()}
        journal.record(
            what="people_merged",
            now=now,
            by=by,
            rule="P11",
            why=text % names,
            about=[kept, merged],
            old={"merged": merged.email, "moved": moved, "settled": list(shown.notes)},
            new={"kept": kept.email},
        )
    return kept


def _lock_pointers(merged: Person) -> None:
    """What will move, before the two people are locked: whoever holds one of these rows may be waiting for a person (a list that names them)."""
    for part in PARTS:
        for model, field in part.moves:
            rows = _pointing(model, field, merged).select_for_update(of=("self",), no_key=True)
            list(rows.order_by("pk").values_list("pk", flat=True))


def _move_history(kept: Person, merged: Person) -> None:
    """The lines about the merged person are found from both. No line changes."""
    label = journal.label_of(kept)[0]
    here = JournalSubject.objects.filter(label=label, object_id=kept.pk).values("entry")
    lines = JournalEntry.objects.filter(subjects__label=label, subjects__object_id=merged.pk).exclude(pk__in=here)
    JournalSubject.objects.bulk_create(
        [JournalSubject(entry_id=pk, label=label, object_id=kept.pk) for pk in lines.values_list("pk", flat=True).distinct()],
        batch_size=500,
    )


def _close(kept: Person, merged: Person, *, now: datetime) -> None:
    """The merged row keeps name and address; nobody enters by it. Its address leads to the kept one, also where allauth looks."""
    known = EmailAddress.objects.filter(user=kept).values("email")
    EmailAddress.objects.filter(user=merged, email__in=list(known.values_list("email", flat=True))).delete()
    EmailAddress.objects.filter(user=merged).update(user=kept, primary=False, verified=False)
    EmailAddress.objects.get_or_create(user=kept, email=merged.email.lower(), defaults={"primary": False, "verified": False})
    Person.objects.filter(merged_into=merged).update(merged_into=kept)
    if not kept.name and merged.name:
        kept.name = merged.name
        kept.save(update_fields=["name"])
    merged.groups.clear()
    merged.user_permissions.clear()
    merged.is_active, merged.merged_into, merged.merged_at = False, kept, now
    merged.set_unusable_password()
    merged.save()
