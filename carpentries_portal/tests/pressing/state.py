"""What the database holds, so that before and after can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from django.db import connection, models

from carpentries_portal.common.models import PortalSession

UNCOUNTED = {PortalSession._meta.db_table, "django_migrations"}
"""Being logged in is nothing that a form did."""


@cache
def tables() -> Sequence[str]:
    """Their names; migrations are over."""
    return sorted(set(connection.introspection.table_names()) - UNCOUNTED)


def contents(names: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Of each table how many rows it has, and a digest of all of them."""
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[name] = len(rows), sha256("\n".join(rows).encode()).hexdigest()
    return found


def counts(names: Sequence[str]) -> dict[str, int]:
    """How many rows each table has. One query."""
    parts = [f"SELECT '{name}', count(*) FROM {connection.ops.quote_name(name)}" for name in names]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def fields_of(row: models.Model | None) -> dict[str, Any]:
    """A row as the database has it; nothing where it is gone."""
    found = type(row)._base_manager.filter(pk=row.pk).values().first() if row is not None else None
    return dict(found or {})


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What a row's fields became: numbers and switches as they are; of all else only that it changed, for each row has its own."""
    return {
        name: after[name] if isinstance(after[name], int) and not name.endswith("_id") else "changed"
        for name in after
        if after[name] != before[name]
    }
