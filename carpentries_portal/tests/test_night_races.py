"""The night under fire, on PostgreSQL: two timetables, two workers and a "run now" at once; and its crash tests' arithmetic."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from re import search

import pytest
from django.db import connection
from django.test import Client

from carpentries_portal.common import clock, tasks
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import AppliedAction, Run
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


def hidden(page: str, name: str) -> str:
    found = search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def test_two_timetables_two_workers_and_run_now_at_once_totals_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    now = night(2, 20)
    monkeypatch.setattr(clock, "now", lambda: now)
    many()
    desk = Client()
    desk.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
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
