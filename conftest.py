"""What every test stands on: hypothesis' profile, and tests that count on PostgreSQL only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

# Playwright's driver runs an event loop in the test's thread, which Django takes for an async context.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

hypothesis_settings.register_profile("portal", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
hypothesis_settings.load_profile("portal")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of locks count on PostgreSQL only: elsewhere they are not collected, so that nothing is skipped."""
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return
    kept, dropped = [], []
    for item in items:
        (dropped if item.get_closest_marker("pg") else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.fixture(autouse=True)
def built_in_edition(request: pytest.FixtureRequest) -> None:
    """Migrations bring the edition of 2017; a test with real transactions flushes it, so it is put back for the next."""
    uses_database = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if not uses_database and request.node.get_closest_marker("django_db") is None:
        return
    request.getfixturevalue("db")
    from carpentries_portal.common.testing.editions import put_back_edition  # Django is set up by now

    put_back_edition()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """As pytest-django's. On PostgreSQL a connection that a browser's last request still holds would keep the database from being dropped."""
    yield
    with django_db_blocker.unblock():
        from django.db import connection  # Django is set up by now

        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
