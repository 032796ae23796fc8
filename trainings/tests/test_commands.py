"""The commands of the night, whole outputs: enforce and explain."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from carpentries_portal.common.enforcement import RULES, holds
from carpentries_portal.common.models import BrakedAction, JournalEntry, Run
from memberships.factories import EPOCH, MembershipFactory, StaffFactory
from memberships.models import Membership
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

WHY = "No member had signed up by Mon 12 Feb 2018, end of day Chicago time, four weeks ahead."
NIGHT = ["--as-of", "2018-02-15T12:30Z"]


def called(*arguments: str) -> tuple[str, int]:
    """What a command prints, and how it exits."""
    out = StringIO()
    try:
        call_command(*arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def refused(*arguments: str) -> tuple[str, int]:
    """The error of a command that refuses, and its exit code."""
    with pytest.raises(CommandError) as problem:
        call_command(*arguments)
    return str(problem.value), problem.value.returncode


# --- enforce ------------------------------------------------------------------------------------------------------------


def test_enforce_says_what_it_did_and_does_it_once() -> None:
    training = TrainingFactory()
    assert called("enforce", *NIGHT) == ("1 applied, 0 unchanged, 0 held, 0 braked, 0 failed\n", 0)
    assert called("enforce", *NIGHT) == ("0 applied, 0 unchanged, 0 held, 0 braked, 0 failed\n", 0)
    assert Training.objects.get(pk=training.pk).state == "cancelled"


def test_enforce_dry_run_as_json() -> None:
    training = TrainingFactory()
    out, code = called("enforce", "--dry-run", "--json", *NIGHT)
    action = {
        "rule": "R7",
        "subject": ["trainings.training", training.pk],
        "text": "12–13 Mar 2018, Chicago",
        "cut_off": "2018-02-12",
        "zone": "America/Chicago",
        "sentence": WHY,
        "letters": ["L7"],
    }
    assert code == 0
    assert json.loads(out) == {"as_of": "2018-02-15T12:30:00+00:00", "actions": [action], "held": [], "braked": [], "broken": []}
    assert (Run.objects.count(), Training.objects.get().state) == (0, "scheduled")


def test_enforce_of_one_rule_leaves_the_others_alone() -> None:
    TrainingFactory()
    MembershipFactory(ends_on=date(2018, 2, 1))
    assert called("enforce", "--rule", "R12", "--json", *NIGHT) == (
        '{"as_of": "2018-02-15T12:30:00+00:00", "applied": 1, "unchanged": 0, "held": 0, "braked": 0, "failed": 0, "errors": []}\n',
        0,
    )
    assert Training.objects.get().state == "scheduled"


def test_enforce_names_what_broke_and_exits_1() -> None:
    broken, _fine = TrainingFactory(), TrainingFactory(starts_on=date(2018, 3, 11))
    Training.objects.filter(pk=broken.pk).update(zone="Nowhere/Atall")
    error = "ZoneInfoNotFoundError: 'No time zone found with key Nowhere/Atall'"
    subject = f"trainings.training {broken.pk}"
    out, _code = called("enforce", "--dry-run", "--rule", "R7", *NIGHT)
    assert out.splitlines()[0] == "As of 2018-02-15 12:30 UTC: 1 actions, 0 of them held, 0 braked"
    assert out.splitlines()[2] == f"  R7 {subject} is broken: {error}"
    seen = json.loads(called("enforce", "--dry-run", "--json", "--rule", "R7", *NIGHT)[0])["broken"]
    assert seen == [{"rule": "R7", "subject": ["trainings.training", broken.pk], "error": error}]
    out, code = called("enforce", "--rule", "R7", *NIGHT)
    assert (out, code) == (f"1 applied, 0 unchanged, 0 held, 0 braked, 1 failed\n  R7 {subject}: {error}\n", 1)
    out, code = called("enforce", "--rule", "R7", "--json", *NIGHT)
    assert (json.loads(out)["errors"], code) == (seen, 1)


def test_enforce_brakes_and_releases() -> None:
    for _ in range(6):
        TrainingFactory()
    assert "6 actions, 0 of them held, 6 braked" in called("enforce", "--dry-run", *NIGHT)[0]
    assert called("enforce", *NIGHT) == ("0 applied, 0 unchanged, 0 held, 6 braked, 0 failed\n", 0)
    assert refused("enforce", "--release", "R7:2018-02-13") == (
        "Nothing of R7 waits under the brake for 2018-02-13. 6 wait in all.",
        1,
    )
    assert called("enforce", "--release", "R7:2018-02-12") == ("6 released: the next run does them if they still hold.\n", 0)
    assert JournalEntry.objects.filter(what="brake_released").count() == 1
    assert refused("enforce", "--release", "R7:2018-02-12")[1] == 1
    assert called("enforce", *NIGHT) == ("6 applied, 0 unchanged, 0 held, 0 braked, 0 failed\n", 0)
    assert BrakedAction.objects.filter(closed_at__isnull=True).count() == 0


def test_enforce_ahead_of_the_clock_is_refused_but_can_be_looked_at(settings: object, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2018-02-12T12:00:00+00:00")
    settings.PORTAL_CLOCK_FILE = str(clock)
    TrainingFactory()
    settings.PORTAL_TEST = False
    said = ("The run cannot be ahead of the clock. Look ahead with --dry-run.", 2)
    assert refused("enforce", *NIGHT) == said
    assert (
        called("enforce", "--dry-run", *NIGHT)[0].splitlines()[0]
        == "As of 2018-02-15 12:30 UTC: 1 actions, 0 of them held, 0 braked"
    )
    assert Run.objects.count() == 0


def test_enforce_refusals() -> None:
    assert refused("enforce", "--rule", "R99") == (
        f"“R99” is not a rule of the run. It has: {', '.join(RULES.names())}.",
        2,
    )
    assert refused("enforce", "--as-of", "2018-02-15T12:30") == (
        "“2018-02-15T12:30” has no offset. Write it as 2018-02-12T23:30-06:00 or …Z.",
        2,
    )
    assert refused("enforce", "--as-of", "soon") == ("“soon” is not an instant such as 2018-02-12T23:30-06:00.", 2)
    for given in ("R7", "R7:", "R7:soon", ":2018-13-01"):
        assert refused("enforce", "--release", given) == (f"“{given}” is not RULE:DAY, such as R7:2018-03-01.", 2)


# --- explain ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def subjects() -> tuple[Membership, Training, Booking]:
    training = TrainingFactory()
    return MembershipFactory(), training, BookingFactory(training=training)


def explained(
    subjects: tuple[Membership, Training, Booking], rule: str, *more: str, at: str = "2018-02-12T23:30-06:00"
) -> list[str]:
    membership, training, _booking = subjects
    named = ["--membership", str(membership.pk), "--training", training.code, "--as-of", at]
    out, code = called("explain", rule, *named, *more)
    assert code == 0
    return out.splitlines()


LATE = "2018-02-13T00:00-06:00"
LATE_R6 = (
    "  A team signs up at least four weeks before a training. "
    "For this one that was until Mon 12 Feb 2018, end of day Chicago time; today is 27 days ahead."
)


@pytest.mark.parametrize(
    ("rule", "more", "lines"),
    [
        ("R1", [], ["R1, seats of a membership: allowed", "  Gold, edition 2017: 15 seats for the year."]),
        (
            "R1",
            ["--seats", "16"],
            [
                "R1, seats of a membership: allowed",
                "  Gold, edition 2017: 15 seats for the year.",
                "R1, seats of a membership: refused",
                "  15 seats are left in this membership; you ask for 16.",
            ],
        ),
        ("R2", [], ["R2, online, two days: allowed", "  2 days in a row."]),
        ("R3", [], ["R3, sign up as a team: allowed", "  The training is still to come."]),
        (
            "R5",
            [],
            ["R5, train in the first six months: allowed", "  The training is in the recommended window, up to Sun 1 Jul 2018."],
        ),
        ("R6", [], ["R6, four weeks ahead: allowed", "  Sign-up is open until Mon 12 Feb 2018, end of day Chicago time."]),
        ("R7", [], ["R7, empty trainings may be cancelled: allowed", "  A team is booked: it takes place."]),
        ("R9", [], ["R9, your hours in its zone: allowed", "  The hours at your site are 10:00–18:00 (New York time)."]),
        (
            "R9",
            ["--zone", "Europe/Paris"],
            [
                "R9, your hours in its zone: warned",
                "  The team keeps the hours of the training: 15:00–23:00 on Mon 12 Mar 2018 at your site (Paris time). "
                "That lies outside 07:00–20:00.",
            ],
        ),
        ("R10", [], ["R10, seats depend on the level: allowed", "  The membership holds seats."]),
        (
            "R11",
            ["--seats", "5"],
            [
                "R11, at least six at once: refused",
                "  At least 6 of a team attend at once; 5 are fewer.",
                "R11, at least six at once: allowed",
                "  This leaves 10 seats.",
            ],
        ),
        (
            "R12",
            [],
            [
                "R12, unused seats are forfeited: allowed",
                "  15 seats are left. What is not booked by the end of Mon 31 Dec 2018 is forfeited.",
            ],
        ),
        ("P1", [], ["P1, inside the membership year: allowed", "  The training starts inside the membership year."]),
        ("P2", [], ["P2, capacity: allowed", "  21 places are free."]),
        ("P3", [], ["P3, one booking per training: allowed", "  It is the membership’s first booking here."]),
        ("r6", [], ["R6, four weeks ahead: allowed", "  Sign-up is open until Mon 12 Feb 2018, end of day Chicago time."]),
    ],
)
def test_explain_prints_the_rules_verdict(
    subjects: tuple[Membership, Training, Booking], rule: str, more: list[str], lines: list[str]
) -> None:
    assert explained(subjects, rule, *more) == lines


def test_explain_r6_a_minute_later(subjects: tuple[Membership, Training, Booking]) -> None:
    assert explained(subjects, "R6", at=LATE) == ["R6, four weeks ahead: refused", LATE_R6]


def test_explain_of_a_booking(subjects: tuple[Membership, Training, Booking]) -> None:
    number = ["--booking", str(subjects[2].pk)]
    assert explained(subjects, "P4", *number, at=LATE) == [
        "P4, cancelling and shrinking: warned",
        "  9 seats are forfeited: leaving was free until Mon 12 Feb 2018, end of day Chicago time, and nobody else can take them any more.",
    ]
    assert explained(subjects, "P3", *number) == [
        "P3, one booking per training: allowed",
        "  The booking may grow until Mon 12 Feb 2018, end of day Chicago time.",
    ]


def test_explain_p10_is_what_staff_would_be_warned_of(subjects: tuple[Membership, Training, Booking]) -> None:
    lines = explained(subjects, "P10", "--seats", "6", at=LATE)
    assert [line for line in lines if line.endswith("warned")] == ["R6, four weeks ahead: warned"]
    assert f"{LATE_R6} Staff may go on." in lines


def test_explain_p5_of_a_cancelled_training(subjects: tuple[Membership, Training, Booking]) -> None:
    training = subjects[1]
    said = f"{training.code} is not cancelled: P5 says what becomes of its seats when it is."
    assert refused("explain", "P5", "--training", training.code) == (said, 2)
    actions.cancel_training(training_id=training.pk, why="No trainer.", by=StaffFactory(), now=EPOCH)
    assert explained(subjects, "P5") == [
        "P5, cancelled trainings give seats back: allowed",
        "  The training of 12–13 Mar 2018, Chicago time, is cancelled: No trainer. All its seats go back.",
    ]


def test_explain_r7_with_its_exception_as_json() -> None:
    training = TrainingFactory()
    hold = actions.hold_training(
        training_id=training.pk,
        until_on=date(2018, 2, 20),
        why="A team comes",
        by=StaffFactory(),
        now=datetime(2018, 2, 10, tzinfo=UTC),
    )
    out, _code = called("explain", "R7", "--training", training.code, "--json", *NIGHT)
    assert json.loads(out) == [
        {
            "rule": "R7",
            "name": "empty trainings may be cancelled",
            "answer": "allowed",
            "sentence": "Staff hold it until Tue 20 Feb 2018, end of day Chicago time.",
            "turns_on": "2018-02-20",
            "zone": "America/Chicago",
            "exception": ["trainings.trainingexception", hold.pk],
        }
    ]


def test_explain_refusals(subjects: tuple[Membership, Training, Booking]) -> None:
    membership, training, _booking = subjects
    code, number = ["--training", training.code], ["--membership", str(membership.pk)]
    assert refused("explain", "R99") == ("“R99” is not a rule of the handbook.", 2)
    message, exit_code = refused("explain", "R31")
    assert (message.startswith("R31 cannot be explained yet. These can: R1, R10, R12, R3,"), exit_code) == (True, 2)
    assert refused("explain", "R6", *number) == ("Name a training: --training CODE.", 2)
    assert refused("explain", "R6", *code) == ("Name a membership: --membership ID.", 2)
    assert refused("explain", "R6", *number, "--training", "no-such") == ("There is no training “no-such”.", 2)
    assert refused("explain", "R12", "--membership", "99999999999999999999") == ("There is no membership 99999999999999999999.", 2)
    assert refused("explain", "P4") == ("Name a booking: --booking ID.", 2)
    assert refused("explain", "P4", "--booking", "9999") == ("There is no booking 9999.", 2)
    assert refused("explain", "R9", *code, "--zone", "Mars/Olympus") == ("“Mars/Olympus” is not a time zone.", 2)
    assert refused("explain", "R6", *number, *code, "--as-of", "2018-02-12") == (
        "“2018-02-12” has no offset. Write it as 2018-02-12T23:30-06:00 or …Z.",
        2,
    )


def test_enforce_shows_and_obeys_a_hold() -> None:
    booking = BookingFactory(seats=6)
    staff = StaffFactory()
    night = datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
    holds.hold(rule="P6", subject_id=booking.pk, until_on=date(2018, 2, 22), why="Wait.", by=staff, now=night, as_of=night)
    arguments = ["--as-of", "2018-02-20T12:30Z", "--rule", "P6"]
    first, second = called("enforce", "--dry-run", *arguments)[0].splitlines()
    assert first == "As of 2018-02-20 12:30 UTC: 1 actions, 1 of them held, 0 braked"
    assert second.endswith(" (held)")
    assert called("enforce", *arguments) == ("0 applied, 0 unchanged, 1 held, 0 braked, 0 failed\n", 0)
