"""Dates as the handbook counts them: whole days in a zone, months, clock changes; properties over every zone that people may choose."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common.dates import (
    CutOff,
    Hours,
    add_months,
    clock_changes_between,
    day_text,
    days_before,
    days_between,
    days_text,
    hours_of,
    instant,
    is_zone,
    known_zones,
    last_day_before,
    today_in,
    zone_city,
)

TICK = timedelta(microseconds=1)
ZONES = st.sampled_from(sorted(known_zones()))
DAYS = st.dates(min_value=date(2012, 1, 1), max_value=date(2037, 12, 31))
INSTANTS = st.datetimes(min_value=datetime(2012, 1, 1), max_value=datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


@given(on=DAYS, zone=ZONES)
def test_cut_off_any_zone_ends_with_the_first_instant_of_the_next_day(on: date, zone: str) -> None:
    ends_at = CutOff(on, zone).ends_at
    assert today_in(zone, ends_at) == on + timedelta(days=1)
    assert today_in(zone, ends_at - TICK) == on
    assert last_day_before(ends_at, zone) == on


@given(on=DAYS, zone=ZONES, at=st.times())
def test_cut_off_any_zone_includes_the_whole_day(on: date, zone: str, at: time) -> None:
    cut_off, now = CutOff(on, zone), instant(on, at, zone)
    assert (cut_off.passed(now), cut_off.days_left(now)) == (False, 0)


@given(on=DAYS, zone=ZONES, now=INSTANTS, later=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=800)))
def test_cut_off_any_zone_once_passed_stays_passed(on: date, zone: str, now: datetime, later: timedelta) -> None:
    cut_off = CutOff(on, zone)
    assert cut_off.passed(now) <= cut_off.passed(now + later)
    assert cut_off.days_left(now) >= cut_off.days_left(now + later)


@given(on=DAYS, zone=ZONES, around=st.timedeltas(min_value=timedelta(hours=-40), max_value=timedelta(hours=40)))
def test_cut_off_any_zone_passed_is_the_instant_it_ends(on: date, zone: str, around: timedelta) -> None:
    cut_off = CutOff(on, zone)
    now = cut_off.ends_at + around
    assert cut_off.passed(now) is (now >= cut_off.ends_at) is (cut_off.days_left(now) < 0)


@pytest.mark.parametrize(
    ("on", "zone", "ends_at"),
    [
        (date(2018, 2, 12), "America/Chicago", "2018-02-13T06:00:00+00:00"),
        (date(2018, 3, 11), "America/Chicago", "2018-03-12T05:00:00+00:00"),  # the clocks went forward that day
        (date(2018, 11, 3), "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),  # midnight was skipped
        (date(2018, 2, 17), "America/Sao_Paulo", "2018-02-18T03:00:00+00:00"),  # 23:00 came twice
        (date(2018, 11, 3), "America/Havana", "2018-11-04T04:00:00+00:00"),  # 00:00 came twice: the first counts
        (date(2024, 3, 30), "America/Scoresbysund", "2024-03-31T01:00:00+00:00"),
        (date(2018, 2, 12), "Pacific/Kiritimati", "2018-02-12T10:00:00+00:00"),
        (date(2018, 2, 12), "Pacific/Pago_Pago", "2018-02-13T11:00:00+00:00"),
        (date(2016, 2, 29), "UTC", "2016-03-01T00:00:00+00:00"),
    ],
)
def test_cut_off_ends_at_clock_changes(on: date, zone: str, ends_at: str) -> None:
    assert CutOff(on, zone).ends_at.isoformat() == ends_at


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2017, 8, 31), 6, date(2018, 2, 28)),
        (date(2019, 8, 31), 6, date(2020, 2, 29)),
        (date(2018, 8, 16), 6, date(2019, 2, 16)),
        (date(2016, 2, 29), 12, date(2017, 2, 28)),
        (date(2016, 2, 29), 48, date(2020, 2, 29)),
        (date(2018, 6, 30), 6, date(2018, 12, 30)),
        (date(2018, 12, 31), 2, date(2019, 2, 28)),
        (date(2018, 1, 1), 0, date(2018, 1, 1)),
    ],
)
def test_add_months_same_day_or_the_months_last(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


@given(day=DAYS, months=st.integers(min_value=0, max_value=120), more=st.integers(min_value=0, max_value=12))
def test_add_months_any_day_keeps_month_count_and_order(day: date, months: int, more: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
    assert later <= add_months(day, months + more)


@pytest.mark.parametrize(
    ("at", "zone", "utc"),
    [
        (datetime(2018, 3, 11, 2, 30), "America/Chicago", "2018-03-11T08:30:00+00:00"),  # noqa: DTZ001  # skipped: moves to 03:30
        (datetime(2018, 11, 4, 1, 30), "America/Chicago", "2018-11-04T06:30:00+00:00"),  # noqa: DTZ001  # doubled: the first
        (datetime(2018, 3, 12, 9, 0), "America/Chicago", "2018-03-12T14:00:00+00:00"),  # noqa: DTZ001  # wall clock
    ],
)
def test_instant_of_wall_clock(at: datetime, zone: str, utc: str) -> None:
    assert instant(at.date(), at.time(), zone).isoformat() == utc


def test_instant_skipped_hour_moves_forward() -> None:
    skipped = instant(date(2018, 3, 11), time(2, 30), "America/Chicago")
    assert skipped.astimezone(ZoneInfo("America/Chicago")).time() == time(3, 30)


def test_hours_nine_to_five_stay_when_the_clocks_change_between_the_days() -> None:
    """R8: Sat 10 and Sun 11 March 2018; UTC follows per day."""
    days = hours_of(first=date(2018, 3, 10), last=date(2018, 3, 11), starts=time(9), ends=time(17), zone="America/Chicago")
    assert [(day.starts_at.hour, day.ends_at.hour) for day in days] == [(15, 23), (14, 22)]
    assert clock_changes_between(days[0].starts_at, days[1].starts_at, "America/Chicago")
    assert not clock_changes_between(days[0].starts_at, days[1].starts_at, "Asia/Tokyo")


def test_hours_chicago_in_march_seen_from_paris() -> None:
    """Mon 12 March 2018: America has changed its clocks, Europe has not."""
    paris = Hours(date(2018, 3, 12), time(9), time(17), "America/Chicago").in_zone("Europe/Paris")
    assert (paris.starts.isoformat(), paris.ends.isoformat()) == ("2018-03-12T15:00:00+01:00", "2018-03-12T23:00:00+01:00")
    assert (paris.shift, paris.zone) == (0, "Europe/Paris")
    usual = Hours(date(2018, 4, 12), time(9), time(17), "America/Chicago").in_zone("Europe/Paris")
    assert (usual.starts.hour, usual.ends.isoformat(), usual.shift) == (16, "2018-04-13T00:00:00+02:00", 0)


def test_hours_us_eastern_in_us_central_as_the_page_says() -> None:
    central = Hours(date(2018, 5, 1), time(9), time(17), "US/Eastern").in_zone("US/Central")
    assert (central.starts.time(), central.ends.time(), central.shift) == (time(8), time(16), 0)


def test_hours_seen_from_far_shift_the_day() -> None:
    hours = Hours(date(2018, 3, 12), time(9), time(17), "America/Los_Angeles")
    assert hours.in_zone("Pacific/Auckland").shift == 1
    assert Hours(date(2018, 3, 12), time(9), time(17), "Pacific/Auckland").in_zone("Pacific/Honolulu").shift == -1


def test_hours_that_end_after_midnight_end_on_the_next_day() -> None:
    assert Hours(date(2018, 3, 12), time(22), time(2), "UTC").ends_at == datetime(2018, 3, 13, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "ends", "within"),
    [
        (time(7), time(20), True),
        (time(6, 59), time(17), False),
        (time(9), time(20, 1), False),
        (time(22), time(6), False),  # into the next day
    ],
)
def test_local_hours_within(starts: time, ends: time, *, within: bool) -> None:
    local = Hours(date(2018, 3, 12), starts, ends, "UTC").in_zone("UTC")
    assert local.within(time(7), time(20)) is within


def test_days_before_and_between() -> None:
    assert days_before(date(2018, 3, 12), 28) == date(2018, 2, 12)
    assert days_before(date(2016, 3, 1), 1) == date(2016, 2, 29)
    assert days_between(date(2018, 2, 27), date(2018, 3, 1)) == [date(2018, 2, 27), date(2018, 2, 28), date(2018, 3, 1)]
    assert days_between(date(2018, 3, 2), date(2018, 3, 1)) == []


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2018, 3, 12), date(2018, 3, 13), "12–13 Mar 2018"),
        (date(2018, 3, 12), date(2018, 3, 12), "12 Mar 2018"),
        (date(2019, 4, 30), date(2019, 5, 1), "30 Apr – 1 May 2019"),
        (date(2018, 12, 31), date(2019, 1, 1), "31 Dec 2018 – 1 Jan 2019"),
    ],
)
def test_days_text_as_people_read_it(first: date, last: date, text: str) -> None:
    assert days_text(first, last) == text


def test_day_text_names_the_weekday() -> None:
    assert day_text(date(2018, 2, 12)) == "Mon 12 Feb 2018"


@pytest.mark.parametrize("zone", ["America/Chicago", "US/Eastern", "UTC", "America/Argentina/Buenos_Aires"])
def test_zones_taken(zone: str) -> None:
    assert is_zone(zone)


@pytest.mark.parametrize("zone", ["", "EST", "Etc/GMT+5", "america/chicago", "Mars/Olympus", "../etc/passwd", "posix/UTC"])
def test_zones_not_taken(zone: str) -> None:
    assert not is_zone(zone)


def test_zone_city() -> None:
    names = ["America/New_York", "America/Argentina/Buenos_Aires", "UTC"]
    assert [zone_city(zone) for zone in names] == ["New York", "Buenos Aires", "UTC"]
