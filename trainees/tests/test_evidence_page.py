"""The page of reports: sent, read, matched, compared, taken over; every bad file with its complaint; as many queries for 300 as for 3."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from trainees.actions import Decision, decide_connections
from trainees.models import EvidenceConnection, EvidenceReport, Place, RollCall
from trainees.states import Whose
from trainees.tests.test_evidence_actions import AFTER, CHICAGO, HEADER, Team, person, whole_days

pytestmark = pytest.mark.django_db

BACKEND = "carpentries_portal.common.backends.PersonBackend"
SHORT = "Name,Join Time,Leave Time"


def words_of(content: bytes) -> str:
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode())))
    return re.sub(r" ([,.;:])", r"\1", text)


class Desk(Team):
    """The team's trainer at the page, the day after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.monkeypatch = monkeypatch
        self.client = Client()
        self.client.force_login(self.by, backend=BACKEND)
        self.path = f"/trainings/{self.training.code}/evidence/"
        self.at(AFTER)

    def at(self, now: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: now)

    def get(self, query: str = "") -> str:
        answer = self.client.get(self.path + query)
        assert answer.status_code == 200
        return words_of(answer.content)

    def post(self, do: str, query: str = "", **values: object) -> str:
        answer = self.client.post(self.path + query, {"do": do, **values}, follow=True)
        assert answer.status_code == 200
        return words_of(answer.content)

    def upload(self, content: bytes | str, *, name: str = "participants.csv", zone: str = CHICAGO, **values: object) -> str:
        body = content.encode() if isinstance(content, str) else content
        return self.post("import", file=SimpleUploadedFile(name, body), zone=zone, **values)

    def row(self, name: str) -> EvidenceConnection:
        return EvidenceConnection.objects.get(name=name, waiting=False)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def report(*lines: str, header: str = HEADER, sign: str = ",", coding: str = "utf-8") -> bytes:
    return "\r\n".join((header, *lines, "")).replace(",", sign).encode(coding)


def test_from_the_file_to_the_roll_call(desk: Desk) -> None:
    desk.mark_all()
    page = desk.get()
    assert "No report of the videoconference yet" in page
    assert "All of it is deleted after Sun 9 Sep 2018, end of day Chicago time" in page
    assert re.search(r'<option value="America/Chicago" selected>', desk.client.get(desk.path).content.decode())
    page = desk.upload(
        report(
            *whole_days("A. S.", "trainee-0@example.org", begin="10:10:00 AM"),
            *whole_days("Bjorn Akesson"),
            *whole_days("Science Library"),
            *whole_days("Galaxy S9"),
            "Late,,yesterday,03/12/2018 10:00:00 AM,,No,,No",
            "A. S.,trainee-0@example.org,03/12/2018 09:00:00 AM,03/12/2018 10:10:00 AM,70,No,,Yes",
        )
    )
    assert "4 connections were read. Nothing counts until somebody has said whose they are." in page
    assert "4 connections wait for their match" in page
    assert "Line 10, Join Time: “yesterday” is not a time such as 03/12/2018 09:01:33 AM." in page
    assert "1 in the waiting room, which is no presence" in page
    assert "Nothing is compared while a connection is open" in page
    assert "The name is the same but for accents." in page
    assert "Mon 12 Mar 2018, 10:10–17:05 Chicago time" in page
    page = desk.post(f"certain-{EvidenceReport.objects.get().pk}")
    assert "1 connection was confirmed." in page
    bjorn, room, galaxy = (desk.row(name) for name in ("Bjorn Akesson", "Science Library", "Galaxy S9"))
    page = desk.post(
        "keep",
        shown=[bjorn.pk, room.pk, galaxy.pk],
        **{f"c{bjorn.pk}-yes": "on", f"c{room.pk}-whose": f"site-{desk.booking.pk}", f"c{galaxy.pk}-whose": "ignored"},
    )
    assert "3 decisions were kept." in page
    whose = {row.name: (row.whose, row.place_id, row.booking_id) for row in EvidenceConnection.objects.filter(waiting=False)}
    assert whose == {
        "A. S.": ("person", desk.ana.pk, None),
        "Bjorn Akesson": ("person", desk.bjorn.pk, None),
        "Science Library": ("site", None, desk.booking.pk),
        "Galaxy S9": ("ignored", None, None),
    }
    assert "The room was connected for all of the teaching." in page
    assert "Report and roll call agree" in page  # whoever is in the room needs no connection of their own
    desk.post("keep", query=f"?change={room.pk}", shown=[room.pk], **{f"c{room.pk}-whose": "ignored"})
    page = desk.get()
    assert "Report and roll call differ for 5 people" in page
    assert "They differ, across the 60 minutes Their own connection: 140 minutes of teaching missed." in page
    said = "The report differs: Their own connection: 140 minutes of teaching missed"
    for path in ("", f"{desk.booking.pk}/confirm/"):  # beside the roll call, and where it is confirmed
        beside = words_of(desk.client.get(f"/trainings/{desk.training.code}/attendance/{path}").content)
        assert beside.count("The report differs:") == 5
        assert beside.count(said) == 1
    coordinator = Client()
    coordinator.force_login(desk.dana.person, backend=BACKEND)
    kept = words_of(coordinator.get(f"/trainings/{desk.training.code}/attendance/").content)
    assert ("The report differs" in kept, "Videoconference reports" in kept, "Roll call:" in kept) == (False, False, True)
    seen = re.search(r'name="seen" value="(\w+)"', desk.client.get(desk.path).content.decode())
    assert seen
    page = desk.post("take", take=[desk.ana.pk], seen=seen[1])
    assert "The roll call of 1 person was written. It is not confirmed by that." in page
    assert {str(row.late) for row in RollCall.objects.filter(place=desk.ana)} == {"10:10:00"}
    assert "have changed meanwhile: look again" in desk.post("take", take=[desk.bjorn.pk], seen=seen[1])
    assert set(Place.objects.values_list("outcome", flat=True)) == {""}


