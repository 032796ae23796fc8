"""The members' import: wrong cells and files; long terms cut; a second name of one organization; zones beside it."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from memberships.agreements_file import COLUMNS, Term, cut_at_anniversaries
from memberships.importing import import_agreements
from memberships.models import LedgerEntry, Membership, Organization

NOW = datetime(2018, 4, 1, 12, tzinfo=UTC)
GOOD = {
    "organisation": "University of Exampleton",
    "agreement_start": "2018-01-01",
    "agreement_end": "2018-12-31",
    "term_days": "364",
    "level_on_members_page_2018": "Gold",
}

pytestmark = pytest.mark.django_db


def file_of(*rows: dict[str, str]) -> bytes:
    out = StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    ("cell", "field", "reason"),
    [
        ({"organisation": ""}, "organisation", "An agreement names an organization."),
        ({"organisation": " * "}, "organisation", "An agreement names an organization."),
        ({"organisation": "x" * 201}, "organisation", "A name has at most 200 characters."),
        ({"level_on_members_page_2018": ""}, "level_on_members_page_2018", "No level is stated: its seats cannot be known."),
        ({"level_on_members_page_2018": "diamond"}, "level_on_members_page_2018", "“diamond” is not a level."),
        ({"agreement_start": "2018-02-30"}, "agreement_start", "There is no day 2018-02-30."),
        ({"agreement_end": "2017-12-31"}, "agreement_end", "It ends before it starts."),
        ({"agreement_end": "31.12.2018"}, "agreement_end", "“31.12.2018” is not a date such as 2018-03-12."),
    ],
)
def test_a_wrong_cell_refuses_its_row_and_leaves_no_organization_behind(cell: dict[str, str], field: str, reason: str) -> None:
    result = import_agreements(file_of(GOOD | cell), zones={}, by=None, now=NOW)
    assert [(refusal.line, refusal.field, refusal.reason) for refusal in result.refused] == [(2, field, reason)]
    assert (Organization.objects.count(), Membership.objects.count(), LedgerEntry.objects.count()) == (0, 0, 0)


def test_platinum_without_a_number_is_refused_and_leaves_no_organization_behind() -> None:
    result = import_agreements(file_of(GOOD | {"level_on_members_page_2018": "platinum"}), zones={}, by=None, now=NOW)
    assert [(refusal.line, refusal.field) for refusal in result.refused] == [(2, "level_on_members_page_2018")]
    assert "platinum" in result.refused[0].reason
    assert not Organization.objects.exists()


def test_the_same_agreement_twice_is_taken_once() -> None:
    result = import_agreements(file_of(GOOD, GOOD), zones={}, by=None, now=NOW)
    assert [(r.line, r.field, r.reason) for r in result.refused] == [(3, "organisation", "The same agreement stands on line 2.")]
    assert Membership.objects.count() == 1


def test_two_spellings_that_differ_in_case_and_spaces_are_one_organization() -> None:
    other = GOOD | {"organisation": "  university of  Exampleton", "agreement_start": "2019-01-01", "agreement_end": "2019-12-31"}
    import_agreements(file_of(GOOD, other), zones={}, by=None, now=NOW)
    assert [organization.name for organization in Organization.objects.all()] == ["University of Exampleton"]
    assert Membership.objects.count() == 2


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "terms"),
    [
        # 1,095 days: three years, each up to the day before its anniversary
        (
            date(2016, 1, 1),
            date(2018, 12, 31),
            [(2016, 1, 1, 2016, 12, 31), (2017, 1, 1, 2017, 12, 31), (2018, 1, 1, 2018, 12, 31)],
        ),
        # the other convention: the end is the anniversary itself, which stays with the last year
        (date(2016, 3, 1), date(2018, 3, 1), [(2016, 3, 1, 2017, 2, 28), (2017, 3, 1, 2018, 3, 1)]),
        # 29 February has its anniversary on 28 February
        (date(2016, 2, 29), date(2018, 2, 27), [(2016, 2, 29, 2017, 2, 27), (2017, 2, 28, 2018, 2, 27)]),
        # 400 days stay whole, 401 do not
        (date(2018, 1, 1), date(2019, 2, 5), [(2018, 1, 1, 2019, 2, 5)]),
        (date(2018, 1, 1), date(2019, 2, 6), [(2018, 1, 1, 2018, 12, 31), (2019, 1, 1, 2019, 2, 6)]),
        (date(2018, 1, 1), date(2018, 7, 1), [(2018, 1, 1, 2018, 7, 1)]),
    ],
)
def test_a_term_of_over_400_days_is_cut_at_its_anniversaries(
    starts_on: date, ends_on: date, terms: list[tuple[int, int, int, int, int, int]]
) -> None:
    expected = tuple(Term(date(*term[:3]), date(*term[3:])) for term in terms)
    assert cut_at_anniversaries(starts_on, ends_on) == expected


def test_a_cut_term_says_so_and_can_be_found() -> None:
    row = GOOD | {"agreement_end": "2020-12-31", "term_days": ""}
    result = import_agreements(file_of(row), zones={}, by=None, now=NOW)
    assert [note.code for note in result.taken[0].notes] == ["term-cut"]
    assert [membership.starts_on for membership in Membership.objects.order_by("starts_on")] == [
        date(2018, 1, 1),
        date(2019, 1, 1),
        date(2020, 1, 1),
    ]


def test_a_zone_that_nobody_stated_is_utc_and_says_so() -> None:
    result = import_agreements(file_of(GOOD), zones={}, by=None, now=NOW)
    assert [(line, note.code) for line, note in result.zone_notes.items()] == [(2, "zone-unknown")]
    organization = Organization.objects.get()
    assert (organization.zone, organization.zone_note) == ("UTC", "The file states no zone: set to UTC.")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"organisation,zone\r\nA,Mars/Olympus\r\n", "Line 2, zone: “Mars/Olympus” is not a time zone."),
        (b"organisation;zone\r\n", "Cells are separated by commas"),
        (b"", "The file is empty."),
    ],
)
def test_a_wrong_file_of_zones_is_named_and_nothing_is_stored(content: bytes, reason: str, tmp_path: Path) -> None:
    members, zones = tmp_path / "members.csv", tmp_path / "zones.csv"
    members.write_bytes(file_of(GOOD))
    zones.write_bytes(content)
    with pytest.raises(CommandError) as problem:
        call_command("import_members", str(members), "--zones", str(zones))
    assert str(problem.value).startswith(f"{zones}: ")
    assert reason in str(problem.value)
    assert not Organization.objects.exists()
