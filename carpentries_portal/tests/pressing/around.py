"""Rows that belong together: whatever a row leads to, a step after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.db import models

from certification.models import Checkout
from memberships.models import Membership, Organization
from trainees.models import Place
from trainings.models import Training

THROUGH = {"Reservation", "TrainingTrainer"}
"""Nothing is pressed on these; they lead from one row to the next."""
UNFOLLOWED = {"EditionRecord", "JournalEntry", "LedgerEntry", "Notice"}
"""They lead to everything, or only tell what was done."""
EACH = 3
"""Of a row's many rows of a kind, so many are looked at."""
NAMES: dict[str, type[models.Model]] = {
    "membership": Membership,
    "training": Training,
    "place": Place,
    "checkout": Checkout,
    "organization": Organization,
}
"""What a field of a form names."""


def around(row: models.Model, *, far: int = 3, most: int = 40) -> list[models.Model]:
    """A row as it now is, and those that belong to it, nearest first; each has something to press. Nothing where the row is gone."""
    start = type(row)._default_manager.filter(pk=row.pk).first()
    found = {name_of(start): start} if start is not None else {}
    queue = [(one, 0) for one in found.values()]
    while queue and len(found) < most:
        one, steps = queue.pop(0)
        for other in _beside(one) if steps < far else ():
            if name_of(other) not in found:
                found[name_of(other)] = other
                queue.append((other, steps + 1))
    return [one for one in found.values() if getattr(admin.site._registry.get(type(one)), "buttons", ())]


def name_of(row: models.Model) -> tuple[str, Any]:
    return type(row).__name__, row.pk


def _beside(row: models.Model) -> Iterator[models.Model]:
    for field in row._meta.get_fields():
        model = field.related_model
        if not isinstance(model, type) or not _followed(model) or field.many_to_many:
            continue
        if isinstance(field, models.ForeignObjectRel):
            yield from model._default_manager.filter(**{field.field.name: row.pk}).order_by("pk")[:EACH]
        elif (other := getattr(row, field.name)) is not None:
            yield other


def _followed(model: type[models.Model]) -> bool:
    name = model.__name__
    return name not in UNFOLLOWED and (model in admin.site._registry or name in THROUGH)


def named_in(values: Mapping[str, Any]) -> Iterator[models.Model]:
    """The rows that are named in a form."""
    for name, value in values.items():
        if name in NAMES:
            field = "code" if name == "training" and isinstance(value, str) else "pk"
            yield from NAMES[name]._default_manager.filter(**{field: value})
