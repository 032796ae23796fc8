"""Runs: once a day, caught up when missed, finished by the next one when they crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import AppliedAction, Person, Run
from carpentries_portal.common.tests.made_up_rule import NOON, MadeUpRule, greeted, names, people, registered

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


def test_start_if_due_runs_once_a_day() -> None:
    minutes = [NOON + timedelta(minutes=n) for n in (-1, 0, 1, 24 * 60 - 1, 24 * 60, 24 * 60 + 1)]
    started = [runs.start_if_due(now=now) is not None for now in minutes]
    assert started == [True, True, False, False, True, False]  # the first: nothing had ever run


def test_start_if_due_after_a_missed_week_runs_once() -> None:
    runs.start_if_due(now=NOON)
    late = NOON + timedelta(days=7, hours=5)
    assert [runs.start_if_due(now=late) is not None for _ in range(2)] == [True, False]


def test_run_is_a_row_with_its_counts_and_by_whom(rule: MadeUpRule) -> None:
    staff = Person.objects.create_user(email="ines@example.org", name="Ines", is_staff=True)
    fine, broken = people(2)
    rule.ineffective = {broken.pk: RuntimeError("no ink")}
    run = Run.objects.get(pk=runs.run(now=NOON, by=staff).pk)
    assert (run.as_of, run.started_at, run.finished_at, run.by) == (NOON, NOON, NOON, staff)
    assert (run.applied, run.unchanged, run.braked, run.failed) == (1, 0, 0, 1)
    assert [row.subject_id for row in run.actions.all()] == [fine.pk]


def test_crash_in_the_middle_the_next_run_does_the_rest(rule: MadeUpRule) -> None:
    rows = people(4)
    rule.ineffective = {rows[2].pk: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        runs.start_if_due(now=NOON)
    assert names(rows) == ["done", "done", "due", "due"]
    assert Run.objects.get().finished_at is None
    rule.ineffective = {}
    again = runs.start_if_due(now=NOON + timedelta(minutes=1))
    assert again is not None
    assert again.applied == 2
    assert (names(rows), greeted(), AppliedAction.objects.count()) == (["done"] * 4, 4, 4)


def test_run_of_one_rule_leaves_the_others_alone(rule: MadeUpRule) -> None:
    rows = people(1)
    assert runs.run(now=NOON, rules=["R7"]).applied == 0
    assert names(rows) == ["due"]
