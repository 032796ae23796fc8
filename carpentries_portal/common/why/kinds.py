"""What a timeline can be about: each app registers its kinds, and says what else belongs to one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from carpentries_portal.common.registries import Registry

Ids = Iterable[Any] | Callable[[datetime | None], Iterable[Any]]
Balance = Callable[[datetime | None], Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Story:
    """One thing that staff ask about.

    `scope`: what belongs to it, as labels ("trainings.booking") with their ids: a list or a query of them or, for what comes and goes,
    a function that gives those which had belonged to it before an instant (None: so far). `zone`: where its days are counted.
    `edition`: by which its own rules go, for lines that keep none. `person`: whose letters are among it. `balance`: its seats by account at the
    end of a day, or now (None), from the ledger alone.
    """

    title: str
    zone: str
    scope: Mapping[str, Ids]
    edition: str = ""
    person: int | None = None
    balance: Balance | None = None
    seats_of: Q | None = None

    def of(self, until: datetime | None, *, label: str = "subject_label", key: str = "subject_id") -> Q:
        """Rows that name their subject by label and id, and are about what belonged to this before an instant (None: so far)."""
        found = Q(pk__in=[])
        for name, ids in self.scope.items():
            found |= Q(**{label: name, f"{key}__in": ids(until) if callable(ids) else ids})
        return found


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: its model, whose permission to be seen guards the page, and how one is told. `story` is None where there is none."""

    model: type[models.Model]
    story: Callable[[int], Story | None]

    @property
    def permission(self) -> str:
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"


KINDS: Registry[Kind] = Registry()


def kind_of_label(label: str) -> str:
    """The name under which a model's rows are told, or ""."""
    for name in KINDS.names():
        kind = KINDS.get(name)
        if kind is not None and kind.model._meta.label_lower == label:
            return name
    return ""
