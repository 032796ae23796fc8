"""Which mark stands, in whatever order they arrive; and the minutes of a roll call against a model that walks minute by minute, by real instants."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from carpentries_portal.common.dates import Hours, hours_of
from carpentries_portal.common.edition_json import builtin_2017
from trainees.evidence.intervals import merge
from trainees.policy import DayMarks, Stamp, attended, made, made_upon, missed, presence_by_day, teaching, text_of, words_of

EDITION = builtin_2017()
AGENDA = [asdict(item) for item in EDITION.agenda]
NOW = datetime(2018, 3, 12, 15, tzinfo=UTC)


def key(number: int) -> UUID:
    return UUID(int=number)


# which stands

STAMPS = st.builds(
    Stamp, key=st.integers(0, 3).map(key), made_at=st.integers(0, 3).map(lambda n: NOW + timedelta(seconds=n)), rest=st.booleans()
)


@given(stamps=st.lists(STAMPS, min_size=1, max_size=5, unique_by=lambda stamp: stamp.key))
def test_the_same_mark_stands_in_every_order_of_arrival(stamps: list[Stamp]) -> None:
    winners = set()
    for order in permutations(stamps):
        standing = order[0]
        for stamp in order[1:]:
            standing = stamp if stamp.rank() > standing.rank() else standing
        winners.add(standing)
    assert len(winners) == 1
    (winner,) = winners
    if not all(stamp.rest for stamp in stamps):  # "all the others" gives way to whatever was said of a person
        assert not winner.rest
        assert winner.made_at == max(stamp.made_at for stamp in stamps if not stamp.rest)


def test_no_mark_is_made_in_the_time_to_come_nor_before_what_it_was_made_upon() -> None:
    hour = timedelta(hours=1)
    assert made(NOW - hour, last=None, now=NOW) == NOW - hour
    assert made(NOW + hour, last=None, now=NOW) == NOW
    assert made(NOW + hour, last=NOW - hour, now=NOW) == NOW
    close = NOW + timedelta(milliseconds=1)
    assert made(close, last=NOW, now=NOW) == close  # a clock that stands still, or two marks of one millisecond
    assert made_upon(None, now=NOW) == NOW
    assert made_upon(NOW - hour, now=NOW) == NOW
    assert made_upon(NOW, now=NOW) > NOW


@pytest.mark.parametrize(
    ("marks", "text", "words"),
    [
        (DayMarks(), "there", "there all day"),
        (DayMarks(absent=True), "absent", "absent"),
        (DayMarks(late=time(9, 20)), "late 09:20", "came 09:20"),
        (
            DayMarks(late=time(9, 20), left=time(16), away=((time(14), time(14, 5, 30)), (time(10), time(10, 5)))),
            "late 09:20, left 16:00, away 10:00-10:05, away 14:00-14:05:30",
            "came 09:20, left 16:00, away 14:00 to 14:05:30, away 10:00 to 10:05",
        ),
    ],
)
def test_marks_as_one_line_and_in_words(marks: DayMarks, text: str, words: str) -> None:
    assert (text_of(marks), words_of(marks), text_of(None)) == (text, words, "")


# minutes, against a model that knows nothing of intervals

ZONES = ["America/Chicago", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"]
# the clocks of Chicago change on 11 March and 4 November 2018, of Paris on 25 March and 28 October, of Lord Howe by half an hour on 1 April
DATES = [
    date(2018, 3, 10),
    date(2018, 3, 11),
    date(2018, 11, 3),
    date(2018, 3, 24),
    date(2018, 10, 27),
    date(2018, 3, 31),
    date(2018, 6, 4),
]
HOURS = st.builds(
    lambda on, starts, zone: hours_of(first=on, last=on + timedelta(days=1), starts=starts, ends=_after(starts, 8), zone=zone),
    st.sampled_from(DATES),
    st.sampled_from([time(9), time(8, 30), time(13), time(20), time(22), time(0)]),
    st.sampled_from(ZONES),
)


def _after(at: time, hours: int) -> time:
    return (datetime.combine(date(2018, 1, 1), at) + timedelta(hours=hours)).time()


def _wall(hours: Hours, minute: int) -> time:
    """What the clock on the wall shows so many minutes after the day's start."""
    return (datetime.combine(hours.on, hours.starts) + timedelta(minutes=minute)).time()


def _drawn(hours: Hours, data: st.DataObject) -> tuple[DayMarks, set[int]]:
    """Marks of a day, and the minutes from its start at which the person was there, walked one by one."""
    if data.draw(st.integers(0, 9)) == 0:
        return DayMarks(absent=True), set()
    late = data.draw(st.none() | st.integers(0, 240))
    left = data.draw(st.none() | st.integers(241, 480))
    away = [
        (begin, begin + length)
        for begin, length in data.draw(st.lists(st.tuples(st.integers(0, 420), st.integers(1, 60)), max_size=4))
    ]
    marks = DayMarks(
        late=None if late is None else _wall(hours, late),
        left=None if left is None else _wall(hours, left),
        away=tuple((_wall(hours, begin), _wall(hours, end)) for begin, end in away),
    )
    there = set()
    for minute in range(480):
        if minute < (late or 0) or minute >= (480 if left is None else left):
            continue
        if any(begin <= minute < end for begin, end in away):
            continue
        there.add(minute)
    return marks, there


