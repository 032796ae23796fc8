"""The database of a state that has landed migrates to this one, keeps what it holds, and adds up.

The dumps are the demo of 24 November 2026 (real organizations and dates, invented people; contains data from The Carpentries,
carpentries.org, CC BY 4.0, changed), made by load_demo, with SQLite's iterdump and pg_dump --inserts --no-owner. A newer landed state is
one more pair of files.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import psycopg2
import pytest

from carpentries_portal.common.testing.stack import Stack

DUMPS = Path(__file__).parent / "data"
LANDED = sorted({path.name.split(".")[0] for path in DUMPS.glob("landed-*.sql.gz")})
COUNTS = """
import json
from django.apps import apps
labels = ("memberships.ledgerentry", "memberships.membership", "trainings.booking", "trainees.place", "trainees.application",
          "trainees.rollcall", "certification.checkout", "common.notice", "common.journalentry", "common.person", "trainings.training")
print(json.dumps({label: apps.get_model(label)._default_manager.count() for label in labels}))
"""
PASSED = 135  # places that passed before there were checkouts: each gets one, with a line in the journal
HELD = {
    "memberships.ledgerentry": 218 + 5,  # seats that nobody was named for when attendance was confirmed
    "trainees.place": 210,
    "trainees.application": 172,
    "trainees.rollcall": 342,
    "common.notice": 591,
    "common.journalentry": 581 + 5,
    "common.person": 248,
}


def restore(stack: Stack, name: str) -> None:
    """The dump of the engine that the tests run on, into the stack's own empty database."""
    url = stack.env.get("DATABASE_URL")
    dump = gzip.decompress((DUMPS / f"{name}.{'postgresql' if url else 'sqlite'}.sql.gz").read_bytes()).decode()
    if url:
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute(dump)
        connection.close()
        return
    database = sqlite3.connect(stack.folder / "portal.sqlite3")
    database.executescript(dump)
    database.close()


def test_there_is_a_landed_state_for_each_engine() -> None:
    assert LANDED == ["landed-2026-11-24"]
    assert {path.name for path in DUMPS.glob("landed-*")} == {
        f"{name}.{engine}.sql.gz" for name in LANDED for engine in ("sqlite", "postgresql")
    }


@pytest.mark.parametrize("name", LANDED)
def test_a_landed_database_migrates_and_adds_up(tmp_path: Path, name: str) -> None:
    stack = Stack(tmp_path, moved="2026-11-25T13:00:00+00:00")
    restore(stack, name)
    stack.manage("migrate", "--verbosity", "0")
    assert "All adds up." in stack.manage("audit")
    counts = json.loads(stack.manage("shell", "-v0", "-c", COUNTS))
    opened = counts["certification.checkout"]
    assert opened == PASSED
    assert {label: counts[label] - opened * (label == "common.journalentry") for label in HELD} == HELD
    stack.manage("enforce")  # a night over what was migrated
    assert "All adds up." in stack.manage("audit")
