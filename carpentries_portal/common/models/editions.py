"""Editions as rows: the numbers in force from a date on. A row in use is never changed."""

from __future__ import annotations

import functools
import json

from django.db import models
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.edition_json import from_json
from carpentries_portal.common.handbook import Edition


@functools.lru_cache(maxsize=32)
def _read(numbers: str) -> Edition:
    """Read once for the same numbers: checking each of them takes as long as a page's queries, and a page asks for every row."""
    return from_json(json.loads(numbers))


class EditionRecord(models.Model):
    """One edition. Memberships and trainings point at the one they are bound to."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    in_force_from = models.DateField(_("in force from"), unique=True)
    numbers = models.JSONField(_("numbers"))
    added_at = models.DateTimeField(null=True, blank=True)

    _known: tuple[object, Edition] | None = None  # of this row as it was loaded: an action asks for its numbers several times

    class Meta:
        verbose_name = _("edition")

    def __str__(self) -> str:
        return self.name

    def edition(self) -> Edition:
        """The numbers as a value. Raises EditionProblem where the row does not hold an edition."""
        if (known := self._known) is None or known[0] is not self.numbers:
            numbers = json.dumps({**self.numbers, "name": self.name, "in_force_from": self.in_force_from.isoformat()})
            known = self._known = self.numbers, _read(numbers)
        return known[1]
