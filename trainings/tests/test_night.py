"""The night: R7 and R12 by the run, exactly once; holds, requests and the brake; the commands' words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from carpentries_portal.common import exceptions
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import brake, runs
from carpentries_portal.common.models import AppliedAction, BrakedAction, JournalEntry, Notice
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from trainings import actions
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Training

pytestmark = pytest.mark.django_db

WHY = "No member had signed up by Mon 12 Feb 2018, end of day Chicago time, four weeks ahead."


def night(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, 30, tzinfo=UTC)


def state(training: Training) -> tuple[str, str, str]:
    row = Training.objects.get(pk=training.pk)
    return row.state, row.cancelled_rule, row.cancelled_why


def ask(training: Training, **membership: object) -> exceptions.ExceptionRecord:
    coordinator = CoordinatorFactory()
    row = MembershipFactory(organization=coordinator.organization, **membership)
    return actions.ask_exception(
        training=training, membership=row, rule="R6", reason="ill", by=coordinator.person, now=EPOCH, seats=6
    )


def test_empty_training_is_cancelled_after_two_whole_days_and_the_trainer_is_told_why() -> None:
    training = TrainingFactory(trainers=[TrainerFactory(email="nora@example.org")])
    runs.run(now=night(date(2018, 2, 14)))
    assert state(training) == ("scheduled", "", "")
    run = runs.run(now=night(date(2018, 2, 15)))
    assert (run.applied, run.failed) == (1, 0)
    assert state(training) == ("cancelled", "R7", WHY)
    letter = Notice.objects.get(letter="trainings.training_cancelled_trainer")
    assert (letter.to_address, letter.context["sentence"]) == ("nora@example.org", WHY)
    assert JournalEntry.objects.get(what="training_cancelled").why == WHY


@pytest.mark.parametrize(
    ("zone", "last_quiet", "acts"),
    [
        ("Pacific/Honolulu", datetime(2018, 2, 15, 9, 59, tzinfo=UTC), datetime(2018, 2, 15, 10, 0, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2018, 2, 14, 10, 59, tzinfo=UTC), datetime(2018, 2, 14, 11, 0, tzinfo=UTC)),
    ],
)
def test_two_days_end_with_the_day_in_the_trainings_zone(zone: str, last_quiet: datetime, acts: datetime) -> None:
    training = TrainingFactory(zone=zone)
    runs.run(now=last_quiet)
    assert state(training)[0] == "scheduled"
    runs.run(now=acts)
    assert state(training)[0] == "cancelled"


def test_run_twice_does_it_once() -> None:
    TrainingFactory(trainers=[TrainerFactory()])
    first, second = runs.run(now=night(date(2018, 2, 15))), runs.run(now=night(date(2018, 2, 15)))
    assert (first.applied, second.applied, second.unchanged) == (1, 0, 0)
    assert AppliedAction.objects.filter(rule="R7").count() == 1
    assert Notice.objects.filter(letter="trainings.training_cancelled_trainer").count() == 1


def held(training: Training) -> None:
    actions.hold_training(training_id=training.pk, until_on=date(2018, 2, 26), why="A team is coming", by=StaffFactory(), now=EPOCH)


def booked(training: Training) -> None:
    BookingFactory(training=training)


def asked(training: Training) -> None:
    ask(training)


def approved(training: Training) -> None:
    until = CutOff(on=date(2018, 2, 19), zone=training.zone).ends_at
    exceptions.approve(ask(training), by=StaffFactory(), now=EPOCH, until=until)


@pytest.mark.parametrize(
    ("done", "stays_to", "gone_on"),
    [
        (held, date(2018, 3, 8), None),  # to D(14), then staff
        (booked, date(2018, 3, 8), None),
        (asked, date(2018, 2, 19), date(2018, 2, 20)),  # to D(21) at the latest
        (approved, date(2018, 2, 19), date(2018, 2, 20)),
    ],
)
def test_what_keeps_an_empty_training_and_until_when(
    done: Callable[[Training], None], stays_to: date, gone_on: date | None
) -> None:
    training = TrainingFactory()
    done(training)
    for n in range((stays_to - date(2018, 2, 13)).days + 1):
        runs.run(now=night(date(2018, 2, 13) + timedelta(days=n)))
    assert state(training)[0] == "scheduled"
    if gone_on:
        runs.run(now=night(gone_on))
        assert state(training)[0] == "cancelled"


def test_announced_after_its_own_sign_up_date_is_never_touched() -> None:
    training = TrainingFactory(now=datetime(2018, 2, 20, 12, tzinfo=UTC))
    runs.run(now=night(date(2018, 3, 1)))
    assert state(training)[0] == "scheduled"


def test_missed_week_is_caught_up_by_one_run() -> None:
    training = TrainingFactory()
    (waiting,) = runs.waiting_runs(now=night(date(2018, 2, 24)))
    while runs.advance(waiting, now=night(date(2018, 2, 24))):
        continue
    assert state(training)[0] == "cancelled"
    assert runs.waiting_runs(now=night(date(2018, 2, 24)) + timedelta(hours=3)) == []
    assert len(runs.waiting_runs(now=night(date(2018, 2, 25)))) == 1


def test_year_end_forfeits_what_is_left_once() -> None:
    membership = MembershipFactory(level="silver")
    last_minute = datetime(2019, 1, 1, 4, 59, tzinfo=UTC)  # 23:59 on 31 December in New York
    assert runs.run(now=last_minute, rules=["R12"]).applied == 0
    assert runs.run(now=last_minute + timedelta(minutes=1), rules=["R12"]).applied == 1
    assert runs.run(now=last_minute + timedelta(days=9), rules=["R12"]).applied == 0
    membership.refresh_from_db()
    assert (membership.available, membership.forfeited) == (0, 6)
    entry = membership.entries.latest("pk")
    assert (entry.event, entry.rule, entry.seats) == ("year_end", "R12", 6)
    assert "31 Dec 2018" in entry.reason


def test_brake_holds_back_a_day_and_staff_release_it() -> None:
    trainings = [TrainingFactory() for _ in range(6)]
    run = runs.run(now=night(date(2018, 2, 15)))
    assert (run.applied, run.braked) == (0, 6)
    assert {state(training)[0] for training in trainings} == {"scheduled"}
    assert Notice.objects.filter(letter="common.braked").count() == 1
    assert runs.run(now=night(date(2018, 2, 16))).applied == 0
    assert BrakedAction.objects.count() == 6
    brake.release(rule="R7", on=date(2018, 2, 12), by=None, now=night(date(2018, 2, 16)))
    assert runs.run(now=night(date(2018, 2, 17))).applied == 6
    assert {state(training)[0] for training in trainings} == {"cancelled"}
    assert BrakedAction.objects.filter(closed_at__isnull=True).count() == 0


def test_broken_subject_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = TrainingFactory(), TrainingFactory(starts_on=date(2018, 3, 13))
    Training.objects.filter(pk=broken.pk).update(zone="Nowhere/Atall")
    run = runs.run(now=night(date(2018, 2, 16)))
    assert state(fine)[0] == "cancelled"
    assert run.applied == 1
    assert [(error.rule, error.subject_label, error.subject_id) for error in run.errors.order_by("rule")] == [
        ("L7", "trainings.training", broken.pk),
        ("R7", "trainings.training", broken.pk),
    ]
    assert run.failed == 2


def called(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_enforce_dry_run_prints_the_plan_and_writes_nothing() -> None:
    training = TrainingFactory()
    before = (JournalEntry.objects.count(), Notice.objects.count(), AppliedAction.objects.count())
    text = called("enforce", "--dry-run", "--as-of", "2018-02-15T12:30Z")
    assert text == f"As of 2018-02-15 12:30 UTC: 1 actions, 0 of them held, 0 braked\n  R7  2018-02-12  {training}: {WHY}\n"
    assert (JournalEntry.objects.count(), Notice.objects.count(), AppliedAction.objects.count()) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["enforce", "--rule", "R99"], "is not a rule of the run"),
        (["enforce", "--as-of", "2018-02-15T12:30"], "has no offset"),
        (["enforce", "--as-of", "yesterday"], "is not an instant"),
        (["enforce", "--release", "R7"], "is not RULE:DAY"),
        (["explain", "R99"], "is not a rule of the handbook"),
        (["explain", "R6", "--membership", "1"], "Name a training"),
        (["explain", "R6", "--membership", "1", "--training", "no-such"], "There is no training"),
        (["explain", "R12", "--membership", "99"], "There is no membership 99"),
    ],
)
def test_commands_say_what_is_wrong(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command(*arguments)


def test_explain_prints_the_verdict_that_the_page_shows() -> None:
    membership, training = MembershipFactory(), TrainingFactory()
    arguments = ["--membership", str(membership.pk), "--training", training.code]
    inside = called("explain", "R6", *arguments, "--as-of", "2018-02-12T23:30-06:00")
    assert inside == "R6, four weeks ahead: allowed\n  Sign-up is open until Mon 12 Feb 2018, end of day Chicago time.\n"
    (late,) = json.loads(called("explain", "R6", *arguments, "--as-of", "2018-02-13T00:00-06:00", "--json"))
    assert (late["answer"], late["turns_on"], late["zone"]) == ("refused", "2018-02-12", "America/Chicago")
    assert late["sentence"].endswith("today is 27 days ahead.")
