"""Whether the portal works: what the status says of runs, letters and workers, to people and to an alarm."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from redis.exceptions import ConnectionError as RedisAway

from carpentries_portal.celery import SignOfLife, app
from carpentries_portal.common import clock, heartbeats, tasks
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import Heartbeat, Notice, Run, RunError
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.operation import GOOD_FOR, STUCK_AFTER, status
from carpentries_portal.common.tests.made_up_rule import NOON, MadeUpRule, people, registered

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
NO_RUN = "No run has finished yet: worker and beat have to be started."
NO_WORKER = "No worker has given a sign of life in the last minutes."
NO_SWEEP = "The sweep of each minute does not come: beat, or every worker, has stopped."


@pytest.fixture
def _working(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that has had its night, with a worker at work."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    heartbeats.beat("celery@one", now=NOON)
    tasks.sweep()


def owed(**values: Any) -> Notice:
    """A letter that waits, with the values given."""
    count = Notice.objects.count()
    base: dict[str, Any] = {
        "code": "L1",
        "letter": "x",
        "to_address": "a@example.org",
        "to_key": "a@example.org",
        "occasion": str(count),
    }
    return Notice.objects.create(**{**base, "queued_at": NOON, "due_at": NOON, "state": NoticeState.QUEUED, **values})


def problems(now: Any = NOON) -> tuple[str, ...]:
    return status(now=now).problems


def test_new_portal_says_what_is_not_started() -> None:
    assert problems() == (NO_RUN, NO_WORKER, NO_SWEEP)


@pytest.mark.usefixtures("_working")
def test_portal_that_works_has_no_problem() -> None:
    found = status(now=NOON)
    assert (found.works, found.last_run, found.last_good) == (True, Run.objects.get(), Run.objects.get())
    assert [(process.name, process.alive) for process in found.processes] == [("celery@one", True), ("sweep", True)]


@pytest.mark.usefixtures("_working")
@pytest.mark.parametrize(("late", "good"), [(GOOD_FOR, True), (GOOD_FOR + SECOND, False)])
def test_last_good_run_holds_for_26_hours(late: timedelta, good: bool) -> None:
    words = "The last good run finished 26 hours ago. The next one starts by itself when worker and beat work."
    assert (words in problems(NOON + late)) is not good


@pytest.mark.usefixtures("_working")
@pytest.mark.parametrize("bad", ["not finished", "one rule", "previewed", "a rule broke"])
def test_run_that_was_not_whole_is_no_good_one(bad: str) -> None:
    later = Run.objects.create(as_of=NOON + SECOND, started_at=NOON + SECOND, finished_at=NOON + SECOND)
    if bad == "not finished":
        Run.objects.filter(pk=later.pk).update(finished_at=None)
    elif bad == "a rule broke":
        RunError.objects.create(run=later, at=NOON, rule="R7", subject_label="trainings.training", error="x")
    else:
        Run.objects.filter(pk=later.pk).update(**({"rules": "R7"} if bad == "one rule" else {"previewed": True}))
    found = status(now=NOON)
    assert (found.last_run, found.last_good) == (later, Run.objects.exclude(pk=later.pk).get())


@pytest.mark.usefixtures("_working")
def test_one_broken_subject_does_not_make_a_run_bad() -> None:
    later = Run.objects.create(as_of=NOON + SECOND, started_at=NOON + SECOND, finished_at=NOON + SECOND)
    RunError.objects.create(run=later, at=NOON, rule="R7", subject_label="trainings.training", subject_id=1, error="x")
    assert status(now=NOON).last_good == later


@pytest.mark.usefixtures("_working")
@pytest.mark.parametrize(
    ("values", "due", "later", "stuck"),
    [
        ({}, 1, 0, 0),
        ({"due_at": NOON - STUCK_AFTER}, 1, 0, 0),
        ({"due_at": NOON - STUCK_AFTER - SECOND}, 1, 0, 1),
        ({"due_at": NOON + SECOND}, 0, 1, 0),
        ({"due_at": NOON + SECOND, "attempts": 3}, 1, 0, 0),  # between two tries
        ({"due_at": NOON + SECOND, "attempts": 4}, 1, 0, 1),
        ({"state": NoticeState.SENDING, "claimed_at": NOON, "due_at": NOON - STUCK_AFTER - SECOND}, 1, 0, 1),
        ({"state": NoticeState.SENT, "sent_at": NOON, "due_at": NOON - STUCK_AFTER - SECOND}, 0, 0, 0),
        ({"state": NoticeState.CANCELLED, "due_at": NOON - STUCK_AFTER - SECOND}, 0, 0, 0),
    ],
)
def test_letters_that_wait_and_those_that_are_stuck(values: dict[str, Any], due: int, later: int, stuck: int) -> None:
    owed(**values)
    found = status(now=NOON)
    assert (found.letters_due, found.letters_later, found.letters_stuck) == (due, later, stuck)
    assert (found.oldest_due_at, found.works) == (NOON if due else None, not stuck)


@pytest.mark.usefixtures("_working")
def test_silent_worker_and_missing_sweep_are_told() -> None:
    later = NOON + heartbeats.SILENT_AFTER
    assert problems(later) == ()
    assert problems(later + SECOND) == (NO_WORKER, NO_SWEEP)
    heartbeats.beat("celery@two", now=later + SECOND)
    assert problems(later + SECOND) == (NO_SWEEP,)


def test_machine_that_was_taken_away_is_forgotten() -> None:
    heartbeats.beat("celery@old", now=NOON)
    heartbeats.beat("celery@new", now=NOON + heartbeats.KEPT + SECOND)
    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["celery@new"]


def called(*arguments: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("status", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


@pytest.mark.usefixtures("_working")
def test_command_says_it_and_exits_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    owed(due_at=NOON + SECOND)
    text, code = called()
    assert (text.splitlines(), code) == (
        [
            "last run        2018-02-15 12:30 UTC, finished",
            "last good run   2018-02-15 12:30 UTC",
            "letters         0 due, 1 later, 0 stuck, 0 failed in a day",
            "oldest unsent   none",
            "under the brake 0",
            "process         celery@one, alive, seen 2018-02-15 12:30 UTC",
            "process         sweep, alive, seen 2018-02-15 12:30 UTC",
        ],
        0,
    )
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=27))
    text, code = called("--json")
    assert code == 1
    found = json.loads(text)
    assert (found["works"], len(found["problems"]), found["letters"]["stuck"], found["last_good_run"]["id"]) == (
        False, 4, 1, Run.objects.get().pk,
    )  # fmt: skip
    assert "example.org" not in text


def _away(*_args: object) -> None:
    raise OperationalError("server closed the connection; password=hush")


def test_healthz_says_503_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").content) == (200, b"ok")
    monkeypatch.setattr("django.db.connection.cursor", _away)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (503, b"no database")


@pytest.mark.parametrize(
    ("problem", "status", "words", "again"),
    [
        (OperationalError("server closed the connection; password=hush"), 503, "We are back in a minute", "30"),
        (RedisAway("Error 111 connecting to hush:6379"), 503, "We are back in a minute", "30"),
        (ValueError("hush"), 500, "Something broke on our side", None),
    ],
)
def test_page_without_a_database_or_a_cache_says_come_again_and_a_mistake_of_ours_does_not(
    client: Client, monkeypatch: pytest.MonkeyPatch, problem: Exception, status: int, words: str, again: str | None
) -> None:
    def away(*_args: object) -> None:
        raise problem

    client.raise_request_exception = False
    monkeypatch.setattr("django.db.connection.cursor", away)
    answer = client.get("/trainings/")
    page = answer.content.decode()
    assert (answer.status_code, answer.headers.get("Retry-After"), words in page, "hush" in page) == (status, again, True, False)


def test_healthz_is_answered_without_tls(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert (client.get("/healthz").status_code, client.get("/partners/").status_code) == (200, 301)


@pytest.mark.django_db(transaction=True)  # what breaks off has no transaction around it
def test_run_that_breaks_off_stops_no_other(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    (person,) = people(1)
    with registered(MadeUpRule(rounds={person.pk: 2**70})):  # what no database can keep
        (night,) = runs.waiting_runs(now=NOON)
        asked = runs.ask({("T1", "common.person", 999, NOON.date(), 0): "gone"}, by=person, now=NOON)
        tasks.sweep()
        tasks.sweep()
    asked.refresh_from_db()
    assert (asked.finished_at, Run.objects.get(pk=night).finished_at) == (NOON, None)
    assert caplog.text.count(f"run {night} broke off") == 2


def test_tasks_of_the_timetable_exist_and_carry_no_more_than_ids() -> None:
    app.loader.import_default_modules()  # as a worker does
    names = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert names <= set(app.tasks)
    assert (app.conf.task_acks_late, app.conf.worker_prefetch_multiplier) == (True, 1)
    assert tasks.TURN.total_seconds() < app.conf.task_time_limit < runs.PLAN_LEASE.total_seconds()


def test_worker_notes_that_it_lives_and_survives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Timer:
        calls: list[tuple[float, Any, tuple[Any, ...]]] = []

        def call_repeatedly(self, seconds: float, tick: Any, arguments: tuple[Any, ...], priority: int) -> Any:
            self.calls.append((seconds, tick, arguments))

    class Worker:
        hostname, timer = "celery@here", Timer()

    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr("django.db.connection.close", lambda: None)  # the test's own connection stays
    step = SignOfLife(Worker())
    step.start(Worker())
    assert list(Heartbeat.objects.values_list("name", "seen_at")) == [("celery@here", NOON)]
    ((seconds, tick, arguments),) = Timer.calls
    monkeypatch.setattr("django.db.connection.cursor", _away)
    tick(*arguments)
    assert seconds == 30
