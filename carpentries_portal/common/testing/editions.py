"""Migrations bring the edition of 2017; a test with real transactions flushes it, so it is put back for the next."""

from __future__ import annotations

from carpentries_portal.common.edition_json import builtin_2017, to_json
from carpentries_portal.common.models import EditionRecord


def put_back_edition() -> None:
    """The built-in edition's row, if it is missing."""
    edition = builtin_2017()
    values = {"in_force_from": edition.in_force_from, "numbers": to_json(edition)}
    EditionRecord.objects.get_or_create(name=edition.name, defaults=values)
