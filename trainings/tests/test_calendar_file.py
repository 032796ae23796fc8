"""The calendar's import: fifty real rows as checked by hand, and files that are none or have wrong cells."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from carpentries_portal.common.models import JournalEntry
from trainings.calendar_file import COLUMNS
from trainings.importing import import_calendar
from trainings.models import Training

BY_HAND = Path(__file__).parent / "data" / "calendar_by_hand.csv"
CALENDAR = Path(settings.BASE_DIR) / "carpentries_portal" / "demo" / "data" / "training_calendar_2017_2026.csv"
NOW = datetime(2018, 4, 1, 12, tzinfo=UTC)
GOOD = {
    "start_date": "2018-05-17",
    "end_date": "2018-05-18",
    "tz_label_raw": "Central time",
    "tz_iana_inferred": "America/Chicago",
    "start_time": "09:00",
    "end_time": "17:00",
    "date_text_raw": "May 17-18, 2018",
    "first_listed": "2018-01-10",
    "last_status": "listed",
}

pytestmark = pytest.mark.django_db


def file_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    out = StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_fifty_rows_of_the_calendar_equal_the_table_checked_by_hand() -> None:
    result = import_calendar(CALENDAR.read_bytes(), by=None, now=NOW)
    lines = {row.line: row.source_key for row in result.taken}
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    stored = Training.objects.in_bulk([lines[int(row["line"])] for row in expected], field_name="source_key")
    actual = []
    for row in expected:
        training = stored[lines[int(row["line"])]]
        actual.append(
            {
                "line": row["line"],
                "first_day": training.starts_on.isoformat(),
                "last_day": training.ends_on.isoformat(),
                "zone": training.zone,
                "hours": f"{training.starts:%H:%M}-{training.ends:%H:%M}",
                "first_start_utc": f"{training.starts_at:%Y-%m-%dT%H:%MZ}",
                "last_end_utc": f"{training.ends_at:%Y-%m-%dT%H:%MZ}",
                "state": training.state,
                "notes": " ".join(sorted({note["code"] for note in training.source_notes})),
            }
        )
    assert len(expected) >= 40
    assert actual == expected


@pytest.mark.parametrize(
    ("cell", "field", "reason"),
    [
        ({"start_date": "2018-02-30"}, "start_date", "There is no day 2018-02-30."),
        ({"start_date": "17/05/2018"}, "start_date", "“17/05/2018” is not a date such as 2018-03-12."),
        ({"start_date": "٢٠١٨-٠٥-١٧"}, "start_date", "“٢٠١٨-٠٥-١٧” is not a date such as 2018-03-12."),
        ({"start_date": ""}, "start_date", "“” is not a date such as 2018-03-12."),
        ({"start_date": "1999-05-17"}, "start_date", "The year of 1999-05-17 lies outside 2012 to 2100."),
        ({"end_date": "2018-05-16"}, "end_date", "The last day comes before the first."),
        ({"end_date": "2018-09-18"}, "end_date", "A training of more than 60 days cannot be one event."),
        ({"start_time": "25:00"}, "start_time", "There is no time 25:00."),
        ({"start_time": "9am"}, "start_time", "“9am” is not a time such as 09:00."),
        ({"start_time": ""}, "start_time", "There is an end, and no start."),
        ({"end_time": "08:59"}, "end_time", "From 09:00 to 08:59 no training lasts."),
        ({"end_time": "09:00"}, "end_time", "From 09:00 to 09:00 no training lasts."),
        ({"tz_iana_inferred": "Mars/Olympus"}, "tz_iana_inferred", "“Mars/Olympus” is not a time zone."),
        ({"tz_iana_inferred": "../../etc/passwd"}, "tz_iana_inferred", "“../../etc/passwd” is not a time zone."),
        ({"first_listed": "soon"}, "first_listed", "“soon” is not a date such as 2018-03-12."),
        ({"last_listed": "2018-13-01"}, "last_listed", "There is no day 2018-13-01."),
        ({"last_status": "maybe"}, "last_status", "“maybe” is no status that the calendar knows."),
        ({"eventbrite_id": "<script>"}, "eventbrite_id", "An event's id has at most 40 letters, digits and hyphens."),
        ({"eventbrite_id": "1" * 41}, "eventbrite_id", "An event's id has at most 40 letters, digits and hyphens."),
        ({"notes": "x" * 20_001}, "notes", "A cell has at most 20000 characters."),
        ({"notes": "bell \x07"}, "notes", "The cell holds a control character, which is no text."),
    ],
)
def test_a_wrong_cell_refuses_its_row_with_line_field_and_reason(cell: dict[str, str], field: str, reason: str) -> None:
    result = import_calendar(file_of(GOOD | cell, GOOD | {"start_date": "2018-05-16"}), by=None, now=NOW)
    assert [(refusal.line, refusal.field, refusal.reason) for refusal in result.refused] == [(2, field, reason)]
    assert [training.starts_on for training in Training.objects.all()] == [date(2018, 5, 16)]


def test_a_row_twice_is_taken_once() -> None:
    result = import_calendar(file_of(GOOD, GOOD), by=None, now=NOW)
    assert [(r.line, r.field, r.reason) for r in result.refused] == [(3, "start_date", "The same training stands on line 2.")]
    assert Training.objects.count() == 1


def test_a_cell_over_several_lines_keeps_the_line_on_which_its_row_begins() -> None:
    result = import_calendar(file_of(GOOD | {"notes": "one\ntwo\nthree"}, GOOD | {"start_date": "no"}), by=None, now=NOW)
    assert ([row.line for row in result.taken], [refusal.line for refusal in result.refused]) == ([2], [5])


def test_a_row_with_a_cell_too_few_or_too_many() -> None:
    whole = file_of(GOOD).decode()
    short = whole.rstrip("\r\n").rsplit(",", 1)[0]
    for text, n in ((short, 14), (whole.rstrip("\r\n") + ",more", 16)):
        result = import_calendar(text.encode(), by=None, now=NOW)
        assert [(refusal.line, refusal.reason) for refusal in result.refused] == [
            (2, f"The row has {n} cells, the header 15: a comma or a quotation mark is missing or too many.")
        ]
    assert not Training.objects.exists()


ROW = file_of(GOOD).decode()
FILES = {
    "empty": (b"", "The file is empty."),
    "white space": (b" \r\n\t\n", "The file is empty."),
    "byte order mark only": (b"\xef\xbb\xbf", "The file is empty."),
    "no header": (b"2018-05-17,2018-05-18\r\n", "These columns are missing: start_date, end_date,"),
    "semicolons": (ROW.replace(",", ";").encode(), "Cells are separated by commas; this file has another sign."),
    "tabs": (ROW.replace(",", "\t").encode(), "Cells are separated by commas; this file has another sign."),
    "column missing": (ROW.replace("end_time", "until").encode(), "These columns are missing: end_time."),
    "column twice": (ROW.replace("\r\n", ",start_date\r\n", 1).encode(), "These columns stand twice: start_date."),
    "UTF-16": (ROW.encode("utf-16"), "The file is UTF-16, not UTF-8."),
    "Windows-1252": (file_of(GOOD | {"notes": "Zürich"}).decode().encode("cp1252"), "Line 2 is not UTF-8 text."),
    "NUL": (ROW.replace("Central", "Cen\0tral").encode(), "Line 2 has a NUL byte"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "This is a PDF or a spreadsheet, not a CSV file."),
    "XLSX": (b"PK\x03\x04....", "This is a PDF or a spreadsheet, not a CSV file."),
    "quotation mark left open": (ROW.encode() + b'"never closed', "Line 3 is no CSV"),
}


@pytest.mark.parametrize(("content", "reason"), FILES.values(), ids=FILES)
def test_a_file_that_is_none_is_named_with_the_reason_and_nothing_is_stored(content: bytes, reason: str, tmp_path: Path) -> None:
    journal = JournalEntry.objects.count()
    path = tmp_path / "calendar.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as problem:
        call_command("import_calendar", str(path))
    assert str(problem.value).startswith(f"{path}: ")
    assert reason in str(problem.value)
    assert problem.value.returncode == 2
    assert not Training.objects.exists()
    assert JournalEntry.objects.count() == journal


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    with pytest.raises(CommandError, match="The file is larger than 20 MB"):
        call_command("import_calendar", str(path))


@pytest.mark.parametrize(("name", "reason"), [("not-there.csv", "No such file or directory"), (".", "Is a directory")])
def test_a_path_that_is_no_file(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("import_calendar", str(tmp_path / name))


def test_a_header_only_takes_nothing_and_is_no_error() -> None:
    result = import_calendar(file_of(), by=None, now=NOW)
    assert (result.taken, result.refused) == ([], [])


def test_a_byte_order_mark_and_other_line_ends_are_read() -> None:
    result = import_calendar(b"\xef\xbb\xbf" + ROW.replace("\r\n", "\n").encode(), by=None, now=NOW)
    assert len(result.taken) == 1
