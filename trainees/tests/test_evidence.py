"""Videoconference reports as evidence (P9, R15): whole reports read, whole matches, presence beside the roll call. Invented people."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common.dates import instant
from carpentries_portal.common.tablefile import UnreadableFileError
from trainees.evidence import (
    Confidence,
    Connection,
    Kind,
    Match,
    Note,
    Problem,
    Report,
    RosterPerson,
    TeamSite,
    match,
    presence,
    read_report,
)
from trainees.evidence.names import contained, is_like, readings, same_name

CHICAGO = "America/Chicago"
PARIS = "Europe/Paris"
TOKYO = "Asia/Tokyo"
TRAINING = (date(2018, 3, 12), date(2018, 3, 13))
HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room"
SHORT = "Name,Join Time,Leave Time"


def utc(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 3) -> datetime:
    """An instant of 2018."""
    return datetime(2018, month, day, hour, minute, second, tzinfo=UTC)


def read(*lines: str, zone: str = CHICAGO, days: tuple[date, ...] = (), header: str = HEADER) -> Report:
    return read_report("\r\n".join((header, *lines, "")).encode(), zone=zone, days=days)


def one(name: str, *spans: tuple[datetime, datetime], lines: tuple[int, ...] = (2,), **more: object) -> Connection:
    return Connection(name=name, intervals=spans, lines=lines, **{"email": "", **more})


ORDER_BY_SPREAD = Note("order", "Dates are read month first: otherwise they would lie weeks apart.")
ORDER_UNKNOWN = Note("order", "Nothing in the file says whether day or month comes first: dates are read month first.")


# Reports


def test_report_of_one_room_is_one_connection() -> None:
    line = "Science Library,room@example.org,03/13/2018 08:55:10 AM,03/13/2018 05:01:02 PM,486,No,Y,No"
    room = one("Science Library", (utc(13, 13, 55, 10), utc(13, 22, 1, 2)), email="room@example.org")
    assert read(line) == Report(connections=(room,))


def test_report_with_a_summary_above_tells_the_meeting_and_counts_lines_of_the_file() -> None:
    content = (
        "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,\n"
        '812 3456 7890,"Instructor training, March",03/13/2018 08:50:00 AM,03/13/2018 05:10:00 PM,host@example.org,500,2,\n'
        "\n"
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Recording Consent\n"
        "Ana Silva,ana@example.org,03/13/2018 09:00:00 AM,03/13/2018 10:00:00 AM,60,Y\n"
    )
    ana = one("Ana Silva", (utc(13, 14), utc(13, 15)), email="ana@example.org", lines=(5,))
    expected = Report(connections=(ana,), topic="Instructor training, March", meeting_id="812 3456 7890")
    assert read_report(content.encode(), zone=CHICAGO) == expected


def test_report_with_a_summary_in_two_columns() -> None:
    content = f"Topic,Instructor training\nMeeting ID,812 3456 7890\n\n{SHORT}\nAna,2018-03-13 09:00,2018-03-13 10:00\n"
    ana = one("Ana", (utc(13, 14), utc(13, 15)), lines=(5,))
    expected = Report(connections=(ana,), topic="Instructor training", meeting_id="812 3456 7890")
    assert read_report(content.encode(), zone=CHICAGO) == expected


def test_report_with_the_meeting_on_each_row_takes_the_columns_of_the_participant() -> None:
    header = "Topic,Meeting ID,User Name,User Email,Duration (Minutes),Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes)"
    line = "Training,812,Host,host@example.org,500,Ana,ana@example.org,2018-03-13 09:00:00,2018-03-13 10:00:00,60"
    ana = one("Ana", (utc(13, 14), utc(13, 15)), email="ana@example.org")
    assert read(line, header=header) == Report(connections=(ana,), topic="Training", meeting_id="812")


def test_report_reconnects_of_one_address_merge_whatever_the_name_and_the_case() -> None:
    report = read(
        "Ana Silva,ana@example.org,03/13/2018 09:00:00 AM,03/13/2018 10:00:00 AM,60,No,,No",
        "Bo Li,,03/13/2018 09:00:00 AM,03/13/2018 09:30:00 AM,30,No,,No",
        "Ana's iPad,ANA@Example.org,03/13/2018 09:30:00 AM,03/13/2018 10:30:00 AM,60,No,,No",  # two devices at once
        "Ana Silva,ana@example.org,03/13/2018 11:00:00 AM,03/13/2018 12:00:00 PM,60,No,,No",
        "Ana Silva,ana@example.org,03/13/2018 10:30:00 AM,03/13/2018 10:40:00 AM,10,No,,No",  # touches, out of order
    )
    spans = ((utc(13, 14), utc(13, 15, 40)), (utc(13, 16), utc(13, 17)))
    ana = one("Ana Silva", *spans, email="ana@example.org", lines=(2, 4, 5, 6), also=("Ana's iPad",))
    assert report == Report(connections=(ana, one("Bo Li", (utc(13, 14), utc(13, 14, 30)), lines=(3,))))


def test_report_without_addresses_goes_by_name_without_case() -> None:
    report = read(
        "Science  Library,2018-03-13 09:00,2018-03-13 10:00",
        "SCIENCE LIBRARY,2018-03-13 10:10,2018-03-13 11:00",
        header=SHORT,
    )
    spans = ((utc(13, 14), utc(13, 15)), (utc(13, 15, 10), utc(13, 16)))
    assert report == Report(connections=(one("Science Library", *spans, lines=(2, 3), also=("SCIENCE LIBRARY",)),))


def test_report_an_address_that_is_none_is_no_address_and_a_name_may_be_missing() -> None:
    report = read(
        "Ana,n/a,2018-03-13 09:00,2018-03-13 10:00,60,,,",
        ",bo@example.org,2018-03-13 09:00,2018-03-13 10:00,60,,,",
    )
    span = (utc(13, 14), utc(13, 15))
    assert report == Report(connections=(one("Ana", span), one("", span, email="bo@example.org", lines=(3,))))


def test_report_waiting_room_is_kept_apart() -> None:
    report = read(
        "Ana,ana@example.org,2018-03-13 08:50:00,2018-03-13 09:00:00,10,Yes,,Yes",
        "Ana,ana@example.org,2018-03-13 09:00:00,2018-03-13 10:00:00,60,Yes,,No",
    )
    ana = one("Ana", (utc(13, 14), utc(13, 15)), email="ana@example.org", lines=(3,))
    waiting = one("Ana", (utc(13, 13, 50), utc(13, 14)), email="ana@example.org")
    assert report == Report(connections=(ana,), waiting=(waiting,))


def test_report_a_connection_of_no_length_is_seen_but_has_no_interval() -> None:
    assert read("Ana,2018-03-13 09:00:00,2018-03-13 09:00:00", header=SHORT) == Report(connections=(one("Ana"),))


def test_report_times_are_those_of_the_hosts_zone() -> None:
    """The host sits in Tokyo: the training of 12 March in Chicago is the night to the 13th there."""
    report = read(
        "山田 太郎,2018-03-12 23:00:00,2018-03-13 07:00:00", "Ｔａｒｏ,2018-03-13 00:00,2018-03-13 01:00", header=SHORT, zone=TOKYO, days=TRAINING
    )  # fmt: skip
    taro = one("山田 太郎", (utc(12, 14), utc(12, 22)))
    assert report == Report(connections=(taro, one("Ｔａｒｏ", (utc(12, 15), utc(12, 16)), lines=(3,))))


@pytest.mark.parametrize(
    "written",
    [
        "03/13/2018 09:01:33 PM",
        "3/13/2018 9:01:33 pm",
        "03/13/2018 21:01:33",
        "03/13/2018, 9:01:33 p.m.",
        "03/13/2018 9:01:33\u202fPM",  # a narrow space, as newer browsers have it
        "2018-03-13 21:01:33",
        "2018-03-13T21:01:33",
        "2018/03/13 9:01:33 PM",
        "13.03.2018 21:01:33",
        "13/03/2018 21:01:33",
        "13-03-2018 21:01:33",
        "Mar 13, 2018 09:01:33 PM",
        "March 13, 2018 9:01:33 PM",
        "13 Mar 2018 21:01:33",
        "2018-03-13 21:01:33.250",
    ],
)
def test_report_times_as_they_are_written(written: str) -> None:
    report = read(f'Ana,"{written}",2018-03-13 22:00', header=SHORT)
    assert report == Report(connections=(one("Ana", (utc(14, 2, 1, 33), utc(14, 3))),))


@pytest.mark.parametrize(
    ("written", "hour"), [("12:00 AM", 5), ("12:30 AM", 5), ("12:00 PM", 17), ("1:00 AM", 6), ("0:00", 5), ("11:59 PM", 28)]
)
def test_report_hours_of_twelve(written: str, hour: int) -> None:
    begins = read(f"Ana,2018-03-13 {written},2018-03-14 12:00 PM", header=SHORT).connections[0].intervals[0][0]
    assert begins.replace(minute=0) == utc(13, 0) + timedelta(hours=hour)


DAY_FIRST = (utc(12, 14), utc(12, 15))


@pytest.mark.parametrize(
    ("joins", "days", "begins", "notes"),
    [
        # a number that is no month decides for all rows, whatever the days say
        (("12/03/2018 09:00", "13/03/2018 09:00"), (), utc(12, 14), ()),
        (("03/12/2018 09:00", "03/13/2018 09:00"), (), utc(12, 14), ()),
        (("05/03/2018 09:00", "13/03/2018 09:00"), (date(2018, 5, 3),), utc(5, 15), ("No connection falls on a day of the training.",)),
        # the days of the training
        (("12/03/2018 09:00",), TRAINING, utc(12, 14), ("The days of the training say that dates are written day first.",)),
        (("03/12/2018 09:00",), TRAINING, utc(12, 14), ("The days of the training say that dates are written month first.",)),
        (("11/03/2018 09:00",), TRAINING, utc(11, 14), ("The days of the training say that dates are written day first.",)),  # the eve
        # what lies close together
        (("11/03/2018 09:00", "12/03/2018 09:00"), (), utc(11, 14), ("Dates are read day first: otherwise they would lie weeks apart.",)),
        (("03/11/2018 09:00", "03/12/2018 09:00"), (), utc(11, 14), (ORDER_BY_SPREAD.text,)),
        # else month first; dots are always day first
        (("03/12/2018 09:00",), (), utc(12, 14), (ORDER_UNKNOWN.text,)),
        (("12.03.2018 09:00",), (), utc(12, 14), (ORDER_UNKNOWN.text.replace("month first.", "day first."),)),
        # nothing to decide
        (("03/03/2018 09:00",), (), utc(3, 15), ()),
        (("2018-03-12 09:00",), (), utc(12, 14), ()),
    ],
)  # fmt: skip
def test_report_day_and_month_are_decided_for_the_whole_file(
    joins: tuple[str, ...], days: tuple[date, ...], begins: datetime, notes: tuple[str, ...]
) -> None:
    lines = [f"Person {n},{join},{join.replace('09:00', '10:00')}" for n, join in enumerate(joins)]
    report = read(*lines, header=SHORT, days=days)
    assert report.connections[0] == one("Person 0", (begins, begins + timedelta(hours=1)))
    assert tuple(note.text for note in report.notes) == notes
    assert report.problems == ()


def test_report_of_mixed_orders_reads_month_first_and_the_others_are_problems() -> None:
    report = read(
        "Ana,03/25/2018 09:00,03/25/2018 10:00", "Bo,25/03/2018 09:00,25/03/2018 10:00", header=SHORT
    )  # fmt: skip
    assert report == Report(
        connections=(one("Ana", (utc(25, 14), utc(25, 15))),),
        problems=(Problem(3, "Join Time", "There is no such day: “25/03/2018 09:00”, read month first."),),
        notes=(Note("order", "Some dates can only be written day first, others only month first: all are read month first."),),
    )


def test_report_of_mixed_orders_reads_as_the_days_of_the_training_say() -> None:
    report = read(
        "Ana,03/25/2018 09:00,03/25/2018 10:00", "Bo,25/03/2018 09:00,25/03/2018 10:00", "Cy,26/03/2018 09:00,26/03/2018 10:00",
        header=SHORT, days=(date(2018, 3, 25), date(2018, 3, 26)),
    )  # fmt: skip
    assert [connection.name for connection in report.connections] == ["Bo", "Cy"]
    assert report.problems == (Problem(2, "Join Time", "There is no such day: “03/25/2018 09:00”, read day first."),)


@pytest.mark.parametrize(
    ("zone", "line", "span", "notes"),
    [
        (  # the morning after the clocks have changed
            CHICAGO, "2018-03-11 01:30,2018-03-11 03:30,60", (utc(11, 7, 30), utc(11, 8, 30)), (),
        ),
        (
            CHICAGO, "2018-03-11 02:30,2018-03-11 03:45,15", (utc(11, 8, 30), utc(11, 8, 45)),
            ("The clocks of Chicago skip 02:30 on Sun 11 Mar 2018: it is read as 03:30.",),
        ),
        (
            PARIS, "2018-03-25 01:00,2018-03-25 02:30,90", (utc(25, 0), utc(25, 1, 30)),
            ("The clocks of Paris skip 02:30 on Sun 25 Mar 2018: it is read as 03:30.",),
        ),
        (PARIS, "2018-03-25 09:00,2018-03-25 17:00,480", (utc(25, 7), utc(25, 15)), ()),
        (
            CHICAGO, "2018-11-04 01:30,2018-11-04 02:30,120", (utc(4, 6, 30, month=11), utc(4, 8, 30, month=11)),
            ("The clocks of Chicago show 01:30 on Sun 4 Nov 2018 twice: the first is taken.",),
        ),
        (  # only the second fits the duration
            CHICAGO, "2018-11-04 01:30,2018-11-04 02:30,60", (utc(4, 7, 30, month=11), utc(4, 8, 30, month=11)),
            ("The clocks of Chicago show 01:30 on Sun 4 Nov 2018 twice: the second is taken.",),
        ),
        (  # from the first hour to the second: the wall seems to run backwards
            CHICAGO, "2018-11-04 01:50,2018-11-04 01:10,20", (utc(4, 6, 50, month=11), utc(4, 7, 10, month=11)),
            (
                "The clocks of Chicago show 01:50 on Sun 4 Nov 2018 twice: the first is taken.",
                "The clocks of Chicago show 01:10 on Sun 4 Nov 2018 twice: the second is taken.",
            ),
        ),
        (  # without a duration the first
            CHICAGO, "2018-11-04 01:30,2018-11-04 02:30,", (utc(4, 6, 30, month=11), utc(4, 8, 30, month=11)),
            ("The clocks of Chicago show 01:30 on Sun 4 Nov 2018 twice: the first is taken.",),
        ),
    ],
)  # fmt: skip
def test_report_clock_changes_are_decided_and_noted(
    zone: str, line: str, span: tuple[datetime, datetime], notes: tuple[str, ...]
) -> None:
    report = read(f"Ana,{line}", header="Name,Join Time,Leave Time,Duration", zone=zone)
    assert report == Report(connections=(one("Ana", span),), notes=tuple(Note("clocks", text, 2) for text in notes))


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        ("60", None),
        ("61", None),
        ("59", None),
        ("", None),
        ("61.1", "The duration is 61.1 minutes, but from join to leave it is 60.0. The times count."),
        ("58", "The duration is 58 minutes, but from join to leave it is 60.0. The times count."),
        ("1 h", "The duration “1 h” is no number of minutes."),
        ("9" * 5000, f"The duration “{'9' * 40}” is no number of minutes."),
    ],
)
def test_report_a_duration_that_disagrees_is_noted_and_the_times_count(duration: str, text: str | None) -> None:
    report = read(f"Ana,,2018-03-13 09:00:00,2018-03-13 10:00:00,{duration},,,")
    notes = () if text is None else (Note("duration", text, 2),)
    assert report == Report(connections=(one("Ana", (utc(13, 14), utc(13, 15))),), notes=notes)


def test_report_of_other_days_is_noted() -> None:
    line = "Ana,2018-05-01 09:00,2018-05-01 10:00"
    assert read(line, header=SHORT, days=TRAINING).notes == (Note("days", "No connection falls on a day of the training."),)
    assert read("Ana,2018-03-14 01:00,2018-03-14 02:00", header=SHORT, days=TRAINING).notes == ()


BAD = "2018-03-13 09:00,2018-03-13 10:00"


@pytest.mark.parametrize(
    ("line", "field", "text"),
    [
        ("Ana,2018-03-13 10:00,2018-03-13 09:59", "Leave Time", "The leave time comes before the join time."),
        ("Ana,,2018-03-13 09:59", "Join Time", "There is no time."),
        ("Ana,2018-03-13 09:59", "Leave Time", "There is no time."),
        ("Ana,yesterday,2018-03-13 09:59", "Join Time", "“yesterday” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-03-13 25:00,x", "Join Time", "“2018-03-13 25:00” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-03-13 09:60,x", "Join Time", "“2018-03-13 09:60” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-03-13 13:00 PM,x", "Join Time", "“2018-03-13 13:00 PM” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-03-13 00:10 AM,x", "Join Time", "“2018-03-13 00:10 AM” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-13-03 09:00,x", "Join Time", "“2018-13-03 09:00” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,1999-03-13 09:00,x", "Join Time", "“1999-03-13 09:00” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-03-13 09:00Z,x", "Join Time", "“2018-03-13 09:00Z” is not a time such as 03/12/2018 09:01:33 AM."),
        ("Ana,2018-02-30 09:00,x", "Join Time", "There is no such day: “2018-02-30 09:00”, read month first."),
        (f",{BAD}", "Name", "The row has neither a name nor an address."),
        (f"{'a' * 301},{BAD}", "Name", "A name has at most 300 characters."),
        (f"Silva, Ana,{BAD}", "Name", "The row has 4 cells, the header 3: the row has a sign too many between its cells."),
    ],
)
def test_report_a_bad_row_is_a_problem_at_its_line_and_the_others_count(line: str, field: str, text: str) -> None:
    report = read(f"Bo,{BAD}", line, f"Cy,{BAD}", header=SHORT)
    span = (utc(13, 14), utc(13, 15))
    expected = Report(connections=(one("Bo", span), one("Cy", span, lines=(4,))), problems=(Problem(3, field, text),))
    assert report == expected


def test_report_an_open_quotation_mark_says_which_lines_are_lost() -> None:
    report = read(f"Bo,{BAD}", f'"Ana,{BAD}', f"Cy,{BAD}", header=SHORT)
    problem = Problem(3, "Name", "A quotation mark is open: lines 3 to 4 cannot be read.")
    assert report == Report(connections=(one("Bo", (utc(13, 14), utc(13, 15))),), problems=(problem,))


def test_report_of_two_files_in_one_passes_over_the_second_header() -> None:
    report = read("Ana,2018-03-12 09:00,2018-03-12 10:00", "", SHORT, "Ana,2018-03-13 09:00,2018-03-13 10:00", header=SHORT)
    spans = ((utc(12, 14), utc(12, 15)), (utc(13, 14), utc(13, 15)))
    assert report == Report(connections=(one("Ana", *spans, lines=(2, 5)),))


def test_report_of_nobody_is_empty() -> None:
    assert read(header=HEADER) == Report(connections=())


def test_report_control_characters_are_no_text() -> None:
    assert read(f"Ana\x07\t Silva\x1b,{BAD}", header=SHORT).connections[0].name == "Ana Silva"


TEXT = f"Name (Original Name),User Email,Join Time,Leave Time\r\nJosé,jose@example.org,{BAD}\r\n"
JOSE = Report(connections=(one("José", (utc(13, 14), utc(13, 15)), email="jose@example.org"),))


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_report_encodings_and_signs_between_cells(coding: str, sign: str) -> None:
    assert read_report(TEXT.replace(",", sign).encode(coding), zone=CHICAGO) == JOSE


def test_report_utf_16_with_the_other_mark() -> None:
    assert read_report(b"\xfe\xff" + TEXT.encode("utf-16-be"), zone=CHICAGO) == JOSE


@pytest.mark.parametrize(
    "header",
    [
        "NAME (ORIGINAL NAME),E-MAIL,JOIN TIME,LEAVE TIME",
        "Name,Email,Join time (America/Chicago),Leave time (America/Chicago)",
        "Participant,User_Email,Joined,Left",
        "  Name (original name)  , User Email , Join_Time,Leave_Time",
        "Name (Originalname),E-Mail-Adresse,Beitrittszeit,Austrittszeit",
        "Name (ursprünglicher Name),Benutzer-E-Mail,Beigetreten um,Verlassen um",
        "Teilnehmer,E-Mail des Benutzers,Zeitpunkt des Beitritts,Zeitpunkt des Verlassens",
        "名前（元の名前）,ユーザーのメール,参加時刻,退出時刻",
        "参加者,メールアドレス,入室時間,退室時間",
    ],
)
def test_report_header_words_are_taken_as_they_come(header: str) -> None:
    assert read(f"José,jose@example.org,{BAD}", header=header) == JOSE


ROW = f"Ana,{BAD}\n"
NO_HEADER = "The report has no header with a name, a join time and a leave time. Headers are read in English, German and Japanese."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \r\n", "The file is empty."),
        (b"\xff\xfe", "The file is empty."),
        (b"%PDF-1.7 ...", "This is a PDF or a spreadsheet, not a CSV file. Export the report as CSV."),
        (b"PK\x03\x04 ...", "This is a PDF or a spreadsheet, not a CSV file. Export the report as CSV."),
        (b"\xd0\xcf\x11\xe0 ...", "This is a PDF or a spreadsheet, not a CSV file. Export the report as CSV."),
        (b"a" * (5 * 1024 * 1024 + 1), "The file is larger than 5 MB."),
        (f"{SHORT}\nJos".encode() + b"\xe9", "Line 2 is no text. Export the report as CSV (UTF-8)."),
        (f"{SHORT}\nJos\x00".encode(), "Line 2 is no text. Export the report as CSV (UTF-8)."),
        (b"\xff\xfe\x00", "Line 1 is no text. Export the report as CSV (UTF-8)."),
        (b"Topic,Duration\nWeekly,60\n", NO_HEADER),
        (b"hello", NO_HEADER),
        (b"\n" + b"x,y\n" * 100 + SHORT.encode(), NO_HEADER),
        (
            b"Name (Original Name),User Email,Total Duration (Minutes),Guest\nAna,,60,No\n",
            "The report has only how long each person was there, not from when to when. Export it without “Show unique users”.",
        ),
        (SHORT.encode() + b"\n" + ROW.encode() * 20_001, "The report has more than 20000 rows."),
        (
            f'{SHORT}\n"{"a" * 140_000}",{BAD}\n'.encode(),
            "Line 2 is no CSV: field larger than field limit (131072).",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else "content",
)
def test_report_that_cannot_be_used_says_why(content: bytes, text: str) -> None:
    with pytest.raises(UnreadableFileError) as raised:
        read_report(content, zone=CHICAGO)
    assert str(raised.value) == text


def test_report_of_a_german_room_counts_no_waiting_and_reads_its_duration() -> None:
    report = read(
        "José;jose@example.org;13.03.2018 08:50:00;13.03.2018 09:00:00;10;Ja",
        "José;jose@example.org;13.03.2018 09:00:00;13.03.2018 10:00:00;70;Nein",
        header="Name (Originalname);Benutzer-E-Mail;Beitrittszeit;Austrittszeit;Dauer (Minuten);Im Warteraum",
    )
    there = one("José", (utc(13, 14), utc(13, 15)), email="jose@example.org", lines=(3,))
    waited = one("José", (utc(13, 13, 50), utc(13, 14)), email="jose@example.org")
    disagrees = Note("duration", "The duration is 70 minutes, but from join to leave it is 60.0. The times count.", 3)
    assert report == Report(connections=(there,), waiting=(waited,), notes=(disagrees,))


def test_report_of_japan_in_both_clocks() -> None:
    report = read(
        "山田 太郎,taro@example.org,2018年3月13日 午前9:00:00,2018/03/13 午後1:00,240,いいえ",
        "山田 太郎,taro@example.org,2018/03/13 08:50:00,2018/03/13 09:00:00,10,はい",
        header="名前（元の名前）,ユーザーのメール,参加時刻,退出時刻,時間（分）,待機室",
        zone=TOKYO,
    )
    there = one("山田 太郎", (utc(13, 0), utc(13, 4)), email="taro@example.org")
    waited = one("山田 太郎", (utc(12, 23, 50), utc(13, 0)), email="taro@example.org", lines=(3,))
    assert report == Report(connections=(there,), waiting=(waited,))


def test_report_of_as_many_rows_as_are_taken() -> None:
    report = read_report(SHORT.encode() + b"\n" + ROW.encode() * 20_000, zone=CHICAGO)
    assert len(report.connections[0].lines) == 20_000
    assert report.connections[0].intervals == ((utc(13, 14), utc(13, 15)),)


def test_report_of_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="“Mars” is not a time zone"):
        read_report(TEXT.encode(), zone="Mars")


def check_any_content(content: bytes) -> None:
    with contextlib.suppress(UnreadableFileError):
        report = read_report(content, zone=CHICAGO, days=TRAINING)
        lines = [line for connection in (*report.connections, *report.waiting) for line in connection.lines]
        lines += [problem.line for problem in report.problems]
        assert len(lines) == len(set(lines))
        assert len(match(report.connections, PEOPLE, SITES)) == len(report.connections)


@given(content=st.binary(max_size=200))
def test_report_any_bytes_are_a_report_or_unreadable(content: bytes) -> None:
    check_any_content(content)


@given(content=st.binary(max_size=200), coding=st.sampled_from(["utf-8", "utf-16"]))
def test_report_any_bytes_below_a_header_are_a_report_or_unreadable(content: bytes, coding: str) -> None:
    check_any_content(f"{HEADER}\n".encode(coding) + content)


CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["Ana Silva", "a@example.org", "Yes", "", "03/12/2018 09:01:33 AM", "12.03.2018 10:00", "2018-03-11 02:30", "25/03/2018 1:00", "59"]
    ),
    st.from_regex(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]20[0-9]{2} [0-9]{1,2}:[0-9]{2}( [AP]M)?", fullmatch=True),
)  # fmt: skip


@given(rows=st.lists(st.lists(CELLS, max_size=9), max_size=8))
def test_report_any_cells_are_read_or_a_problem(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([HEADER.split(","), *rows])
    check_any_content(file.getvalue().encode("utf-8", "replace"))


# Matches

ANA = RosterPerson(1, "Ana Silva", "ana@example.org")
JOSE_GARCIA = RosterPerson(2, "José García", "jose@example.org")
TARO = RosterPerson(3, "山田 太郎", "taro@example.org")
SAM_ONE = RosterPerson(4, "Sam Lee", "sam.one@example.org")
SAM_TWO = RosterPerson(5, "Sam Lee", "sam.two@example.org")
COORDINATOR = RosterPerson(6, "Cora Diaz", "cora@example.org")
PEOPLE = (ANA, JOSE_GARCIA, TARO, SAM_ONE, SAM_TWO, COORDINATOR)
LIBRARY = TeamSite(1, "Science Library", "University of Florida", "lib@example.org")
MEDICINE = TeamSite(2, "Room 12", "Example Medical School", "med@example.org")
NORTH = TeamSite(3, "North Campus", "Two Campus College", "cora@example.org")
SOUTH = TeamSite(4, "South Campus", "Two Campus College", "two@example.org")
KYOTO = TeamSite(5, "京都図書館", "京都例大学", "kyoto@example.org")
SITES = (LIBRARY, MEDICINE, NORTH, SOUTH, KYOTO)
NOBODY = (Kind.NONE, None, Confidence.UNSURE, "Nobody on the rosters and no site is called like that.")


def person(who: RosterPerson, confidence: Confidence, reason: str) -> tuple[object, ...]:
    return Kind.PERSON, who.id, confidence, reason


def site(where: TeamSite, confidence: Confidence, reason: str) -> tuple[object, ...]:
    return Kind.SITE, where.id, confidence, reason


def several(names: str) -> tuple[object, ...]:
    return Kind.NONE, None, Confidence.UNSURE, f"It fits several equally well: {names}."


SURE, LIKELY, UNSURE = Confidence.SURE, Confidence.LIKELY, Confidence.UNSURE
ON_ROSTER = "The address is the one on the roster."
LIBRARY_LABEL = "the site “Science Library” of University of Florida"


@pytest.mark.parametrize(
    ("name", "email", "expected"),
    [
        # addresses
        ("Someone", "ANA@example.org", person(ANA, SURE, ON_ROSTER)),
        ("Ana Silva", "ana@example.org", person(ANA, SURE, ON_ROSTER)),
        ("Room", "lib@example.org", site(LIBRARY, SURE, "The address is that of the coordinator of the site “Science Library”.")),
        ("Science Library", "ana@example.org", person(ANA, SURE, f"{ON_ROSTER} But the name fits {LIBRARY_LABEL}.")),
        # cora@example.org is on a roster and coordinates the north campus
        ("Zoom", "cora@example.org", several("Cora Diaz (cora@example.org), the site “North Campus” of Two Campus College")),
        ("North Campus", "cora@example.org", site(NORTH, LIKELY, "Contains the name of the site “North Campus”.")),
        ("Cora Diaz", "cora@example.org", person(COORDINATOR, LIKELY, "The name is the same.")),
        # whole names
        ("Ana Silva", "", person(ANA, LIKELY, "The name is the same.")),
        ("ana silva", "", person(ANA, LIKELY, "The name is the same but for capital letters.")),
        ("Jose Garcia", "", person(JOSE_GARCIA, LIKELY, "The name is the same but for accents.")),
        ("Ana-Silva", "", person(ANA, LIKELY, "The name is the same but for how it is written.")),
        ("Silva, Ana", "", person(ANA, LIKELY, "The name is the same in another order.")),
        ("García José", "", person(JOSE_GARCIA, LIKELY, "The name is the same in another order.")),
        ("Ana Silva", "home@example.org", person(ANA, LIKELY, "The name is the same. The address is another one.")),
        ("太郎 山田", "", person(TARO, LIKELY, "The name is the same in another order.")),
        ("山田太郎", "", person(TARO, LIKELY, "The name is the same but for how it is written.")),
        ("Sam Lee", "", several("Sam Lee (sam.one@example.org), Sam Lee (sam.two@example.org)")),
        ("Sam Lee", "sam.two@example.org", person(SAM_TWO, SURE, ON_ROSTER)),
        # what stands beside a name
        ("Ana Silva (she/her)", "", person(ANA, LIKELY, "Read as “Ana Silva”. The name is the same.")),
        ("Ana Silva - UFL", "", person(ANA, LIKELY, "Read as “Ana Silva”. The name is the same.")),
        ("Nana (Ana Silva)", "", person(ANA, LIKELY, "Read as “Ana Silva”. The name is the same.")),
        ("iPhone von Ana Silva", "", person(ANA, LIKELY, "Read as “Ana Silva”. The name is the same.")),
        ("Ana (Chicago)", "", person(ANA, UNSURE, "“Ana” is a part of the name “Ana Silva”.")),
        ("iPhone von Ana", "", person(ANA, UNSURE, "“Ana” is a part of the name “Ana Silva”.")),
        ("Ana's iPad", "", person(ANA, UNSURE, "“Ana” is a part of the name “Ana Silva”.")),
        ("Ana’s MacBook Pro (2)", "", person(ANA, UNSURE, "“Ana” is a part of the name “Ana Silva”.")),
        ("iPad d'Ana", "", person(ANA, UNSURE, "“Ana” is a part of the name “Ana Silva”.")),
        ("太郎のiPhone", "", person(TARO, UNSURE, "“太郎” is a part of the name “山田 太郎”.")),
        ("Sam's iPhone", "", several("Sam Lee (sam.one@example.org), Sam Lee (sam.two@example.org)")),
        ("iPhone", "", NOBODY),
        # sites
        ("Science Library", "", site(LIBRARY, LIKELY, "Contains the name of the site “Science Library”.")),
        ("UF SCIENCE LIBRARY (Room 2)", "", site(LIBRARY, LIKELY, "Contains the name of the site “Science Library”.")),
        (
            "University of Florida team",
            "",
            site(LIBRARY, LIKELY, "Contains the name of the organization “University of Florida”, which has the site “Science Library”."),
        ),
        (
            "University of Florida, Science Library",
            "other@example.org",
            site(LIBRARY, LIKELY, "Contains the names of the organization “University of Florida” and of its site “Science Library”."),
        ),
        (
            "Two Campus College",
            "",
            several("the site “North Campus” of Two Campus College, the site “South Campus” of Two Campus College"),
        ),
        (
            "Two Campus College South Campus",
            "",
            site(SOUTH, LIKELY, "Contains the names of the organization “Two Campus College” and of its site “South Campus”."),
        ),
        ("東棟京都図書館", "", site(KYOTO, LIKELY, "Contains the name of the site “京都図書館”.")),
        ("Science, in the old Library", "", NOBODY),
        # a person at a site: the room's connection, or hers?
        ("Ana Silva (Science Library)", "", several(f"Ana Silva (ana@example.org), {LIBRARY_LABEL}")),
        # slips of the pen
        ("Ana Sivla", "", person(ANA, UNSURE, "The name is like “Ana Silva”.")),
        ("Jose Garzia", "", person(JOSE_GARCIA, UNSURE, "The name is like “José García”.")),
        ("Sience Library", "", site(LIBRARY, UNSURE, "The name is like “Science Library”.")),
        ("Sam Leee", "", several("Sam Lee (sam.one@example.org), Sam Lee (sam.two@example.org)")),
        ("Maria Souza", "", NOBODY),
        ("Bo", "", NOBODY),
        ("", "unknown@example.org", NOBODY),
    ],
)  # fmt: skip
def test_match_of_one_connection(name: str, email: str, expected: tuple[object, ...]) -> None:
    connection = one(name, email=email)
    assert match([connection], PEOPLE, SITES) == (Match(connection, *expected),)


def test_match_every_name_that_was_shown_counts() -> None:
    connection = one("Zoom user", also=("Science Library",))
    assert match([connection], PEOPLE, SITES) == (
        Match(connection, Kind.SITE, 1, LIKELY, "Contains the name of the site “Science Library”."),
    )


def test_match_the_longer_name_of_a_site_goes_before_the_shorter() -> None:
    plain = TeamSite(9, "Library", "Elsewhere", "")
    connection = one("Science Library")
    assert match([connection], (), (plain, LIBRARY))[0].id == LIBRARY.id
    assert match([one("Our Library")], (), (plain, LIBRARY))[0].id == plain.id


def test_match_of_a_slip_that_is_one_letter_from_two_names_both_are_named() -> None:
    people = (RosterPerson(1, "Maria Schmidt", "m1@example.org"), RosterPerson(2, "Marie Schmid", "m2@example.org"))
    assert match([one("Marie Schmidt")], people, ())[0].reason == (
        "It fits several equally well: Maria Schmidt (m1@example.org), Marie Schmid (m2@example.org)."
    )


def test_match_a_part_of_a_name_is_any_of_its_words() -> None:
    reason = "“Maria” is a part of the name “Ana Maria Silva”."
    connection = one("Maria's iPad")
    assert match([connection], (RosterPerson(1, "Ana Maria Silva", ""),), ()) == (
        Match(connection, Kind.PERSON, 1, UNSURE, reason),
    )


def test_match_two_sites_of_one_name_are_both_named() -> None:
    other = TeamSite(9, "Science Library", "Elsewhere", "")
    assert match([one("Science Library")], (), (other, LIBRARY))[0].reason == (
        "It fits several equally well: the site “Science Library” of University of Florida, the site “Science Library” of Elsewhere."
    )


def test_match_of_many_names_the_first_ones() -> None:
    people = [RosterPerson(n, "Sam Lee", f"sam{n}@example.org") for n in range(9)]
    labels = ", ".join(f"Sam Lee (sam{n}@example.org)" for n in range(5))
    assert match([one("Sam Lee")], people, ())[0].reason == f"It fits several equally well: {labels}, …."


@pytest.mark.parametrize(
    ("name", "email", "confidence", "reason"),
    [
        ("Zoom", "nora@example.org", SURE, "The address is that of a trainer."),
        ("Nora Weiss (Host)", "", LIKELY, "Read as “Nora Weiss”. The name is the same."),
        ("Nora's iPad", "", UNSURE, "“Nora” is a part of the name “Nora Weiss”."),
    ],
)
def test_match_of_a_trainer_is_nobody_of_the_roster(name: str, email: str, confidence: Confidence, reason: str) -> None:
    nora = RosterPerson(ANA.id, "Nora Weiss", "nora@example.org", trains=True)  # ids of trainers and of places may be the same
    connection = one(name, email=email)
    assert match([connection], (ANA, nora), (LIBRARY,)) == (Match(connection, Kind.TRAINER, nora.id, confidence, reason),)


def test_match_without_rosters_or_sites() -> None:
    assert match([], PEOPLE, SITES) == ()
    connection = one("Ana Silva", email="ana@example.org")
    assert match([connection], (), ()) == (Match(connection, *NOBODY),)


SHOWN = st.sampled_from(["Ana Silva", "Sam Lee", "Science Library", "Ana", "Two Campus College", "Silva Ana (she/her)", "", "X"])
EMAILS = st.sampled_from(["", "ana@example.org", "cora@example.org", "lib@example.org"])


@given(data=st.data(), shown=st.lists(st.tuples(SHOWN, EMAILS), max_size=4))
def test_match_is_the_same_in_any_order_of_people_and_sites(data: st.DataObject, shown: list[tuple[str, str]]) -> None:
    connections = [one(name, email=email) for name, email in shown]
    people, sites = data.draw(st.permutations(PEOPLE)), data.draw(st.permutations(SITES))
    expected = match(connections, PEOPLE, SITES)
    assert match(connections, people, sites) == expected
    assert [found.connection for found in expected] == connections
    assert all((found.id is None) == (found.kind is Kind.NONE) for found in expected)


NAMES = st.one_of(
    st.text(max_size=40), st.sampled_from(["iPhone von Ana", "Ana (x", "((Ana))", "d'iPad", "の iPad", "İstanbul ß", "が"])
)


@given(one_=NAMES, other=NAMES)
def test_names_any_text_is_compared_the_same_both_ways(one_: str, other: str) -> None:
    assert all(reading == reading.strip() != "" for reading in readings(one_))
    assert (same_name(one_, other) is None) == (same_name(other, one_) is None)
    assert is_like(one_, other) == is_like(other, one_)
    assert contained(one_, f"x {one_} y") >= contained(one_, "")


@pytest.mark.parametrize(
    ("one_", "other", "how"),
    [
        ("Ana Silva", "Ana  Silva", "same"),
        ("Åsa Öberg", "Asa Oberg", "accents"),
        ("Søren Møller", "Soren Moller", "accents"),
        ("Łukasz", "Lukasz", "accents"),
        ("O’Brien", "O'Brien", "writing"),
        ("Ruiz Gómez, Ana", "Ana Ruiz-Gómez", "order"),
        ("Ana Silva Ruiz", "Silva Ana Ruiz", None),  # not two parts swapped
        ("かき", "がき", None),  # another letter, not an accent
        ("Ana", "Anna", None),
        ("", "", None),
        ("…", "—", None),
    ],
)
def test_names_how_two_are_the_same(one_: str, other: str, how: str | None) -> None:
    assert same_name(one_, other) == how


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("Ana Silva", ("Ana Silva",)),
        ("Bo (he/him)", ("Bo (he/him)", "Bo")),
        ("Bo (Bo Li)", ("Bo (Bo Li)", "Bo", "Bo Li")),
        ("Bo Li | UFL", ("Bo Li | UFL", "Bo Li")),
        ("山田（太郎）", ("山田（太郎）", "山田", "太郎")),
        ("Agnes' iPad", ("Agnes' iPad", "Agnes", "Agnes'")),
        ("Anas iPhone", ("Anas iPhone", "Ana", "Anas")),
        ("iPhone de Bo Li", ("iPhone de Bo Li", "Bo Li")),
        ("iPhone (2)", ("iPhone (2)", "iPhone", "2")),
        ("  ", ()),
    ],
)
def test_names_what_is_shown_may_mean(shown: str, meant: tuple[str, ...]) -> None:
    assert readings(shown) == meant


# Beside the roll call


def starts(zone: str, *days: date) -> list[datetime]:
    return [instant(day, datetime.min.time().replace(hour=9), zone) for day in days]


def test_presence_is_clipped_to_each_day_and_counted_from_its_start() -> None:
    connection = one(
        "Science Library",
        (utc(12, 13, 55), utc(12, 16)),  # five minutes before nine
        (utc(12, 17), utc(12, 22, 1)),
        (utc(13, 13, 30), utc(13, 14, 30)),  # half an hour before the second day, that belongs to the first
    )
    assert presence(connection, starts(CHICAGO, *TRAINING)) == (((0, 7200), (10800, 28860), (84600, 86400)), ((0, 1800),))


def test_presence_on_a_day_with_neither_is_empty() -> None:
    assert presence(one("Ana"), starts(CHICAGO, *TRAINING)) == ((), ())
    assert presence(one("Ana", (utc(20, 14), utc(20, 15))), starts(CHICAGO, *TRAINING)) == ((), ())
    assert presence(one("Ana"), []) == ()


@pytest.mark.parametrize(("zone", "days"), [(CHICAGO, (10, 11)), (PARIS, (24, 25))])
def test_presence_over_a_clock_change_between_the_days(zone: str, days: tuple[int, int]) -> None:
    """Nine to five both days, by the wall: the instants are 23 hours apart, the offsets the same."""
    first, second = (date(2018, 3, day) for day in days)
    lines = [f"Ana,{day} 09:00,{day} 17:00" for day in (first, second)]
    (connection,) = read(*lines, header=SHORT, zone=zone, days=(first, second)).connections
    begins = starts(zone, first, second)
    assert begins[1] - begins[0] == timedelta(hours=23)
    assert presence(connection, begins) == (((0, 28800),), ((0, 28800),))


def test_presence_of_a_host_elsewhere_is_that_of_the_trainings_days() -> None:
    """The host's zone is Paris, the training's Chicago, in the weeks when only America has changed its clocks: six hours, not seven."""
    (connection,) = read("Ana,12.03.2018 15:30,12.03.2018 23:00", header=SHORT, zone=PARIS, days=TRAINING).connections
    assert presence(connection, starts(CHICAGO, *TRAINING)) == (((1800, 28800),), ())
