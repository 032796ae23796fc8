"""Runs: once a day, caught up when missed, finished by the next one when they crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import AppliedAction, JournalEntry, Person, Run
from carpentries_portal.common.tests.made_up_rule import DAY, NOON, MadeUpRule, greeted, names, people, registered

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule() -> Iterator[MadeUpRule]:
    made_up = MadeUpRule()
    with registered(made_up):
        yield made_up


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2018, 2, 15, 12, 29, 59, tzinfo=UTC), datetime(2018, 2, 14, 12, 30, tzinfo=UTC)),
        (datetime(2018, 2, 15, 12, 30, tzinfo=UTC), datetime(2018, 2, 15, 12, 30, tzinfo=UTC)),
        (datetime.fromisoformat("2018-02-16T01:00+13:00"), datetime(2018, 2, 14, 12, 30, tzinfo=UTC)),
    ],
)
def test_latest_due_is_the_last_half_past_noon_by_utc(now: datetime, due: datetime) -> None:
    assert runs.latest_due(now) == due


def sweep(now: datetime) -> list[Run]:
    """What the sweep of a minute does with runs; those that it worked on."""
    waiting = runs.waiting_runs(now=now)
    for run_id in waiting:
        while runs.advance(run_id, now=now):
            continue
    return list(Run.objects.filter(pk__in=waiting))


def test_night_is_run_once() -> None:
    minutes = [NOON + timedelta(minutes=n) for n in (-1, 0, 1, 24 * 60 - 1, 24 * 60, 24 * 60 + 1)]
    started = [len(sweep(now)) for now in minutes]
    assert started == [1, 1, 0, 0, 1, 0]  # the first: nothing had ever run


def test_missed_week_is_caught_up_by_one_run() -> None:
    sweep(NOON)
    late = NOON + timedelta(days=7, hours=5)
    assert [len(sweep(late)) for _ in range(2)] == [1, 0]
    assert Run.objects.get(night=datetime(2018, 2, 22, 12, 30, tzinfo=UTC)).as_of == late


@pytest.mark.parametrize(("rules", "waits"), [([], 0), (["T1"], 1)])
def test_run_by_hand_stands_for_the_night_only_if_it_was_whole(rule: MadeUpRule, rules: list[str], waits: int) -> None:
    runs.run(now=NOON, rules=rules)
    assert len(runs.waiting_runs(now=NOON + timedelta(minutes=1))) == waits


def test_run_that_was_asked_for_and_not_begun_for_a_day_is_not_begun_any_more(rule: MadeUpRule) -> None:
    staff = Person.objects.create_user(email="ines@example.org", name="Ines", is_staff=True)
    asked = runs.ask({}, by=staff, now=NOON + timedelta(hours=1))
    waits = [asked.pk in runs.waiting_runs(now=NOON + timedelta(hours=hours)) for hours in (1, 24, 25)]
    assert waits == [True, True, False]
    assert [(line.what, line.by) for line in JournalEntry.objects.filter(what="run_asked")] == [("run_asked", staff)]


def test_run_is_a_row_with_its_counts_and_by_whom(rule: MadeUpRule) -> None:
    staff = Person.objects.create_user(email="ines@example.org", name="Ines", is_staff=True)
    fine, broken = people(2)
    rule.ineffective = {broken.pk: RuntimeError("no ink")}
    run = Run.objects.get(pk=runs.run(now=NOON, by=staff).pk)
    assert (run.as_of, run.started_at, run.finished_at, run.by) == (NOON, NOON, NOON, staff)
    assert (run.applied, run.unchanged, run.braked, run.failed) == (1, 0, 0, 1)
    assert [row.subject_id for row in run.actions.all()] == [fine.pk]


def test_crash_in_the_middle_the_same_run_goes_on(rule: MadeUpRule) -> None:
    rows = people(4)
    rule.ineffective = {rows[2].pk: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        sweep(NOON)
    assert names(rows) == ["done", "done", "due", "due"]
    assert Run.objects.get().finished_at is None
    rule.ineffective = {}
    (again,) = sweep(NOON + timedelta(minutes=1))
    assert (again.due, again.applied, again.unchanged, again.started_at) == (4, 4, 0, NOON)
    assert (names(rows), greeted(), AppliedAction.objects.count()) == (["done"] * 4, 4, 4)


def test_worker_killed_before_it_kept_the_outcomes_counts_each_once(rule: MadeUpRule) -> None:
    """The effect of the first stands, its item waits still: as after SIGKILL. The lease has to run out first."""
    rows = people(2)
    (run_id,) = runs.waiting_runs(now=NOON)
    runs.advance(run_id, now=NOON, limit=1)
    Run.objects.update(claimed_until=NOON + runs.SLICE_LEASE)
    Run.objects.get().items.update(outcome="")
    assert runs.advance(run_id, now=NOON + timedelta(seconds=59)) is False
    assert names(rows) == ["done", "due"]
    (run,) = sweep(NOON + timedelta(seconds=60))
    assert (run.due, run.applied, run.unchanged, greeted()) == (2, 2, 0, 2)


def test_planning_broken_off_begins_anew(rule: MadeUpRule) -> None:
    rows = people(3)
    broken = MadeUpRule(code="T2", unplannable={rows[0].pk})
    with registered(broken):
        (run_id,) = runs.waiting_runs(now=NOON)
        while runs.advance(run_id, now=NOON):
            continue
        run = Run.objects.get()
        assert (run.due, run.failed) == (5, 1)
        Run.objects.update(planned_at=None, finished_at=None)
        (again,) = sweep(NOON)
    assert (again.due, again.failed, again.errors.count()) == (0, 0, 0)  # all was done: nothing is due, nothing counted twice


def test_work_is_done_in_slices(rule: MadeUpRule) -> None:
    rows = people(5)
    rule.trainings = 0
    (run_id,) = runs.waiting_runs(now=NOON)
    assert [runs.advance(run_id, now=NOON, limit=2) for _ in range(5)] == [True, True, True, False, False]
    assert names(rows) == ["done"] * 5


def test_work_is_done_in_the_order_of_the_cut_offs(rule: MadeUpRule) -> None:
    rows = people(3)
    rule.cut_offs = {row.pk: CutOff(on=DAY - timedelta(days=n), zone="UTC") for n, row in enumerate(rows)}
    (run_id,) = runs.waiting_runs(now=NOON)
    runs.advance(run_id, now=NOON, limit=1)
    assert names(rows) == ["due", "due", "done"]


def test_broken_subject_is_tried_again_the_next_night(rule: MadeUpRule) -> None:
    rows = people(2)
    rule.ineffective = {rows[0].pk: RuntimeError("no ink")}
    (first,) = sweep(NOON)
    assert (first.applied, first.failed, list(first.errors.values_list("subject_id", "error"))) == (
        1, 1, [(rows[0].pk, "RuntimeError: no ink")],
    )  # fmt: skip
    rule.ineffective = {}
    (second,) = sweep(NOON + timedelta(days=1))
    assert (second.applied, second.failed, names(rows)) == (1, 0, ["done", "done"])


def test_reports_are_forgotten_after_some_weeks_and_what_was_applied_stays(rule: MadeUpRule) -> None:
    people(2)
    run = runs.run(now=NOON)
    assert runs.forget_reports(now=NOON + runs.REPORT_KEEPS) == 0
    assert runs.forget_reports(now=NOON + runs.REPORT_KEEPS + timedelta(seconds=1)) == 2
    assert (run.actions.count(), run.items.count()) == (2, 0)


def test_run_of_one_rule_leaves_the_others_alone(rule: MadeUpRule) -> None:
    rows = people(1)
    assert runs.run(now=NOON, rules=["R7"]).applied == 0
    assert names(rows) == ["due"]
