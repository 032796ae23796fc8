"""When a test's threads stand where a race begins: PostgreSQL says who waits for a lock."""

from __future__ import annotations

from time import monotonic, sleep

from django.db import connection

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def until_somebody_waits(many: int = 1, *, seconds: float = 20) -> None:
    """Until so many connections to this database wait for a lock. Raises TimeoutError: then the test shows nothing."""
    end = monotonic() + seconds
    while monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else it is as it was when the transaction first looked
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= many:
                return
        sleep(0.02)
    raise TimeoutError("nobody waits for a lock")
