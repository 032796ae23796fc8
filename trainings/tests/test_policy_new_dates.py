"""New dates of a training on values (P8): its cut-offs, each move by itself, and what staff are warned of or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common.dates import instant, offered_zones, today_in
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import Verdict
from trainings.policy import TrainingFacts, at_new_dates, check_new_dates, moved_cut_offs, own_roster_date
from trainings.tests.policy_cast import CHICAGO, a_training

NOON = datetime(2018, 2, 20, 18, tzinfo=UTC)  # Tue 20 Feb 2018, noon in Chicago
MARCH = a_training()  # 26-27 March


@pytest.mark.parametrize(
    ("first_day", "sign_up", "roster"),
    [
        (date(2018, 5, 14), date(2018, 4, 16), date(2018, 4, 23)),  # far off: D(28) and D(21)
        (date(2018, 3, 27), date(2018, 2, 27), date(2018, 3, 6)),  # D(28) is seven days after the move: the same day
        (date(2018, 3, 26), date(2018, 2, 27), date(2018, 3, 5)),  # D(28) is six days after it: a day more
        (date(2018, 3, 13), date(2018, 2, 27), date(2018, 2, 27)),  # D(21) is over: both seven days after the move
        (date(2018, 2, 28), date(2018, 2, 27), date(2018, 2, 27)),  # the seventh day is the eve
        (date(2018, 2, 27), date(2018, 2, 26), date(2018, 2, 26)),  # the seventh day is the first one: the eve
        (date(2018, 2, 21), date(2018, 2, 20), date(2018, 2, 20)),  # tomorrow
        (date(2018, 2, 20), date(2018, 2, 19), date(2018, 2, 19)),  # today: the eve is over
    ],
)
def test_cut_offs_are_the_later_of_dn_and_seven_days_but_never_after_the_eve(first_day: date, sign_up: date, roster: date) -> None:
    assert moved_cut_offs(first_day=first_day, zone=CHICAGO, edition=builtin_2017(), now=NOON) == (sign_up, roster)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Pacific/Kiritimati", date(2018, 2, 28)), (CHICAGO, date(2018, 2, 27)), ("Pacific/Pago_Pago", date(2018, 2, 27))],
)
def test_seven_days_are_counted_in_the_zone_that_the_training_has_now(zone: str, expected: date) -> None:
    assert moved_cut_offs(first_day=date(2018, 3, 20), zone=zone, edition=builtin_2017(), now=NOON)[0] == expected


@given(
    zone=st.sampled_from(offered_zones()),
    now=st.integers(0, 200_000).map(lambda n: datetime(2018, 1, 1, tzinfo=UTC) + timedelta(hours=n)),
    ahead=st.integers(1, 400),
)
def test_in_every_zone_there_are_seven_days_or_all_days_to_the_eve(zone: str, now: datetime, ahead: int) -> None:
    edition, today = builtin_2017(), today_in(zone, now)
    first_day = today + timedelta(days=ahead)
    sign_up, roster = moved_cut_offs(first_day=first_day, zone=zone, edition=edition, now=now)
    assert today <= sign_up <= roster < first_day
    assert (roster - today).days >= min(7, ahead - 1)
    assert (sign_up - today).days >= min(7, ahead - 1)
    assert sign_up >= first_day - timedelta(days=28)
    assert roster >= first_day - timedelta(days=21)


def moved(t: TrainingFacts = MARCH, *, now: datetime = NOON, **changes: object) -> TrainingFacts:
    values = {"first_day": date(2018, 5, 14), "last_day": date(2018, 5, 15), "starts": time(9), "ends": time(17), "zone": CHICAGO}
    return at_new_dates(t, **{**values, **changes}, now=now)


def test_each_move_counts_alone() -> None:
    """Back again after a week: nothing of the first move is left but that there are seven days anew."""
    away = moved(first_day=date(2018, 9, 3), last_day=date(2018, 9, 4))
    assert (away.sign_up_until, away.roster_until) == (date(2018, 8, 6), date(2018, 8, 13))
    back = moved(away, first_day=MARCH.first_day, last_day=MARCH.last_day, now=NOON + timedelta(days=7))
    assert (back.sign_up_until, back.roster_until) == (date(2018, 3, 6), date(2018, 3, 6))
    assert (back.edition, back.announced_on, back.capacity) == (MARCH.edition, MARCH.announced_on, MARCH.capacity)


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        (None, None),
        (date(2018, 4, 22), None),
        (date(2018, 4, 23), None),
        (date(2018, 4, 24), date(2018, 4, 24)),
        (date(2018, 5, 13), date(2018, 5, 13)),
        (date(2018, 5, 14), None),
    ],
)
def test_a_bookings_own_day_for_names_is_kept_where_it_is_more_than_the_trainings(own: date | None, kept: date | None) -> None:
    assert own_roster_date(own, moved()) == kept


def answers(old: TrainingFacts, now: datetime = NOON, **changes: object) -> tuple[Verdict, ...]:
    return check_new_dates(old, moved(old, now=now, **changes), now=now)


@pytest.mark.parametrize(
    ("old", "changes", "sentence"),
    [
        (replace(MARCH, cancelled=True), {}, "This training was cancelled: announce another one."),
        (replace(MARCH, held=True), {}, "This training took place: it cannot be moved any more."),
        (moved(), {}, "These are the dates and hours that it has already."),
        (MARCH, {"first_day": date(2018, 2, 19)}, "A training is moved to a time that is still to come."),
        (MARCH, {"first_day": date(2018, 2, 20), "starts": time(12)}, "A training is moved to a time that is still to come."),
        (MARCH, {"last_day": date(2018, 5, 13)}, "The last day comes before the first."),
    ],
)
def test_what_cannot_be_moved_says_why(old: TrainingFacts, changes: dict[str, object], sentence: str) -> None:
    assert [verdict.sentence for verdict in answers(old, **changes) if verdict.refused] == [sentence]


@pytest.mark.parametrize(
    ("old", "now", "changes", "sentences"),
    [
        (MARCH, NOON, {}, []),
        (MARCH, NOON, {"zone": "Europe/Paris"}, []),
        (MARCH, NOON, {"first_day": MARCH.first_day, "last_day": MARCH.last_day, "starts": time(10)}, []),
        (
            MARCH,
            NOON,
            {"last_day": date(2018, 5, 16)},
            ["A training normally lasts 2 days in a row; this one lasts 3."],
        ),
        (
            MARCH,
            instant(MARCH.first_day, time(9), CHICAGO),
            {},
            ["By its old dates it has begun already: move it only if it did not take place."],
        ),
        (
            MARCH,
            NOON,
            {"first_day": date(2018, 2, 27), "last_day": date(2018, 2, 28)},
            [
                "Teams have only until Mon 26 Feb 2018, end of day Chicago time to leave or to sign up: fewer than 7 days.",
            ],
        ),
        (
            MARCH,
            NOON,
            {"first_day": date(2018, 2, 20), "last_day": date(2018, 2, 21), "starts": time(13)},
            ["It begins on the day of the move: nobody can leave without losing seats, or change a list, any more."],
        ),
    ],
)
def test_staff_are_warned_and_not_walled_in(
    old: TrainingFacts, now: datetime, changes: dict[str, object], sentences: list[str]
) -> None:
    verdicts = answers(old, now, **changes)
    assert [verdict.sentence for verdict in verdicts if verdict.warned] == sentences
    assert not any(verdict.refused for verdict in verdicts)