def test_a_line_with_both_the_suggestion_and_another_keeps_nothing(desk: Desk) -> None:
    desk.upload(report(*whole_days("Ana Silva"), *whole_days("iPhone")))
    ana, phone = desk.row("Ana Silva"), desk.row("iPhone")
    page = desk.post(
        "keep",
        shown=[ana.pk, phone.pk],
        **{f"c{ana.pk}-yes": "on", f"c{ana.pk}-whose": "ignored", f"c{phone.pk}-whose": "ignored"},
    )
    assert "Nothing was kept: look at the lines that are marked." in page
    assert "Either the suggestion, or another: not both." in page
    assert not EvidenceConnection.objects.exclude(whose="").exists()


@pytest.mark.parametrize("value", ["person-999999", "site-999999", "person-", "x", "person-1\x00", "open-1"])
def test_an_owner_that_is_none_is_said_at_its_line(desk: Desk, value: str) -> None:
    desk.upload(report(*whole_days("iPhone")))
    row = desk.row("iPhone")
    page = desk.post("keep", shown=[row.pk], **{f"c{row.pk}-whose": value})
    assert "Nothing was kept" in page
    row.refresh_from_db()
    assert row.is_open


@pytest.mark.parametrize(
    "do",
    [
        "certain-999",
        "certain-",
        "certain-x",
        "certain-9999999999999999999999",
        "remove-0",
        "remove-²",
        "take",
        "keep",
        "no",
        "\x00",
    ],
)
def test_a_button_that_nobody_showed_changes_nothing(desk: Desk, do: str) -> None:
    desk.upload(report(*whole_days("Ana Silva")))
    desk.post(do, shown=["999999"] if do == "keep" else [])
    desk.get("?page=x&change=9999999999999999999999&remove=%00")
    assert list(EvidenceConnection.objects.values_list("name", "whose")) == [("Ana Silva", "")]
    assert not RollCall.objects.exists()


def test_a_report_is_removed_after_its_consequence_was_shown(desk: Desk) -> None:
    desk.upload(report(*whole_days("Ana Silva"), *whole_days("iPhone")), name="day 1.csv")
    pk = EvidenceReport.objects.get().pk
    assert "What was read of 2 connections is deleted, with what was decided of them." in desk.get(f"?remove={pk}")
    assert "Removed, with all that was read of it." in desk.post(f"remove-{pk}")
    assert not EvidenceReport.objects.exists()
    assert "This report is not there any more." in desk.post(f"remove-{pk}")


def test_the_same_file_twice_and_in_place_of_the_first(desk: Desk) -> None:
    body = report(*whole_days("Ana Silva"))
    desk.upload(body, name="a.csv")
    said = "This very file was imported on Wed 14 Mar 2018 as “a.csv”, by Nora Weiss: nothing has changed."
    assert said in desk.upload(body, name="b.csv")
    old = EvidenceReport.objects.get()
    assert "1 connection was read." in desk.upload(body, name="b.csv", zone="Europe/Paris", replaces=str(old.pk))
    assert list(EvidenceReport.objects.values_list("file_name", "zone")) == [("b.csv", "Europe/Paris")]
    assert "Select a valid choice" in desk.upload(body, name="c.csv", replaces=str(old.pk))


