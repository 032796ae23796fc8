"""The pages of rosters and trainees: checked before anything is saved, accepted as shown, undone; the application as one goes."""

from __future__ import annotations

import csv
import html
import io
import re
import smtplib
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.core.mail.backends import locmem
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.notices import composing
from carpentries_portal.common.notices.delivery import deliver_due
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainees.desk import refused_letters
from trainees.factories import name_people
from trainees.models import Application, Place
from trainings.actions import cancel_training, set_trainers
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, TrainingException

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BACKEND = "carpentries_portal.common.backends.PersonBackend"
LIST = "Ana Silva\tana@example.org\nBjörn Åkesson\tbjorn@example.org\tAnnex"


class Desk:
    """A coordinator with nine seats, logged in, at a clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.at(NOW)
        coordinator = CoordinatorFactory(email="dana@example.org")
        membership = MembershipFactory(organization=coordinator.organization)
        self.who: Person = coordinator.person
        self.booking: Booking = BookingFactory(training=TrainingFactory(), membership=membership, by=self.who)
        self.client = login(self.who)
        self.path = f"/bookings/{self.booking.pk}/people/"

    def at(self, now: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: now)

    def post(self, **values: object) -> str:
        answer = self.client.post(self.path, values, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    def accept(self, listed: str = LIST) -> str:
        page = self.post(listed=listed, do="check")
        return self.post(listed=hidden_list(page), seen=seen(page), do="accept")


def login(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found, "the list cannot be accepted"
    return found[1]


def hidden_list(page: str) -> str:
    found = re.search(r'<textarea name="listed" hidden>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def names() -> list[tuple[str, str, str]]:
    rows = Place.objects.active().select_related("person").order_by("pk")
    return [(row.name, row.person.email, row.location) for row in rows]


def test_checking_shows_what_would_happen_and_saves_nothing(desk: Desk) -> None:
    page = words(desk.post(listed=LIST, do="check"))
    assert "This list of 2 people can be accepted" in page
    assert "Another place than Science Library: a team sits together in one room (R13)." in page
    assert (Place.objects.count(), Notice.objects.filter(code="L4").count()) == (0, 0)


def test_accepted_is_what_was_shown(desk: Desk) -> None:
    assert "2 people are on the list." in words(desk.accept())
    assert names() == [("Ana Silva", "ana@example.org", ""), ("Björn Åkesson", "bjorn@example.org", "Annex")]


def test_a_list_that_was_not_shown_is_shown_and_not_accepted(desk: Desk) -> None:
    page = desk.post(listed=LIST, seen="0" * 16, do="accept")
    assert "Nothing was saved: this list, or the one that stands, is not as you last saw it." in words(page)
    assert "This list of 2 people can be accepted" in words(page)
    assert Place.objects.count() == 0
    assert "Nothing was saved: " not in words(desk.post(listed=LIST, do="check"))


def test_every_problem_stands_at_its_row_at_once_and_nothing_is_accepted(desk: Desk) -> None:
    listed = "Ana Silva\tana@example,org\n\tbo@example.org\nChi\t\nAna\tdana@example.org\nDana\tDANA@example.org"
    page = desk.post(listed=listed, do="check")
    text = words(page)
    assert "to mend" in text
    assert "Is “ana@example.org” meant?" in text
    assert 'name="seen"' not in page
    fixed = desk.post(listed=listed, do="fix")
    assert "ana@example.org" in html.unescape(fixed)
    assert "meant?" not in fixed
    assert Place.objects.count() == 0


def test_an_address_that_may_be_right_is_pointed_out_and_can_be_accepted(desk: Desk) -> None:
    page = desk.post(listed="Ana Silva\tana@gmial.com", do="check")
    assert "gmail.com" in words(page)
    assert seen(page)
    fixed = desk.post(listed="Ana Silva\tana@gmial.com", do="fix")
    assert hidden_list(fixed) == "Ana Silva\tana@gmail.com"


def test_several_people_on_one_line_are_all_kept_when_suggestions_are_taken(desk: Desk) -> None:
    page = desk.post(listed="Ana <ana@example.org>, Bo <bo@example.org>, Chi <chi@gmial.com>", do="fix")
    assert hidden_list(page) == "Ana\tana@example.org\nBo\tbo@example.org\nChi\tchi@gmial.com"


def test_a_file_is_read_as_the_list(desk: Desk) -> None:
    book = openpyxl.Workbook()
    for row in (["Name", "E-mail"], ["Ana Silva", "ana@example.org"], ["山田 花子", "hanako@example.org"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    page = desk.post(listed="", file=SimpleUploadedFile("team.xlsx", out.getvalue()), do="check")
    desk.post(listed=hidden_list(page), seen=seen(page), do="accept")
    assert names() == [("Ana Silva", "ana@example.org", ""), ("山田 花子", "hanako@example.org", "")]


def test_a_file_with_headings_and_things_to_know_is_accepted_as_it_was_shown(desk: Desk) -> None:
    book = openpyxl.Workbook()
    rows = [
        ["Name", "E-mail", "Location"],
        [],
        ["Ana\u200b Silva", "ana\u200b@example.org", "Annex"],
        ["Bo", "bo@gmial.com", "remote"],
    ]
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    page = desk.post(listed="", file=SimpleUploadedFile("team.xlsx", out.getvalue()), do="check")
    assert "2 people are on the list." in words(desk.post(listed=hidden_list(page), seen=seen(page), do="accept"))
    assert names() == [("Ana Silva", "ana@example.org", "Annex"), ("Bo", "bo@gmial.com", "remote")]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"listed": ""}, "Name at least one person, or choose a file."),
        ({"listed": " \n\t"}, "Name at least one person, or choose a file."),
        ({"listed": "", "file": b"%PDF-1.7"}, "PDF"),
        ({"listed": "", "file": b""}, "empty"),
        ({"listed": "", "file": b"x" * (5 * 1024 * 1024 + 1)}, "larger than 5 MB"),
        ({"listed": "a" * 400_001}, "at most 400000 characters"),
        ({"listed": "Ana\x00, ana@example.org"}, "Null characters are not allowed."),
    ],
)
def test_a_list_that_is_none_says_why(desk: Desk, values: dict[str, object], sentence: str) -> None:
    if isinstance(values.get("file"), bytes):
        values = {**values, "file": SimpleUploadedFile("team.csv", values["file"])}
    assert sentence in words(desk.post(**values, do="check"))
    assert Place.objects.count() == 0


def test_undo_and_invite_by_their_buttons(desk: Desk) -> None:
    desk.accept()
    assert "Undone: the list is as it was before." in words(desk.post(do="undo"))
    assert names() == []
    desk.accept()
    assert "2 invitations are on their way." in words(desk.post(do="invite"))
    assert "Every invitation has left already." in words(desk.post(do="invite"))
    assert "Invitations have left" in words(desk.post(do="undo"))
    assert len(names()) == 2


def test_more_time_is_asked_for_before_the_list_closes(desk: Desk) -> None:
    desk.accept()
    assert "You need more time?" in words(desk.client.get(desk.path).content.decode())
    page = words(desk.post(do="ask", reason="Two start in February."))
    assert "Your request waits for staff" in page
    assert "Until then no seat of this team is forfeited." in page
    assert TrainingException.objects.get().rule == "R16"
    desk.post(do="ask", reason="Again.")
    assert TrainingException.objects.count() == 1


def test_only_the_coordinators_and_staff_whose_role_does_name_people(desk: Desk) -> None:
    reader = PersonFactory(is_staff=True)
    reader.groups.add(Group.objects.get(name="read-only"))
    for person in (CoordinatorFactory().person, PersonFactory(), reader):
        assert login(person).get(desk.path).status_code == 404
        assert login(person).post(desk.path, {"listed": LIST, "do": "check"}).status_code == 404


# files


def test_the_list_as_csv_and_xlsx_holds_no_formula(desk: Desk) -> None:
    place = name_people(desk.booking, 1, by=desk.who, now=NOW)[0]
    Place.objects.filter(pk=place.pk).update(name='=HYPERLINK("http://example.net")', location="@here")
    body = desk.client.get(desk.path.rstrip("/") + ".csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[1] == ['\'=HYPERLINK("http://example.net")', "trainee-0@example.org", "'@here", "invitation leaves soon", ""]
    sheet = openpyxl.load_workbook(io.BytesIO(desk.client.get(desk.path.rstrip("/") + ".xlsx").content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:3] == ['\'=HYPERLINK("http://example.net")', "trainee-0@example.org", "'@here"]
    assert desk.client.get(desk.path.rstrip("/") + ".exe").status_code == 404


def test_the_sheet_to_sign_has_a_line_for_each_seat(desk: Desk) -> None:
    name_people(desk.booking, 2, by=desk.who, now=NOW)
    page = desk.client.get(f"/bookings/{desk.booking.pk}/sign-in/").content.decode()
    assert page.count('<tr role="row">') == 1 + 9
    assert "Ana Silva" in page


# the trainee


@pytest.fixture
def place(desk: Desk) -> Place:
    return name_people(desk.booking, 1, by=desk.who, now=NOW)[0]


COMPLETE = {
    "certificate_name": "Ana Maria Silva",
    "affiliation": "Example University",
    "country": "BR",
    "occupation": "postdoc",
    "expertise": ["biology", "genomics"],
    "teaching_training": "none",
    "teaching_experience": "hours",
    "accessibility": "A seat near the door.",
    "agreed": "on",
}


def test_the_invitation_leads_to_the_trainees_own_page(desk: Desk, place: Place) -> None:
    notice = Notice.objects.get(letter="trainees.invitation")
    subject, text = composing.preview(notice, now=NOW)
    assert subject == "Your instructor training on 12–13 Mar 2018: please fill in your application"
    assert "University" in text
    assert "Your team sits together at Science Library, room 136." in text
    assert "more than 60 minutes of teaching" in text
    page = words(login(place.person).get(f"/places/{place.pk}/").content.decode())
    assert "Fill in your application" in page
    assert "Science Library" in page
    assert "Fill in your application" in words(login(place.person).get("/").content.decode())


def test_a_place_is_seen_by_its_person_only(place: Place, desk: Desk) -> None:
    for person in (desk.who, PersonFactory(), StaffFactory()):
        for path in (f"/places/{place.pk}/", f"/places/{place.pk}/application/", f"/places/{place.pk}/training.ics"):
            assert login(person).get(path).status_code == 404


def test_the_application_is_saved_as_one_goes_and_finished_when_nothing_is_missing(place: Place) -> None:
    client, path = login(place.person), f"/places/{place.pk}/application/"
    first = client.get(path).content.decode()
    assert 'value="Ana Silva"' in first  # as the coordinator listed the name
    page = words(client.post(path, {"certificate_name": "Ana Maria Silva", "country": "BR"}, follow=True).content.decode())
    assert "Saved. Go on whenever you like." in page
    assert "Your application: 2 of 8 answers" in page
    assert "Still to answer" in page
    application = Application.objects.get()
    assert (application.finished_at, application.country) == (None, "BR")
    page = words(client.post(path, COMPLETE, follow=True).content.decode())
    assert "Your application is complete. Thank you!" in page
    application.refresh_from_db()
    assert (application.finished_at, application.agreed_at, application.expertise) == (NOW, NOW, ["biology", "genomics"])
    page = words(client.post(path, {**COMPLETE, "affiliation": ""}, follow=True).content.decode())
    assert "an answer that is needed cannot be taken out again" in page
    application.refresh_from_db()
    assert application.affiliation == "Example University"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"certificate_name": "x" * 201}, "at most 200 characters"),
        ({"country": "XX"}, "Select a valid choice."),
        ({"occupation": "king"}, "Select a valid choice."),
        ({"expertise": ["magic"]}, "Select a valid choice."),
        ({"accessibility": "x" * 2001}, "at most 2000 characters"),
        ({"affiliation": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_a_wrong_answer_is_said_at_its_field_and_nothing_is_saved(place: Place, values: dict[str, object], sentence: str) -> None:
    client, path = login(place.person), f"/places/{place.pk}/application/"
    assert sentence in client.post(path, {**COMPLETE, **values}).content.decode()
    assert not Application.objects.exists()


def test_a_finished_application_changes_until_the_training_begins_an_unfinished_always(desk: Desk, place: Place) -> None:
    client, path = login(place.person), f"/places/{place.pk}/application/"
    desk.at(place.training.starts_at + timedelta(days=3))
    client.post(path, {**COMPLETE, "agreed": ""})
    assert Application.objects.get().finished_at is None
    client.post(path, COMPLETE)
    assert Application.objects.get().finished_at is not None
    page = client.post(path, {**COMPLETE, "affiliation": "Elsewhere"}, follow=True).content.decode()
    assert "it could change until the training began" in words(page)
    assert Application.objects.get().affiliation == "Example University"


def test_the_next_training_begins_with_the_last_answers_but_asks_for_the_agreement_again(desk: Desk, place: Place) -> None:
    client = login(place.person)
    client.post(f"/places/{place.pk}/application/", COMPLETE)
    later = BookingFactory(
        training=TrainingFactory(starts_on=date(2018, 5, 14)), membership=desk.booking.membership, by=desk.who, seats=6
    )
    second = name_people(later, 1, by=desk.who, now=NOW)[0]
    page = client.get(f"/places/{second.pk}/application/").content.decode()
    assert 'value="Ana Maria Silva"' in page
    assert not re.search(r'name="agreed"[^>]*checked', page)
    home = words(client.get("/").content.decode())
    assert "Your training, 14–15 May 2018" in home
    assert "Your training, 12–13 Mar 2018" in home


def test_what_is_sensitive_is_on_no_page_of_the_coordinator(desk: Desk, place: Place) -> None:
    login(place.person).post(f"/places/{place.pk}/application/", COMPLETE)
    for path in (desk.path, f"/bookings/{desk.booking.pk}/", desk.path.rstrip("/") + ".csv"):
        page = desk.client.get(path).content.decode()
        assert "Ana Silva" in page
        assert "near the door" not in page
        assert "Ana Maria" not in page


def test_a_place_that_ended_says_so(desk: Desk, place: Place) -> None:
    desk.accept("Chidi\tchidi@example.org")
    page = words(login(place.person).get(f"/places/{place.pk}/").content.decode())
    assert "You are not on the list of this training any more" in page
    assert "Taken off the list." in page
    answer = login(place.person).post(f"/places/{place.pk}/application/", COMPLETE)
    assert "You are not on the list of this training any more." in words(answer.content.decode())
    assert not Application.objects.exists()


def test_the_page_of_a_cancelled_training_says_so_and_takes_it_out_of_the_calendar(desk: Desk, place: Place) -> None:
    client = login(place.person)
    page = words(client.get(f"/places/{place.pk}/").content.decode())
    assert ("Next, in 61 days" in page, "Add to my calendar" in page) == (False, True)  # the application comes first
    assert "STATUS:CANCELLED" not in client.get(f"/places/{place.pk}/training.ics").content.decode()
    cancel_training(training_id=desk.booking.training_id, why="Both trainers are ill.", by=StaffFactory(), now=NOW)
    page = words(client.get(f"/places/{place.pk}/").content.decode())
    assert "The instructor training of 12–13 Mar 2018 was cancelled" in page
    assert "The training was cancelled: Both trainers are ill." in page
    assert ("Take it out of my calendar" in page, "Add to my calendar" in page) == (True, False)
    assert "STATUS:CANCELLED" in client.get(f"/places/{place.pk}/training.ics").content.decode()


def test_after_the_training_the_page_and_the_start_say_what_comes_and_not_what_to_bring(desk: Desk, place: Place) -> None:
    client = login(place.person)
    assert "What to bring and to read" in words(client.get(f"/places/{place.pk}/").content.decode())
    client.post(f"/places/{place.pk}/application/", COMPLETE)
    assert "Next, in 61 days" in words(client.get(f"/places/{place.pk}/").content.decode())
    assert "See when, where and what to bring" in client.get("/").content.decode()
    desk.at(datetime(2018, 3, 14, 12, tzinfo=UTC))
    page = words(client.get(f"/places/{place.pk}/").content.decode())
    assert ("What to bring and to read" in page, "When and where it was" in page) == (False, True)
    start = words(client.get("/").content.decode())
    assert "Your trainers confirm who was there; then you get a letter." in start
    assert "See how it stands" in start


def test_the_start_of_a_trainer_begins_with_what_needs_them(desk: Desk) -> None:
    trainer = TrainerFactory()
    desk.accept()
    set_trainers(training=desk.booking.training, trainers=[trainer], by=StaffFactory(), now=NOW)
    TrainingFactory(starts_on=date(2018, 4, 9), trainers=[trainer])
    client = login(trainer.person)

    def sections() -> list[str]:
        found = re.findall(r"<h2[^>]*>(.*?)</h2>", client.get("/").content.decode(), re.DOTALL)
        return [words(one).strip() for one in found][:2]

    waiting = "0 pieces of work wait for a review"
    assert sections() == [waiting, "The trainings where you train"]
    desk.at(datetime(2018, 3, 1, 12, tzinfo=UTC))
    assert sections() == ["You train on 12–13 Mar 2018, Chicago time", waiting]
    desk.at(datetime(2018, 3, 15, 12, tzinfo=UTC))
    assert sections() == ["Confirm who was there on 12–13 Mar 2018, Chicago time: 1 team", waiting]


def deliver(monkeypatch: pytest.MonkeyPatch, *, refusing: str, now: datetime) -> None:
    """What is due leaves, by a mail server that does not know one address."""
    sends = locmem.EmailBackend.send_messages

    def send_messages(self: locmem.EmailBackend, messages: list[EmailMessage]) -> int:
        if any(refusing in message.to for message in messages):
            raise smtplib.SMTPRecipientsRefused({refusing: (550, b"5.1.1 No such user here")})
        return sends(self, messages)

    with monkeypatch.context() as server:
        server.setattr(locmem.EmailBackend, "send_messages", send_messages)
        deliver_due(now=now)


def test_an_address_that_the_mail_server_refused_is_seen_by_who_gave_it_and_a_corrected_one_is_written_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.accept()
    desk.at(NOW + 2 * HOUR)
    deliver(monkeypatch, refusing="ana@example.org", now=NOW + 2 * HOUR)
    said = "Letters do not reach ana@example.org. The address was refused: 550 5.1.1 No such user here"
    for path in (desk.path, f"/bookings/{desk.booking.pk}/"):
        page = desk.client.get(path).content.decode()
        assert words(page).count(said) == 1, path
        assert f'href="{desk.path}#list">Correct the address in the list</a>' in page
    ((item,),) = [card.items for card in (refused_letters(NOW + 2 * HOUR),)]
    assert (item.text, item.more) == ("ana@example.org", "The address was refused: 550 5.1.1 No such user here")

    desk.accept(LIST.replace("ana@", "ana.silva@"))
    desk.at(NOW + 4 * HOUR)
    deliver(monkeypatch, refusing="ana@example.org", now=NOW + 4 * HOUR)
    assert "Letters do not reach" not in desk.client.get(desk.path).content.decode()
    sent = Notice.objects.filter(letter="trainees.invitation", state="sent").order_by("pk")
    assert [row.to_address for row in sent] == ["bjorn@example.org", "ana.silva@example.org"]
    assert list(refused_letters(NOW + 4 * HOUR).items) == []


def test_who_may_not_change_the_list_reads_no_address_of_a_refused_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = TrainerFactory()
    set_trainers(training=desk.booking.training, trainers=[trainer], by=StaffFactory(), now=NOW)
    desk.accept()
    deliver(monkeypatch, refusing="ana@example.org", now=NOW + 2 * HOUR)
    page = words(login(trainer.person).get(f"/bookings/{desk.booking.pk}/").content.decode())
    assert "Letters do not reach the address on the list." in page
    assert "ana@example.org" not in page
