"""What is held about a person: downloaded whole, corrected, forgotten so that nothing names them and everything still adds up."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models
from django.test import Client

from carpentries_portal.common import clock, exceptions, links, own_data, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import DataRequest, JournalEntry, Notice, Person, PersonalLink
from carpentries_portal.common.models.own_data import DataRequestKind
from carpentries_portal.common.notices import again, composing, delivery
from carpentries_portal.common.people_requests import UnableToAskAboutData, UnableToCorrect, UnableToForget
from carpentries_portal.pages.views_me import PARTS
from certification import actions as certification_actions
from certification.actions import Upload, ask_extension
from certification.factories import Team
from certification.models import Submission
from certification.states import SubmissionState
from memberships.actions import remove_coordinator
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import LedgerEntry
from trainees import actions
from trainees.actions import Named
from trainees.actions.applications import ANSWERS
from trainees.factories import name_people, named
from trainees.models import Application, Place, RollCallMark
from trainees.policy import DayMarks
from trainees.states import Whose
from trainings.actions import ask_exception, ask_roster_date, renew_feed
from trainings.factories import BookingFactory, DemandFactory, TrainerFactory, TrainingFactory
from trainings.feeds import token_of
from trainings.models import CalendarFeed, Demand

pytestmark = pytest.mark.django_db

AFTER = datetime(2018, 3, 20, 12, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"
NAME, LISTED, EMAIL = "Ana Silva", "Ana M. Silva e Souza", "trainee-0@example.org"
NICKNAME = "Nani's tablet"  # nothing in it is a name that the portal knows
ANSWER = dict.fromkeys(ANSWERS, "") | {
    "certificate_name": LISTED,
    "affiliation": "Example University",
    "country": "BR",
    "occupation": "grad",
    "expertise": ["biology"],
    "involvement": [],
    "teaching_training": "none",
    "teaching_experience": "none",
    "accessibility": "a chair by the door",
}


@pytest.fixture(autouse=True)
def _everything_adds_up(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    yield
    assert [str(finding) for finding in run_audits()] == []


class Story:
    """A team of six of whom one was absent; its first person, Ana, with an application, letters, a link, and what others wrote of her."""

    def __init__(self) -> None:
        self.dana, self.staff = CoordinatorFactory(email="dana@example.org"), StaffFactory()
        self.trainer = TrainerFactory().person
        membership = MembershipFactory(organization=self.dana.organization)
        self.booking = BookingFactory(training=TrainingFactory(), membership=membership, by=self.dana.person, seats=6)
        self.places = list(name_people(self.booking, 6, by=self.dana.person))
        self.ana = self.places[0].person
        why = f"{NAME} ({EMAIL}) comes later than the others."
        ask_roster_date(booking=self.booking, reason=why, by=self.dana.person, now=EPOCH)
        instead = [*named(6)[1:], Named(7, "Cy Twombly", "cy@example.org")]
        late = datetime(2018, 2, 26, 12, tzinfo=UTC)
        actions.ask_changes(booking_id=self.booking.pk, people=instead, reason=f"{LISTED} is ill.", by=self.dana.person, now=late)
        actions.take_back(booking_id=self.booking.pk, by=self.dana.person, now=late)
        actions.save_application(place_id=self.places[0].pk, answers=ANSWER, agreed=True, by=self.ana, now=EPOCH)
        links.make_link(person=self.ana, purpose="place", leads_to="/", now=EPOCH)
        for place in self.places:
            for day in (1, 2):
                marks = DayMarks(late=time(9, 20)) if place is self.places[0] else DayMarks()
                actions.mark(place_id=place.pk, day=day, marks=marks, by=self.trainer, now=self.booking.training.starts_at)
        actions.mark(
            place_id=self.places[0].pk, day=2, marks=DayMarks(absent=True), by=self.trainer, now=self.booking.training.starts_at
        )

    def report(self) -> None:
        """A report that names her in each way: by address, by name, in a reason, in a line that could not be read, in its topic and file."""
        header = "Name,Email,Join Time,Leave Time,Topic"
        hours = "2018-03-12 09:00,2018-03-12 17:00"
        lines = [
            f"{NAME},{EMAIL.upper()},{hours},Room of {NAME}",
            f"{LISTED} (phone),{EMAIL},{hours},",
            f"iPad of {LISTED},,{hours},",
            f"Somebody beside {NAME},,{hours},",
            f"{NICKNAME},,{hours},",
            f"{NAME},,{NAME},2018-03-12 17:00,",
            f"{self.places[1].name},{self.places[1].person.email},{hours},",
        ]
        report = actions.import_report(
            training_id=self.booking.training_id,
            content="\n".join((header, *lines)).encode(),
            file_name=f"{NAME}.csv",
            zone="America/Chicago",
            by=self.trainer,
            now=AFTER,
        )
        actions.confirm_certain(report_id=report.pk, training_id=report.training_id, by=self.trainer, now=AFTER)
        hers = {report.connections.get(name=NICKNAME).pk: actions.Decision(Whose.PERSON, self.places[0].pk)}
        actions.decide_connections(training_id=report.training_id, decisions=hers, by=self.trainer, now=AFTER)

    def confirm(self) -> None:
        actions.confirm_attendance(booking_id=self.booking.pk, by=self.trainer, now=AFTER)
        while delivery.deliver_due(now=AFTER):
            continue

    def forget(self, **more: Any) -> Person:
        values = {"keep_verifiable": False, "why": f"{NAME} asked.", "by": self.staff, "now": AFTER, **more}
        return people_requests.forget(person_id=self.ana.pk, **values)


def texts_of_the_whole_database() -> Iterator[tuple[str, str]]:
    """Each value of each text or JSON field of each row of the portal and of allauth."""
    for model in apps.get_models():
        fields = [
            field.name for field in model._meta.fields if isinstance(field, models.CharField | models.TextField | models.JSONField)
        ]
        for row in model._default_manager.values_list("pk", *fields):
            for field, value in zip(fields, row[1:], strict=True):
                yield f"{model._meta.label}.{field} of {row[0]}", json.dumps(value, ensure_ascii=False, default=str)


def naming(*words: str) -> list[str]:
    found = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    return [where for where, text in texts_of_the_whole_database() if found.search(text)]


def test_everything_that_is_held_is_in_the_archive_and_nobody_elses() -> None:
    story = Story()
    story.report()
    story.confirm()
    with zipfile.ZipFile(io.BytesIO(own_data.archive(story.ana, now=AFTER))) as book:
        assert book.namelist() == ["data.json"]
        data = json.loads(book.read("data.json"))
    assert data["about"] == EMAIL
    assert data["account"] == [
        {"name": NAME, "email": EMAIL, "zone": "", "is_staff": False, "added_at": EPOCH.isoformat(), "last_login": None}
    ]
    assert [row["outcome"] for row in data["places"]] == ["not passed"]
    assert [(row["kind"], row["was"]) for row in data["requests_that_name_you"]] == [("leaves", NAME)]
    assert data["applications"][0]["accessibility"] == "a chair by the door"
    assert [(row["day"], row["absent"], row["late"]) for row in data["roll_calls"]] == [(1, False, "09:20:00"), (2, True, None)]
    marks = [(row["day"], row["absent"], row["late"]) for row in data["roll_call_marks"]]
    assert marks == [(1, False, "09:20:00"), (2, False, "09:20:00"), (2, True, None)]
    assert {row["code"] for row in data["letters"]} == {"L4", "L10"}
    assert all("enter/" not in row["body"] for row in data["letters"])
    assert [(row["name"], row["email"], row["whose"], row["kept_until"]) for row in data["connections"]] == [
        (NAME, EMAIL.upper(), "a person", "2018-09-09"),
        (NICKNAME, "", "a person", "2018-09-09"),
    ]
    assert data["connections"][0]["also"] == [f"{LISTED} (phone)"]
    assert "attendance_settled" in {row["what"] for row in data["journal"]}
    whole = json.dumps(data, ensure_ascii=False)
    assert [place.name for place in story.places[1:] if place.name in whole or place.person.email in whole] == []


def test_the_journal_in_the_archive_tells_nothing_of_the_others_at_the_training() -> None:
    story = Story()
    other = story.places[1]
    actions.save_application(place_id=other.pk, answers=ANSWER, agreed=True, by=other.person, now=EPOCH)
    actions.remind_applications(booking_id=story.booking.pk, by=story.dana.person, now=datetime(2018, 3, 5, 12, tzinfo=UTC))
    story.confirm()
    lines = own_data.held(story.ana)["journal"]
    assert [(line["what"], line["why"]) for line in lines] == [
        ("application_finished", f"{story.places[0].name} finished the application."),
        ("attendance_settled", "355 of 670 minutes of teaching were missed; up to 60 pass."),
    ]
    theirs = own_data.held(story.places[2].person)["journal"]
    assert ("people_reminded", "") in [(line["what"], line["why"]) for line in theirs]  # it names who else was reminded
    assert "Reminded of their applications: " in str(own_data.held(story.dana.person)["journal"])


def test_who_is_forgotten_is_named_nowhere_and_all_counts_stay() -> None:
    story = Story()
    story.report()
    story.confirm()
    people_requests.ask(person=story.ana, kind=DataRequestKind.FORGET, text=f"I am {NAME}.", now=AFTER)
    assert len(naming(NAME, LISTED, EMAIL)) > 10
    ledger = list(LedgerEntry.objects.order_by("pk").values())
    counts = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    outcomes = list(Place.objects.order_by("pk").values_list("pk", "state", "outcome", "minutes_missed"))

    story.forget()

    assert naming(NAME, LISTED, EMAIL, NICKNAME) == []
    assert list(LedgerEntry.objects.order_by("pk").values()) == ledger
    assert list(Place.objects.order_by("pk").values_list("pk", "state", "outcome", "minutes_missed")) == outcomes
    after = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    changed = {label: after[label] - counts[label] for label in counts if after[label] != counts[label]}
    assert changed == {
        "common.PersonalLink": -counts["common.PersonalLink"] + PersonalLink.objects.count(),
        "account.EmailAddress": -1,
        "common.JournalEntry": 1,
        "common.JournalSubject": 1,
        "trainees.RollCallMark": -1,  # the one that did not stand
    }
    kept = RollCallMark.objects.filter(place=story.places[0]).order_by("day").values_list("day", "absent")
    assert list(kept) == [(1, False), (2, True)]
    assert not PersonalLink.objects.filter(person=story.ana).exists()
    application = Application.objects.get(place=story.places[0])
    assert (application.certificate_name, application.accessibility, application.expertise) == ("[forgotten]", "", [])
    assert application.finished_at is not None
    person = Person.objects.get(pk=story.ana.pk)
    assert (str(person), person.email, person.is_active) == (
        "somebody forgotten",
        f"forgotten-{person.pk}@forgotten.invalid",
        False,
    )
    assert DataRequest.objects.get().state == "done"
    line = JournalEntry.objects.get(what="person_forgotten")
    assert line.why == "[forgotten] asked."
    refused = JournalEntry.objects.filter(
        what="attendance_settled", subjects__label="trainees.place", subjects__object_id=story.places[0].pk
    )
    assert refused.get().why == "355 of 670 minutes of teaching were missed; up to 60 pass."  # what was decided can still be read


def test_others_stay_named_and_the_next_person_of_the_address_is_somebody_else() -> None:
    story = Story()
    story.confirm()
    story.forget()
    other = story.places[1]
    assert naming(other.person.email)
    again, new = people_requests.Person.objects.get_or_create(email_key=EMAIL, defaults={"email": EMAIL, "name": "Another"})
    assert new
    assert again.pk != story.ana.pk


def test_a_forgotten_person_is_logged_out_and_cannot_come_back() -> None:
    story = Story()
    story.confirm()
    client = Client()
    client.force_login(story.ana, backend=BACKEND)
    path = links.make_link(person=story.ana, purpose="place", leads_to="/me/", now=AFTER)
    assert client.get("/me/").status_code == 200
    story.forget()
    assert client.get("/me/").status_code == 302
    assert client.get(path).status_code == 404


def test_what_a_former_coordinator_waited_for_is_theirs_to_read_and_names_nobody_once_forgotten() -> None:
    story = Story()
    dana = story.dana
    note = "Dana Whitfield (dana@example.org) asks: no Fridays."
    DemandFactory(membership=story.booking.membership, by=dana.person, note=note)
    renew_feed(person=dana.person, now=EPOCH)
    Person.objects.filter(pk=dana.person_id).update(name="Dana Whitfield")
    dana.person.refresh_from_db()
    held = own_data.held(dana.person)
    assert held["waits_for_dates"] == [
        {
            "membership": str(story.booking.membership),
            "seats": 6,
            "zone": "America/New_York",
            "earliest": "07:00:00",
            "latest": "20:00:00",
            "note": note,
            "asked_at": EPOCH.isoformat(),
            "state": "open",
            "ended_why": "",
            "dates": ["1–31 May 2018"],
        }
    ]
    assert held["calendar_feed"] == [{"made_at": EPOCH.isoformat(), "revoked_at": None}]
    assert own_data.held(story.ana)["waits_for_dates"] == []
    path = f"/calendar/{token_of(CalendarFeed.objects.get())}.ics"
    assert Client().get(path).status_code == 200
    other = CoordinatorFactory(organization=dana.organization)
    remove_coordinator(coordinator=dana, by=other.person, now=AFTER)
    people_requests.forget(person_id=dana.person_id, keep_verifiable=False, why="asked", by=story.staff, now=AFTER)
    assert Demand.objects.get().note == "[forgotten] ([forgotten]) asks: no Fridays."
    assert (CalendarFeed.objects.exists(), Client().get(path).status_code) == (False, 404)
    assert naming("Dana Whitfield", "dana@example.org") == []


def test_letters_that_wait_for_a_forgotten_person_never_leave() -> None:
    story = Story()
    actions.confirm_attendance(booking_id=story.booking.pk, by=story.trainer, now=AFTER)
    story.forget()
    while delivery.deliver_due(now=AFTER):
        continue
    assert set(Notice.objects.filter(to_person=story.ana).values_list("state", flat=True)) == {"cancelled"}
    told = Notice.objects.get(letter="trainees.not_passed_team")
    assert (told.state, NAME in told.body, "[forgotten]" in told.body) == ("sent", False, True)


def test_who_is_needed_is_not_forgotten() -> None:
    story = Story()

    def refusal(person: Person) -> str:
        with pytest.raises(UnableToForget) as problem:
            people_requests.forget(person_id=person.pk, keep_verifiable=False, why="asked", by=story.staff, now=AFTER)
        assert naming(person.email)
        return str(problem.value)

    days = str(story.booking.training)
    assert refusal(story.ana) == f"Is on the list of {days}: take them off it first, or wait until its roll call is confirmed."
    assert refusal(story.dana.person) == f"Coordinates for {story.dana.organization}: name somebody else there first."
    assert refusal(story.staff) == "Staff cannot be forgotten: take the staff flag away first."
    trainer = TrainerFactory()
    training = TrainingFactory(trainers=[trainer], zone="Europe/Paris", starts_on=datetime(2018, 4, 9, tzinfo=UTC).date())
    assert refusal(trainer.person) == f"Trains at {training}: that training is to come, or its roll call is not confirmed."
    story.confirm()
    story.forget()
    with pytest.raises(UnableToForget, match="forgotten already"):
        story.forget()
    with pytest.raises(UnableToCorrect, match="was forgotten"):
        people_requests.correct_person(person_id=story.ana.pk, name="A", email="a@example.org", why="no", by=story.staff, now=AFTER)
    with pytest.raises(UnableToAskAboutData, match="Say what is wrong"):
        people_requests.ask(person=story.ana, kind=DataRequestKind.CORRECT, text=" ", now=AFTER)


def test_who_is_named_in_a_request_that_waits_is_not_forgotten_before_it_is_decided() -> None:
    story = Story()
    story.confirm()
    other = BookingFactory(
        training=TrainingFactory(starts_on=datetime(2018, 4, 9, tzinfo=UTC).date()),
        membership=MembershipFactory(organization=story.dana.organization),
        by=story.dana.person,
    )
    name_people(other, 1, by=story.dana.person, start=40)
    people = [*named(1, start=40), Named(2, NAME, EMAIL)]
    asked = actions.ask_changes(booking_id=other.pk, people=people, reason="One more.", by=story.dana.person, now=AFTER)
    with pytest.raises(UnableToForget, match="A request to change a list names them"):
        story.forget()
    exceptions.decline(asked, by=story.staff, now=AFTER, note="Too late.")
    story.forget()
    assert naming(NAME, LISTED, EMAIL) == []
    line = asked.lines.get(kind="comes")
    assert (line.name, line.email) == ("[forgotten]", f"forgotten-{story.ana.pk}@forgotten.invalid")


def test_a_name_within_another_word_stays() -> None:
    redactor = own_data.Redactor(["Ana", "ana@example.org"])
    assert (
        redactor.text("Ana, ana@example.org: Anatomy in Savana, ANA.")
        == "[forgotten], [forgotten]: Anatomy in Savana, [forgotten]."
    )
    assert redactor.value({"a": ["Ana", 1], "b": {"c": "Ana"}}) == {"a": ["[forgotten]", 1], "b": {"c": "[forgotten]"}}
    assert own_data.Redactor([]).text("Ana") == "Ana"


# correcting


def test_staff_correct_name_and_address_and_the_old_links_end() -> None:
    staff, person = StaffFactory(), PersonFactory(name="Ana Slva", email="ana@example.org")
    links.make_link(person=person, purpose="place", leads_to="/", now=EPOCH)
    row = people_requests.correct_person(
        person_id=person.pk, name=" Ana  Silva ", email="Ana.Silva@example.org", why="She wrote.", by=staff, now=AFTER
    )
    row.refresh_from_db()
    assert (row.name, row.email, row.email_key) == ("Ana Silva", "Ana.Silva@example.org", "ana.silva@example.org")
    assert list(EmailAddress.objects.filter(user=row).values_list("email", "primary")) == [("ana.silva@example.org", True)]
    assert PersonalLink.objects.get().revoked_at == AFTER
    line = JournalEntry.objects.get(what="person_corrected")
    assert (line.why, line.old["email"], line.new["name"]) == ("She wrote.", "ana@example.org", "Ana Silva")
    told = {
        notice.to_address: composing.compose(notice, now=AFTER).text
        for notice in Notice.objects.filter(letter="common.address_changed")
    }
    assert set(told) == {"ana@example.org", "Ana.Silva@example.org"}
    assert "letters come to ana@example.org no more" in told["ana@example.org"]
    assert "Ana.Silva" not in told["ana@example.org"]  # whoever reads the old mailbox does not learn the new one
    assert "Letters come to this address from now on, instead of ana@example.org" in told["Ana.Silva@example.org"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": " "}, "A name has 1 to 200 characters."),
        ({"email": "no address"}, "“no address” is not an e-mail address."),
        ({"email": "OTHER@example.org"}, "This address is another person’s: if they are one, merge them."),
        (
            {"email": "a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 20 + ".org"},
            "An e-mail address has at most 254",
        ),
        ({"why": " "}, "Say why: the journal keeps it."),
    ],
)
def test_a_correction_that_does_not_hold_changes_nothing(values: dict[str, str], said: str) -> None:
    staff, person = StaffFactory(), PersonFactory(name="Ana", email="ana@example.org")
    PersonFactory(email="other@example.org")
    given = {"name": "Ana Silva", "email": "ana@example.org", "why": "wrote", **values}
    with pytest.raises(UnableToCorrect, match=re.escape(said)):
        people_requests.correct_person(person_id=person.pk, by=staff, now=AFTER, **given)
    person.refresh_from_db()
    assert (person.name, person.email) == ("Ana", "ana@example.org")


def addressed_to() -> list[tuple[str, str]]:
    rows = Notice.objects.filter(letter="common.address_changed").order_by("pk")
    return [(row.to_address, row.state) for row in rows]


@pytest.mark.parametrize("last", ["c@example.org", "a@example.org"], ids=["on to a third", "back to the first"])
def test_an_address_corrected_twice_before_a_letter_left_warns_the_addresses_of_before(last: str) -> None:
    staff, person = StaffFactory(), PersonFactory(name="Ana", email="a@example.org")
    for email in ("b@example.org", last):
        people_requests.correct_person(person_id=person.pk, name="Ana", email=email, why="wrote", by=staff, now=AFTER)
    first_to_new = (last, "queued") if last.startswith("c") else ("b@example.org", "cancelled")  # owed to that one already
    assert addressed_to() == [first_to_new, ("a@example.org", "queued"), (last, "queued"), ("b@example.org", "queued")]
    warned = Notice.objects.get(to_address="a@example.org", context__old="a@example.org")
    assert "letters come to a@example.org no more" in composing.compose(warned, now=AFTER).text


def test_whoever_had_one_letter_at_two_addresses_is_forgotten_with_both() -> None:
    staff, person = StaffFactory(), PersonFactory(name="Ana", email="a@example.org")
    people_requests.correct_person(person_id=person.pk, name="Ana", email="b@example.org", why="wrote", by=staff, now=AFTER)
    while delivery.deliver_due(now=AFTER):
        continue
    people_requests.forget(person_id=person.pk, keep_verifiable=False, why="asked", by=staff, now=AFTER)
    assert addressed_to() == [(people_requests.forgotten_address(person), "sent")] * 2
    assert not Notice.objects.filter(to_key__contains="example.org", to_person=person).exists()


def test_a_letter_to_somebody_forgotten_is_neither_sent_again_nor_tried_and_who_tried_it_before_reads_no_name() -> None:
    story = Story()
    story.confirm()
    letter = Notice.objects.filter(letter="trainees.invitation", to_person=story.ana).get()
    before = again.send_test(notice_id=letter.pk, by=story.staff, now=AFTER)
    while delivery.deliver_due(now=AFTER):
        continue
    before.refresh_from_db()
    assert (before.state, "Ana" in before.body) == ("sent", True)
    waits = again.send_test(notice_id=letter.pk, by=story.staff, now=AFTER + timedelta(minutes=1))
    story.forget()
    for row in (before, waits):
        row.refresh_from_db()
        assert "Ana" not in row.body + row.subject_line
    assert (before.state, waits.state) == ("sent", "cancelled")
    for send in (again.send_again, again.send_test):
        with pytest.raises(again.UnableToSendAgain, match="was forgotten: nothing is left"):
            send(notice_id=letter.pk, by=story.staff, now=AFTER)


def test_nobody_renames_an_account_that_has_ended() -> None:
    person = PersonFactory(name="Ana", email="a@example.org")
    people_requests.forget(person_id=person.pk, keep_verifiable=False, why="asked", by=StaffFactory(), now=AFTER)
    with pytest.raises(UnableToCorrect, match="has ended"):
        people_requests.correct_own_name(person=person, name="Ana", now=AFTER)


def test_an_address_that_somebody_else_got_a_moment_ago_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked for before, and there when it is saved."""
    staff, person = StaffFactory(), PersonFactory(name="Ana", email="a@example.org")
    check = people_requests.validate_email

    def taken(email: str) -> None:
        check(email)
        monkeypatch.setattr(people_requests, "_others_row", lambda row, email: None)

    PersonFactory(email="b@example.org")
    monkeypatch.setattr(people_requests, "validate_email", taken)
    with pytest.raises(UnableToCorrect, match="another person’s"):
        people_requests.correct_person(person_id=person.pk, name="Ana", email="b@example.org", why="wrote", by=staff, now=AFTER)
    person.refresh_from_db()
    assert (person.email, Notice.objects.count()) == ("a@example.org", 0)


