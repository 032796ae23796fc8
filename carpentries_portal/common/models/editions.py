"""Editions as rows: the numbers in force from a date on. A row in use is never changed."""

from __future__ import annotations

import functools
import json

from django.db import models
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.edition_json import from_json
from carpentries_portal.common.handbook import Edition


class EditionRecord(models.Model):
    """One edition. Memberships and trainings point at the one they are bound to."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    in_force_from = models.DateField(_("in force from"), unique=True)
    numbers = models.JSONField(_("numbers"))
    added_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("edition")

    def __str__(self) -> str:
        return self.name

    def edition(self) -> Edition:
        """The numbers as a value. Raises EditionProblem where the row does not hold an edition."""
        return _read(json.dumps({**self.numbers, "name": self.name, "in_force_from": self.in_force_from.isoformat()}))


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Edition:
    """Reading an edition checks each of its numbers: once for each text, not once for each row that is bound to it."""
    return from_json(json.loads(text))
