"""What the handbook says about memberships and seats: whole verdicts at the boundaries (R1, R5, R10, R12, P1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from memberships import policy
from memberships.policy import MembershipFacts

CHICAGO = "America/Chicago"
NOW = datetime(2018, 2, 12, 12, 0, tzinfo=UTC)
GOLD = MembershipFacts(
    organization="Example University",
    level="gold",
    edition=builtin_2017(),
    starts_on=date(2017, 8, 16),
    ends_on=date(2018, 8, 15),
    ended_on=None,
    zone=CHICAGO,
    contract_seats=None,
    granted=15,
    available=6,
)
LAST_DAY = CutOff(date(2018, 8, 15), CHICAGO)


def exception(rule: str, **more: object) -> ExceptionUsed:
    return ExceptionUsed(label="memberships.membershipexception", id=1, rule=rule, **more)


@pytest.mark.parametrize(
    ("level", "contract", "verdict"),
    [
        ("silver", None, allow("R1", "Silver, edition 2017: 6 seats for the year.", facts={"seats": 6})),
        ("gold", None, allow("R1", "Gold, edition 2017: 15 seats for the year.", facts={"seats": 15})),
        ("bronze", None, allow("R1", "Bronze, edition 2017: 0 seats for the year.", facts={"seats": 0})),
        ("tin", None, allow("R1", "Tin, edition 2017: 0 seats for the year.", facts={"seats": 0})),
        ("platinum", None, refuse("R1", "The seats of platinum are by contract: state the number.")),
        ("platinum", 40, allow("R1", "The contract states 40 seats (platinum).", facts={"seats": 40})),
        ("gold", 1, allow("R1", "The contract states 1 seat (gold).", facts={"seats": 1})),
        ("gold", 0, allow("R1", "The contract states 0 seats (gold).", facts={"seats": 0})),
        ("gold", -1, refuse("R1", "A contract cannot state a number of seats below zero.")),
    ],
)
def test_seats_granted_by_level_or_by_contract(level: str, contract: int | None, verdict: Verdict) -> None:
    assert policy.seats_granted(edition=builtin_2017(), level=level, contract_seats=contract) == verdict


@pytest.mark.parametrize(
    ("level", "granted", "verdict"),
    [
        ("bronze", 0, refuse("R10", "A bronze membership holds no seats, so there is nothing to book with.")),
        ("bronze", 3, allow("R10", "The membership holds seats.")),
        ("gold", 15, allow("R10", "The membership holds seats.")),
    ],
)
def test_may_book_needs_seats_by_level_contract_or_grant(level: str, granted: int, verdict: Verdict) -> None:
    assert policy.may_book(replace(GOLD, level=level, granted=granted)) == verdict


@pytest.mark.parametrize(
    ("available", "seats", "verdict"),
    [
        (6, 6, allow("R1", "The seats are there.")),
        (6, 7, refuse("R1", "6 seats are left in this membership; you ask for 7.", facts={"hard": True})),
        (1, 6, refuse("R1", "1 seat is left in this membership; you ask for 6.", facts={"hard": True})),
        (0, 6, refuse("R1", "0 seats are left in this membership; you ask for 6.", facts={"hard": True})),
    ],
)
def test_has_seats_never_more_than_are_left(available: int, seats: int, verdict: Verdict) -> None:
    assert policy.has_seats(replace(GOLD, available=available), seats=seats) == verdict


INSIDE = allow("P1", "The training starts inside the membership year.")
BEFORE = "The training starts on Tue 15 Aug 2017, before the membership year begins on Wed 16 Aug 2017."
AFTER = "The training starts on Thu 16 Aug 2018, after the membership year ends on Wed 15 Aug 2018."
FIRST_DAY = CutOff(date(2017, 8, 16), CHICAGO)


@pytest.mark.parametrize(
    ("first_day", "verdict"),
    [
        (date(2017, 8, 15), refuse("P1", BEFORE, turns_on=FIRST_DAY)),
        (date(2017, 8, 16), INSIDE),
        (date(2018, 8, 15), INSIDE),
        (date(2018, 8, 16), refuse("P1", AFTER, turns_on=LAST_DAY)),
    ],
)
def test_inside_year_both_ends_are_included(first_day: date, verdict: Verdict) -> None:
    assert policy.inside_year(GOLD, first_day=first_day, now=NOW) == verdict


def test_inside_year_kept_with_an_anniversary_end_takes_one_day_more() -> None:
    """The end is kept as the contract writes it."""
    anniversary = replace(GOLD, ends_on=date(2018, 8, 16))
    assert policy.inside_year(anniversary, first_day=date(2018, 8, 16), now=NOW) == INSIDE


def test_inside_year_of_one_ended_early_goes_by_that_day() -> None:
    early = replace(GOLD, ended_on=date(2018, 3, 31))
    assert early.last_day == CutOff(date(2018, 3, 31), CHICAGO)
    assert policy.inside_year(early, first_day=date(2018, 3, 31), now=NOW).allowed
    assert policy.inside_year(early, first_day=date(2018, 4, 1), now=NOW).refused
    assert replace(GOLD, ended_on=date(2019, 1, 1)).last_on == date(2018, 8, 15)


def test_inside_year_one_that_has_not_begun_may_book() -> None:
    now = datetime(2017, 6, 1, tzinfo=UTC)
    assert policy.inside_year(GOLD, first_day=date(2017, 8, 16), now=now) == INSIDE


def test_inside_year_with_an_exception() -> None:
    other, ended, holds = exception("R6"), exception("P1", until=NOW), exception("P1", until=NOW + timedelta(days=1))
    after = date(2018, 8, 16)
    assert policy.inside_year(GOLD, first_day=after, now=NOW, exceptions=[other, ended]).refused
    assert policy.inside_year(GOLD, first_day=after, now=NOW, exceptions=[other, ended, holds]) == allow(
        "P1", AFTER + " Staff made an exception for you.", turns_on=LAST_DAY, exception=holds
    )


ADVICE = "We advise to train in the first 6 months of the membership year, up to {day}. You may take a later training all the same."


@pytest.mark.parametrize(
    ("starts_on", "first_day", "verdict"),
    [
        (
            date(2017, 8, 16),
            date(2018, 2, 16),
            allow(
                "R5",
                "The training is in the recommended window, up to Fri 16 Feb 2018.",
                turns_on=CutOff(date(2018, 2, 16), CHICAGO),
            ),
        ),
        (
            date(2017, 8, 16),
            date(2018, 2, 17),
            warn("R5", ADVICE.format(day="Fri 16 Feb 2018"), turns_on=CutOff(date(2018, 2, 16), CHICAGO)),
        ),
        (
            date(2019, 8, 31),  # a leap year: the month's last day
            date(2020, 2, 29),
            allow(
                "R5",
                "The training is in the recommended window, up to Sat 29 Feb 2020.",
                turns_on=CutOff(date(2020, 2, 29), CHICAGO),
            ),
        ),
        (
            date(2017, 8, 31),
            date(2018, 3, 1),
            warn("R5", ADVICE.format(day="Wed 28 Feb 2018"), turns_on=CutOff(date(2018, 2, 28), CHICAGO)),
        ),
    ],
)
def test_recommended_up_to_six_months_that_day_included(starts_on: date, first_day: date, verdict: Verdict) -> None:
    assert policy.recommended(replace(GOLD, starts_on=starts_on), first_day=first_day) == verdict


def _anniversary(ends: str, eve: str) -> Verdict:
    return warn(
        "P1",
        f"The last day {ends} is the anniversary of the start: a year would end on {eve}. It is kept as the contract writes it.",
    )


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "verdict"),
    [
        (date(2018, 1, 1), date(2018, 12, 31), allow("P1", "From Mon 1 Jan 2018 to Mon 31 Dec 2018, both included.")),
        (date(2018, 1, 1), date(2019, 1, 1), _anniversary("Tue 1 Jan 2019", "Mon 31 Dec 2018")),
        (date(2016, 2, 29), date(2017, 2, 28), _anniversary("Tue 28 Feb 2017", "Mon 27 Feb 2017")),
        (date(2016, 2, 29), date(2017, 2, 27), allow("P1", "From Mon 29 Feb 2016 to Mon 27 Feb 2017, both included.")),
        (date(2018, 1, 1), date(2021, 1, 1), _anniversary("Fri 1 Jan 2021", "Thu 31 Dec 2020")),
        (date(2018, 1, 1), date(2018, 1, 1), allow("P1", "From Mon 1 Jan 2018 to Mon 1 Jan 2018, both included.")),
        (date(2018, 1, 2), date(2018, 1, 1), refuse("P1", "It ends on Mon 1 Jan 2018, before it starts on Tue 2 Jan 2018.")),
    ],
)
def test_end_date_both_conventions(starts_on: date, ends_on: date, verdict: Verdict) -> None:
    assert policy.end_date_warning(starts_on=starts_on, ends_on=ends_on) == verdict


LAST_MINUTE = LAST_DAY.ends_at - timedelta(microseconds=1)
FORFEITED = "The membership ended on Wed 15 Aug 2018 with 6 seats unused: they are forfeited."


@pytest.mark.parametrize(
    ("available", "now", "verdict"),
    [
        (
            6,
            LAST_MINUTE,
            allow("R12", "6 seats are left. What is not booked by the end of Wed 15 Aug 2018 is forfeited.", turns_on=LAST_DAY),
        ),
        (
            1,
            LAST_MINUTE,
            allow("R12", "1 seat is left. It is forfeited if it is not booked by the end of Wed 15 Aug 2018.", turns_on=LAST_DAY),
        ),
        (6, LAST_DAY.ends_at, refuse("R12", FORFEITED, turns_on=LAST_DAY)),
        (
            1,
            LAST_DAY.ends_at,
            refuse("R12", "The membership ended on Wed 15 Aug 2018 with 1 seat unused: it is forfeited.", turns_on=LAST_DAY),
        ),
        (0, LAST_DAY.ends_at, allow("R12", "No seat is left, so none is forfeited.", turns_on=LAST_DAY)),
    ],
)
def test_year_end_when_the_last_day_is_over_in_the_organizations_zone(available: int, now: datetime, verdict: Verdict) -> None:
    assert policy.year_end(replace(GOLD, available=available), now=now) == verdict


def test_year_end_of_one_ended_early() -> None:
    early = replace(GOLD, ended_on=date(2018, 3, 31))
    assert policy.year_end(early, now=CutOff(date(2018, 3, 31), CHICAGO).ends_at).refused


def test_year_end_kept_open_by_staff_names_the_last_day_in_the_zone() -> None:
    """The exception ends with 30 September in Chicago, which is 1 October in UTC."""
    given = exception("R12", until=CutOff(date(2018, 9, 30), CHICAGO).ends_at)
    kept = allow("R12", "Staff keep it open until Sun 30 Sep 2018.", turns_on=LAST_DAY, exception=given)
    assert policy.year_end(GOLD, now=LAST_DAY.ends_at, exceptions=[given]) == kept
    assert policy.year_end(GOLD, now=given.until or NOW, exceptions=[given]) == refuse("R12", FORFEITED, turns_on=LAST_DAY)
    endless = exception("R12")
    assert policy.year_end(GOLD, now=LAST_DAY.ends_at, exceptions=[endless]) == allow(
        "R12", "Staff keep it open for now.", turns_on=LAST_DAY, exception=endless
    )


def test_exception_for_takes_the_first_that_grants_it() -> None:
    small, large = exception("R11", seats=3), exception("R11", seats=5)
    found = policy.exception_for("R11", [large, small], NOW, grants=lambda given: given.seats == 3)
    assert found is small
    assert policy.exception_for("R11", [large, small], NOW) is large
    assert policy.exception_for("R6", [large, small], NOW) is None


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "last_on", "expected"),
    [
        (date(2018, 1, 1), date(2018, 12, 31), date(2018, 12, 31), (date(2019, 1, 1), date(2019, 12, 31))),
        (date(2018, 2, 1), date(2019, 2, 1), date(2019, 2, 1), (date(2019, 2, 2), date(2020, 2, 2))),  # ends on the anniversary
        (date(2019, 3, 1), date(2020, 2, 29), date(2020, 2, 29), (date(2020, 3, 1), date(2021, 2, 28))),
        (date(2018, 1, 1), date(2018, 12, 31), date(2018, 6, 30), (date(2018, 7, 1), date(2019, 6, 30))),  # ended early
        (
            date(2018, 1, 1),
            date(2018, 3, 31),
            date(2018, 3, 31),
            (date(2018, 4, 1), date(2019, 3, 31)),
        ),  # no year, yet a year follows
    ],
)
def test_the_next_year_begins_the_day_after_and_ends_as_the_contract_writes_it(
    starts_on: date, ends_on: date, last_on: date, expected: tuple[date, date]
) -> None:
    assert policy.next_term(starts_on=starts_on, ends_on=ends_on, last_on=last_on) == expected


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "span"),
    [
        (date(2018, 6, 1), date(2019, 5, 31), "From Fri 1 Jun 2018 to Mon 31 Dec 2018"),
        (date(2018, 12, 31), date(2019, 12, 30), "From Mon 31 Dec 2018 to Mon 31 Dec 2018"),
        (date(2019, 1, 1), date(2019, 12, 31), ""),
        (date(2017, 1, 1), date(2017, 12, 31), ""),
    ],
)
def test_years_that_overlap_are_warned_about_with_their_days(starts_on: date, ends_on: date, span: str) -> None:
    verdict = policy.overlap_warning(
        starts_on=starts_on, ends_on=ends_on, other="gold", other_starts_on=date(2018, 1, 1), other_last_on=date(2018, 12, 31)
    )
    assert (verdict.rule, verdict.warned, verdict.allowed) == ("P1", bool(span), True)
    assert verdict.sentence.startswith(span or "The years do not overlap.")