# Files as they come


NO_HEADER = "The report has no header with a name, a join time and a leave time."
NO_TEXT = "is no text. Export the report as CSV (UTF-8)."
NO_CSV = "This is a PDF or a spreadsheet, not a CSV file. Export the report as CSV."


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "x.csv", "The submitted file is empty."),
        (b" \r\n", "x.csv", "The file is empty."),
        (b"a" * (5 * 1024 * 1024 + 1), "x.csv", "The file is larger than 5 MB: a report of one training is not."),
        (b"%PDF-1.7\n%\xe2\xe3", "report.csv", NO_CSV),
        (b"PK\x03\x04\x14\x00", "report.xlsx", NO_CSV),
        (b"\xd0\xcf\x11\xe0\xa1", "report.xls", NO_CSV),
        (b"Name,Email\r\nAna,ana@example.org\r\n", "list.csv", NO_HEADER),
        (report("Ana,03/12/2018 09:00,03/12/2018 10:00", header=SHORT) + b"B\x00,,", "x.csv", f"Line 3 {NO_TEXT}"),
        (f"{SHORT}\r\nJos\xe9,,".encode("latin-1"), "x.csv", f"Line 2 {NO_TEXT}"),
        (report("Ana,60", header="Name,Duration (Minutes)"), "x.csv", "The report has only how long each person was there"),
        (report("Ana,soon,later", header=SHORT), "x.csv", "Line 2, Join Time: “soon” is not a time"),
        (report(header=SHORT), "x.csv", "The report has no connection that could be read."),
        (report("<script>alert(1)</script>,x,y", header="Nom,Arrivée,Départ"), "x.csv", NO_HEADER),
    ],
    ids=["empty", "blank", "large", "pdf", "xlsx", "xls", "columns", "nul", "latin-1", "totals", "no line", "nobody", "french"],
)
def test_a_file_that_is_no_report_is_refused_with_its_reason_and_leaves_nothing(
    desk: Desk, content: bytes, name: str, said: str
) -> None:
    assert said in desk.upload(content, name=name)
    assert (EvidenceReport.objects.count(), EvidenceConnection.objects.count()) == (0, 0)


def test_no_file_and_no_zone(desk: Desk) -> None:
    assert "This field is required." in desk.post("import", zone=CHICAGO)
    assert "Select a valid choice. Mars/Olympus" in desk.upload(report(*whole_days("Ana")), zone="Mars/Olympus")
    assert not EvidenceReport.objects.exists()


NINE_TO_TEN = [["2018-03-12T14:00:00+00:00", "2018-03-12T15:00:00+00:00"]]
GERMAN = "Name (Originalname);Benutzer-E-Mail;Beitrittszeit;Austrittszeit;Dauer (Minuten);Gast;Im Warteraum"


@pytest.mark.parametrize(
    ("content", "zone"),
    [
        (report("Ana Silva,,03/12/2018 09:00:00 AM,03/12/2018 10:00:00 AM,60,No,,No"), CHICAGO),
        (report("Ana Silva,,03/12/2018 09:00:00 AM,03/12/2018 10:00:00 AM,60,No,,No", coding="utf-16"), CHICAGO),
        (report("Ana Silva,,03/12/2018 09:00:00 AM,03/12/2018 10:00:00 AM,60,No,,No", sign="\t", coding="utf-8-sig"), CHICAGO),
        (report("Ana Silva;;12.03.2018 15:00:00;12.03.2018 16:00:00;60;Ja;Nein", header=GERMAN), "Europe/Berlin"),
        (
            report("Ana Silva,,2018/03/12 23:00:00,2018/03/13 0:00:00,60,いいえ", header="名前（元の名前）,ユーザーのメール,参加時刻,退出時刻,時間（分）,待機室"),
            "Asia/Tokyo",
        ),
        (
            report("Ana Silva,,2018/03/12 午後11:00:00,2018/03/13 午前0:00:00", header="参加者,メールアドレス,入室時間,退室時間"),
            "Asia/Tokyo",
        ),
        (report("Ana Silva,12/03/2018 14:00,12/03/2018 15:00", header=SHORT), "UTC"),  # day first: the training's days say so
        (
            report(
                "Ana Silva,2018-03-12 09:00,2018-03-12 09:40",  # reconnects, two devices, out of order
                "ANA SILVA,2018-03-12 09:50,2018-03-12 10:00",
                "Ana Silva,2018-03-12 09:30,2018-03-12 09:50",
                header=SHORT,
            ),
            CHICAGO,
        ),
    ],
    ids=["zoom", "utf-16", "tabs", "german", "japanese", "japanese 12 h", "day first", "reconnects"],
)  # fmt: skip
def test_a_report_as_it_comes_gives_the_same_hour(desk: Desk, content: bytes, zone: str) -> None:
    assert "1 connection was read." in desk.upload(content, zone=zone)
    row = EvidenceConnection.objects.get()
    assert (row.name, row.suggested_place, row.intervals) == ("Ana Silva", desk.ana, NINE_TO_TEN)