def test_a_request_that_waits_means_the_person_by_their_new_address_too() -> None:
    story, now = Story(), datetime(2018, 2, 26, 12, tzinfo=UTC)
    known = PersonFactory(name="Bo Li", email="bo@example.org")
    instead = [*named(6)[1:], Named(7, "Bo Li", "bo@example.org")]
    record = actions.ask_changes(booking_id=story.booking.pk, people=instead, reason="Ana is ill.", by=story.dana.person, now=now)
    people_requests.correct_person(
        person_id=known.pk, name="Bo Li", email="bo.li@example.org", why="wrote", by=story.staff, now=now
    )
    actions.accept_changes(request_id=record.pk, note="", by=story.staff, now=now)
    assert Place.objects.active().get(booking=story.booking, name="Bo Li").person == known
    assert not Person.objects.filter(email_key="bo@example.org").exists()


# the page, and staff's answer


@pytest.fixture
def ana() -> Person:
    return PersonFactory(name="Ana Silva", email="ana@example.org")


@pytest.fixture
def client(ana: Person) -> Client:
    client = Client()
    client.force_login(ana, backend=BACKEND)
    return client


def test_the_page_corrects_the_name_and_asks_staff_for_the_rest(client: Client, ana: Person) -> None:
    client.post("/me/", {"do": "name", "name": "Ana  M. Silva"})
    ana.refresh_from_db()
    assert ana.name == "Ana M. Silva"
    page = client.post("/me/", {"do": "correct", "text": " "}).content.decode()
    assert "This field is required." in page
    client.post("/me/", {"do": "correct", "text": "My address changed."})
    row = DataRequest.objects.get()
    assert (row.kind, row.state, row.text) == ("correct", "asked", "My address changed.")
    assert "Something is wrong?" not in client.get("/me/").content.decode()
    with pytest.raises(UnableToAskAboutData, match="You asked this already"):
        people_requests.ask(person=ana, kind=DataRequestKind.CORRECT, text="again", now=AFTER)
    page = client.post("/me/", {"do": "forget", "text": ""}).content.decode()
    assert "Tick this box too: forgetting cannot be undone." in page
    client.post("/me/", {"do": "forget", "text": "", "keep_verifiable": "on", "sure": "on"})
    assert DataRequest.objects.get(kind="forget").keep_verifiable is True
    assert set(Notice.objects.values_list("code", "letter", "to_key")) == {
        ("L13", "common.data_asked", "ana@example.org"),
        ("L13", "common.data_asked", "staff@example.org"),
    }


