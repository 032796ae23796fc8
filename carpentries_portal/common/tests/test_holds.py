"""Holding and rehearsing by the engine itself, with a rule of the tests: what is due no longer, a hold's last day, what would break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from carpentries_portal.common import notices
from carpentries_portal.common.enforcement import PlannedAction, holds, preview, rehearsal, runs
from carpentries_portal.common.models import AppliedAction, Hold, Notice, Person
from carpentries_portal.common.notices import Content, Obsolete
from carpentries_portal.common.notices.registry import CATALOGUE, Letter
from carpentries_portal.common.tests.made_up_rule import DAY, NOON, MadeUpRule, greeted, names, people, registered

pytestmark = pytest.mark.django_db

LAST = NOON.date() + timedelta(days=holds.LONGEST_DAYS)


@pytest.fixture
def rule() -> Iterator[MadeUpRule]:
    made_up = MadeUpRule()
    with registered(made_up):
        yield made_up


@pytest.fixture
def staff(db: None) -> Person:
    return Person.objects.create_user(email="ines@example.org", name="Ines", is_staff=True)


def hold(subject_id: int, staff: Person, *, until_on: date = LAST, now: datetime = NOON, rule: str = "T1", **more: Any) -> Hold:
    values = {"why": " they asked ", "by": staff, "as_of": now, **more}
    record = holds.hold(rule=rule, subject_id=subject_id, until_on=until_on, now=now, **values)
    assert isinstance(record, Hold)
    return record


def test_what_is_held_is_kept_from_the_run_to_the_end_of_its_last_day(rule: MadeUpRule, staff: Person) -> None:
    rows = people(2)
    record = hold(rows[0].pk, staff, until_on=DAY + timedelta(days=4))
    assert (record.subject_words, record.reason, record.until, record.refusal) == (
        rows[0].email,
        "they asked",
        datetime(2018, 2, 17, tzinfo=UTC),
        f"{rows[0].email} is due.",
    )
    found = preview.preview(as_of=NOON)
    assert [(row.action.subject_id, row.hold == record) for row in found.rows] == [(rows[0].pk, True), (rows[1].pk, False)]
    assert preview.summary(found) == "1 would be done, 1 held by staff."
    first = runs.run(now=datetime(2018, 2, 16, 23, 59, 59, tzinfo=UTC), rules=["T1"])
    assert (first.applied, first.held, names(rows)) == (1, 1, ["due", "done"])
    assert runs.run(now=datetime(2018, 2, 17, tzinfo=UTC), rules=["T1"]).applied == 1


def test_what_is_held_does_not_count_for_the_brake(rule: MadeUpRule, staff: Person) -> None:
    rows = people(6)
    hold(rows[0].pk, staff)
    found = preview.preview(as_of=NOON)
    run = runs.run(now=NOON, rules=["T1"])
    assert (len(found.free), found.held, found.braked) == (run.applied, run.held, run.braked) == (5, 1, 0)


@pytest.mark.parametrize("case", ["another rule", "nobody", "done already"])
def test_what_is_due_no_longer_cannot_be_held(rule: MadeUpRule, staff: Person, case: str) -> None:
    (row,) = people(1)
    if case == "done already":
        runs.run(now=NOON, rules=["T1"])
    values = {"rule": "T9"} if case == "another rule" else {}
    with pytest.raises(holds.UnableToHold, match="due no longer"):
        hold(0 if case == "nobody" else row.pk, staff, **values)
    assert not Hold.objects.exists()


def test_a_hold_ends_after_the_run_that_it_holds_back_and_within_half_a_year(rule: MadeUpRule, staff: Person) -> None:
    (row,) = people(1)
    midnight = datetime(2018, 2, 16, tzinfo=UTC)
    for until_on, now, as_of, says in (
        (LAST + timedelta(days=1), NOON, NOON, f"ends on {LAST:%a} {LAST.day} {LAST:%b} {LAST.year} at the latest"),
        (DAY + timedelta(days=3), midnight, midnight, "ends later than the run"),
        (DAY + timedelta(days=3), NOON, midnight, "ends later than the run"),
    ):
        with pytest.raises(holds.UnableToHold, match=says):
            hold(row.pk, staff, until_on=until_on, now=now, as_of=as_of)
    assert hold(row.pk, staff, until_on=LAST).to_date == LAST


def test_a_database_that_says_no_is_asked_twice_and_then_stops_nobody_else(rule: MadeUpRule) -> None:
    rows = people(2)
    rule.ineffective = {rows[0].pk: OperationalError("deadlock detected")}
    run = runs.run(now=NOON, rules=["T1"])
    assert (run.applied, run.failed, names(rows), greeted()) == (1, 1, ["due", "done"], 1)
    assert list(run.errors.values_list("subject_id", "error")) == [(rows[0].pk, "OperationalError: deadlock detected")]


class OnceDeadlocked(MadeUpRule):
    def effect(self, action: PlannedAction, now: datetime) -> None:
        super().effect(action, now)
        if self.ineffective:
            raise self.ineffective.popitem()[1]


def test_a_deadlock_is_nobody_s_fault_the_second_time_it_is_done_once() -> None:
    rule = OnceDeadlocked(ineffective={0: OperationalError("deadlock detected")})
    with registered(rule):
        rows = people(1)
        run = runs.run(now=NOON, rules=["T1"])
    assert (run.applied, run.failed, names(rows), greeted(), AppliedAction.objects.count()) == (1, 0, ["done"], 1, 1)


class Writing(MadeUpRule):
    """Owes a letter with each effect; how it can be made stands in `context`."""

    context: dict[str, str] = {}

    def effect(self, action: PlannedAction, now: datetime) -> None:
        super().effect(action, now)
        person = Person.objects.get(pk=action.subject_id)
        notices.queue(letter="test.night", to=person, occasion="night", now=now, context=self.context)


def _build(notice: Notice) -> Content:
    if "obsolete" in notice.context:
        raise Obsolete("It is over.")
    return Content(context={"code": notice.context["code"], "minutes": 3})


@pytest.mark.parametrize(
    ("context", "problem"),
    [({"code": "a"}, ""), ({"obsolete": "yes"}, "It is over."), ({}, "KeyError: 'code'")],
)
def test_a_rehearsal_shows_each_letter_or_why_it_could_not_be_made_and_leaves_nothing(
    context: dict[str, str], problem: str
) -> None:
    rule = Writing()
    rule.context = context
    CATALOGUE.add(Letter(code="L0", name="test.night", template="common/emails/login_code", build=_build))
    try:
        with registered(rule):
            (row,) = people(1)
            found = rehearsal.rehearse(rule="T1", subject_id=row.pk, now=NOON)
    finally:
        del CATALOGUE.letters["test.night"]
    assert [(letter.to, letter.problem, bool(letter.text)) for letter in found.letters] == [(row.email, problem, not problem)]
    assert (found.problem, names([row]), greeted(), Notice.objects.count()) == ("", ["due"], 0, 0)


def test_a_rehearsal_says_what_would_break(rule: MadeUpRule) -> None:
    (row,) = people(1)
    rule.ineffective = {row.pk: RuntimeError("no ink")}
    found = rehearsal.rehearse(rule="T1", subject_id=row.pk, now=NOON)
    assert (found.problem, found.letters, names([row]), greeted()) == ("RuntimeError: no ink", (), ["due"], 0)
    assert rehearsal.rehearse(rule="T9", subject_id=row.pk, now=NOON).action is None


def test_a_preview_says_what_is_held_back_by_the_brake_and_what_cannot_be_planned(rule: MadeUpRule) -> None:
    rows = people(8)
    rule.unplannable = {rows[0].pk}
    found = preview.preview(as_of=NOON)
    assert (len(found.free), found.braked, found.broken) == (0, 7, 1)
    assert preview.summary(found) == "0 would be done, 7 held back by the brake, 1 cannot be planned."
    (group,) = (group for group in found.groups if group.rule == "T1")
    assert [(one.subject_id, one.error) for one in group.broken] == [(rows[0].pk, "ValueError: cannot be planned")]
    assert group.seats == 0
