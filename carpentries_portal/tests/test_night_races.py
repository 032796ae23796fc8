"""The night under fire, on PostgreSQL: two timetables, two workers and a "run now" at once; and its crash tests' arithmetic."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from carpentries_portal.common import clock, tasks
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import AppliedAction, Run
from carpentries_portal.common.testing.mailserver import MailServer
from carpentries_portal.common.testing.stack import Stack, free_port
from carpentries_portal.common.testing.web_client import hidden, log_in
from carpentries_portal.tests.night_of_twelve import MAKE, NIGHT, OPEN, OVER, PATIENCE, exact
from memberships.factories import StaffFactory
from trainings.tests.test_enforcement import ONCE, effects, many, night

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """Run the jobs in threads of their own, started together; what came out."""
    results: list[object] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def one(number: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            results[number] = jobs[number]()
        except Exception as problem:  # noqa: BLE001  # whatever came out is the result
            results[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def test_two_timetables_two_workers_and_run_now_at_once_totals_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    now = night(2, 20)
    monkeypatch.setattr(clock, "now", lambda: now)
    many()
    desk = Client()
    desk.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    page = desk.get("/admin/tonight/run/").content.decode()
    sent = {name: hidden(page, name) for name in ("once", "seen")}
    (waiting,) = runs.waiting_runs(now=now)

    def worker() -> None:
        while runs.advance(waiting, now=now, limit=2):
            continue

    results = at_once([tasks.sweep, tasks.sweep, worker, worker, lambda: desk.post("/admin/tonight/run/", sent).status_code])
    tasks.sweep()  # what was asked for last, and what a worker had when the others looked
    assert results[:4] == [None] * 4
    assert results[4] == 302
    done = list(Run.objects.order_by("pk"))
    assert [run.night is not None for run in done] == [True, False]
    assert all(run.finished_at == now for run in done)
    for run in done:
        assert run.due == run.applied + run.unchanged + run.held + run.braked + run.failed
        assert (run.applied, run.failed) == (run.actions.count(), 0)
    assert sum(run.applied for run in done) == AppliedAction.objects.count()
    assert effects() == ONCE
    assert list(run_audits()) == []


def test_two_workers_on_one_run_whose_lease_is_over_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lease spares is double work, not a double effect."""
    now = night(2, 20)
    many()
    (waiting,) = runs.waiting_runs(now=now)
    runs.advance(waiting, now=now, limit=1)

    def worker(late: int) -> Callable[[], object]:
        def work() -> None:
            for turn in range(60):
                runs.advance(waiting, now=now + timedelta(minutes=2 * (turn + late)), limit=2)

        return work

    assert at_once([worker(0), worker(1), worker(2)]) == [None] * 3
    run = Run.objects.get()
    assert (run.due, run.applied, run.unchanged, run.failed) == (run.actions.count(), run.actions.count(), 0, 0)
    assert effects() == ONCE


UNFINISHED = "SELECT count(*) FROM common_run WHERE finished_at IS NULL"
RUNS = "SELECT count(*) FROM common_run"
MAKE_STAFF = """
from carpentries_portal.common.models import Person
for n in range(2):
    Person.objects.create_superuser(f"staff{n}@example.org", f"Staff {n}")
"""


@pytest.mark.long
def test_two_beats_two_workers_and_two_who_press_run_now_as_processes_totals_are_exact(tmp_path: Path) -> None:
    """The same with real processes: the night comes at the moment in which staff have it done, each of them twice."""
    mail = MailServer(free_port())
    mail.start()
    stack = Stack(tmp_path, moved="2018-02-20T05:00:00+00:00", EMAIL_URL=f"smtp://127.0.0.1:{mail.port}")
    try:
        stack.manage("migrate", "--verbosity", "0")
        stack.manage("shell", "--verbosity", "0", "--command", MAKE + MAKE_STAFF)
        staff = log_in(stack, "staff0@example.org", "staff1@example.org")
        stack.start()
        stack.start_worker("second")  # a beat of its own with it
        stack.wait(lambda: stack.count(OVER) == 1 and not stack.count(OPEN), "the night before is over", seconds=PATIENCE)
        stack.move_clock("2018-02-20T12:29:00+00:00")
        sent = [{name: hidden(one.get("/admin/tonight/run/")[1], name) for name in ("once", "seen")} for one in staff]
        stack.move_clock(NIGHT)
        presses = [partial(staff[n].post, "/admin/tonight/run/", **sent[n]) for n in (0, 1, 0, 1)]
        assert [status for status, _to in at_once(presses)] == [302] * 4
        stack.wait(
            lambda: stack.count(OVER) == 2 and not stack.count(UNFINISHED) and not stack.count(OPEN),
            "all is over",
            seconds=PATIENCE,
        )
        stack.wait(lambda: stack.count(RUNS) == 4, "the two nights' and one of each of the staff", seconds=PATIENCE)
        stack.stop()
        exact(stack, mail)
    finally:
        stack.stop()
        mail.stop()