def test_each_part_has_words_of_its_own() -> None:
    story = Story()
    assert set(own_data.held(story.ana)) - set(PARTS) == set()


def test_the_download_is_an_attachment_that_nobody_keeps(client: Client) -> None:
    answer = client.get("/me/data.zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        assert json.loads(book.read("data.json"))["account"][0]["email"] == "ana@example.org"


def press(client: Client, path: str, **values: str) -> str:
    page = client.get(path).content.decode()
    token = re.search(r'name="once" value="([0-9a-f]{32})"', page)
    assert token
    return client.post(path, {**values, "once": token[1]}, follow=True).content.decode()


def test_staff_answer_a_correction_by_letter_and_a_second_time_is_refused(ana: Person) -> None:
    row = people_requests.ask(person=ana, kind=DataRequestKind.CORRECT, text="My address changed.", now=AFTER)
    staff, desk = StaffFactory(), Client()
    desk.force_login(staff, backend=BACKEND)
    assert "My address changed." in desk.get("/admin/").content.decode()
    assert "Done: It is corrected." in press(desk, f"/admin/common/datarequest/{row.pk}/do/done/", note="It is the new one now.")
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.note) == ("done", staff, "It is the new one now.")
    letter = composing.preview(Notice.objects.get(letter="common.data_answered"), now=AFTER)
    assert letter[0] == "Done: your request, correct what is held"
    assert "What staff say: It is the new one now." in letter[1]
    with pytest.raises(UnableToAskAboutData, match="This was answered already: done"):
        people_requests.answer(request_id=row.pk, done=False, note="no", by=staff, now=AFTER)


