"""The engine: planned in order and without a trace, applied once under the lock, and nobody stopped by a broken one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core import serializers

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import BrokenSubject, runs
from carpentries_portal.common.enforcement.apply import Outcome, apply
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.models import AppliedAction, Person, Run
from carpentries_portal.common.tests.made_up_rule import DAY, NOON, MadeUpRule, greeted, names, people, registered

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule() -> Iterator[MadeUpRule]:
    made_up = MadeUpRule()
    with registered(made_up):
        yield made_up


def a_run() -> Run:
    return Run.objects.create(as_of=NOON, started_at=NOON)


def everything() -> str:
    """The whole database as text."""
    rows = (row for model in apps.get_models() for row in model._default_manager.order_by("pk"))
    return serializers.serialize("json", rows)


def errors(run: Run) -> list[tuple[str, str, int | None, str]]:
    return [(row.rule, row.subject_label, row.subject_id, row.error) for row in run.errors.order_by("pk")]


def test_plan_is_in_order_of_the_cut_offs_instant_then_rule_then_id() -> None:
    first, second = MadeUpRule(code="T1"), MadeUpRule(code="T0")
    with registered(first, second):
        a, b, c, d = people(4)
        for made_up in (first, second):
            made_up.cut_offs = {
                a.pk: CutOff(on=DAY, zone="Pacific/Honolulu"),
                b.pk: CutOff(on=DAY, zone="Pacific/Auckland"),
                c.pk: CutOff(on=DAY - timedelta(days=1), zone="Pacific/Honolulu"),
                d.pk: CutOff(on=DAY, zone="Pacific/Auckland"),
            }
        actions, broken = plan(now=NOON)
    order = [(action.subject_id, action.rule) for action in actions]
    assert order[:2] == [(c.pk, "T0"), (c.pk, "T1")]  # 12 Feb 10:00 UTC, an hour before the 12th ends in Auckland
    assert order[2:] == [(b.pk, "T0"), (d.pk, "T0"), (b.pk, "T1"), (d.pk, "T1"), (a.pk, "T0"), (a.pk, "T1")]
    assert broken == []


def test_plan_writes_nothing(rule: MadeUpRule) -> None:
    people(3)
    before = everything()
    actions, _broken = plan(now=NOON)
    assert len(actions) == 3
    assert everything() == before


def test_plan_of_named_rules_leaves_the_others_out(rule: MadeUpRule) -> None:
    people(1)
    assert [len(plan(now=NOON, rules=rules)[0]) for rules in (["T1"], ["R7"], [])] == [1, 0, 1]


def test_run_does_it_once_and_keeps_what_it_did(rule: MadeUpRule) -> None:
    (person,) = people(1)
    first, second = runs.run(now=NOON), runs.run(now=NOON)
    assert [(run.applied, run.unchanged, run.failed) for run in (first, second)] == [(1, 0, 0), (0, 0, 0)]
    assert greeted() == 1
    row = AppliedAction.objects.get()
    assert (row.run, row.rule, row.subject_label, row.subject_id, row.cut_off_on, row.round, row.applied_at, row.sentence) == (
        first, "T1", "common.person", person.pk, DAY, 0, NOON, f"{person.email} is due.",
    )  # fmt: skip


def test_done_once_is_not_planned_again_though_it_looks_due(rule: MadeUpRule) -> None:
    (person,) = people(1)
    runs.run(now=NOON)
    Person.objects.update(name="due")
    assert plan(now=NOON) == ([], [])
    rule.rounds = {person.pk: 1}
    assert runs.run(now=NOON).applied == 1
    assert greeted() == 2


@pytest.mark.parametrize("change", [{"on": DAY + timedelta(days=1)}, {"round": 1}])
def test_another_cut_off_or_round_than_planned_is_left_to_the_next_run(rule: MadeUpRule, change: dict[str, object]) -> None:
    (person,) = people(1)
    (action,), _broken = plan(now=NOON)
    if isinstance(on := change.get("on"), date):
        rule.cut_offs = {person.pk: CutOff(on=on, zone="UTC")}
    else:
        rule.rounds = {person.pk: 1}
    assert apply(action, run=a_run(), now=NOON) is Outcome.UNCHANGED
    assert (greeted(), AppliedAction.objects.count()) == (0, 0)


def test_reason_gone_between_plan_and_apply_changes_nothing(rule: MadeUpRule) -> None:
    people(1)
    (action,), _broken = plan(now=NOON)
    Person.objects.update(name="settled")
    assert apply(action, run=a_run(), now=NOON) is Outcome.UNCHANGED
    assert (greeted(), AppliedAction.objects.count()) == (0, 0)


def test_somebody_else_did_it_between_plan_and_apply(rule: MadeUpRule) -> None:
    people(1)
    (action,), _broken = plan(now=NOON)
    run = a_run()
    assert apply(action, run=run, now=NOON) is Outcome.APPLIED
    Person.objects.update(name="due")
    assert apply(action, run=run, now=NOON) is Outcome.UNCHANGED
    assert (greeted(), AppliedAction.objects.count()) == (1, 1)


def test_subject_deleted_between_plan_and_apply_is_reported(rule: MadeUpRule) -> None:
    (person,) = people(1)
    (action,), _broken = plan(now=NOON)
    pk = person.pk
    person.delete()
    run = a_run()
    assert apply(action, run=run, now=NOON) is Outcome.FAILED
    assert errors(run) == [("T1", "common.person", pk, "DoesNotExist: Person matching query does not exist.")]


def test_effect_that_breaks_is_rolled_back_and_stops_nobody_else(rule: MadeUpRule) -> None:
    broken, fine = rows = people(2)
    rule.ineffective = {broken.pk: RuntimeError("no ink")}
    run = runs.run(now=NOON)
    assert (run.applied, run.failed) == (1, 1)
    assert names(rows) == ["due", "done"]
    assert [row.subject_id for row in AppliedAction.objects.all()] == [fine.pk]
    assert greeted() == 1
    assert errors(run) == [("T1", "common.person", broken.pk, "RuntimeError: no ink")]
    rule.ineffective = {}
    assert runs.run(now=NOON).applied == 1
    assert names(rows) == ["done", "done"]


def test_subject_that_cannot_be_planned_stops_nobody_else(rule: MadeUpRule) -> None:
    broken, _fine = rows = people(2)
    rule.unplannable = {broken.pk}
    said = BrokenSubject("T1", "common.person", broken.pk, "ValueError: cannot be planned")
    assert plan(now=NOON)[1] == [said]
    run = runs.run(now=NOON)
    assert (run.applied, run.failed) == (1, 1)
    assert names(rows) == ["due", "done"]
    assert errors(run) == [(said.rule, said.label, said.subject_id, said.error)]


def test_rule_that_breaks_stops_no_other_rule(rule: MadeUpRule) -> None:
    people(1)
    with registered(MadeUpRule(code="T0", broken=True)):
        run = runs.run(now=NOON)
    assert (run.applied, run.failed) == (1, 1)
    assert errors(run) == [("T0", "common.person", None, "RuntimeError: the rule is broken")]


def test_rule_that_is_registered_no_longer_is_reported(rule: MadeUpRule) -> None:
    made_up = MadeUpRule(code="T2")
    people(1)
    with registered(made_up):
        (action,), _broken = plan(now=NOON, rules=["T2"])
    run = a_run()
    assert apply(action, run=run, now=NOON) is Outcome.FAILED
    assert errors(run) == [("T2", "common.person", action.subject_id, "LookupError: no rule T2")]
