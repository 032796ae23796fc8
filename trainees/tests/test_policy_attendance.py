"""Attendance: the teaching of an agenda, what is missed of it, whole verdicts, and the roll call (R15, R23, P9)."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common.dates import Hours, hours_of
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from trainees.evidence.intervals import Spans, merge, overlap, without
from trainees.policy.attendance import (
    DayMarks,
    Ground,
    Missed,
    RollCallProblem,
    attended,
    day_seconds,
    missed,
    presence_by_day,
    presence_of,
    teaching,
)

EDITION = builtin_2017()
NOW = datetime(2018, 3, 28, 12, tzinfo=UTC)
CHICAGO = "America/Chicago"
MONDAY = date(2018, 3, 12)
HOUR = 3600


def two_days(first: date = MONDAY, starts: time = time(9), ends: time = time(17), zone: str = CHICAGO) -> list[Hours]:
    return hours_of(first=first, last=first + timedelta(days=1), starts=starts, ends=ends, zone=zone)


def line(day: int, starts_after: int, minutes: int, kind: str = "session") -> dict[str, object]:
    return {"day": day, "title": "A line", "kind": kind, "starts_after": starts_after, "minutes": minutes}


BUILT_IN = [asdict(item) for item in EDITION.agenda]


def test_teaching_of_the_built_in_agenda_leaves_out_breaks_and_lunch() -> None:
    first, second = teaching(BUILT_IN, two_days())
    assert first == ((0, 6300), (7200, 12300), (15900, 18600), (19500, 25500))
    assert second == ((0, 4500), (5400, 10800), (14400, 17400), (18300, 25500))
    assert [sum(b - a for a, b in day) // 60 for day in (first, second)] == [335, 335]


@pytest.mark.parametrize(
    ("agenda", "days"),
    [
        ([], ((), ())),
        ([line(1, 0, 60)], (((0, 3600),), ())),
        ([line(1, 0, 60, "break"), line(2, 0, 60, "lunch")], ((), ())),
        ([line(1, 30, 0)], ((), ())),  # no minutes, no teaching
        ([line(1, 60, 30), line(1, 0, 60)], (((0, 5400),), ())),  # in any order; what touches becomes one
        ([line(1, 0, 60), line(1, 30, 60)], (((0, 5400),), ())),  # what overlaps counts once
        ([line(1, 0, 60), line(1, 10, 5)], (((0, 3600),), ())),
        ([line(2, 450, 60)], ((), ((27000, 28800),))),  # clipped to the hours
        ([line(2, 480, 60), line(3, 0, 60)], ((), ())),  # after the hours; a day that is none
    ],
)
def test_teaching_by_day(agenda: list[dict[str, object]], days: tuple[Spans, ...]) -> None:
    assert teaching(agenda, two_days()) == days


def test_teaching_over_midnight_and_over_a_clock_change_keeps_its_offsets() -> None:
    night = two_days(date(2018, 3, 10), time(22), time(6))  # the clocks of Chicago change on 11 March at 02:00
    assert [day_seconds(day) for day in night] == [8 * HOUR, 8 * HOUR]
    assert teaching([line(1, 0, 480), line(2, 0, 480)], night) == (((0, 8 * HOUR),), ((0, 8 * HOUR),))


def test_missed_on_days_across_a_clock_change_is_counted_by_the_wall() -> None:
    """Left at 06:00 is the end, though that night lasts seven hours; away 01:00-04:00 are three hours of the agenda."""
    night = two_days(date(2018, 3, 10), time(22), time(6))
    scheduled = teaching([line(1, 0, 480), line(2, 0, 480)], night)
    all_night = presence_by_day([DayMarks(left=time(6)), DayMarks()], night)
    assert missed(scheduled, all_night) == Missed(by_day=(0, 0), scheduled_by_day=(28800, 28800), absent=False)
    away = presence_by_day([DayMarks(away=((time(1), time(4)),)), DayMarks()], night)
    assert missed(scheduled, away).minutes == 180


TEACHING = teaching(BUILT_IN, two_days())
ALL_DAY = ((0, 8 * HOUR),)


def missing(first: int, second: int = 0) -> Missed:
    """The first seconds of the teaching of each day are missed; the built-in agenda begins with 105 and 75 minutes."""
    return missed(TEACHING, [((first, 8 * HOUR),), ((second, 8 * HOUR),)])


@pytest.mark.parametrize(
    ("presence", "by_day", "absent"),
    [
        ([ALL_DAY, ALL_DAY], (0, 0), False),
        ([[], []], (20100, 20100), True),
        ([ALL_DAY, []], (0, 20100), False),
        ([((-HOUR, 30 * HOUR),), ((-5, 10**9),)], (0, 0), False),  # beyond the day
        ([[(12300, 15900)], [(10800, 14400)]], (20100, 20100), True),  # lunch only
        ([[(12300, 15901)], []], (20099, 20100), False),  # one second of teaching
        ([[(7200, 28800), (0, 7200)], ALL_DAY], (0, 0), False),  # a reconnect, the later one first
        ([[(0, 7300), (7100, 28800)], ALL_DAY], (0, 0), False),  # two devices
        ([[(0, 3600), (3700, 28800)], ALL_DAY], (100, 0), False),
        ([[(0, 6300), (7200, 28800)], ALL_DAY], (0, 0), False),  # out in the break
        ([[(0, 6000), (7500, 28800)], ALL_DAY], (600, 0), False),  # the break and five minutes on either side
        ([[(500, 500), (9000, 8000)], ALL_DAY], (20100, 0), False),  # empty, and backwards
    ],
)
def test_missed_by_day(presence: list[list[tuple[int, int]]], by_day: tuple[int, int], absent: bool) -> None:
    assert missed(TEACHING, presence) == Missed(by_day=by_day, scheduled_by_day=(20100, 20100), absent=absent)


def test_missed_of_other_days_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        missed(TEACHING, [ALL_DAY])


def test_missed_without_any_teaching_is_absent_only_without_presence() -> None:
    assert missed([(), ()], [[], []]) == Missed(by_day=(0, 0), scheduled_by_day=(0, 0), absent=True)
    assert missed([(), ()], [[(0, 1)], []]) == Missed(by_day=(0, 0), scheduled_by_day=(0, 0), absent=False)


def text(n: int) -> str:
    return f"{n} of 670 minutes of teaching {'was' if n == 1 else 'were'} missed; up to 60 pass."


def facts(minutes: int, by_day: tuple[int, int], *, absent: bool = False) -> dict[str, object]:
    return {"minutes": minutes, "scheduled_minutes": 670, "minutes_by_day": by_day, "absent": absent}


SECONDS = "You were present for all of it but for some seconds, which do not count."


@pytest.mark.parametrize(
    ("m", "verdict"),
    [
        (missing(0), allow("R15", "You were present for all of it.", facts=facts(0, (0, 0)))),
        (missing(59), allow("R15", SECONDS, facts=facts(0, (0, 0)))),
        (missing(30, 29), allow("R15", SECONDS, facts=facts(0, (0, 0)))),
        (missing(60), allow("R15", text(1), facts=facts(1, (1, 0)))),
        (missing(59 * 60 + 59), allow("R15", text(59), facts=facts(59, (59, 0)))),
        (missing(60 * 60), allow("R15", text(60), facts=facts(60, (60, 0)))),
        (missing(60 * 60 + 59), allow("R15", text(60), facts=facts(60, (60, 0)))),
        (missing(61 * 60), refuse("R15", text(61), facts=facts(61, (61, 0)))),
        (missing(0, 61 * 60), refuse("R15", text(61), facts=facts(61, (0, 61)))),
        (missing(30 * 60, 30 * 60), allow("R15", text(60), facts=facts(60, (30, 30)))),
        (missing(30 * 60, 31 * 60), refuse("R15", text(61), facts=facts(61, (30, 31)))),
        # over both days together: the half minutes of two days are one
        (missing(30 * 60 + 30, 30 * 60 + 30), refuse("R15", text(61), facts=facts(61, (30, 30)))),
        (missing(30 * 60 + 30, 30 * 60 + 29), allow("R15", text(60), facts=facts(60, (30, 30)))),
        (missed(TEACHING, [ALL_DAY, []]), refuse("R15", text(335), facts=facts(335, (0, 335)))),
        (
            missed(TEACHING, [[], []]),
            refuse("R15", "You were present for none of the teaching.", facts=facts(670, (335, 335), absent=True)),
        ),
    ],
)
def test_attended_up_to_an_hour_over_both_days(m: Missed, verdict: Verdict) -> None:
    assert attended(m, edition=EDITION, now=NOW) == verdict


def test_attended_the_limit_is_that_of_the_edition() -> None:
    strict = replace(EDITION, max_minutes_missed=0)
    assert attended(missing(59), edition=strict, now=NOW).allowed
    assert attended(missing(60), edition=strict, now=NOW) == refuse(
        "R15", "1 of 670 minutes of teaching was missed; up to 0 pass.", facts=facts(1, (1, 0))
    )


def test_attended_absent_from_a_short_training_fails_though_it_has_less_than_an_hour() -> None:
    short = missed([((0, 50 * 60),), ()], [[], []])
    assert short.minutes == 50
    assert attended(short, edition=EDITION, now=NOW).sentence == "You were present for none of the teaching."
    assert attended(short, edition=EDITION, now=NOW).refused
    assert attended(missed([((0, 50 * 60),), ()], [[(0, 1)], []]), edition=EDITION, now=NOW).allowed


def test_attended_without_an_agenda_is_pointed_out_and_absence_still_fails() -> None:
    none = {"minutes": 0, "scheduled_minutes": 0, "minutes_by_day": (0, 0)}
    assert attended(missed([(), ()], [ALL_DAY, ALL_DAY]), edition=EDITION, now=NOW) == warn(
        "R15", "The agenda of this training has no teaching, so no minutes could be counted.", facts={**none, "absent": False}
    )
    assert attended(missed([(), ()], [[], []]), edition=EDITION, now=NOW) == refuse(
        "R15", "You were not present.", facts={**none, "absent": True}
    )


def an_exception(id: int = 1, rule: str = "R15", until: datetime | None = None) -> ExceptionUsed:
    return ExceptionUsed(label="trainees.placeexception", id=id, rule=rule, until=until)


@pytest.mark.parametrize(
    ("grounds", "added"),
    [
        (None, "Staff made an exception for you."),
        ({}, "Staff made an exception for you."),
        ({2: Ground.EMERGENCY}, "Staff made an exception for you."),  # another one's
        ({1: Ground.EMERGENCY}, "Staff made an exception for you: it was an emergency."),
        ({1: Ground.MAKE_UP}, "Staff made an exception for you: you came to a make-up session."),
    ],
)
def test_attended_an_exception_lets_pass_and_is_named(grounds: dict[int, Ground] | None, added: str) -> None:
    given = an_exception()
    answer = attended(missing(70 * 60), edition=EDITION, now=NOW, exceptions=[given], grounds=grounds)
    assert answer == allow("R15", f"{text(70)} {added}", exception=given, facts=facts(70, (70, 0)))
    absent = attended(missed(TEACHING, [[], []]), edition=EDITION, now=NOW, exceptions=[given], grounds=grounds)
    assert (absent.allowed, absent.sentence) == (True, f"You were present for none of the teaching. {added}")


def test_attended_exceptions_that_are_over_or_of_another_rule_do_not_count() -> None:
    over, other, good = an_exception(1, until=NOW), an_exception(2, rule="R14"), an_exception(3, until=NOW + timedelta(seconds=1))
    m = missing(70 * 60)
    assert attended(m, edition=EDITION, now=NOW, exceptions=[over, other]) == refuse("R15", text(70), facts=facts(70, (70, 0)))
    assert attended(m, edition=EDITION, now=NOW, exceptions=[over, other, good]).exception is good
    assert attended(missing(0), edition=EDITION, now=NOW, exceptions=[good]).exception is None  # not needed, not used


# The roll call

DAY = two_days()[0]
NIGHT = Hours(on=MONDAY, starts=time(22), ends=time(6), zone=CHICAGO)
ROUND_THE_CLOCK = Hours(on=MONDAY, starts=time(9), ends=time(9), zone=CHICAGO)


@pytest.mark.parametrize(
    ("marks", "hours", "presence"),
    [
        (DayMarks(), DAY, ((0, 28800),)),
        (DayMarks(absent=True), DAY, ()),
        (DayMarks(late=time(9, 30)), DAY, ((1800, 28800),)),
        (DayMarks(late=time(9)), DAY, ((0, 28800),)),
        (DayMarks(left=time(16)), DAY, ((0, 25200),)),
        (DayMarks(left=time(17)), DAY, ((0, 28800),)),
        (DayMarks(late=time(10), left=time(16)), DAY, ((3600, 25200),)),
        (DayMarks(away=((time(10), time(11)),)), DAY, ((0, 3600), (7200, 28800))),
        (DayMarks(away=((time(13), time(14)), (time(10), time(11)))), DAY, ((0, 3600), (7200, 14400), (18000, 28800))),
        (DayMarks(away=((time(10), time(11)), (time(10, 30), time(12)))), DAY, ((0, 3600), (10800, 28800))),
        (DayMarks(late=time(10), away=((time(9), time(11)),)), DAY, ((7200, 28800),)),
        (DayMarks(away=((time(9), time(17)),)), DAY, ()),
        (DayMarks(late=time(9, 0, 30)), DAY, ((30, 28800),)),
        (DayMarks(late=time(0), left=time(5)), NIGHT, ((7200, 25200),)),
        (DayMarks(away=((time(23), time(1)),)), NIGHT, ((0, 3600), (10800, 28800))),
        (DayMarks(left=time(9)), ROUND_THE_CLOCK, ((0, 86400),)),
    ],
)
def test_presence_of_marks(marks: DayMarks, hours: Hours, presence: Spans) -> None:
    assert presence_of(marks, hours) == presence


OUTSIDE = "lies outside the training, which lasts from 09:00 to 17:00."


@pytest.mark.parametrize(
    ("marks", "hours", "field", "sentence"),
    [
        (DayMarks(late=time(8, 59)), DAY, "late", f"08:59 {OUTSIDE}"),
        (DayMarks(late=time(17, 1)), DAY, "late", f"17:01 {OUTSIDE}"),
        (DayMarks(left=time(8)), DAY, "left", f"08:00 {OUTSIDE}"),
        (DayMarks(left=time(17, 0, 1)), DAY, "left", f"17:00:01 {OUTSIDE}"),
        (DayMarks(away=((time(10), time(18)),)), DAY, "away", f"18:00 {OUTSIDE}"),
        (DayMarks(away=((time(8), time(10)),)), DAY, "away", f"08:00 {OUTSIDE}"),
        (DayMarks(left=time(21)), NIGHT, "left", "21:00 lies outside the training, which lasts from 22:00 to 06:00."),
        (
            DayMarks(away=((time(11), time(10)),)),
            DAY,
            "away",
            "Away from 11:00 to 10:00: the end does not come after the start.",
        ),
        (
            DayMarks(away=((time(11), time(11)),)),
            DAY,
            "away",
            "Away from 11:00 to 11:00: the end does not come after the start.",
        ),
        (DayMarks(late=time(12), left=time(11)), DAY, "left", "Who came at 12:00 cannot have left at 11:00."),
        (DayMarks(late=time(12), left=time(12)), DAY, "left", "Who came at 12:00 cannot have left at 12:00."),
        (DayMarks(left=time(9)), DAY, "left", "Who came at 09:00 cannot have left at 09:00."),
        (
            DayMarks(absent=True, late=time(12)),
            DAY,
            "absent",
            "Somebody who is absent is neither late nor away, and does not leave.",
        ),
        (
            DayMarks(absent=True, away=((time(10), time(11)),)),
            DAY,
            "absent",
            "Somebody who is absent is neither late nor away, and does not leave.",
        ),
    ],
)
def test_presence_of_marks_that_do_not_hold_says_why(marks: DayMarks, hours: Hours, field: str, sentence: str) -> None:
    with pytest.raises(RollCallProblem) as raised:
        presence_of(marks, hours)
    assert (raised.value.field, str(raised.value)) == (field, f"Mon 12 Mar 2018: {sentence}")


def test_presence_by_day_goes_with_the_teaching() -> None:
    """Late by 30 minutes on the first day, gone 31 minutes before the end of the teaching on the second."""
    hours = two_days()
    presence = presence_by_day([DayMarks(late=time(9, 30)), DayMarks(left=time(15, 34))], hours)
    answer = attended(missed(TEACHING, presence), edition=EDITION, now=NOW)
    assert answer == refuse("R15", text(61), facts=facts(61, (30, 31)))
    with pytest.raises(ValueError, match="zip"):
        presence_by_day([DayMarks()], hours)


# Properties, against sets of seconds

SPANS = st.lists(st.tuples(st.integers(-20, 120), st.integers(-20, 120)), max_size=6)
DAYS = st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=3)


def seconds_in(spans: object) -> set[int]:
    return {second for begin, end in spans for second in range(begin, end)}


@given(one=SPANS, other=SPANS)
def test_intervals_are_sets_of_seconds(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert seconds_in(merge(one)) == seconds_in(one)
    assert seconds_in(overlap(one, other)) == seconds_in(one) & seconds_in(other)
    assert seconds_in(without(merge(one), other)) == seconds_in(one) - seconds_in(other)
    for spans in (merge(one), overlap(one, other), without(merge(one), other)):
        assert all(a < b for a, b in spans)
        assert all(end < begin for (_a, end), (begin, _b) in itertools.pairwise(spans))


@given(days=DAYS)
def test_missed_and_present_are_what_was_scheduled(days: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]) -> None:
    scheduled = [merge(day) for day, _there in days]
    m = missed(scheduled, [there for _day, there in days])
    present = [len(seconds_in(day) & seconds_in(there)) for day, there in days]
    assert [a + b for a, b in zip(m.by_day, present, strict=True)] == list(m.scheduled_by_day)
    assert list(m.by_day) == [len(seconds_in(day) - seconds_in(there)) for day, there in days]
    assert m.scheduled == sum(len(seconds_in(day)) for day, _there in days)
    assert 0 <= m.minutes <= m.scheduled_minutes


@given(day=SPANS, there=SPANS, more=SPANS)
def test_missed_never_grows_with_presence(
    day: list[tuple[int, int]], there: list[tuple[int, int]], more: list[tuple[int, int]]
) -> None:
    less, greater = missed([merge(day)], [there]), missed([merge(day)], [there + more])
    assert greater.seconds <= less.seconds
    assert greater.absent <= less.absent


@given(data=st.data(), day=SPANS, there=SPANS)
def test_missed_splitting_and_merging_and_order_change_nothing(
    data: st.DataObject, day: list[tuple[int, int]], there: list[tuple[int, int]]
) -> None:
    split = []
    for begin, end in there:
        cut = data.draw(st.integers(min(begin, end), max(begin, end)))
        split += [(begin, cut), (cut, end)] if begin < end else [(begin, end)]
    expected = missed([merge(day)], [there])
    assert missed([merge(day)], [data.draw(st.permutations(split))]) == expected
    assert missed([merge(day)], [merge(there)]) == expected
    assert missed([merge(data.draw(st.permutations(day)))], [there]) == expected


@given(seconds=st.integers(0, 20100), rest=st.integers(0, 20100))
def test_attended_turns_at_whole_minutes_of_the_sum(seconds: int, rest: int) -> None:
    m = Missed(by_day=(seconds, rest), scheduled_by_day=(20100, 20100), absent=False)
    assert attended(m, edition=EDITION, now=NOW).allowed == (seconds + rest < 61 * 60)
