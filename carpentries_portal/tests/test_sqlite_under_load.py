"""A minute of the embedded default as bin/demo runs it: four people who read and write, a worker, a beat, a night after the other."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carpentries_portal.common.testing.stack import Stack
from carpentries_portal.common.testing.web_client import WebClient, hidden, log_in
from carpentries_portal.tests.night_of_twelve import MAKE, NIGHT, OPEN, PATIENCE

SECONDS = 60
PEOPLE = 4
MORE = """
years, codes = [], []
for n in range(4):
    coordinator = CoordinatorFactory(email=f"busy{n}@example.org")
    years.append(MembershipFactory(organization=coordinator.organization).pk)
for n in range(20):
    codes.append(TrainingFactory(starts_on=date(2018, 9, 3)).code)
print("MADE" + json.dumps([years, codes]))
"""


class Clerk(threading.Thread):
    """Books, reads, ticks, cancels, and begins again, until told to stop; keeps every answer."""

    def __init__(self, client: WebClient, membership: int, trainings: list[str], ends: float) -> None:
        super().__init__()
        self.client, self.membership, self.trainings, self.ends = client, membership, trainings, ends
        self.answers: Counter[tuple[str, int]] = Counter()
        self.odd: list[str] = []

    def note(self, what: str, answer: tuple[int, str], *, expected: int = 200) -> str:
        status, page = answer
        self.answers[what, status] += 1
        if status != expected:
            self.odd.append(f"{what}: {status} {page[:300]}")
        return page

    def run(self) -> None:
        turn = 0
        while time.monotonic() < self.ends:
            try:
                self.one(self.trainings[turn % len(self.trainings)])
            except Exception as problem:  # noqa: BLE001  # whatever came out is told
                self.odd.append(repr(problem))
            turn += 1

    def one(self, code: str) -> None:
        client = self.client
        for path in ("/", "/trainings/", f"/trainings/{code}/", f"/memberships/{self.membership}/"):
            self.note("read", client.get(path))
        values = {"membership": self.membership, "seats": 6, "site": "Library", "room": "1", "site_zone": "America/Chicago"}
        checked = self.note("check", client.post(f"/trainings/{code}/book/", **values))
        booking = self.note(
            "book", client.post(f"/trainings/{code}/book/", **values, do="book", seen=hidden(checked, "seen")), expected=302
        )
        if not booking.startswith("/bookings/"):
            return
        self.note("read", client.get(booking))
        self.note("tick", client.post(f"{booking}room/", item=["wifi", "screen"]), expected=302)
        page = self.note("read", client.get(f"{booking}cancel/"))
        self.note("cancel", client.post(f"{booking}cancel/", why="Another date", seen=hidden(page, "seen")), expected=302)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, moved=NIGHT, DATABASE_URL="", REDIS_URL="")
    stack.web = ("--workers", "2", "--threads", "2")
    stack.manage("migrate", "--verbosity", "0")
    yield stack
    stack.stop()


@pytest.mark.long
def test_a_minute_of_four_who_read_and_write_with_worker_and_beat_no_database_is_locked(stack: Stack) -> None:
    made = stack.manage("shell", "--verbosity", "0", "--command", "import json" + MAKE + MORE)
    memberships, codes = json.loads(made.split("MADE")[1])
    clients = log_in(stack, *(f"busy{n}@example.org" for n in range(PEOPLE)))
    stack.start()
    ends = time.monotonic() + SECONDS
    clerks = [
        Clerk(client, membership, codes[5 * n : 5 * n + 5], ends)
        for n, (client, membership) in enumerate(zip(clients, memberships, strict=True))
    ]
    for clerk in clerks:
        clerk.start()
    night = datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
    while time.monotonic() < ends:
        time.sleep(SECONDS / 8)
        night += timedelta(days=1)
        stack.move_clock(night.isoformat())  # a night after the other
    for clerk in clerks:
        clerk.join()
    stack.wait(lambda: not stack.count(OPEN), "all left", seconds=PATIENCE)
    stack.stop()
    answers = sum((clerk.answers for clerk in clerks), Counter[tuple[str, int]]())
    print(dict(answers), stack.count("SELECT count(*) FROM common_run WHERE finished_at IS NOT NULL"), "nights")  # noqa: T201  # its figures, with -s
    assert [odd for clerk in clerks for odd in clerk.odd] == []
    assert all(answers[what, 302] >= PEOPLE for what in ("book", "tick", "cancel"))
    log = stack.log()
    assert "locked" not in log.lower()
    assert "Traceback" not in log
    assert stack.count("SELECT count(*) FROM common_run WHERE finished_at IS NOT NULL") >= 4
    assert stack.manage("audit") == "All adds up.\n"