def test_staff_decline_with_a_reason(ana: Person) -> None:
    row = people_requests.ask(person=ana, kind=DataRequestKind.FORGET, text="", now=AFTER)
    staff = StaffFactory()
    with pytest.raises(UnableToAskAboutData, match="Say why"):
        people_requests.answer(request_id=row.pk, done=False, note=" ", by=staff, now=AFTER)
    people_requests.answer(request_id=row.pk, done=False, note="You train next week.", by=staff, now=AFTER)
    letter = composing.preview(Notice.objects.get(letter="common.data_answered"), now=AFTER)
    assert letter[0] == "Declined: your request, be forgotten"
    assert "What staff say: You train next week." in letter[1]


def test_staff_forget_by_typing_the_address(ana: Person) -> None:
    row = people_requests.ask(person=ana, kind=DataRequestKind.FORGET, text="", keep_verifiable=True, now=AFTER)
    desk = Client()
    desk.force_login(StaffFactory(), backend=BACKEND)
    path = f"/admin/common/datarequest/{row.pk}/do/forget/"
    page = desk.get(path).content.decode()
    assert "It cannot be undone." in page
    assert 'name="keep_verifiable" id="id_keep_verifiable" checked' in page
    assert "The address typed is not this person’s." in press(desk, path, why="asked", typed="anna@example.org")
    ana.refresh_from_db()
    assert ana.forgotten_at is None
    assert "Done: Forget this person." in press(desk, path, why="asked", typed="ANA@example.org", keep_verifiable="on")
    ana.refresh_from_db()
    assert ana.forgotten_at == AFTER
    assert desk.get(f"/admin/common/person/{ana.pk}/do/correct/").content.decode().count("This is not possible any more") == 1


