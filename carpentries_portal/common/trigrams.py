"""Indexes by which PostgreSQL finds text in the middle of a column (`__icontains`); SQLite, for a small portal, reads the rows."""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython


def trigram_index(table: str, column: str) -> RunPython:
    """A migration's operation. Its role needs CREATE on the database, for the extension pg_trgm (trusted since PostgreSQL 13)."""
    name = f"{table}_{column}_trigrams"

    def make(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(f'CREATE INDEX "{name}" ON "{table}" USING gin (UPPER("{column}"::text) gin_trgm_ops)')

    def drop(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f'DROP INDEX "{name}"')

    return RunPython(make, drop)
