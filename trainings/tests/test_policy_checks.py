"""All the rules about one act in their order, and what staff may do past them (P10): silver, gold 9 + 6, 10 and then 5 more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from carpentries_portal.common.handbook import Answer, Verdict, allow, refuse, warn
from trainings import policy
from trainings.tests.policy_cast import CHICAGO, a_membership, a_training, an_exception, last_moment, on_day

T = a_training(first_day=date(2018, 2, 12), announced_on=date(2017, 12, 1))
LATER = a_training()  # 26 March: after the first six months of the membership
NOW = last_moment(T, 28)
UNTIL = "Mon 15 Jan 2018, end of day Chicago time"
LATE = f"A team signs up at least four weeks before a training. For this one that was until {UNTIL}; today is 27 days ahead."
IN_TIME = allow("R6", f"Sign-up is open until {UNTIL}.", turns_on=T.sign_up)
COMES = allow("R3", "The training is still to come.")
LARGE = allow("R11", "The team is large enough: at least 6 attend at once.")
ALL_SEATS = allow("R11", "This uses all the seats that are left.")
THERE = allow("R1", "The seats are there.")
FREE = allow("P2", "30 places are free.")


def answers(verdicts: tuple[Verdict, ...], answer: Answer) -> list[str]:
    return [verdict.rule for verdict in verdicts if verdict.answer is answer]


def test_check_booking_silver_is_exactly_one_team_whole() -> None:
    verdicts = policy.check_booking(T, a_membership("silver", 6), seats=6, site_zone=CHICAGO, has_one=False, now=NOW)
    window = policy.check_booking(T, a_membership(), seats=6, site_zone=CHICAGO, has_one=False, now=NOW)[8].turns_on
    assert verdicts == (
        COMES,
        allow("R10", "The membership holds seats."),
        allow("P3", "It is the membership’s first booking here."),
        allow("P1", "The training starts inside the membership year."),
        IN_TIME,
        LARGE,
        THERE,
        FREE,
        allow("R5", "The training is in the recommended window, up to Fri 16 Feb 2018.", turns_on=window),
        allow("R9", "The hours at your site are 09:00–17:00 (Chicago time)."),
        ALL_SEATS,
    )


@pytest.mark.parametrize(
    ("available", "seats", "refused", "warned"),
    [
        (6, 5, ["R11"], ["R11"]),  # too few, and the rest of one could not be used
        (6, 7, ["R1"], []),
        (15, 15, [], []),
        (15, 9, [], []),
        (6, 6, [], []),  # 9, then the 6 that are left
        (15, 10, [], ["R11"]),
        (5, 6, ["R1"], []),
    ],
)
def test_check_booking_of_gold(available: int, seats: int, refused: list[str], warned: list[str]) -> None:
    m = a_membership("gold", available, granted=15)
    verdicts = policy.check_booking(T, m, seats=seats, site_zone=CHICAGO, has_one=False, now=NOW)
    assert (answers(verdicts, Answer.REFUSED), answers(verdicts, Answer.WARNED)) == (refused, warned)


def test_check_booking_that_every_rule_has_something_to_say_about() -> None:
    """In the rules' order; staff bend what bends, with the same sentences."""
    t = replace(T, cancelled=True, seats_booked=30)
    m = a_membership("bronze", 0, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    late = on_day(T, 27, time(0))
    ours = policy.check_booking(t, m, seats=2, site_zone="Pacific/Auckland", has_one=True, now=late)
    staff = policy.check_booking(t, m, seats=2, site_zone="Pacific/Auckland", has_one=True, now=late, as_staff=True)
    assert answers(ours, Answer.REFUSED) == ["R3", "R10", "P3", "P1", "R6", "R11", "R1", "P2"]
    assert answers(ours, Answer.WARNED) == ["R5", "R9"]
    assert answers(staff, Answer.REFUSED) == ["R3", "P3", "R1", "P2"]
    assert answers(staff, Answer.WARNED) == ["R10", "P1", "R6", "R11", "R5", "R9"]
    assert [verdict.sentence.removesuffix(" Staff may go on.") for verdict in staff] == [verdict.sentence for verdict in ours]
    assert [verdict.rule for verdict in ours if policy.may_be_asked(verdict)] == ["R10", "P1", "R6", "R11"]


def test_check_booking_late_with_its_exceptions() -> None:
    """Each rule takes its own exception; the fewest seats that a team may have then are those it names."""
    given = [an_exception("R6"), an_exception("R11", seats=4)]
    late = on_day(T, 24)
    verdicts = policy.check_booking(T, a_membership(), seats=4, site_zone=CHICAGO, has_one=False, now=late, exceptions=given)
    assert answers(verdicts, Answer.REFUSED) == []
    assert [verdict.exception for verdict in verdicts if verdict.exception] == given


def test_check_booking_outside_the_year_with_an_exception() -> None:
    given = [an_exception("P1")]
    m = a_membership(ends_on=date(2018, 2, 11))
    more = {"seats": 15, "site_zone": CHICAGO, "has_one": False, "now": NOW}
    assert answers(policy.check_booking(T, m, **more), Answer.REFUSED) == ["P1"]
    assert answers(policy.check_booking(T, m, exceptions=given, **more), Answer.REFUSED) == []


def test_check_booking_after_six_months_warns_and_never_blocks() -> None:
    now = on_day(LATER, 40)
    verdicts = policy.check_booking(LATER, a_membership(), seats=15, site_zone=CHICAGO, has_one=False, now=now)
    assert (answers(verdicts, Answer.REFUSED), answers(verdicts, Answer.WARNED)) == ([], ["R5"])


def test_check_booking_minimum_is_the_trainings_and_the_level_its_memberships() -> None:
    """A level with fewer seats than the training's minimum comes with all of them."""
    t = replace(T, edition=replace(T.edition, minimum_team=8))
    silver = a_membership("silver", 6)
    assert answers(policy.check_booking(t, silver, seats=6, site_zone=CHICAGO, has_one=False, now=NOW), Answer.REFUSED) == []
    gold = a_membership("gold", 15)
    assert answers(policy.check_booking(t, gold, seats=7, site_zone=CHICAGO, has_one=False, now=NOW), Answer.REFUSED) == ["R11"]


def test_check_enlarge_ten_by_five_on_the_last_minute() -> None:
    m = a_membership("gold", 5, granted=15)
    at_last = replace(T, seats_booked=10)
    more = {"seats_now": 10, "to_seats": 15}
    grows = allow("P3", f"The booking may grow until {UNTIL}.", turns_on=T.sign_up)
    assert policy.check_enlarge(at_last, m, now=on_day(T, 28, time(23, 59)), **more) == (
        COMES,
        grows,
        THERE,
        allow("P2", "20 places are free."),
        ALL_SEATS,
    )
    sentence = f"A booking can grow until sign-up closes. That was {UNTIL}; today is 27 days ahead."
    late = refuse("P3", sentence, turns_on=T.sign_up)
    assert policy.check_enlarge(at_last, m, now=on_day(T, 27, time(0)), **more)[1] == late
    staff = policy.check_enlarge(at_last, m, now=on_day(T, 27, time(0)), as_staff=True, **more)
    assert staff[1] == warn("P3", sentence + " Staff may go on.", turns_on=T.sign_up)


def test_check_enlarge_by_one_is_no_matter_of_the_minimum() -> None:
    m = a_membership("gold", 6, granted=15)
    verdicts = policy.check_enlarge(replace(T, seats_booked=9), m, seats_now=9, to_seats=10, now=NOW)
    assert (answers(verdicts, Answer.REFUSED), answers(verdicts, Answer.WARNED)) == ([], ["R11"])
    full = policy.check_enlarge(replace(T, seats_booked=30), m, seats_now=9, to_seats=16, now=NOW, as_staff=True)
    assert answers(full, Answer.REFUSED) == ["R1", "P2"]


def test_check_shrink_says_where_the_seats_go() -> None:
    m = a_membership("gold", 6, granted=15)
    free = allow("P4", f"3 seats go back to your membership: leaving is free until {UNTIL}.", turns_on=T.sign_up)
    stays = allow("P3", "The team stays large enough.")
    assert policy.check_shrink(T, m, seats_now=9, to_seats=6, names=6, now=NOW) == (COMES, stays, free)
    late = policy.check_shrink(T, m, seats_now=9, to_seats=5, names=5, now=on_day(T, 27))
    assert (answers(late, Answer.REFUSED), answers(late, Answer.WARNED)) == (["P3"], ["P4"])
    staff = policy.check_shrink(T, m, seats_now=9, to_seats=5, names=5, now=on_day(T, 27), as_staff=True)
    assert (answers(staff, Answer.REFUSED), answers(staff, Answer.WARNED)) == ([], ["P3", "P4"])
    named = policy.check_shrink(T, m, seats_now=9, to_seats=5, names=6, now=NOW, as_staff=True)
    assert answers(named, Answer.REFUSED) == ["P3"]


def test_as_staff_records_what_happened_at_a_training_that_has_begun() -> None:
    """P10: nobody can ask for it, and staff are not walled in."""
    begun = policy.takes_bookings(T, now=T.starts_at)
    assert (policy.may_be_asked(begun), policy.as_staff(begun).answer) == (False, Answer.WARNED)
    assert policy.as_staff(begun).sentence == "This training has begun, or is over. Staff may go on."


def test_as_staff_leaves_other_answers_as_they_are() -> None:
    hard = refuse("P2", "This training is full: no place is free.", facts={"hard": True})
    for verdict in (IN_TIME, warn("R9", "Early."), hard):
        assert policy.as_staff(verdict) is verdict
        assert not policy.may_be_asked(verdict)
    assert policy.as_staff(refuse("R6", LATE, turns_on=T.sign_up)) == warn("R6", LATE + " Staff may go on.", turns_on=T.sign_up)