def test_staff_correct_by_a_button(ana: Person) -> None:
    desk = Client()
    desk.force_login(StaffFactory(), backend=BACKEND)
    path = f"/admin/common/person/{ana.pk}/do/correct/"
    assert "is not an e-mail address" in press(desk, path, name="Ana", email="x", why="wrote")
    assert "Done: Correct name or address." in press(desk, path, name="Ana Silva", email="ana2@example.org", why="wrote")
    ana.refresh_from_db()
    assert ana.email == "ana2@example.org"


def test_exceptions_of_others_that_name_the_person_are_masked() -> None:
    story = Story()
    member = MembershipFactory(organization=story.dana.organization)
    training = TrainingFactory(zone="Europe/Paris", starts_on=datetime(2018, 4, 9, tzinfo=UTC).date())
    record = ask_exception(
        training=training, membership=member, rule="R6", reason=f"We wait for {NAME}.", by=story.dana.person, now=AFTER
    )
    story.confirm()
    story.forget()
    record.refresh_from_db()
    assert record.reason == "We wait for [forgotten]."


# exercises: what was handed in, with its file


class Homework:
    """Ana passed a training; she handed in three times, once with a file, was asked to repeat, asked for more time, and reviewed others."""

    FEB = datetime(2018, 2, 20, 12, tzinfo=UTC)

    def __init__(self) -> None:
        self.team, self.staff = Team(2), StaffFactory()
        self.checkout = self.team.checkout()
        self.ana = self.checkout.place.person
        one = self.hand_in("contribution", link="https://example.org/ana-silva", upload=Upload(f"{NAME}.txt", b"my work"))
        self.review(one, SubmissionState.REPEAT, f"{NAME}, once more.")
        self.review(self.hand_in("contribution", notes=f"By {NAME}."), SubmissionState.PASSED, "Good.")
        ask_extension(checkout_id=self.checkout.pk, reason=f"{NAME} was ill.", by=self.ana, now=self.FEB)

    def hand_in(self, exercise: str, **more: Any) -> Submission:
        values = {"exercise": exercise, "done_on": self.FEB.date(), "by": self.ana, "now": self.FEB, **more}
        return certification_actions.hand_in(checkout_id=self.checkout.pk, **values)

    def review(self, row: Submission, result: SubmissionState, feedback: str) -> None:
        values = {"result": result, "feedback": feedback, "confirmed_on": self.FEB.date(), "by": self.team.trainer}
        certification_actions.review_submission(submission_id=row.pk, now=self.FEB, **values)

    def forget(self) -> None:
        people_requests.forget(person_id=self.ana.pk, keep_verifiable=False, why=f"{NAME} asked.", by=self.staff, now=AFTER)


