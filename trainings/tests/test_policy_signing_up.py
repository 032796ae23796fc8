"""Signing up, growing and leaving by the dates, and the hours: whole verdicts at the boundaries (R2, R3, R6, R9, P3, P4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import Verdict, allow, refuse, warn
from trainings import policy
from trainings.tests.policy_cast import CHICAGO, TICK, a_training, an_exception, last_moment, on_day

T = a_training()
NOON = on_day(T, 40)


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "0 days"),
        (1, "1 day"),
        (7, "one week"),
        (14, "two weeks"),
        (28, "four weeks"),
        (30, "30 days"),
        (84, "twelve weeks"),
        (91, "91 days"),
    ],
)
def test_period_text_weeks_in_words_else_days(days: int, text: str) -> None:
    assert policy.period_text(days) == text


@pytest.mark.parametrize(
    ("last_day", "verdict"),
    [
        (date(2018, 3, 27), allow("R2", "2 days in a row.")),
        (date(2018, 3, 26), warn("R2", "A training normally lasts 2 days in a row; this one lasts 1.")),
        (date(2018, 3, 30), warn("R2", "A training normally lasts 2 days in a row; this one lasts 5.")),
        (date(2018, 3, 25), refuse("R2", "The last day comes before the first.")),
    ],
)
def test_shape_two_days_in_a_row(last_day: date, verdict: Verdict) -> None:
    assert policy.shape(first_day=date(2018, 3, 26), last_day=last_day, edition=builtin_2017()) == verdict


OVER = refuse("R3", "This training has begun, or is over.", facts={"no_request": True})


@pytest.mark.parametrize(
    ("changes", "now", "verdict"),
    [
        ({}, NOON, allow("R3", "The training is still to come.")),
        ({}, T.starts_at - TICK, allow("R3", "The training is still to come.")),
        ({}, T.starts_at, OVER),
        ({"held": True}, NOON, OVER),
        ({"cancelled": True}, NOON, refuse("R3", "This training was cancelled.", facts={"hard": True})),
        ({"cancelled": True}, T.starts_at, refuse("R3", "This training was cancelled.", facts={"hard": True})),
    ],
)
def test_takes_bookings_until_it_begins(changes: dict[str, object], now: datetime, verdict: Verdict) -> None:
    assert policy.takes_bookings(a_training(**changes), now=now) == verdict


BOUNDARIES = [
    # zone, first day (the clocks change between D(28) and the training in the first two), the day as the sentence gives it
    ("Pacific/Auckland", date(2018, 4, 19), date(2018, 3, 22), "Thu 22 Mar 2018, end of day Auckland time"),
    ("America/Chicago", date(2018, 3, 26), date(2018, 2, 26), "Mon 26 Feb 2018, end of day Chicago time"),
    ("America/Chicago", date(2018, 11, 26), date(2018, 10, 29), "Mon 29 Oct 2018, end of day Chicago time"),
    ("Pacific/Honolulu", date(2018, 4, 19), date(2018, 3, 22), "Thu 22 Mar 2018, end of day Honolulu time"),
    ("America/Chicago", date(2016, 3, 28), date(2016, 2, 29), "Mon 29 Feb 2016, end of day Chicago time"),
]


@pytest.mark.parametrize(("zone", "first_day", "until_on", "until"), BOUNDARIES)
def test_sign_up_d28_is_in_time_and_d27_is_late(zone: str, first_day: date, until_on: date, until: str) -> None:
    t = a_training(zone, first_day)
    turns_on = CutOff(until_on, zone)
    in_time = allow("R6", f"Sign-up is open until {until}.", turns_on=turns_on)
    late = refuse(
        "R6",
        f"A team signs up at least four weeks before a training. For this one that was until {until}; today is 27 days ahead.",
        turns_on=turns_on,
    )
    assert policy.sign_up(t, now=on_day(t, 28, time(23, 59))) == in_time
    assert policy.sign_up(t, now=last_moment(t, 28)) == in_time
    assert policy.sign_up(t, now=on_day(t, 27, time(0))) == late
    assert policy.sign_up(t, now=last_moment(t, 28) + TICK) == late
    assert policy.sign_up(t, now=on_day(t, 1)).sentence.endswith("today is 1 day ahead.")


def test_sign_up_says_the_number_of_its_edition() -> None:
    edition = replace(builtin_2017(), sign_up_days=30)
    t = a_training(edition=edition, sign_up_until=date(2018, 2, 24))
    assert policy.sign_up(t, now=on_day(t, 29)).sentence == (
        "A team signs up at least 30 days before a training. "
        "For this one that was until Sat 24 Feb 2018, end of day Chicago time; today is 29 days ahead."
    )


LATE = (
    "A team signs up at least four weeks before a training. For this one that was until Mon 26 Feb 2018, end of day Chicago time; "
)


def test_sign_up_late_with_an_exception_approved_and_not_yet_used() -> None:
    """At D(24)."""
    given = an_exception("R6", until=on_day(T, 20, time(0)))
    allowed = allow("R6", LATE + "today is 24 days ahead. Staff made an exception for you.", turns_on=T.sign_up, exception=given)
    refused = refuse("R6", LATE + "today is 24 days ahead.", turns_on=T.sign_up)
    assert policy.sign_up(T, now=on_day(T, 24), exceptions=[given]) == allowed
    assert policy.sign_up(T, now=on_day(T, 24), exceptions=[an_exception("R7"), an_exception("P3")]) == refused
    assert policy.sign_up(T, now=on_day(T, 20, time(0)), exceptions=[given]).refused
    assert policy.sign_up(T, now=on_day(T, 28), exceptions=[given]).exception is None


def test_sign_up_exception_to_a_day_includes_that_day_and_a_later_one_still_counts() -> None:
    first, second = an_exception("R6", to_date=date(2018, 3, 2)), an_exception("R6", to_date=date(2018, 3, 3))
    assert policy.sign_up(T, now=last_moment(T, 24), exceptions=[first]).exception is first
    assert policy.sign_up(T, now=on_day(T, 23, time(0)), exceptions=[first]).refused
    assert policy.sign_up(T, now=on_day(T, 23, time(0)), exceptions=[first, second]).exception is second


def test_enlarge_until_d28_by_its_own_rule() -> None:
    until = "Mon 26 Feb 2018, end of day Chicago time"
    late = f"A booking can grow until sign-up closes. That was {until}; today is 27 days ahead."
    assert policy.enlarge(T, now=last_moment(T, 28)) == allow("P3", f"The booking may grow until {until}.", turns_on=T.sign_up)
    assert policy.enlarge(T, now=on_day(T, 27, time(0))) == refuse("P3", late, turns_on=T.sign_up)
    given = an_exception("P3", to_date=date(2018, 2, 27))
    assert policy.enlarge(T, now=on_day(T, 27), exceptions=[an_exception("R6"), given]) == allow(
        "P3", late + " Staff made an exception for you.", turns_on=T.sign_up, exception=given
    )
    assert policy.enlarge(T, now=on_day(T, 26), exceptions=[given]).refused


UNTIL = "Mon 26 Feb 2018, end of day Chicago time"


@pytest.mark.parametrize(
    ("seats", "now", "verdict"),
    [
        (
            9,
            last_moment(T, 28),
            allow("P4", f"9 seats go back to your membership: leaving is free until {UNTIL}.", turns_on=T.sign_up),
        ),
        (
            1,
            last_moment(T, 28),
            allow("P4", f"1 seat goes back to your membership: leaving is free until {UNTIL}.", turns_on=T.sign_up),
        ),
        (
            9,
            on_day(T, 27, time(0)),
            warn(
                "P4",
                f"9 seats are forfeited: leaving was free until {UNTIL}, and nobody else can take them any more.",
                turns_on=T.sign_up,
            ),
        ),
        (
            1,
            on_day(T, 27, time(0)),
            warn(
                "P4",
                f"1 seat is forfeited: leaving was free until {UNTIL}, and nobody else can take it any more.",
                turns_on=T.sign_up,
            ),
        ),
    ],
)
def test_leave_free_to_d28_then_forfeited(seats: int, now: datetime, verdict: Verdict) -> None:
    assert policy.leave(T, seats=seats, now=now) == verdict


def test_leave_late_with_an_exception_gives_the_seats_back() -> None:
    given = an_exception("P4", to_date=date(2018, 3, 1))
    assert policy.leave(T, seats=9, now=on_day(T, 25), exceptions=[given]) == allow(
        "P4", "9 seats go back to your membership: staff made an exception.", turns_on=T.sign_up, exception=given
    )
    assert policy.leave(T, seats=9, now=on_day(T, 24), exceptions=[given]).warned


def _outside(hours: str, day: str, city: str) -> Verdict:
    return warn(
        "R9",
        f"The team keeps the hours of the training: {hours} on {day} at your site ({city} time). That lies outside 07:00–20:00.",
    )


@pytest.mark.parametrize(
    ("zone", "first_day", "site_zone", "verdict"),
    [
        ("US/Eastern", date(2018, 5, 1), "US/Central", allow("R9", "The hours at your site are 08:00–16:00 (Central time).")),
        (CHICAGO, date(2018, 3, 12), CHICAGO, allow("R9", "The hours at your site are 09:00–17:00 (Chicago time).")),
        (CHICAGO, date(2018, 3, 12), "America/Los_Angeles", allow("R9", "The hours at your site are 07:00–15:00 (Los Angeles time).")),
        (CHICAGO, date(2018, 3, 12), "Europe/Paris", _outside("15:00–23:00", "Mon 12 Mar 2018", "Paris")),
        (CHICAGO, date(2018, 4, 12), "Europe/Paris", _outside("16:00–00:00", "Thu 12 Apr 2018", "Paris")),
        (CHICAGO, date(2018, 3, 12), "Pacific/Auckland", _outside("03:00–11:00", "Tue 13 Mar 2018", "Auckland")),
        ("America/Halifax", date(2018, 3, 12), "Atlantic/Reykjavik", allow("R9", "The hours at your site are 12:00–20:00 (Reykjavik time).")),
        # Europe changed its clocks on Sun 25 March 2018: the two days differ at the site, and may differ in the answer
        ("America/Sao_Paulo", date(2018, 3, 24), "Africa/Abidjan", allow("R9", "The hours at your site are 12:00–20:00 (Abidjan time).")),
        ("Africa/Nairobi", date(2018, 3, 24), "Europe/Paris", allow(
            "R9", "The hours at your site are 07:00–15:00 on Sat 24 Mar 2018, 08:00–16:00 on Sun 25 Mar 2018 (Paris time)."
        )),
        ("America/Sao_Paulo", date(2018, 3, 24), "Europe/London", _outside("13:00–21:00", "Sun 25 Mar 2018", "London")),
    ],
)  # fmt: skip
def test_hours_for_site(zone: str, first_day: date, site_zone: str, verdict: Verdict) -> None:
    assert policy.hours_for_site(a_training(zone, first_day), site_zone=site_zone) == verdict


def test_facts_of_a_training_follow_from_its_days() -> None:
    t = a_training(seats_booked=31)
    assert (t.seats_free, t.city, t.days_text) == (0, "Chicago", "26–27 Mar 2018")
    assert (t.sign_up, t.roster) == (CutOff(date(2018, 2, 26), CHICAGO), CutOff(date(2018, 3, 5), CHICAGO))
    assert t.starts_at.isoformat() == "2018-03-26T14:00:00+00:00"
    assert t.d(14) == CutOff(date(2018, 3, 12), CHICAGO)
