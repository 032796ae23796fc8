"""The size of a team and the places for it: whole verdicts (R11, P2, P3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import Verdict, allow, refuse, warn
from trainings import policy
from trainings.tests.policy_cast import a_training, an_exception, last_moment, on_day

T = a_training()
NOW = on_day(T, 40)
UNTIL = "Mon 26 Feb 2018, end of day Chicago time"


@pytest.mark.parametrize(
    ("seats", "level_seats", "verdict"),
    [
        (6, 15, allow("R11", "The team is large enough: at least 6 attend at once.")),
        (5, 15, refuse("R11", "At least 6 of a team attend at once; 5 are fewer.")),
        (5, 6, refuse("R11", "At least 6 of a team attend at once; 5 are fewer.")),
        (5, None, refuse("R11", "At least 6 of a team attend at once; 5 are fewer.")),
        (4, 4, allow("R11", "The team is large enough: at least 4 attend at once.")),
        (3, 4, refuse("R11", "At least 4 of a team attend at once; 3 are fewer.")),
        (0, 15, refuse("R11", "A booking has at least one seat.", facts={"hard": True})),
        (-6, 15, refuse("R11", "A booking has at least one seat.", facts={"hard": True})),
    ],
)
def test_team_size_at_least_the_minimum_or_all_of_a_smaller_level(seats: int, level_seats: int | None, verdict: Verdict) -> None:
    assert policy.team_size(T, seats=seats, level_seats=level_seats, now=NOW) == verdict


def test_team_size_minimum_is_that_of_the_trainings_edition() -> None:
    larger = a_training(edition=replace(builtin_2017(), minimum_team=8))
    assert policy.team_size(larger, seats=7, level_seats=15, now=NOW).refused
    assert policy.team_size(larger, seats=8, level_seats=15, now=NOW).allowed
    assert policy.team_size(larger, seats=6, level_seats=6, now=NOW).allowed


def test_team_size_exception_may_name_the_seats_which_then_are_the_minimum() -> None:
    four, any_number = an_exception("R11", seats=4), an_exception("R11")
    allowed = "At least 6 of a team attend at once; 4 are fewer. Staff made an exception for you."
    assert policy.team_size(T, seats=4, level_seats=15, now=NOW, exceptions=[four]) == allow("R11", allowed, exception=four)
    assert policy.team_size(T, seats=3, level_seats=15, now=NOW, exceptions=[four]).refused
    assert policy.team_size(T, seats=3, level_seats=15, now=NOW, exceptions=[four, any_number]).exception is any_number
    assert policy.team_size(T, seats=6, level_seats=15, now=NOW, exceptions=[four]).exception is None
    assert policy.team_size(T, seats=0, level_seats=15, now=NOW, exceptions=[any_number]).refused


def _rest(text: str) -> Verdict:
    return warn("R11", text, turns_on=T.sign_up)


@pytest.mark.parametrize(
    ("seats", "available", "level_seats", "now", "verdict"),
    [
        (6, 6, 6, NOW, allow("R11", "This uses all the seats that are left.")),  # silver is exactly one team
        (9, 15, 15, NOW, allow("R11", "This leaves 6 seats.")),  # gold: 9 + 6
        (8, 15, 15, NOW, allow("R11", "This leaves 7 seats.")),
        (15, 15, 15, NOW, allow("R11", "This uses all the seats that are left.")),
        (
            10,
            15,
            15,
            last_moment(T, 28),
            _rest(
                "This leaves 5 seats, fewer than a team of 6: they could then only be used by enlarging this booking, "
                f"until {UNTIL}."
            ),
        ),
        (
            14,
            15,
            15,
            NOW,
            _rest(
                "This leaves 1 seat, fewer than a team of 6: it could then only be used by enlarging this booking, " f"until {UNTIL}."
            ),
        ),
        (
            10,
            15,
            15,
            on_day(T, 27, time(0)),  # booked late, by an exception: it cannot grow either
            _rest(
                "This leaves 5 seats, fewer than a team of 6: bookings could grow until "
                f"{UNTIL}, so no team can use them any more."
            ),
        ),
        (
            14,
            15,
            15,
            on_day(T, 27, time(0)),
            _rest(
                f"This leaves 1 seat, fewer than a team of 6: bookings could grow until {UNTIL}, so no team can use it any more."
            ),
        ),
        (16, 15, 15, NOW, allow("R11", "This uses all the seats that are left.")),  # R1 refuses that
    ],
)  # fmt: skip
def test_rest_after_is_said_before_confirming(
    seats: int, available: int, level_seats: int, now: datetime, verdict: Verdict
) -> None:
    assert policy.rest_after(T, seats=seats, available=available, level_seats=level_seats, now=now) == verdict


@pytest.mark.parametrize(
    ("booked", "seats", "verdict"),
    [
        (24, 6, allow("P2", "6 places are free.")),
        (29, 1, allow("P2", "1 place is free.")),
        (25, 6, refuse("P2", "This training is full for a new team: 5 places are free.", facts={"hard": True})),
        (29, 6, refuse("P2", "This training is full for a new team: 1 place is free.", facts={"hard": True})),
        (30, 6, refuse("P2", "This training is full: no place is free.", facts={"hard": True})),
        (21, 10, refuse("P2", "Only 9 places are free at this training; you ask for 10.", facts={"hard": True})),
    ],
)
def test_room_for_a_team_is_counted_in_seats(booked: int, seats: int, verdict: Verdict) -> None:
    assert policy.room_for(a_training(seats_booked=booked), seats=seats, minimum=6) == verdict


def test_room_for_more_seats_of_a_team_that_is_there() -> None:
    assert policy.room_for(a_training(seats_booked=29), seats=2, minimum=1) == refuse(
        "P2", "Only 1 place is free at this training; you ask for 2.", facts={"hard": True}
    )


def test_one_booking_per_membership_and_training() -> None:
    assert policy.one_booking(has_one=False) == allow("P3", "It is the membership’s first booking here.")
    assert policy.one_booking(has_one=True) == refuse(
        "P3", "This membership has a booking at this training already: enlarge that one.", facts={"hard": True}
    )


SMALL = "A booking does not shrink below a team of 6; you may cancel it as a whole."


@pytest.mark.parametrize(
    ("to_seats", "names", "level_seats", "verdict"),
    [
        (6, 6, 15, allow("P3", "The team stays large enough.")),
        (6, 7, 15, refuse("P3", "7 people are on the roster: take names off first.", facts={"hard": True})),
        (5, 0, 15, refuse("P3", SMALL)),
        (4, 0, 4, allow("P3", "The team stays large enough.")),
        (0, 0, 15, refuse("P3", "A booking has at least one seat; cancel it as a whole.", facts={"hard": True})),
    ],
)
def test_shrink_neither_below_the_minimum_nor_below_the_names(
    to_seats: int, names: int, level_seats: int, verdict: Verdict
) -> None:
    answer = policy.shrink(T, seats_now=9, to_seats=to_seats, names=names, level_seats=level_seats, now=NOW)
    assert answer == verdict


def test_shrink_below_one_name() -> None:
    small = a_training(edition=replace(builtin_2017(), minimum_team=1))
    answer = policy.shrink(small, seats_now=2, to_seats=1, names=1, level_seats=15, now=NOW)
    assert answer.allowed
    answer = policy.shrink(small, seats_now=3, to_seats=1, names=2, level_seats=15, now=NOW)
    assert answer.sentence == "2 people are on the roster: take names off first."


def test_shrink_with_an_exception() -> None:
    given = an_exception("P3", seats=4)
    more = {"seats_now": 9, "names": 0, "level_seats": 15, "now": NOW, "exceptions": [given]}
    assert policy.shrink(T, to_seats=4, **more) == allow("P3", SMALL + " Staff made an exception for you.", exception=given)
    assert policy.shrink(T, to_seats=3, **more) == refuse("P3", SMALL)