def _taught(day: int) -> set[int]:
    sessions = [item for item in AGENDA if item["day"] == day and item["kind"] == "session"]
    return {
        minute
        for item in sessions
        for minute in range(item["starts_after"], item["starts_after"] + item["minutes"])
        if minute < 480
    }


@given(hours=HOURS, data=st.data())
def test_minutes_missed_are_those_that_a_walk_by_the_wall_clock_finds(hours: list[Hours], data: st.DataObject) -> None:
    drawn = [_drawn(day, data) for day in hours]
    found = missed(teaching(AGENDA, hours), presence_by_day([marks for marks, _there in drawn], hours))
    walked = [len(_taught(number) - there) for number, (_marks, there) in enumerate(drawn, start=1)]
    assert list(found.minutes_by_day) == walked
    assert found.minutes == sum(walked)
    verdict = attended(found, edition=EDITION, now=NOW)
    absent = not any(_taught(number) & there for number, (_marks, there) in enumerate(drawn, start=1))
    assert verdict.refused == (sum(walked) > 60 or absent)


@given(hours=HOURS, pieces=st.lists(st.integers(1, 60), min_size=1, max_size=8), data=st.data())
@example(
    hours=hours_of(first=date(2018, 3, 10), last=date(2018, 3, 11), starts=time(22), ends=time(6), zone="America/Chicago"),
    pieces=[30, 30],
    data=None,
)
def test_sixty_minutes_pass_and_sixty_one_fail_however_they_are_cut(
    hours: list[Hours], pieces: list[int], data: st.DataObject | None
) -> None:
    """60 or 61 taught minutes, anywhere in the two days, given as any pieces in any order: away, late and left alike."""
    assume(sum(pieces) <= 60)
    pieces = [*pieces, *([60 - sum(pieces)] if sum(pieces) < 60 else [])]
    taught = [(day, minute) for day in (1, 2) for minute in sorted(_taught(day))]
    start = data.draw(st.integers(0, len(taught) - 61)) if data else 0
    for count, passes in ((60, True), (61, False)):
        chosen = taught[start : start + count]
        away: dict[int, list[tuple[time, time]]] = {1: [], 2: []}
        at = 0
        for piece in [*pieces, 1]:
            for day, minute in chosen[at : at + piece]:  # each minute an absence of its own; the pieces touch, and merge
                away[day].append((_wall(hours[day - 1], minute), _wall(hours[day - 1], minute + 1)))
            at += piece
        marks = [DayMarks(away=tuple(away[day])) for day in (1, 2)]
        found = missed(teaching(AGENDA, hours), presence_by_day(marks, hours))
        assert (found.minutes, attended(found, edition=EDITION, now=NOW).allowed) == (count, passes)


@given(cut=st.integers(0, 59), second=st.integers(0, 59))
def test_seconds_beyond_a_whole_minute_count_against_nobody(cut: int, second: int) -> None:
    """60 minutes and 0 to 59 seconds, split over the two days at any second, pass; one more second after that is the 61st minute."""
    hours = hours_of(first=date(2018, 3, 12), last=date(2018, 3, 13), starts=time(9), ends=time(17), zone="America/Chicago")

    def late(seconds: int) -> time:
        return (datetime.combine(date(2018, 3, 12), time(9)) + timedelta(seconds=seconds)).time()

    first = cut * 60 + second
    for whole, passes in ((60 * 60 + 59, True), (61 * 60, False)):
        marks = [DayMarks(late=late(first)), DayMarks(late=late(whole - first))]
        found = missed(teaching(AGENDA, hours), presence_by_day(marks, hours))
        assert (found.seconds, attended(found, edition=EDITION, now=NOW).allowed) == (whole, passes)


@given(
    zone=st.sampled_from(ZONES),
    on=st.sampled_from(DATES),
    joins=st.lists(st.tuples(st.integers(0, 479), st.integers(1, 90)), max_size=6),
)
def test_reconnects_merge_and_days_keep_their_wall_hours_in_every_zone(zone: str, on: date, joins: list[tuple[int, int]]) -> None:
    """Two devices and reconnects, as a report has them by the instant: the minutes between are those that a walk by the instant finds.

    Between the days the clocks may change: each day is counted from its own start.
    """
    hours = hours_of(first=on, last=on + timedelta(days=1), starts=time(9), ends=time(17), zone=zone)
    spans = [(begin * 60, min(begin + length, 480) * 60) for begin, length in joins]
    found = missed(teaching(AGENDA, hours), [spans, ((0, 8 * 3600),)])
    start = hours[0].starts_at
    connected = [(start + timedelta(seconds=begin), start + timedelta(seconds=end)) for begin, end in spans]
    walked = sum(
        1 for minute in _taught(1) if not any(begin <= start + timedelta(minutes=minute) < end for begin, end in connected)
    )
    assert (found.minutes_by_day, list(merge(spans)) == sorted(merge(spans))) == ((walked, 0), True)
    assert [day.starts_at.astimezone(ZoneInfo(zone)).time() for day in hours] == [time(9), time(9)]
