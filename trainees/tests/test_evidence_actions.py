"""Reports of a training: imported, matched by people, compared, taken over. Nothing counts in silence, nothing is half done (P9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import JournalEntry
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainees import actions
from trainees import evidence_queries as reads
from trainees.actions import Decision
from trainees.factories import name_people
from trainees.models import EvidenceConnection, EvidenceReport, Place, RollCall
from trainees.policy import DayMarks, Flag
from trainees.states import Whose
from trainings.actions import cancel_training
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room"
CHICAGO = "America/Chicago"
AFTER = datetime(2018, 3, 14, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _everything_adds_up() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def whole_days(name: str, email: str = "", begin: str = "08:55:00 AM", end: str = "05:05:00 PM") -> list[str]:
    return [f"{name},{email},03/{day}/2018 {begin},03/{day}/2018 {end},,No,,No" for day in (12, 13)]


class Team:
    """Six people of one team at a training that is over, its trainer; reports are of the whole training unless a test says otherwise."""

    def __init__(self) -> None:
        self.dana = CoordinatorFactory(email="dana@example.org")
        self.trainer = TrainerFactory(name="Nora Weiss", email="nora@example.org")
        self.by = self.trainer.person
        self.training: Training = TrainingFactory(trainers=[self.trainer])
        membership = MembershipFactory(organization=self.dana.organization)
        self.booking: Booking = BookingFactory(training=self.training, membership=membership, by=self.dana.person, seats=6)
        self.places: list[Place] = list(name_people(self.booking, 6, by=self.dana.person))
        self.ana, self.bjorn = self.places[:2]

    def send(self, *lines: str, name: str = "participants.csv", **more: object) -> EvidenceReport:
        values = {"zone": CHICAGO, "by": self.by, "now": AFTER, **more}
        content = "\r\n".join((HEADER, *lines, "")).encode()
        return actions.import_report(training_id=self.training.pk, content=content, file_name=name, **values)

    def decide(self, **whose: Decision) -> int:
        decisions = {EvidenceConnection.objects.get(name=name.replace("_", " ")).pk: one for name, one in whose.items()}
        return actions.decide_connections(training_id=self.training.pk, decisions=decisions, by=self.by, now=AFTER)

    def mark_all(self, marks: DayMarks | None = None) -> None:
        all_ = {(place.pk, day): marks or DayMarks() for place in self.places for day in (1, 2)}
        actions.mark_team(booking_id=self.booking.pk, marks=all_, by=self.by, now=AFTER)

    def take(self, *places: Place, seen: str = "") -> int:
        ids = [place.pk for place in places]
        digest = seen or reads.sheet(self.training).seen
        return actions.take_over(training_id=self.training.pk, place_ids=ids, seen=digest, by=self.by, now=AFTER)


@pytest.fixture
def team() -> Team:
    return Team()


def person(place: Place) -> Decision:
    return Decision(Whose.PERSON, place.pk)


def suggestions() -> dict[str, tuple[object, ...]]:
    rows = EvidenceConnection.objects.filter(waiting=False)
    return {row.name: (row.suggested, row.suggested_place_id, row.suggested_booking_id, row.confidence) for row in rows}


# Importing


def test_a_report_is_kept_as_read_with_suggestions_and_nothing_is_decided(team: Team) -> None:
    report = team.send(
        *whole_days("Ana", "TRAINEE-0@example.org"),
        *whole_days("Bjorn Akesson"),
        *whole_days("Science Library (204)"),
        *whole_days("Room", "dana@example.org"),
        *whole_days("Zoom", "nora@example.org"),
        *whole_days("iPhone"),
        "Late,,yesterday,03/12/2018 10:00:00 AM,,No,,No",
        "Ana,trainee-0@example.org,03/12/2018 08:50:00 AM,03/12/2018 08:55:00 AM,5,No,,Yes",
    )
    assert suggestions() == {
        "Ana": ("person", team.ana.pk, None, "sure"),
        "Bjorn Akesson": ("person", team.bjorn.pk, None, "likely"),
        "Science Library (204)": ("site", None, team.booking.pk, "likely"),
        "Room": ("site", None, team.booking.pk, "sure"),
        "Zoom": ("ignored", None, None, "sure"),
        "iPhone": ("", None, None, "unsure"),
    }
    assert set(EvidenceConnection.objects.values_list("whose", "decided_at", "decided_by")) == {("", None, None)}
    ana = EvidenceConnection.objects.get(name="Ana", waiting=False)
    assert (ana.email, ana.email_key, ana.lines) == ("TRAINEE-0@example.org", "trainee-0@example.org", [2, 3])
    assert ana.instants()[0] == (datetime(2018, 3, 12, 13, 55, tzinfo=UTC), datetime(2018, 3, 12, 22, 5, tzinfo=UTC))
    waiting = EvidenceConnection.objects.get(waiting=True)
    assert (waiting.name, waiting.suggested, waiting.is_open) == ("Ana", "", False)
    assert (report.file_name, report.zone, report.uploaded_by, report.problem_count) == ("participants.csv", CHICAGO, team.by, 1)
    assert report.problems == [
        {"line": 14, "field": "Join Time", "text": "“yesterday” is not a time such as 03/12/2018 09:01:33 AM."}
    ]
    line = JournalEntry.objects.get(what="evidence_imported")
    assert (line.why, line.by, line.rule) == ("A report of 6 connections was imported.", team.by, "P9")
    assert not RollCall.objects.exists()


def test_times_are_those_of_the_hosts_zone(team: Team) -> None:
    team.send("Ana Silva,,03/12/2018 02:55:00 PM,03/12/2018 11:05:00 PM,,No,,No", zone="Europe/Paris")
    assert EvidenceConnection.objects.get().instants()[0][0] == datetime(2018, 3, 12, 13, 55, tzinfo=UTC)


def test_the_same_file_twice_says_so_and_changes_nothing(team: Team) -> None:
    team.send(*whole_days("Ana Silva"), name="day 1.csv")
    said = "This very file was imported on Wed 14 Mar 2018 as “day 1.csv”, by Nora Weiss: nothing has changed."
    with pytest.raises(actions.UnableToImportReport, match=f"^{re.escape(said)}$"):
        team.send(*whole_days("Ana Silva"), name="again.csv", zone="Europe/Paris")
    assert list(EvidenceReport.objects.values_list("file_name", "zone")) == [("day 1.csv", CHICAGO)]
    EvidenceReport.objects.update(uploaded_by=None)
    with pytest.raises(actions.UnableToImportReport, match=r"as “day 1[.]csv”: nothing has changed"):
        team.send(*whole_days("Ana Silva"), name="again.csv")
    other = TrainingFactory(trainers=[team.trainer], zone="Europe/Paris")  # a report of another training is another report
    content = "\r\n".join((HEADER, *whole_days("Ana Silva"), "")).encode()
    actions.import_report(training_id=other.pk, content=content, file_name="x", zone=CHICAGO, by=team.by, now=AFTER)
    assert EvidenceReport.objects.count() == 2


def test_a_report_takes_the_place_of_another_and_keeps_what_was_decided_as_a_suggestion(team: Team) -> None:
    old = team.send(*whole_days("Ana"), *whole_days("iPhone"), *whole_days("Helper"), *whole_days("Room 3"))
    team.decide(Ana=person(team.ana), iPhone=person(team.bjorn), Helper=Decision(Whose.IGNORED))
    new = team.send(
        *whole_days("Ana"), *whole_days("IPHONE"), *whole_days("Helper"), *whole_days("Room 3"), zone="America/New_York", replaces=old.pk
    )  # fmt: skip
    assert list(EvidenceReport.objects.values_list("pk", "zone")) == [(new.pk, "America/New_York")]
    assert suggestions() == {
        "Ana": ("person", team.ana.pk, None, "sure"),
        "IPHONE": ("person", team.bjorn.pk, None, "sure"),
        "Helper": ("ignored", None, None, "sure"),
        "Room 3": ("", None, None, "unsure"),
    }
    reasons = EvidenceConnection.objects.exclude(name="Room 3").values_list("reason", "whose")
    assert set(reasons) == {("Decided so before, in another report of this training.", "")}
    assert JournalEntry.objects.filter(what="evidence_replaced").count() == 1
    with pytest.raises(actions.UnableToImportReport, match=r"^The report to replace is not there any more\.$"):
        team.send(*whole_days("Ana"), "x", replaces=old.pk)
    assert EvidenceReport.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7", "This is a PDF or a spreadsheet, not a CSV file. Export the report as CSV."),
        (f"{HEADER}\r\n".encode(), "The report has no connection that could be read."),
        (f"{HEADER}\r\nAna,,x,y,,,,\r\n".encode(), "The report has no connection that could be read."),
        (
            (HEADER + "".join(f"\r\nP{n},,2018-03-12 09:00,2018-03-12 10:00,,,," for n in range(1001))).encode(),
            "The report has more than 1000 connections: is it of this training?",
        ),
    ],
    ids=["empty", "pdf", "nobody", "no line", "too many"],
)
def test_a_report_that_cannot_be_used_leaves_nothing_and_the_old_one_stays(team: Team, content: bytes, said: str) -> None:
    old = team.send(*whole_days("Ana Silva"))
    with pytest.raises(actions.UnableToImportReport) as problem:
        actions.import_report(
            training_id=team.training.pk, content=content, file_name="x.csv", zone=CHICAGO, by=team.by, now=AFTER, replaces=old.pk
        )
    assert str(problem.value) == said
    assert [one.line for one in problem.value.problems] == ([2] if b"Ana,,x" in content else [])
    assert list(EvidenceConnection.objects.values_list("name", "report")) == [("Ana Silva", old.pk)]
    assert JournalEntry.objects.filter(what__startswith="evidence").count() == 1


def test_a_report_is_taken_from_the_first_minute_until_reports_are_kept_no_more(team: Team) -> None:
    line = whole_days("Ana Silva")
    with pytest.raises(actions.UnableToImportReport, match=r"^The training has not begun\.$"):
        team.send(*line, now=team.training.starts_at - timedelta(seconds=1))
    last = datetime(2018, 9, 10, 4, 59, tzinfo=UTC)  # 180 days after 13 March: 9 September, to its end in Chicago
    with pytest.raises(
        actions.UnableToImportReport, match=r"^Reports are kept for 180 days after a training, and those are over\.$"
    ):
        team.send(*line, now=last + timedelta(minutes=1))
    with pytest.raises(actions.UnableToImportReport, match=r"^Choose the time zone of the host\.$"):
        team.send(*line, zone="Mars/Olympus")
    team.send(*line, now=last)
    free = TrainingFactory(starts_on=team.training.starts_on.replace(month=5))
    cancel_training(training_id=free.pk, why="flood", by=StaffFactory(), now=AFTER)
    with pytest.raises(actions.UnableToImportReport, match="was cancelled"):
        actions.import_report(training_id=free.pk, content=b"x", file_name="x", zone=CHICAGO, by=team.by, now=AFTER)


# Matching


def test_decisions_are_kept_all_or_none_and_can_be_changed_and_taken_back(team: Team) -> None:
    team.send(*whole_days("Ana Silva"), *whole_days("iPhone"), *whole_days("Room"))
    assert team.decide(Ana_Silva=person(team.ana), iPhone=Decision(Whose.IGNORED), Room=Decision(Whose.SITE, team.booking.pk)) == 3
    rows = EvidenceConnection.objects.order_by("pk").values_list("whose", "place", "booking", "decided_by", "decided_at")
    by = (team.by.pk, AFTER)
    assert list(rows) == [("person", team.ana.pk, None, *by), ("ignored", None, None, *by), ("site", None, team.booking.pk, *by)]
    line = JournalEntry.objects.get(what="evidence_matched")
    assert line.why == "Of 3 connections it was decided whose they are."
    subjects = {("trainees.place", team.ana.pk), ("trainings.booking", team.booking.pk), ("trainings.training", team.training.pk)}
    assert set(line.subjects.values_list("label", "object_id")) == subjects
    assert team.decide(Ana_Silva=person(team.ana)) == 0  # nothing changed, nothing is written
    assert team.decide(iPhone=person(team.bjorn), Room=Decision(Whose.OPEN)) == 2
    assert list(rows.all())[1:] == [("person", team.bjorn.pk, None, *by), ("", None, None, None, None)]
    assert JournalEntry.objects.filter(what="evidence_matched").count() == 2


def test_a_decision_about_somebody_elses_training_changes_nothing(team: Team) -> None:
    team.send(*whole_days("Ana Silva"), *whole_days("iPhone"))
    other = BookingFactory(training=TrainingFactory(zone="Europe/Paris"), seats=6)
    place = name_people(other, 1, by=team.dana.person, start=30)[0]
    for wrong in (person(place), Decision(Whose.SITE, other.pk), Decision(Whose.PERSON, None)):
        with pytest.raises(actions.UnableToMatch, match="Somebody who was chosen is not at this training any more"):
            team.decide(Ana_Silva=person(team.ana), iPhone=wrong)
    row = EvidenceConnection.objects.get(name="iPhone")
    with pytest.raises(actions.UnableToMatch, match="A report was removed or replaced meanwhile"):
        actions.decide_connections(
            training_id=other.training_id, decisions={row.pk: Decision(Whose.IGNORED)}, by=team.by, now=AFTER
        )
    assert not EvidenceConnection.objects.exclude(whose="").exists()


def test_nobody_is_matched_who_was_taken_off_nor_from_a_waiting_room(team: Team) -> None:
    day = "03/12/2018 08:55:00 AM,03/12/2018 05:05:00 PM"
    team.send(*whole_days("iPhone"), f"Lobby,,{day},,No,,Yes")
    lobby = EvidenceConnection.objects.get(waiting=True)
    with pytest.raises(actions.UnableToMatch, match="A report was removed or replaced meanwhile"):
        actions.decide_connections(training_id=team.training.pk, decisions={lobby.pk: person(team.ana)}, by=team.by, now=AFTER)
    Place.objects.filter(pk=team.ana.pk).update(state="removed", removed_at=AFTER, removed_why="Taken off by hand.")
    with pytest.raises(actions.UnableToMatch, match="is not at this training any more"):
        team.decide(iPhone=person(team.ana))
    assert not EvidenceConnection.objects.exclude(whose="").exists()


def test_certain_ones_are_confirmed_in_one_act_and_no_others(team: Team) -> None:
    report = team.send(
        *whole_days("x", "trainee-0@example.org"),
        *whole_days("y", "trainee-1@example.org"),
        *whole_days("Host", "nora@example.org"),
        *whole_days("Chidi Okafor"),
        *whole_days("z", "trainee-3@example.org"),
        "w,trainee-4@example.org,03/12/2018 08:00:00 AM,03/12/2018 08:55:00 AM,5,No,,Yes",
    )
    team.decide(y=Decision(Whose.IGNORED))  # a person's word stands
    gone = team.places[3]
    Place.objects.filter(pk=gone.pk).update(state="removed", removed_at=AFTER, removed_why="ill")
    values = {"report_id": report.pk, "by": team.by, "now": AFTER}
    assert actions.confirm_certain(training_id=TrainingFactory(zone="Asia/Tokyo").pk, **values) == 0
    assert actions.confirm_certain(training_id=team.training.pk, **values) == 2
    assert dict(EvidenceConnection.objects.values_list("name", "whose")) == {
        "x": "person",
        "y": "ignored",
        "Host": "ignored",
        "Chidi Okafor": "",
        "z": "",
        "w": "",
    }


# Beside the roll call


def lines(team: Team) -> dict[str, tuple[object, ...]]:
    return {one.place.name: (one.beside.roll, one.beside.report, one.beside.flag) for one in reads.sheet(team.training).people}


def test_reports_stand_beside_the_roll_call_and_never_decide(team: Team) -> None:
    team.mark_all()
    team.send(*whole_days("Ana Silva", begin="10:10:00 AM"), *whole_days("Library"), *whole_days("Phone"))
    both = reads.sheet(team.training)
    assert (both.open, both.settled) == (3, False)
    assert reads.against(team.training, reads.roll_call(team.training)) == {}  # an open one may be the one that is missing
    team.decide(Ana_Silva=person(team.ana), Library=Decision(Whose.IGNORED), Phone=person(team.ana))
    assert lines(team)["Ana Silva"] == (0, 0, Flag.AGREES)  # the phone was there all day
    team.decide(Phone=person(team.bjorn))
    assert lines(team) == {
        "Ana Silva": (0, 140, Flag.CROSSES),
        "Björn Åkesson": (0, 0, Flag.AGREES),
        **{place.name: (0, 670, Flag.CROSSES) for place in team.places[2:]},
    }
    said = reads.against(team.training, reads.roll_call(team.training))
    assert said[team.ana.pk] == "Their own connection: 140 minutes of teaching missed"
    assert said[team.places[2].pk] == "In no report: neither a connection of their own nor the room’s"
    assert team.bjorn.pk not in said
    assert set(Place.objects.values_list("outcome", flat=True)) == {""}
    actions.confirm_attendance(booking_id=team.booking.pk, by=team.by, now=AFTER)
    assert set(Place.objects.values_list("outcome", "minutes_missed")) == {("passed", 0)}  # what people marked counts


def test_a_room_says_something_of_the_room(team: Team) -> None:
    team.mark_all()
    team.send(*whole_days("Library", begin="10:10:00 AM"))
    team.decide(Library=Decision(Whose.SITE, team.booking.pk))
    (one,) = reads.sheet(team.training).teams
    assert (one.room_missed, one.flagged) == (140, 6)
    assert [person.taken for person in one.people] == [{}] * 6
    with pytest.raises(actions.UnableToTakeOver, match="Choose at least one person of whom a connection of their own speaks alone"):
        team.take(*team.places)
    team.send(*whole_days("Ana Silva", begin="09:30:00 AM"), name="2.csv")  # a phone on the table of the room
    team.decide(Ana_Silva=person(team.ana))
    assert lines(team)["Ana Silva"] == (0, 60, Flag.DIFFERS)
    assert reads.sheet(team.training).can_take == 0
    team.mark_all(DayMarks(absent=True))  # the roll call knows more of who went out than the room does
    assert reads.sheet(team.training).flagged == 0


def test_a_day_without_a_report_counts_as_the_roll_call_has_it(team: Team) -> None:
    team.mark_all(DayMarks(late=time(9, 30)))
    team.send("Ana Silva,,03/12/2018 09:00:00 AM,03/12/2018 05:00:00 PM,,No,,No")
    team.decide(Ana_Silva=person(team.ana))
    assert lines(team)["Ana Silva"] == (60, 30, Flag.DIFFERS)
    assert [covered for _day, _hours, covered in reads.sheet(team.training).days] == [True, False]
    team.take(team.ana)
    marks = {row.day: row.marks() for row in RollCall.objects.filter(place=team.ana)}
    assert marks == {1: DayMarks(), 2: DayMarks(late=time(9, 30))}


# Taking over


def test_what_is_taken_over_is_what_was_shown_of_whom_was_chosen(team: Team) -> None:
    team.mark_all()
    team.send(
        "Ana Silva,,03/12/2018 10:10:20 AM,03/12/2018 12:00:00 PM,,No,,No",
        "Ana Silva,,03/12/2018 01:00:00 PM,03/12/2018 05:30:00 PM,,No,,No",
        *whole_days("Björn Åkesson", begin="09:30:00 AM"),
        *whole_days("iPad"),
    )
    team.decide(Ana_Silva=person(team.ana), Björn_Åkesson=person(team.bjorn))
    with pytest.raises(actions.UnableToTakeOver, match="Say of each connection whose it is first"):
        team.take(team.ana)
    team.decide(iPad=Decision(Whose.IGNORED))
    shown = reads.sheet(team.training).seen
    assert [one.taken_words for one in reads.sheet(team.training).people][:2] == [
        "day 1: came 10:10, away 12:00 to 13:00; day 2: absent",
        "day 1: came 09:30; day 2: came 09:30",
    ]
    assert team.take(team.ana, team.places[2], seen=shown) == 1
    marks = {(row.place_id, row.day): row.marks() for row in RollCall.objects.filter(place__in=[team.ana, team.bjorn])}
    assert marks == {
        (team.ana.pk, 1): DayMarks(late=time(10, 10), away=((time(12), time(13)),)),
        (team.ana.pk, 2): DayMarks(absent=True),
        (team.bjorn.pk, 1): DayMarks(),
        (team.bjorn.pk, 2): DayMarks(),
    }
    assert (team.ana.outcome, JournalEntry.objects.filter(what="attendance_confirmed").count()) == ("", 0)
    assert JournalEntry.objects.get(what="evidence_taken_over").why == (
        "What reports say of 1 person was taken over into the roll call."
    )
    with pytest.raises(actions.UnableToTakeOver, match="have changed meanwhile"):
        team.take(team.bjorn, seen=shown)
    assert lines(team)["Ana Silva"][2] is Flag.AGREES
    assert next(one for one in reads.sheet(team.training).people if one.place == team.ana).taken == {}  # it stands so already


def test_nothing_is_taken_over_after_attendance_was_confirmed(team: Team) -> None:
    team.mark_all()
    team.send(*whole_days("Ana Silva", begin="10:10:00 AM"))
    team.decide(Ana_Silva=person(team.ana))
    shown = reads.sheet(team.training).seen
    actions.confirm_attendance(booking_id=team.booking.pk, by=team.by, now=AFTER)
    with pytest.raises(actions.UnableToTakeOver, match="changed meanwhile"):
        team.take(team.ana, seen=shown)
    with pytest.raises(actions.UnableToTakeOver, match="Choose at least one"):
        team.take(team.ana)
    assert lines(team)["Ana Silva"] == (0, 140, Flag.CROSSES)  # still said: staff correct with a reason
    assert {row.marks() for row in RollCall.objects.all()} == {DayMarks()}


# What goes


def test_a_removed_report_takes_its_matches_and_leaves_the_marks(team: Team) -> None:
    report = team.send(*whole_days("Ana Silva", begin="09:30:00 AM"))
    team.decide(Ana_Silva=person(team.ana))
    team.take(team.ana)
    values = {"report_id": report.pk, "by": team.by, "now": AFTER}
    with pytest.raises(actions.UnableToMatch, match="not there any more"):
        actions.remove_report(training_id=TrainingFactory(zone="Asia/Tokyo").pk, **values)
    actions.remove_report(training_id=team.training.pk, **values)
    assert (EvidenceReport.objects.count(), EvidenceConnection.objects.count(), RollCall.objects.count()) == (0, 0, 2)
    assert JournalEntry.objects.filter(what="evidence_removed").count() == 1


def test_the_run_deletes_reports_when_their_time_is_over(team: Team, settings: object) -> None:
    team.send(*whole_days("Ana Silva"))
    settings.PORTAL_EVIDENCE_DAYS = 30
    runs.run(now=datetime(2018, 4, 13, 4, 59, tzinfo=UTC))  # 12 April, to its end in Chicago
    assert EvidenceReport.objects.count() == 1
    runs.run(now=datetime(2018, 4, 13, 5, 0, tzinfo=UTC))
    assert EvidenceReport.objects.count() == 0
    line = JournalEntry.objects.get(what="evidence_outlived")
    assert (line.rule, line.by, line.why) == ("P9", None, "Videoconference reports are kept for 30 days after the training.")
