"""The brake: what is too much for one cut-off day waits for staff, whatever happens to its number meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import brake, runs
from carpentries_portal.common.models import BrakedAction, JournalEntry, Notice, Person
from carpentries_portal.common.notices.delivery import deliver_due
from carpentries_portal.common.tests.made_up_rule import DAY, NOON, MadeUpRule, names, people, registered

pytestmark = pytest.mark.django_db
NEXT = NOON + timedelta(days=1)
LATER = NOON + timedelta(days=2)


@pytest.fixture
def rule() -> Iterator[MadeUpRule]:
    made_up = MadeUpRule()
    with registered(made_up):
        yield made_up


def counts(run: object) -> tuple[int, int, int]:
    return run.applied, run.braked, run.failed


def waiting() -> int:
    return BrakedAction.objects.filter(closed_at__isnull=True, released_at__isnull=True).count()


def letters() -> list[int]:
    """Of how many actions each letter to staff speaks."""
    return [row.context["count"] for row in Notice.objects.filter(letter="common.braked").order_by("pk")]


def release(now: object = NEXT) -> int:
    return brake.release(rule="T1", on=DAY, by=None, now=now)


@pytest.mark.parametrize(
    ("count", "seats", "trainings", "brakes", "applied"),
    [(5, 0, 1, True, 5), (6, 0, 1, True, 0), (4, 15, 0, True, 4), (4, 16, 0, True, 0), (9, 99, 1, False, 9)],
)
def test_limits_of_one_day(rule: MadeUpRule, count: int, seats: int, trainings: int, brakes: bool, applied: int) -> None:
    rule.seats, rule.trainings, rule.brakes = seats, trainings, brakes
    people(count)
    assert counts(runs.run(now=NOON)) == (applied, count - applied, 0)


def test_other_days_and_other_rules_are_counted_for_themselves(rule: MadeUpRule) -> None:
    rows = people(12)
    rule.cut_offs = {
        row.pk: CutOff(on=DAY - timedelta(days=n), zone="UTC") for row, n in zip(rows, [0] * 6 + [1] * 3 + [2] * 3, strict=True)
    }
    assert counts(runs.run(now=NOON)) == (6, 6, 0)
    assert names(rows) == ["due"] * 6 + ["done"] * 6


def test_limits_are_settings(rule: MadeUpRule, settings: object) -> None:
    settings.PORTAL_BRAKE_TRAININGS = 1
    people(2)
    assert counts(runs.run(now=NOON)) == (0, 2, 0)


def test_braked_is_stored_once_and_staff_are_told_once(rule: MadeUpRule) -> None:
    rows = people(6)
    first = runs.run(now=NOON)
    second = runs.run(now=NEXT)
    assert [counts(run) for run in (first, second)] == [(0, 6, 0), (0, 6, 0)]
    row = BrakedAction.objects.get(subject_id=rows[0].pk)
    assert (row.run, row.rule, row.subject_label, row.subject_text, row.cut_off_on, row.sentence, row.braked_at) == (
        first, "T1", "common.person", rows[0].email, DAY, f"{rows[0].email} is due.", NOON,
    )  # fmt: skip
    assert (waiting(), letters()) == (6, [6])


def test_day_that_waits_goes_on_waiting_when_its_number_falls_to_the_limit(rule: MadeUpRule) -> None:
    rows = people(6)
    runs.run(now=NOON)
    Person.objects.filter(pk=rows[0].pk).update(name="settled")
    assert counts(runs.run(now=NEXT)) == (0, 5, 0)
    assert (waiting(), letters()) == (5, [6])


def test_what_comes_to_a_day_that_waits_waits_too_and_is_told(rule: MadeUpRule) -> None:
    people(6)
    runs.run(now=NOON)
    people(1)
    assert counts(runs.run(now=NEXT)) == (0, 7, 0)
    assert (waiting(), letters()) == (7, [6, 7])


def test_release_lets_the_next_run_do_it(rule: MadeUpRule) -> None:
    rows = people(6)
    runs.run(now=NOON)
    staff = Person.objects.create_user(email="ines@example.org", name="Ines", is_staff=True)
    assert brake.release(rule="T1", on=DAY, by=staff, now=NEXT) == 6
    assert names(rows) == ["due"] * 6
    assert counts(runs.run(now=NEXT)) == (6, 0, 0)
    assert names(rows) == ["done"] * 6
    assert set(BrakedAction.objects.values_list("released_by", "closed_at")) == {(staff.pk, NEXT)}
    entry = JournalEntry.objects.get(what="brake_released")
    assert (entry.by, entry.rule, entry.why) == (staff, "T1", "6 actions of 2018-02-12 released.")


@pytest.mark.parametrize(("code", "on"), [("T2", DAY), ("T1", DAY + timedelta(days=1))])
def test_release_of_nothing_is_refused(rule: MadeUpRule, code: str, on: object) -> None:
    people(6)
    runs.run(now=NOON)
    with pytest.raises(brake.UnableToRelease, match=f"Nothing of {code} waits under the brake for {on}."):
        brake.release(rule=code, on=on, by=None, now=NEXT)
    assert waiting() == 6


def test_what_came_after_the_release_needs_one_of_its_own(rule: MadeUpRule) -> None:
    rows = people(6)
    runs.run(now=NOON)
    release()
    late = people(6)
    assert counts(runs.run(now=NEXT)) == (6, 6, 0)
    assert (names(rows), names(late)) == (["done"] * 6, ["due"] * 6)
    assert letters() == [6, 6]


def test_reason_gone_closes_it_and_reason_back_opens_it_again(rule: MadeUpRule) -> None:
    people(6)
    runs.run(now=NOON)
    release()
    Person.objects.update(name="settled")
    assert counts(runs.run(now=NEXT)) == (0, 0, 0)
    assert BrakedAction.objects.filter(closed_at=NEXT).count() == 6
    Person.objects.update(name="due")
    assert counts(runs.run(now=LATER)) == (0, 6, 0)
    rows = BrakedAction.objects.values_list("closed_at", "released_at", "braked_at")
    assert list(rows.order_by("pk")) == [(NEXT, NEXT, NOON)] * 6 + [(None, None, LATER)] * 6  # what was stays as it was
    assert letters() == [6, 6]
    assert release(now=LATER) == 6


def test_released_action_that_breaks_keeps_its_release(rule: MadeUpRule) -> None:
    rows = people(6)
    runs.run(now=NOON)
    release()
    rule.ineffective = {rows[0].pk: RuntimeError("no ink")}
    assert counts(runs.run(now=NEXT)) == (5, 0, 1)
    rule.ineffective = {}
    assert counts(runs.run(now=LATER)) == (1, 0, 0)
    assert BrakedAction.objects.filter(closed_at__isnull=True).count() == 0


def test_what_could_not_be_planned_goes_on_waiting(rule: MadeUpRule) -> None:
    rows = people(6)
    runs.run(now=NOON)
    rule.unplannable = {rows[0].pk}
    assert counts(runs.run(now=NEXT)) == (0, 5, 1)
    assert waiting() == 6
    rule.broken = True
    assert counts(runs.run(now=NEXT)) == (0, 0, 1)
    assert waiting() == 6


def test_run_of_another_rule_or_an_earlier_instant_closes_nothing(rule: MadeUpRule) -> None:
    people(6)
    runs.run(now=NOON)
    Person.objects.update(name="settled")
    runs.run(now=NEXT, rules=["R7"])
    runs.run(now=NOON - timedelta(days=1))
    assert waiting() == 6
    runs.run(now=NEXT)
    assert waiting() == 0


def test_letter_to_staff_says_which_rule_and_day(rule: MadeUpRule, mailoutbox: list[EmailMessage]) -> None:
    people(6)
    runs.run(now=NOON)
    deliver_due(now=NOON)
    (letter,) = mailoutbox
    assert letter.to == ["staff@example.org"]
    assert "T1 would do 6 things for one day: it did none of them" in letter.body
    assert "The cut-off day is" in letter.body