@pytest.fixture
def homework() -> Homework:
    return Homework()


def test_the_archive_holds_what_was_handed_in_and_its_file(homework: Homework) -> None:
    with zipfile.ZipFile(io.BytesIO(own_data.archive(homework.ana, now=AFTER))) as book:
        data = json.loads(book.read("data.json"))
        files = {name: book.read(name) for name in book.namelist() if name != "data.json"}
    first = Submission.objects.order_by("pk").first()
    assert first is not None
    assert files == {f"files/submission-{first.pk}-{NAME}.txt": b"my work"}
    assert [(row["state"], row["due_on"]) for row in data["checkouts"]] == [("under way", "2018-05-01")]
    handed = [(row["state"], row["link"], row["notes"], row["feedback"]) for row in data["submissions"]]
    assert handed == [
        ("to repeat", "https://example.org/ana-silva", "", f"{NAME}, once more."),
        ("passed", "", f"By {NAME}.", "Good."),
    ]
    assert [(row["rule"], row["state"], row["reason"]) for row in data["extensions"]] == [
        ("R25", "waits for staff", f"{NAME} was ill.")
    ]
    assert {title for title in data if title not in PARTS} == {"made_at", "about"}


def test_who_is_forgotten_leaves_results_without_words_and_no_file(
    homework: Homework, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = homework.hand_in("discussion", notes="waits")
    with pytest.raises(UnableToForget, match="waits for its review"):
        homework.forget()
    certification_actions.take_back(submission_id=waiting.pk, by=homework.ana, now=homework.FEB)
    assert [path for path in tmp_path.rglob("*") if path.is_file()]
    with django_capture_on_commit_callbacks(execute=True):
        homework.forget()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert naming(NAME, EMAIL, "ana-silva") == []
    rows = Submission.objects.order_by("pk").values_list("state", "link", "notes", "feedback", "file", "file_name")
    assert list(rows) == [
        ("repeat", "", "", own_data.MASK, "", ""),
        ("passed", "", "", own_data.MASK, "", ""),
        ("withdrawn", "", "", "", "", ""),
    ]
    homework.checkout.refresh_from_db()
    assert (homework.checkout.state, homework.checkout.ended_why) == ("closed", own_data.MASK)
    runs.run(now=datetime(2018, 5, 2, 12, 30, tzinfo=UTC))
    assert not Notice.objects.filter(to_person=homework.ana, state__in=["queued", "sending"]).exists()
