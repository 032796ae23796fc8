"""A worker killed outright in the middle of the night, with real processes: the run goes on, each effect exactly once, each letter leaves."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from carpentries_portal.common.testing.stack import BIN, Stack

TEAMS = 60
MAKE = """
from datetime import date
from carpentries_portal.common.models import Notice
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainings.factories import BookingFactory, TrainingFactory
for n in range(60):
    coordinator = CoordinatorFactory(email=f"c{n}@example.org")
    membership = MembershipFactory(organization=coordinator.organization)
    BookingFactory(training=TrainingFactory(starts_on=date(2018, 3, 12)), membership=membership, by=coordinator.person, seats=6)
Notice.objects.all().delete()
"""
TELL = """
import json
from carpentries_portal.common.models import AppliedAction, JournalEntry, Notice, Run
from memberships.models import Membership
run = Run.objects.filter(night__isnull=False).order_by("-pk").first()
print("TOLD" + json.dumps({
    "finished": bool(run and run.finished_at), "due": run.due if run else 0, "applied": run.applied if run else 0,
    "keys": AppliedAction.objects.filter(rule="P6").count(),
    "journal": JournalEntry.objects.filter(what="roster_closed").count(),
    "forfeited": sum(Membership.objects.values_list("forfeited", flat=True)),
    "waiting": Notice.objects.filter(letter="trainings.roster_closed").exclude(state="sent").count(),
}))
"""


def told(stack: Stack) -> dict[str, int]:

    out = stack.manage("shell", "--verbosity", "0", "--command", TELL)
    return dict(json.loads(out.split("TOLD")[1]))


def closed(stack: Stack) -> int:
    """How many actions are done, asked of the database itself: a command would come when all is over."""
    given = stack.env.get("DATABASE_URL", "")
    connection: Any = psycopg2.connect(given) if given else sqlite3.connect(stack.folder / "portal.sqlite3", timeout=20)
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT COUNT(*) FROM common_appliedaction WHERE rule = 'P6'")
        return int(cursor.fetchone()[0])
    finally:
        connection.close()


def wait_for(stack: Stack, actions: int) -> None:
    """Return as soon as so many actions are done."""
    deadline = time.monotonic() + 60
    while closed(stack) < actions:
        assert time.monotonic() < deadline, f"{actions} actions: not within a minute"
        time.sleep(0.002)  # another process works: asked often, so that the kill comes in the middle


def kill_worker(stack: Stack) -> None:
    """SIGKILL to the worker's whole group, and a fresh one in its place."""
    worker = stack.processes[1]
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    celery = [str(BIN / "celery"), "-A", "carpentries_portal"]
    stack._spawn("worker-again", [*celery, "worker", "--pool", "solo", "--concurrency", "1", "--loglevel", "INFO"])
    stack.processes[1] = stack.processes.pop()


@pytest.mark.long
@pytest.mark.parametrize("actions", [1, 17, 40])
def test_worker_killed_in_the_night_the_run_goes_on_and_each_effect_is_there_once(tmp_path: Path, actions: int) -> None:
    stack = Stack(tmp_path, moved="2018-02-19T12:31:00+00:00")
    stack.env |= {"PORTAL_BRAKE_TRAININGS": "1000", "PORTAL_BRAKE_SEATS": "1000"}
    stack.manage("migrate", "--verbosity", "0")
    stack.manage("shell", "--verbosity", "0", "--command", MAKE)
    try:
        stack.start()
        stack.wait(lambda: told(stack)["finished"], "the run of the night before is done")
        stack.move_clock("2018-02-20T12:30:00+00:00")
        wait_for(stack, actions)
        kill_worker(stack)
        assert actions <= closed(stack) < TEAMS, "it was killed in the middle"
        stack.move_clock("2018-02-20T12:46:00+00:00")  # leases are over
        stack.wait(
            lambda: (found := told(stack))["keys"] == TEAMS and found["finished"] and not found["waiting"],
            "the night is done",
            seconds=120,
        )
    finally:
        stack.stop()
    found = told(stack)
    assert (found["due"], found["applied"], found["keys"], found["journal"], found["forfeited"]) == (
        TEAMS,
        TEAMS,
        TEAMS,
        TEAMS,
        6 * TEAMS,
    )
    letters = Counter(str(message["to"]) for message in stack.letters() if "closed" in str(message["subject"]).lower())
    assert set(letters) == {f"c{n}@example.org" for n in range(TEAMS)}
    assert sum(letters.values()) <= TEAMS + 1, "at most one, on its way when the worker was killed, leaves twice"
    assert stack.manage("audit") == "All adds up.\n"
