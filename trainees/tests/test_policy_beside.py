"""Reports beside the roll call (P9): what both mean for R15, where they differ, what a take-over writes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common.dates import Hours, hours_of
from carpentries_portal.common.edition_json import builtin_2017
from trainees.evidence.intervals import Spans, merge, without
from trainees.policy import (
    Beside,
    DayMarks,
    Flag,
    Seen,
    Source,
    beside,
    covered_days,
    marks_of,
    missed,
    presence_of,
    teaching,
)
from trainees.policy.beside import presence_by_reports

EDITION = builtin_2017()
HOURS = hours_of(first=date(2018, 3, 12), last=date(2018, 3, 13), starts=time(9), ends=time(17), zone="America/Chicago")
TEACHING = teaching(
    [asdict(item) for item in EDITION.agenda], HOURS
)  # 335 minutes a day; the first session is 9:00-10:45, 9:00-10:15
DAY = ((0, 8 * 3600),)
LATE_70 = ((70 * 60, 8 * 3600),)
LATE_62 = ((62 * 60, 8 * 3600),)
LATE_3 = ((3 * 60, 8 * 3600),)
THERE, LATE = DayMarks(), DayMarks(late=time(10, 0))
BOTH, FIRST, NONE = (True, True), (True, False), (False, False)
OUT: tuple[Spans, ...] = ((), ())


@pytest.mark.parametrize(
    ("seen", "marks", "alone", "expected"),
    [
        (Seen(BOTH, (DAY, DAY), OUT), (THERE, THERE), False, Beside(0, 0, Source.OWN, Flag.AGREES)),
        (Seen(BOTH, (LATE_3, DAY), OUT), (THERE, THERE), False, Beside(0, 3, Source.OWN, Flag.AGREES)),
        (Seen(BOTH, (LATE_70, DAY), OUT), (THERE, THERE), False, Beside(0, 70, Source.OWN, Flag.CROSSES)),
        (Seen(BOTH, (DAY, DAY), OUT), (LATE, THERE), False, Beside(60, 0, Source.OWN, Flag.DIFFERS)),
        (
            Seen(BOTH, (LATE_62, DAY), OUT),
            (LATE, THERE),
            False,
            Beside(60, 62, Source.OWN, Flag.CROSSES),
        ),  # close, but across the line
        (Seen(BOTH, (DAY, DAY), OUT), (DayMarks(absent=True), THERE), False, Beside(335, 0, Source.OWN, Flag.CROSSES)),
        # a room shows who may have been there, not who went out
        (Seen(BOTH, OUT, (DAY, DAY)), (LATE, THERE), False, Beside(60, 0, Source.ROOM, Flag.AGREES)),
        (Seen(BOTH, OUT, (LATE_70, DAY)), (THERE, THERE), False, Beside(0, 70, Source.ROOM, Flag.CROSSES)),
        (Seen(BOTH, (((0, 600),), ()), (DAY, DAY)), (THERE, THERE), False, Beside(0, 0, Source.BOTH, Flag.AGREES)),
        # who takes part alone is in no room
        (Seen(BOTH, (DAY, LATE_70), (DAY, DAY)), (THERE, THERE), True, Beside(0, 70, Source.OWN, Flag.CROSSES)),
        (Seen(BOTH, OUT, (DAY, DAY)), (THERE, THERE), True, Beside(0, 670, Source.NOTHING, Flag.CROSSES)),
        # no trace of a person, and the roll call knows it
        (Seen(BOTH, OUT, OUT), (DayMarks(absent=True),) * 2, False, Beside(670, 670, Source.NOTHING, Flag.AGREES)),
        # a day without a report counts as the roll call has it
        (Seen(FIRST, (LATE_70, ()), OUT), (LATE, THERE), False, Beside(60, 70, Source.OWN, Flag.CROSSES)),
        (Seen(FIRST, (DAY, ()), OUT), (THERE, DayMarks(absent=True)), False, Beside(335, 335, Source.OWN, Flag.AGREES)),
        (Seen(FIRST, (DAY, ()), OUT), (THERE, None), False, Beside(0, 0, Source.OWN, Flag.AGREES)),
        # not marked where a report speaks
        (Seen(BOTH, (LATE_70, DAY), OUT), (THERE, None), False, Beside(None, 70, Source.OWN, Flag.UNKNOWN)),
        (Seen(NONE, OUT, OUT), (THERE, THERE), False, Beside(None, 0, Source.NOTHING, Flag.UNKNOWN)),
    ],
)
def test_beside(seen: Seen, marks: tuple[DayMarks | None, ...], alone: bool, expected: Beside) -> None:
    found = beside(seen, marks=marks, scheduled=TEACHING, hours=HOURS, alone=alone, most=EDITION.max_minutes_missed)
    assert found == expected
    assert found.flagged == (expected.flag in {Flag.DIFFERS, Flag.CROSSES})


def test_covered_days_are_those_within_whose_hours_anybody_was_connected() -> None:
    before, evening, touch = ((-600, -1),), ((8 * 3600, 9 * 3600),), ((8 * 3600 - 1, 9 * 3600),)
    assert covered_days([(evening, evening), (before, before)], HOURS) == (False, False)
    assert covered_days([(evening, touch), (OUT[0], OUT[0])], HOURS) == (False, True)
    assert covered_days([], HOURS) == (False, False)


def test_presence_is_the_own_connection_and_the_rooms_where_there_is_one() -> None:
    seen = Seen(BOTH, (((0, 60),), ()), (((30, 90),), DAY))
    assert presence_by_reports(seen, alone=False) == (((0, 90),), DAY)
    assert presence_by_reports(seen, alone=True) == (((0, 60),), ())


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((), DayMarks(absent=True)),
        (((-60, 0), (8 * 3600, 9 * 3600)), DayMarks(absent=True)),
        (DAY, DayMarks()),
        (((-600, 9 * 3600),), DayMarks()),
        (((30, 8 * 3600 - 30),), DayMarks()),  # seconds do not count
        (((90, 7 * 3600 + 1),), DayMarks(late=time(9, 1), left=time(16, 1))),
        (
            ((0, 3600), (3660, 7200), (7230, 8 * 3600)),
            DayMarks(away=((time(10, 0), time(10, 1)),)),  # the second gap is of seconds
        ),
        (((10, 20),), DayMarks(left=time(9, 1))),
    ],
)
def test_marks_of_a_presence(there: Spans, expected: DayMarks) -> None:
    assert marks_of(there, HOURS[0]) == expected


def test_marks_over_midnight_go_on_after_it() -> None:
    night = Hours(date(2018, 3, 12), time(22), time(6), "Asia/Tokyo")
    there = ((3600, 7200), (10800, 8 * 3600))
    assert marks_of(there, night) == DayMarks(late=time(23), away=((time(0), time(1)),))


spans = st.lists(st.tuples(st.integers(-4000, 33000), st.integers(-4000, 33000)), max_size=6).map(merge)


@given(there=spans)
def test_marks_hold_in_the_roll_call_and_count_no_second_against_anyone(there: Spans) -> None:
    marked = presence_of(marks_of(there, HOURS[0]), HOURS[0])
    inside = merge((max(a, 0), min(b, 8 * 3600)) for a, b in there)
    assert without(inside, marked) == ()
    assert missed(TEACHING[:1], [marked]).seconds <= missed(TEACHING[:1], [there]).seconds
    extra = without(marked, inside)
    assert sum(b - a for a, b in extra) < 120 * max(len(inside), 1)
    assert marks_of(marked, HOURS[0]) == marks_of(there, HOURS[0])