def test_names_that_are_no_name_are_left_to_people(desk: Desk) -> None:
    """A name twice, phone callers, devices, a room account, two hosts of overlapping meetings, what a browser would take for markup."""
    desk.upload(
        report(
            *whole_days("Ana Silva", "trainee-0@example.org"),
            *whole_days("Ana Silva", "somebody@example.net"),
            *whole_days("15551234567"),
            *whole_days("iPhone"),
            *whole_days("Science Library Zoom Room"),
            *whole_days("Trainer Host", "nora@example.org"),
            *whole_days("<script>alert(1)</script>", "b@example.net"),
            *whole_days("=cmd|' /C calc'!A0"),
            *whole_days("\u202egnp.exe"),
        )
    )
    found = {(row.name, row.email): (row.suggested, row.confidence) for row in EvidenceConnection.objects.all()}
    assert found == {
        ("Ana Silva", "trainee-0@example.org"): ("person", "sure"),
        ("Ana Silva", "somebody@example.net"): ("person", "likely"),
        ("15551234567", ""): ("", "unsure"),
        ("iPhone", ""): ("", "unsure"),
        ("Science Library Zoom Room", ""): ("site", "likely"),
        ("Trainer Host", "nora@example.org"): ("ignored", "sure"),
        ("<script>alert(1)</script>", "b@example.net"): ("", "unsure"),
        ("=cmd|' /C calc'!A0", ""): ("", "unsure"),
        ("\u202egnp.exe", ""): ("", "unsure"),
    }
    page = desk.client.get(desk.path).content.decode()
    assert "<script>alert" not in page
    assert "<bdi>\u202egnp.exe</bdi>" in page


def test_two_reports_of_overlapping_hosts_are_one_presence(desk: Desk) -> None:
    desk.mark_all()
    for name, begin, end in (("a.csv", "08:55:00 AM", "01:00:00 PM"), ("b.csv", "12:30:00 PM", "05:05:00 PM")):
        desk.upload(report(*whole_days("Ana Silva", "trainee-0@example.org", begin=begin, end=end)), name=name)
        desk.post(f"certain-{EvidenceReport.objects.get(file_name=name).pk}")
    page = desk.get()
    assert "Ana Silva 0 0 They agree Their own connection: 0 minutes of teaching missed." in page


def test_before_the_training_and_of_another_day(desk: Desk) -> None:
    desk.at(datetime(2018, 3, 12, 13, 59, tzinfo=UTC))
    assert "The training has not begun: a report can be imported from its first minute on." in desk.get()
    assert "The training has not begun." in desk.upload(report(*whole_days("Ana Silva")))
    desk.at(AFTER)
    page = desk.upload(report("Ana Silva,trainee-0@example.org,05/12/2018 09:00:00 AM,05/12/2018 10:00:00 AM,60,No,,No"))
    assert "No connection falls on a day of the training." in page
    page = desk.post(f"certain-{EvidenceReport.objects.get().pk}")
    assert "No connection falls into the hours of the training: there is nothing to compare." in page


def test_300_connections_cost_as_many_queries_as_3(desk: Desk) -> None:
    desk.mark_all()
    desk.upload(report(*whole_days("Ana Silva"), *whole_days("iPhone"), *whole_days("Room")))
    desk.decide(Ana_Silva=person(desk.ana), Room=Decision(Whose.SITE, desk.booking.pk))

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            desk.get()
        return [query["sql"] for query in queries.captured_queries]

    asked()
    few = asked()
    desk.upload(report(*(line for n in range(297) for line in whole_days(f"Guest {n}"))), name="more.csv")
    decisions = {row.pk: person(desk.ana) for row in EvidenceConnection.objects.filter(name__contains="Guest 1")}
    decide_connections(training_id=desk.training.pk, decisions=decisions, by=desk.by, now=AFTER)
    many = asked()
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= 12, "\n".join(many)
    assert EvidenceConnection.objects.count() == 300
    assert "1 to 50 of 187" in desk.get()
    assert "151 to 187 of 187" in desk.get("?page=4")
