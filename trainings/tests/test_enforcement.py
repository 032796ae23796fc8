"""R7 and L7 by the run, case by case: what keeps an empty training, what goes to staff, and two runs at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from carpentries_portal.common import editions, exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.enforcement.apply import Outcome, apply
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.models import AppliedAction, JournalEntry, Notice, Run
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Membership
from trainings import actions, desk
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Training, TrainingException

ROOT = Path(__file__).resolve().parents[2]
SIGN_UP = CutOff(on=date(2018, 2, 12), zone="America/Chicago")
EMPTIED = "Its teams have left since sign-up closed: staff decide."
STILL_EMPTY = "It is still empty, less than two weeks ahead: staff decide."


def night(month: int, day: int) -> datetime:
    return datetime(2018, month, day, 12, 30, tzinfo=UTC)


def nights(training: Training, *, until: datetime) -> date | None:
    """One run each night from D(28) on; the day of the run that cancelled the training."""
    now = night(2, 12)
    while now <= until:
        runs.run(now=now, rules=["R7"])
        training.refresh_from_db()
        if training.state == "cancelled":
            return now.date()
        now += timedelta(days=1)
    return None


def ask(training: Training) -> TrainingException:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    return actions.ask_exception(
        training=training, membership=membership, rule="R6", reason="late", by=coordinator.person, now=night(2, 13), seats=6
    )


def approve(training: Training, *, until: date) -> TrainingException:
    end = CutOff(on=until, zone=training.zone).ends_at
    return exceptions.approve(ask(training), by=StaffFactory(), now=night(2, 13), until=end)


def hold(training: Training, until_on: date) -> TrainingException:
    return actions.hold_training(
        training_id=training.pk, until_on=until_on, why="A team comes", by=StaffFactory(), now=night(2, 10)
    )


def nothing(training: Training) -> None:
    """Empty as it is."""


def held_to_the_18th(training: Training) -> None:
    hold(training, date(2018, 2, 18))


def hold_revoked(training: Training) -> None:
    exceptions.revoke(hold(training, date(2018, 2, 26)), by=StaffFactory(), now=night(2, 11), note="They do not come")


def asked_and_declined(training: Training) -> None:
    exceptions.decline(ask(training), by=StaffFactory(), now=night(2, 14), note="Too late")


def approved_to_d24(training: Training) -> None:
    approve(training, until=date(2018, 2, 16))


def approved_past_d21(training: Training) -> None:
    approve(training, until=date(2018, 3, 11))


def approved_and_revoked(training: Training) -> None:
    exceptions.revoke(approve(training, until=date(2018, 2, 19)), by=StaffFactory(), now=night(2, 13), note="They do not come")


def booked_and_left_in_time(training: Training) -> None:
    booking = BookingFactory(training=training)
    end = SIGN_UP.ends_at - timedelta(seconds=1)
    actions.cancel_booking(booking_id=booking.pk, why="ill", by=booking.booked_by, now=end)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "cancelled_on"),
    [
        (nothing, date(2018, 2, 15)),  # two whole days after the 12th are over in Chicago
        (held_to_the_18th, date(2018, 2, 19)),
        (hold_revoked, date(2018, 2, 15)),
        (asked_and_declined, date(2018, 2, 15)),
        (approved_to_d24, date(2018, 2, 17)),
        (approved_past_d21, date(2018, 2, 20)),  # a request keeps it to D(21) at the latest
        (approved_and_revoked, date(2018, 2, 15)),
        (booked_and_left_in_time, date(2018, 2, 15)),
    ],
)
def test_night_by_night_it_is_cancelled_on(case: Callable[[Training], None], cancelled_on: date) -> None:
    training = TrainingFactory()
    case(training)
    assert nights(training, until=night(3, 11)) == cancelled_on


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "stays"),
    [
        (SIGN_UP.ends_at - timedelta(seconds=1), False),  # it left on the last day: empty at the cut-off
        (SIGN_UP.ends_at, True),  # it stood there when the day was over
        (night(2, 20), True),
    ],
)
def test_training_that_empties_later_goes_to_staff_and_is_never_cancelled(at: datetime, stays: bool) -> None:
    training = TrainingFactory()
    booking = BookingFactory(training=training)
    actions.cancel_booking(booking_id=booking.pk, why="ill", by=booking.booked_by, now=at)
    assert (nights(training, until=night(3, 11)) is None) is stays
    said = [(item.text, item.more) for item in desk.for_staff(night(2, 21)).items]
    assert said == ([(str(training), EMPTIED)] if stays else [])


@pytest.mark.django_db
def test_approved_team_that_books_late_keeps_the_training() -> None:
    training = TrainingFactory()
    record = approve(training, until=date(2018, 2, 16))
    membership = Membership.objects.get(pk=record.membership_id)
    BookingFactory(training=training, membership=membership, seats=6, now=night(2, 16))
    assert nights(training, until=night(3, 11)) is None


@pytest.mark.django_db
def test_held_to_d14_it_goes_to_staff_when_that_day_is_over() -> None:
    training = TrainingFactory()
    hold(training, date(2018, 2, 26))
    assert nights(training, until=night(3, 11)) is None
    end = CutOff(on=date(2018, 2, 26), zone="America/Chicago").ends_at
    moments = [end - timedelta(seconds=1), end]
    assert [[item.more for item in desk.for_staff(now).items] for now in moments] == [[], [STILL_EMPTY]]
    assert [[item.more for item in desk.at_risk(now).items] for now in moments] == [
        [
            "0 of 30 seats are booked. Staff hold it until Mon 26 Feb 2018, end of day Chicago time. "
            "No member with seats left has its day then."
        ],
        [],
    ]


@pytest.mark.django_db
def test_edition_that_cancels_nothing_leaves_it_to_staff() -> None:
    edition = replace(builtin_2017(), name="mild", in_force_from=date(2018, 1, 3), cancel_empty=False)
    editions.publish_edition(edition, by=None, now=EPOCH)
    training = TrainingFactory(now=EPOCH + timedelta(days=2))
    assert training.edition.name == "mild"
    assert nights(training, until=night(3, 11)) is None
    assert [item.more for item in desk.for_staff(night(2, 13)).items] == [
        "Nobody is booked; this edition cancels nothing by itself: staff decide."
    ]


@pytest.mark.django_db
def test_run_that_catches_up_ends_as_one_run_each_night() -> None:
    cases = [nothing, held_to_the_18th, approved_to_d24, approved_past_d21]
    trainings = [TrainingFactory() for _ in cases]
    for case, training in zip(cases, trainings, strict=True):
        case(training)
    runs.run(now=night(2, 24))
    assert [Training.objects.get(pk=training.pk).state for training in trainings] == ["cancelled"] * 4


@pytest.mark.django_db
def test_training_that_has_begun_or_was_taken_over_is_never_touched() -> None:
    begun = TrainingFactory()
    schedule = Schedule(
        starts_on=date(2018, 3, 12), ends_on=date(2018, 3, 13), starts=begun.starts, ends=begun.ends, zone="America/Chicago"
    )
    taken = actions.take_over_training(
        schedule=schedule,
        announced_on=date(2017, 12, 1),
        cancelled=False,
        source_key="row 1",
        source={},
        source_notes=[],
        by=None,
        now=datetime(2018, 2, 12, 18, tzinfo=UTC),
    )
    runs.run(now=night(2, 12), rules=["L7"])
    assert nights(taken, until=night(3, 11)) is None
    runs.run(now=begun.starts_at)
    assert Notice.objects.count() == 1  # at risk: the one announced here
    assert [row.state for row in Training.objects.filter(pk=taken.pk)] == ["scheduled"]


@pytest.mark.django_db
def test_training_that_has_begun_is_not_planned() -> None:
    training = TrainingFactory()
    assert plan(now=training.starts_at) == ([], [])


@pytest.mark.django_db
def test_booking_made_between_plan_and_apply_keeps_the_training() -> None:
    training = TrainingFactory()
    now = night(2, 15)
    (action,), _broken = plan(now=now, rules=["R7"])
    record = approve(training, until=date(2018, 2, 16))
    membership = Membership.objects.get(pk=record.membership_id)
    BookingFactory(training=training, membership=membership, seats=6, now=now)
    assert apply(action, run=Run.objects.create(as_of=now, started_at=now), now=now) is Outcome.UNCHANGED
    training.refresh_from_db()
    assert (training.state, AppliedAction.objects.count()) == ("scheduled", 0)


def at_risk_letters() -> list[tuple[str, str]]:
    rows = Notice.objects.filter(letter="trainings.training_at_risk").order_by("pk")
    return [(row.to_address, row.context["sentence"]) for row in rows]


@pytest.mark.django_db
def test_at_risk_letter_leaves_once_from_d35_on() -> None:
    TrainingFactory()
    for day in (4, 5, 6, 12):
        runs.run(now=datetime(2018, 2, day, 6, tzinfo=UTC))  # midnight in Chicago
        assert len(at_risk_letters()) == int(day > 4)
    sentence = "At risk: nobody is booked. If nobody signs up by Mon 12 Feb 2018, end of day Chicago time, it is cancelled after Wed 14 Feb 2018."
    assert at_risk_letters() == [("staff@example.org", sentence)]


@pytest.mark.django_db
def test_at_risk_letter_that_was_missed_leaves_until_sign_up_is_over() -> None:
    TrainingFactory()
    assert [runs.run(now=now, rules=["L7"]).applied for now in (SIGN_UP.ends_at, SIGN_UP.ends_at - timedelta(seconds=1))] == [0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize("case", [held_to_the_18th, BookingFactory])
def test_no_at_risk_letter_for_what_is_held_or_booked(case: Callable[..., object]) -> None:
    training = TrainingFactory()
    case(training=training)
    assert runs.run(now=night(2, 10), rules=["L7"]).applied == 0


@pytest.mark.django_db
def test_no_at_risk_letter_older_than_its_training() -> None:
    TrainingFactory(now=datetime(2018, 2, 6, 12, tzinfo=UTC))  # D(34)
    assert runs.run(now=night(2, 7)).applied == 0
    TrainingFactory(now=datetime(2018, 2, 5, 12, tzinfo=UTC))  # D(35)
    assert runs.run(now=night(2, 7)).applied == 1


@pytest.mark.django_db
def test_desk_is_not_filled_by_trainings_that_r7_never_touches() -> None:
    for _ in range(25):
        TrainingFactory(now=night(2, 14))  # announced after its own sign-up date
    seen = TrainingFactory(starts_on=date(2018, 3, 20))
    assert [item.text for item in desk.at_risk(night(2, 15)).items] == [str(seen)]


def many() -> tuple[list[Training], list[Membership]]:
    """Five empty trainings and four memberships with seats left on each of three days: all due, none braked."""
    trainings = [TrainingFactory(starts_on=date(2018, 3, 12 + n % 3), trainers=[TrainerFactory()], now=EPOCH) for n in range(15)]
    memberships = [
        MembershipFactory(level="gold", starts_on=date(2017, 2, 1), ends_on=date(2018, 2, 1 + n % 3), now=EPOCH) for n in range(12)
    ]
    return trainings, memberships


def effects() -> dict[str, int]:
    """What a run leaves behind, counted."""
    return {
        "cancelled": Training.objects.filter(state="cancelled").count(),
        "journal": JournalEntry.objects.filter(what__in=["training_cancelled", "seats_forfeited"]).count(),
        "applied": AppliedAction.objects.exclude(rule="L7").count(),
        "letters": Notice.objects.filter(letter="trainings.training_cancelled_trainer").count(),
        "forfeited": sum(Membership.objects.values_list("forfeited", flat=True)),
        "available": sum(Membership.objects.values_list("available", flat=True)),
    }


ONCE = {"cancelled": 15, "journal": 27, "applied": 27, "letters": 15, "forfeited": 180, "available": 0}


@pytest.mark.django_db
def test_run_twice_its_effects_are_there_once() -> None:
    many()
    first, second = runs.run(now=night(2, 20)), runs.run(now=night(2, 20))
    assert effects() == ONCE
    assert [(run.applied, run.unchanged, run.failed, run.braked) for run in (first, second)] == [(27, 0, 0, 0), (0, 0, 0, 0)]
    assert list(run_audits()) == []


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_four_runs_at_once_their_effects_are_there_once() -> None:
    many()
    start = threading.Barrier(4)
    done: list[Run] = []

    def one() -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            done.append(runs.run(now=night(2, 20)))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert effects() == ONCE
    assert (len(done), sum(run.applied for run in done), sum(run.failed for run in done)) == (4, 27, 0)
    assert list(run_audits()) == []


MAKE = "from trainings.tests.test_enforcement import many; many()"
TELL = "import json; from trainings.tests.test_enforcement import effects; print(json.dumps(effects()))"


def test_two_processes_at_once_on_the_embedded_default(tmp_path: Path) -> None:
    """SQLite in a file, its single writer is the lock: no "database is locked", each effect once."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "PORTAL_CLOCK_FILE"}}
    env = {**kept, "PORTAL_TEST": "1", "PORTAL_DATA_DIR": str(tmp_path), "PYTHONWARNINGS": "ignore"}

    def manage(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finished(process: subprocess.Popen[str]) -> str:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    finished(manage("migrate", "--verbosity", "0"))
    finished(manage("shell", "--verbosity", "0", "--command", MAKE))
    both = [manage("enforce", "--as-of", "2018-02-20T12:30Z") for _ in range(2)]
    said = [finished(process) for process in both]
    assert all("0 braked, 0 failed" in line for line in said)
    assert finished(manage("shell", "--verbosity", "0", "--command", TELL)).strip() == str(ONCE).replace("'", '"')
    assert finished(manage("audit")) == "All adds up.\n"
