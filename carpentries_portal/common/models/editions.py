"""Editions as rows: the numbers in force from a date on. A row in use is never changed."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.edition_json import from_json
from carpentries_portal.common.handbook import Edition


@functools.lru_cache(maxsize=32)
def _read(numbers: str) -> Edition:
    """Read once for the same numbers: checking each of them takes as long as a page's queries, and a page asks for every row."""
    return from_json(json.loads(numbers))


@functools.lru_cache(maxsize=32)
def _parsed(text: str) -> Any:
    return json.loads(text)


class NumbersField(models.JSONField):
    """JSON that is parsed once for the same text: a page's rows carry the same edition. What is read is not to be changed in place."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _parsed(value) if isinstance(value, str) else super().from_db_value(value, expression, connection)

    def deconstruct(self) -> Any:
        """The column is that of its base: migrations need not know."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class EditionRecord(models.Model):
    """One edition. Memberships and trainings point at the one they are bound to."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    in_force_from = models.DateField(_("in force from"), unique=True)
    numbers = NumbersField(_("numbers"))
    added_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("edition")

    def __str__(self) -> str:
        return self.name

    def edition(self) -> Edition:
        """The numbers as a value. Raises EditionProblem where the row does not hold an edition."""
        numbers, kept = self.numbers, self.__dict__.get("_kept")
        if kept is None or kept[0] is not numbers or kept[1:3] != (self.name, self.in_force_from):
            read = _read(json.dumps({**numbers, "name": self.name, "in_force_from": self.in_force_from.isoformat()}))
            kept = self.__dict__["_kept"] = (numbers, self.name, self.in_force_from, read)
        edition: Edition = kept[3]
        return edition
