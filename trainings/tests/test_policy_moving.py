"""Changing trainings on values: which seats come back, until when a team can leave, and that the same training is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from carpentries_portal.common.handbook import Verdict
from trainings.policy import DemandFacts, TrainingFacts, check_demand, check_move, leave
from trainings.policy.moving import comes_back
from trainings.tests.policy_cast import TICK, a_membership, a_training, last_moment

MARCH = a_training()
MAY = a_training(first_day=date(2018, 5, 14), code="2018-05-14-chicago")
MEMBER = a_membership(available=0, granted=6)


def moving(now: datetime, new: TrainingFacts = MAY) -> tuple[Verdict, ...]:
    return check_move(MARCH, new, MEMBER, seats=6, site_zone="America/Chicago", has_one=False, now=now)


@pytest.mark.parametrize(("late", "ended", "seats"), [(False, False, 6), (True, False, 0), (False, True, 0)])
def test_seats_come_back_while_leaving_is_free_and_the_membership_goes_on(late: bool, ended: bool, seats: int) -> None:
    now = last_moment(MARCH, 28) + (TICK if late else 0 * TICK)
    member = a_membership(ends_on=date(2018, 2, 25)) if ended else MEMBER  # it ended the day before, in Chicago
    assert comes_back(leave(MARCH, seats=6, now=now), member, seats=6, now=now) == seats


def test_a_team_can_leave_until_the_very_first_minute() -> None:
    begins = MARCH.starts_at
    assert [moving(now)[0].refused for now in (begins - TICK, begins)] == [False, True]
    assert moving(begins)[0].rule == "R3"


def test_the_last_seats_move_while_leaving_is_free_and_not_to_the_same_training() -> None:
    now = last_moment(MARCH, 28)
    assert [verdict.rule for verdict in moving(now) if verdict.refused] == []
    assert [verdict.rule for verdict in moving(now + TICK) if verdict.refused] == ["R1"]
    assert [verdict.rule for verdict in moving(now, replace(MARCH, first_day=MAY.first_day)) if verdict.refused] == ["P3"]


JULY = a_membership(starts_on=date(2018, 7, 1), ends_on=date(2019, 6, 30))


@pytest.mark.parametrize(
    ("span", "now", "refused"),
    [
        ((date(2018, 6, 20), date(2018, 7, 2)), datetime(2018, 1, 10, tzinfo=UTC), []),
        ((date(2018, 6, 20), date(2018, 7, 1)), datetime(2018, 1, 10, tzinfo=UTC), ["P1"]),
        ((date(2019, 6, 30), date(2019, 7, 9)), datetime(2018, 1, 10, tzinfo=UTC), []),
        ((date(2019, 7, 1), date(2019, 7, 9)), datetime(2018, 1, 10, tzinfo=UTC), ["P1"]),
        # it can begin on 10 July at the latest, so the last day to sign up is 12 June, by the team's own clock
        ((date(2018, 7, 2), date(2018, 7, 11)), datetime(2018, 6, 13, 3, 59, tzinfo=UTC), []),
        ((date(2018, 7, 2), date(2018, 7, 11)), datetime(2018, 6, 13, 4, tzinfo=UTC), ["R6"]),
    ],
)
def test_a_span_holds_a_start_inside_the_year_that_can_be_signed_up_for(
    span: tuple[date, date], now: datetime, refused: list[str]
) -> None:
    wanted = DemandFacts(seats=6, zone="America/New_York", earliest=time(7), latest=time(20), spans=(span,))
    assert [verdict.rule for verdict in check_demand(JULY, wanted, now=now) if verdict.refused] == refused
