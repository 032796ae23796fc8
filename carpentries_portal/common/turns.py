"""Waiting for one's turn where there is no row to lock yet: of what is only about to be added, one person at a time adds."""

from __future__ import annotations

import hashlib

from django.db import connection, transaction


def take(name: str) -> None:
    """Until the caller's transaction ends nobody else takes the turn of this name; whoever wants it waits. Taken twice by one, it is one.

    What was read before is to be read anew. On SQLite whoever writes is alone already (BEGIN IMMEDIATE).
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A turn is taken in a transaction.")
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
