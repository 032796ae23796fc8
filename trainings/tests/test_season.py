"""A season read from lines: each cell, what blocks and what is odd; a calendar's file as lines. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from carpentries_portal.common.edition_json import builtin_2017
from trainings.calendar_file import read_calendar
from trainings.season import Planned, SeasonLine, lines_of, read_season
from trainings.tests.test_calendar_file import CALENDAR

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
GOOD = Planned(date(2027, 3, 8), date(2027, 3, 9), time(9), time(17), "America/Chicago")


def read(text: str, **more: object) -> list[SeasonLine]:
    return read_season(text, edition=builtin_2017(), now=NOW, known=more.get("known", {}))


@pytest.mark.parametrize(
    ("line", "planned"),
    [
        ("2027-03-08, America/Chicago", GOOD),
        ("2027-03-08\tChicago\t9-17\t\t", GOOD),
        ("2027-03-08;america/chicago".replace("america/chicago", "US/Central"), None),
        (
            "2027-03-08/2027-03-10, Europe/Paris, 10:00–18:00, 60, Paris, spring, https://example.org/room",
            Planned(
                date(2027, 3, 8),
                date(2027, 3, 10),
                time(10),
                time(18),
                "Europe/Paris",
                60,
                "https://example.org/room",
                "Paris, spring",
            ),
        ),
    ],
)
def test_cells_by_tab_semicolon_or_comma(line: str, planned: Planned | None) -> None:
    (found,) = read(line)
    assert found.problems == {}
    assert found.planned == (planned or Planned(*GOOD.key[:4], "US/Central"))


@pytest.mark.parametrize(
    ("line", "field", "problem"),
    [
        ("8 March, America/Chicago", "day", "“8 March” is not a date such as 2018-03-12."),
        ("2027-02-30, America/Chicago", "day", "There is no day 2027-02-30."),
        ("2027-01-04, America/Chicago, 05:00-13:00", "day", "It lies in the past: a training is announced before it begins."),
        ("2026-03-08, America/Chicago", "day", "It lies in the past: a training is announced before it begins."),
        ("2027-03-08/2027-03-07, UTC", "day", "The last day comes before the first."),
        ("2027-03-08/2027-06-07, UTC", "day", "A training of more than 15 days cannot be one event."),
        ("2027-03-08", "zone", "Which time zone? For example America/Chicago."),
        ("2027-03-08, Mars/Olympus", "zone", "“Mars/Olympus” is not a time zone such as America/Chicago."),
        ("2027-03-08, UTC, nine to five", "hours", "“nine to five” are no hours such as 09:00-17:00."),
        ("2027-03-08, UTC, 09:00-25:00", "hours", "There are no hours 09:00-25:00."),
        ("2027-03-08, UTC, 09:00-09:00", "hours", "From 09:00 to 09:00 no training lasts."),
        ("2027-03-08, UTC, 09:00-22:00", "hours", "From 09:00 to 22:00 no training lasts."),
        ("2027-03-08, UTC, , 0", "capacity", "“0” is no number of seats from 1 to 2000."),
        ("2027-03-08, UTC, , many", "capacity", "“many” is no number of seats from 1 to 2000."),
        ("2027-03-08, UTC, , , http://exa\u202emple", "more", "“http://exa\u202emple” is no address of a page."),
        ("2027-03-08, UTC, , , " + "x" * 2001, "more", "A title has at most 2000 characters."),
        ("2027-03-08, UTC, , , a\x07", "more", "The cell holds a control character, which is no text."),
    ],
)
def test_a_problem_stands_at_its_cell(line: str, field: str, problem: str) -> None:
    (found,) = read(line)
    assert (found.problems, found.planned if field != "day" else None) == ({field: problem}, None)


def test_every_problem_of_a_line_is_said_at_once() -> None:
    (found,) = read("soon, nowhere, late, lots")
    assert set(found.problems) == {"day", "zone", "hours", "capacity"}


def test_twice_and_on_the_calendar_already() -> None:
    first, second, third = read("2027-03-08, UTC\n\n2027-03-08, UTC\n2027-03-15, UTC", known={_key(date(2027, 3, 15)): "a-code"})
    assert first.problems == {}
    assert second.problems == {"day": "The same stands on line 1."}
    assert third.problems == {"day": "It is on the calendar already: a-code."}


def _key(on: date) -> tuple[date, date, time, time, str]:
    return on, date(on.year, on.month, on.day + 1), time(9), time(17), "UTC"


@pytest.mark.parametrize(
    ("line", "warnings"),
    [
        ("2027-02-01, UTC", {}),  # D(28) is today
        ("2027-01-31, UTC", {"day": "Too soon: sign-up would have ended on Sun 3 Jan 2027 (R6)."}),
        ("2027-03-08/2027-03-08, UTC", {"day": "It lasts 1 days, normally 2 (R2)."}),
        ("2027-03-08, UTC, 20:00-04:00", {"hours": "Each day ends after midnight, on the day after."}),
    ],
)
def test_what_is_odd_is_said_and_blocks_nothing(line: str, warnings: dict[str, str]) -> None:
    (found,) = read(line)
    assert (found.problems, found.warnings) == ({}, warnings)
    assert found.planned is not None


def test_a_heading_is_passed_over_and_a_city_of_two_zones_is_asked_for() -> None:
    (found,) = read("first day, zone\n2027-03-08, Louisville")
    assert found.line == 2
    assert found.problems == {"zone": "“Louisville” is in more than one zone: America/Kentucky/Louisville, America/Louisville."}


def test_the_real_calendar_as_lines_reads_back_row_by_row() -> None:
    now = datetime(2018, 1, 2, 12, tzinfo=UTC)
    rows, _refused = read_calendar(CALENDAR.read_bytes(), edition=builtin_2017())
    text, past, cancelled = lines_of(rows, now=now)
    found = read_season(text, edition=builtin_2017(), now=now, known={})
    assert past + cancelled + len(found) == len(rows)
    kept = {
        (row.starts_on, row.ends_on, row.starts, row.ends, row.zone)
        for row in rows
        if not row.cancelled and row.starts_on.year > 2018
    }
    assert kept <= {line.planned.key for line in found if line.planned is not None} | _long(rows)
    assert {name for line in found for name in line.problems} <= {"day"}


def _long(rows: list) -> set[tuple[date, date, time, time, str]]:
    return {(r.starts_on, r.ends_on, r.starts, r.ends, r.zone) for r in rows if (r.ends_on - r.starts_on).days > 14}
