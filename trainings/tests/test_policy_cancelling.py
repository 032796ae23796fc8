"""When an empty training is cancelled: R7 over its whole calendar, with holds and requests; P5's sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time

import pytest

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from trainings import policy
from trainings.policy import SignUpRequest, TrainingFacts
from trainings.tests.policy_cast import CHICAGO, a_training, an_exception, last_moment, on_day

T = a_training()
CALM = {"due": False, "for_staff": False}
FOR_STAFF = {"due": False, "for_staff": True}
DUE = {"due": True, "for_staff": False}
UNTIL = "Mon 26 Feb 2018, end of day Chicago time"
OPEN = allow("R7", f"Sign-up is open until {UNTIL}.", turns_on=T.sign_up, facts=CALM)
AT_RISK = warn(
    "R7",
    f"At risk: nobody is booked. If nobody signs up by {UNTIL}, it is cancelled after Wed 28 Feb 2018.",
    turns_on=T.sign_up,
    facts=CALM,
)
WAITING = warn(
    "R7",
    f"At risk: no member had signed up by {UNTIL}. It is cancelled after Wed 28 Feb 2018, unless staff hold it.",
    turns_on=T.sign_up,
    facts=CALM,
)
CANCEL = refuse("R7", f"No member had signed up by {UNTIL}, four weeks ahead.", turns_on=T.sign_up, facts=DUE)
STILL_EMPTY = warn("R7", "It is still empty, less than two weeks ahead: staff decide.", turns_on=T.d(14), facts=FOR_STAFF)
LEFT = warn("R7", "Its teams have left since sign-up closed: staff decide.", turns_on=T.sign_up, facts=FOR_STAFF)
BEGUN = allow("R7", "It has begun: an empty training is cancelled only before.", facts=CALM)
KEPT = allow(
    "R7",
    "A team asked to sign up late: it stays until that is settled, to Mon 5 Mar 2018, end of day Chicago time at the latest.",
    turns_on=T.d(21),
    facts=CALM,
)


def ask(
    now: datetime,
    t: TrainingFacts = T,
    *,
    had: bool = False,
    hold: ExceptionUsed | None = None,
    requests: Sequence[SignUpRequest] = (),
) -> Verdict:
    return policy.cancel_empty(t, now=now, had_booking_at_cut_off=had, hold=hold, requests=requests)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (last_moment(T, 43), OPEN),
        (on_day(T, 42, time(0)), AT_RISK),
        (last_moment(T, 28), AT_RISK),
        (on_day(T, 27, time(0)), WAITING),
        (last_moment(T, 26), WAITING),
        (on_day(T, 25, time(0)), CANCEL),
        (last_moment(T, 14), CANCEL),
        (on_day(T, 13, time(0)), STILL_EMPTY),
        (on_day(T, 0, time(8, 59)), STILL_EMPTY),
        (on_day(T, 0, time(9)), BEGUN),
        (on_day(T, -10), BEGUN),
    ],
)
def test_empty_training_over_its_calendar(now: datetime, verdict: Verdict) -> None:
    assert ask(now) == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"seats_booked": 6}, allow("R7", "A team is booked: it takes place.", turns_on=T.sign_up, facts=CALM)),
        ({"cancelled": True}, allow("R7", "It was cancelled already.", facts=CALM)),
        ({"held": True}, BEGUN),
        ({"announced_on": date(2018, 2, 26)}, CANCEL),
        (
            {"announced_on": date(2018, 2, 27)},
            allow("R7", "It was announced after its own sign-up date: only staff cancel it.", turns_on=T.sign_up, facts=CALM),
        ),
        ({"enforced_from_on": date(2018, 2, 26)}, CANCEL),
        (
            {"enforced_from_on": date(2018, 2, 27)},
            allow("R7", "Its sign-up date lies before the portal took over: only staff cancel it.", turns_on=T.sign_up, facts=CALM),
        ),
    ],
)
def test_empty_training_that_the_run_never_touches(changes: dict[str, object], verdict: Verdict) -> None:
    assert ask(on_day(T, 25), a_training(**changes)) == verdict


@pytest.mark.parametrize(
    ("now", "verdict"),
    [(last_moment(T, 28), AT_RISK), (on_day(T, 27, time(0)), LEFT), (on_day(T, 25), LEFT), (on_day(T, 13), LEFT)],
)
def test_empty_training_that_had_a_team_at_its_cut_off_goes_to_staff(now: datetime, verdict: Verdict) -> None:
    assert ask(now, had=True) == verdict


def _held_until(t: TrainingFacts, days: int) -> ExceptionUsed:
    return an_exception("R7", until=t.d(days).ends_at, to_date=t.d(days).on)


def test_empty_training_held_to_a_day_stays_that_whole_day() -> None:
    hold = _held_until(T, 20)
    stays = allow(
        "R7", "Staff hold it until Tue 6 Mar 2018, end of day Chicago time.", turns_on=T.d(20), exception=hold, facts=CALM
    )
    assert ask(on_day(T, 42), hold=hold) == stays
    assert ask(last_moment(T, 20), hold=hold) == stays
    assert ask(on_day(T, 19, time(0)), hold=hold) == CANCEL
    assert ask(on_day(T, 24), had=True, hold=hold) == stays


@pytest.mark.parametrize("days", [14, 3, None])
def test_empty_training_held_stays_to_d14_at_the_latest_then_goes_to_staff(days: int | None) -> None:
    hold = an_exception("R7") if days is None else _held_until(T, days)
    stays = allow(
        "R7", "Staff hold it until Mon 12 Mar 2018, end of day Chicago time.", turns_on=T.d(14), exception=hold, facts=CALM
    )
    assert ask(last_moment(T, 14), hold=hold) == stays
    assert ask(on_day(T, 13, time(0)), hold=hold) == STILL_EMPTY


PENDING, APPROVED, USED = SignUpRequest(False, False), SignUpRequest(True, False), SignUpRequest(True, True)  # two words


@pytest.mark.parametrize(
    ("requests", "now", "verdict"),
    [
        ([PENDING], last_moment(T, 28), AT_RISK),
        ([PENDING], on_day(T, 27, time(0)), KEPT),
        ([PENDING], on_day(T, 24), KEPT),
        ([APPROVED], on_day(T, 24), KEPT),
        ([USED], on_day(T, 24), CANCEL),
        ([USED, PENDING], on_day(T, 24), KEPT),
        ([PENDING], last_moment(T, 21), KEPT),
        ([PENDING], on_day(T, 20, time(0)), CANCEL),
        ([APPROVED], on_day(T, 20, time(0)), CANCEL),
        ([PENDING], on_day(T, 13), STILL_EMPTY),
    ],
)
def test_empty_training_with_a_late_request(requests: list[SignUpRequest], now: datetime, verdict: Verdict) -> None:
    assert ask(now, requests=requests) == verdict


def test_empty_training_of_an_edition_that_cancels_nothing_goes_to_staff() -> None:
    t = a_training(edition=replace(builtin_2017(), cancel_empty=False))
    assert ask(on_day(t, 43), t) == OPEN
    assert ask(on_day(t, 42), t) == warn(
        "R7",
        f"At risk: nobody is booked. Sign-up is open until {UNTIL}; then staff decide.",
        turns_on=T.sign_up,
        facts=CALM,
    )
    decide = warn(
        "R7", "Nobody is booked; this edition cancels nothing by itself: staff decide.", turns_on=T.sign_up, facts=FOR_STAFF
    )
    assert [ask(on_day(t, days), t) for days in (27, 25, 13)] == [decide] * 3
    assert ask(on_day(t, 25), t, had=True) == LEFT


def test_empty_training_numbers_come_from_its_edition() -> None:
    t = a_training(edition=replace(builtin_2017(), cancel_after_days=0, hold_days=7, at_risk_days=30))
    assert ask(on_day(t, 31), t) == OPEN
    assert ask(on_day(t, 27, time(0)), t) == CANCEL
    assert ask(last_moment(t, 7), t) == CANCEL
    assert ask(on_day(t, 6, time(0)), t).sentence == "It is still empty, less than one week ahead: staff decide."


def test_cancelled_training_says_why_and_what_goes_back() -> None:
    assert policy.cancelled_training(T, why="the trainer is ill.") == allow(
        "P5", "The training of 26–27 Mar 2018, Chicago time, is cancelled: the trainer is ill. All its seats go back."
    )


def test_cut_offs_of_the_calendar_above() -> None:
    """The days that the sentences name, counted by hand."""
    assert [T.d(days).on for days in (28, 26, 21, 14)] == [
        date(2018, 2, 26),
        date(2018, 2, 28),
        date(2018, 3, 5),
        date(2018, 3, 12),
    ]
    assert T.sign_up == CutOff(date(2018, 2, 26), CHICAGO)
