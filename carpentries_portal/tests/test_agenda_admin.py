"""Staff change a training's agenda: read and written as lines, checked against its hours, seen by everybody, counted by R15."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.tests.buttons import looked, told
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainees.actions import Named, accept_roster, confirm_attendance, mark_team
from trainees.factories import name_people
from trainees.models import Place
from trainees.policy import DayMarks
from trainings.actions import cancel_training, set_agenda
from trainings.actions.agendas import frame_of
from trainings.agenda_text import Frame, read_agenda, text_of
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Training

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
DAY = Frame(starts=time(9), ends=time(17), days=2)
NIGHT = Frame(starts=time(20), ends=time(4), days=2)
SHORT = "1 09:00-12:00 session Morning\n1 12:00-13:00 lunch Lunch\n2 09:00-11:00 session: Second day"


@pytest.fixture(autouse=True)
def _in_january(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(StaffFactory(name="Ines Moreau"), backend="carpentries_portal.common.backends.PersonBackend")
    return client


def test_lines_are_read_as_offsets_from_the_days_start() -> None:
    items, problems = read_agenda(SHORT, DAY)
    assert problems == []
    assert items == [
        {"day": 1, "title": "Morning", "kind": "session", "starts_after": 0, "minutes": 180},
        {"day": 1, "title": "Lunch", "kind": "lunch", "starts_after": 180, "minutes": 60},
        {"day": 2, "title": "Second day", "kind": "session", "starts_after": 0, "minutes": 120},
    ]


def test_a_day_may_run_past_midnight() -> None:
    items, problems = read_agenda("1 23:00-1:30 Session Late\n1 1:30-04:00 session Later", NIGHT)
    assert problems == []
    assert [(item["starts_after"], item["minutes"]) for item in items] == [(180, 150), (330, 150)]
    assert text_of(items, NIGHT) == "1 23:00-01:30 session Late\n1 01:30-04:00 session Later"


@pytest.mark.django_db
def test_the_editions_agenda_reads_back_as_it_was() -> None:
    training = TrainingFactory()
    frame = frame_of(training)
    items, problems = read_agenda(text_of(training.agenda, frame), frame)
    assert (problems, items) == ([], training.agenda)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nonsense", "Line 1: “nonsense” is no line such as “1 09:00-10:30 session Welcome”."),
        ("1 09:00-10:00 session A\n\n1 25:00-26:00 session B", "Line 3: there is no time 25:00."),
        ("1 10:00-09:30 session A", "Line 1: it ends at 09:30, before it begins at 10:00."),
        ("1 08:30-10:00 session A", "Line 1: it ends at 10:00, before it begins at 08:30."),
        ("1 09:00-17:01 session A", "“A” lies outside the hours of the training, 09:00–17:00."),
        ("1 17:30-18:00 session A", "“A” lies outside the hours of the training, 09:00–17:00."),
        ("3 09:00-10:00 session A", "“A” is on day 3; the training has 2."),
        ("0 09:00-10:00 session A", "“A” is on day 0; the training has 2."),
        ("1 09:00-10:00 party A\n1 10:00-11:00 session B", "“A” is a party; it is one of: session, break, lunch."),
        ("1 09:00-10:00 session A\n1 09:59-11:00 session B", "“B” begins on day 1 before “A” has ended."),
        ("1 09:00-10:00 lunch A", "No session is in it: attendance could not be counted (R15)."),
        ("", "No session is in it: attendance could not be counted (R15)."),
        ("1 09:00-10:00 session " + "x" * 201, "“" + "x" * 60 + "”: a title has 1 to 200 characters."),
        ("1 09:00-10:00 session A\n" * 101, "An agenda has at most 100 lines."),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(text: str, problem: str) -> None:
    assert read_agenda(text, DAY)[1] == [problem]


@pytest.mark.django_db
def test_change_shows_it_first_and_everybody_sees_it_then(desk: Client) -> None:
    training = TrainingFactory()
    path = f"/admin/trainings/training/{training.pk}/do/agenda/"
    before = training.agenda
    answer, form = looked(desk, path, agenda=SHORT)
    assert told(answer) == {
        "Mon 12 Mar 2018": ["09:00–12:00, session: Morning", "12:00–13:00, lunch: Lunch"],
        "Tue 13 Mar 2018": ["09:00–11:00, session: Second day"],
        "What it means": [
            f"300 minutes of teaching count for attendance (R15); until now {_minutes(before)}.",
            "Everybody sees it on the training's page at once. Marks of the roll call that are there already are counted by it, too.",
            "No letter leaves.",
        ],
    }
    assert Training.objects.get(pk=training.pk).agenda == before
    assert desk.post(path, form).status_code == 302
    page = Client().get(f"/trainings/{training.code}/").content.decode()
    assert ("Morning" in page, "Second day" in page, before[0]["title"] in page) == (True, True, False)
    entry = JournalEntry.objects.get(what="agenda_set")
    assert (entry.by_name, entry.old["agenda"], len(entry.new["agenda"])) == ("Ines Moreau", before, 3)
    assert "This was done already" in desk.post(path, form, follow=True).content.decode()
    assert JournalEntry.objects.filter(what="agenda_set").count() == 1
    assert Notice.objects.count() == 0


def _minutes(agenda: list[dict[str, object]]) -> str:
    return str(sum(int(str(item["minutes"])) for item in agenda if item["kind"] == "session"))


@pytest.mark.django_db
def test_r15_counts_by_the_changed_agenda(desk: Client) -> None:
    dana = CoordinatorFactory()
    training = TrainingFactory()
    team = BookingFactory(
        training=training, membership=MembershipFactory(organization=dana.organization), by=dana.person, seats=6, now=NOW
    )
    staff = StaffFactory()
    places = name_people(team, 6, by=dana.person, now=NOW)
    set_agenda(training_id=training.pk, items=read_agenda(SHORT, DAY)[0], by=staff, now=NOW)
    over = datetime(2018, 3, 14, 12, tzinfo=UTC)
    marks = {(places[0].pk, 1): DayMarks(left=time(11))}  # 60 minutes of what is taught now; lunch is none
    for day in (1, 2):
        mark_team(booking_id=team.pk, marks=marks if day == 1 else {}, rest_on=day, by=staff, now=over)
    confirm_attendance(booking_id=team.pk, by=staff, now=over)
    assert list(Place.objects.order_by("pk").values_list("outcome", "minutes_missed"))[:2] == [("passed", 60), ("passed", 0)]
    with pytest.raises(UnableTo, match="its attendance is confirmed: its agenda stays as it was"):
        set_agenda(training_id=training.pk, items=read_agenda(SHORT, DAY)[0][:1], by=staff, now=over)
    assert "/do/agenda/" not in desk.get(f"/admin/trainings/training/{training.pk}/change/").content.decode()


@pytest.mark.django_db
def test_who_is_counted_by_an_agenda_does_not_set_it() -> None:
    """R15: staff who sit on a team's list would decide which of their own minutes count."""
    dana, staff, training = CoordinatorFactory(), StaffFactory(is_superuser=True), TrainingFactory()
    membership = MembershipFactory(organization=dana.organization)
    team = BookingFactory(training=training, membership=membership, by=dana.person, seats=6, now=NOW)
    people = [Named(1, "Ines Moreau", staff.email), Named(2, "Bo", "bo@example.org")]
    accept_roster(booking_id=team.pk, people=people, by=dana.person, now=NOW)
    values = {"items": read_agenda(SHORT, DAY)[0], "now": NOW}
    with pytest.raises(UnableToDecide, match="You gain by this yourself"):
        set_agenda(training_id=training.pk, by=staff, **values)
    assert Training.objects.get(pk=training.pk).agenda == training.agenda
    set_agenda(training_id=TrainingFactory(starts_on=date(2018, 5, 14)).pk, by=staff, **values)  # another training is no gain
    accept_roster(booking_id=team.pk, people=people[1:], by=dana.person, now=NOW)
    set_agenda(training_id=training.pk, by=staff, **values)


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["cancelled", "same", "outside"])
def test_action_refuses_by_itself_and_changes_nothing(case: str) -> None:
    training, staff = TrainingFactory(), StaffFactory()
    items = read_agenda(SHORT, DAY)[0]
    if case == "cancelled":
        cancel_training(training_id=training.pk, why="No trainer.", by=staff, now=NOW)
    elif case == "same":
        items = training.agenda
    else:
        items[0]["minutes"] = 481
    with pytest.raises(UnableTo):
        set_agenda(training_id=training.pk, items=items, by=staff, now=NOW)
    assert Training.objects.get(pk=training.pk).agenda == training.agenda


@pytest.mark.django_db
def test_bad_lines_stand_in_the_form_and_who_may_only_look_changes_nothing(desk: Client) -> None:
    training = TrainingFactory()
    path = f"/admin/trainings/training/{training.pk}/do/agenda/"
    for text, sentence in (("1 09:00-10:00 party A", "is a party"), ("", "This field is required."), ("a\x00", "Null characters")):
        answer, form = looked(desk, path, agenda=text)
        assert sentence in str(answer.context["form"].errors["agenda"])
        assert "seen" not in form
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_training"))
    client = Client()
    client.force_login(reader, backend="carpentries_portal.common.backends.PersonBackend")
    assert (client.get(path).status_code, client.post(path, {"agenda": SHORT}).status_code) == (403, 403)
    assert Training.objects.get(pk=training.pk).agenda == training.agenda
