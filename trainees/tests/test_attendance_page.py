"""The trainer's page: people by team, marks that are kept or said to be wrong at their place, confirmed by a button."""

from __future__ import annotations

import html
import re
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Coordinator
from trainees.factories import name_people
from trainees.models import Place, RollCall, RollCallMark
from trainees.policy import DayMarks
from trainings.actions import cancel_booking
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking

pytestmark = pytest.mark.django_db

BACKEND = "carpentries_portal.common.backends.PersonBackend"


class Room:
    """Two teams at a training that has just begun; its trainer is logged in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        trainer = TrainerFactory()
        self.training = TrainingFactory(trainers=[trainer], capacity=60)
        self.booking = self.team(0)
        self.other = self.team(20)
        self.places = list(Place.objects.filter(booking=self.booking).order_by("pk"))
        self.client = self.login(trainer.person)
        self.path = f"/trainings/{self.training.code}/attendance/"
        self.at(self.training.starts_at)

    def team(self, start: int) -> Booking:
        coordinator = CoordinatorFactory()
        membership = MembershipFactory(organization=coordinator.organization)
        booking = BookingFactory(training=self.training, membership=membership, by=coordinator.person, seats=6)
        name_people(booking, 6, by=coordinator.person, start=start)
        return booking

    def login(self, person: object) -> Client:
        client = Client()
        client.force_login(person, backend=BACKEND)
        return client

    def at(self, now: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: now)

    def was(self) -> dict[str, str]:
        """What the page shows now, as its form sends it back."""
        pages = [self.client.get(f"{self.path}?day={day}").content.decode() for day in (1, 2)]
        return dict(re.findall(r'name="(p\d+d\d+-was)" value="([^"]*)"', "".join(pages)))

    def post(self, *, team: object = None, do: str = "save", was: dict[str, str] | None = None, **marks: str | list[str]) -> str:
        sent = {"team": team or self.booking.pk, "do": do, **(self.was() if was is None else was), **marks}
        return said(self.client.post(self.path, sent, follow=True))

    def confirm(self, seen: str | None = None) -> str:
        """The page that says what follows, and its button."""
        path = f"{self.path}{self.booking.pk}/confirm/"
        found = re.search(r'name="seen" value="([0-9a-f]+)"', self.client.get(path).content.decode())
        return said(self.client.post(path, {"seen": seen or (found[1] if found else "")}, follow=True))


def said(answer: HttpResponse) -> str:
    """The words of a page."""
    assert answer.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    return Room(monkeypatch)


def name(place: Place, day: int, field: str = "how") -> str:
    return f"p{place.pk}d{day}-{field}"


def test_marks_are_kept_and_shown_with_the_minutes_they_cost(room: Room) -> None:
    one, two = room.places[:2]
    page = room.post(
        **{
            name(one, 1): "there",
            name(one, 2): "part",
            name(one, 2, "away-out"): ["10:00", "14:00", ""],
            name(one, 2, "away-back"): ["10:10", "14:20", ""],
            name(two, 1): "absent",
            name(two, 2): "absent",
        }
    )
    assert "Saved." in page
    assert "25 of 60 minutes used" in page  # the break to 14:05 is free
    assert "670 minutes missed, up to 60 pass: would not pass" in page
    assert RollCall.objects.count() == 4
    kept = room.client.get(f"{room.path}?day=2").content.decode()
    assert re.findall(rf'name="{name(one, 2, "away")}-(out|back)" value="(.*?)"', kept) == [
        ("out", "10:00"),
        ("back", "10:10"),
        ("out", "14:00"),
        ("back", "14:20"),
        ("out", ""),
        ("back", ""),
    ]


def test_times_alone_mean_a_part_and_an_empty_form_says_nothing(room: Room) -> None:
    room.post(**{name(room.places[0], 1, "late"): "09:20"})
    row = RollCall.objects.get()
    assert (row.place, row.day, str(row.late)) == (room.places[0], 1, "09:20:00")


@pytest.mark.parametrize(
    ("marks", "sentence"),
    [
        ({"how": "absent", "late": "10:00"}, "Times go with “part of it”."),
        ({"how": "part"}, "Say from when, until when, or when away."),
        ({"how": "part", "away-out": "10:00"}, "Away needs both times: out and back."),
        ({"away-back": "10:00"}, "Away needs both times: out and back."),
        ({"away-out": "x", "away-back": "10:00"}, "Enter a valid time."),
        ({"how": "part", "late": "25:00"}, "Enter a valid time."),
        ({"how": "part", "late": "08:00"}, "lies outside the training"),
        ({"how": "dancing"}, "Select a valid choice."),
    ],
)
def test_a_wrong_mark_is_said_and_nothing_of_the_team_is_kept(room: Room, marks: dict[str, str], sentence: str) -> None:
    one, two = room.places[:2]
    page = room.post(**{name(two, 1): "there"}, **{name(one, 1, field): value for field, value in marks.items()})
    assert sentence in page
    assert RollCall.objects.count() == 0


def test_all_there_then_confirmed_when_it_is_over(room: Room) -> None:
    room.post(do="all-1", **{name(room.places[0], 1, "late"): "09:20"})
    assert [str(row.late) for row in RollCall.objects.order_by("place")] == ["09:20:00"] + ["None"] * 5
    room.post(do="all-2")
    assert RollCall.objects.count() == 12
    assert "Attendance is confirmed when the training is over." in room.confirm()
    room.at(room.training.ends_at)
    assert "335 minutes missed, up to 60 pass: does not pass" in room.post(**{name(room.places[1], 1): "absent"})
    path = f"{room.path}{room.booking.pk}/confirm/"
    page = said(room.client.get(path))
    assert f"{room.booking.membership.organization}: 5 pass, 1 not" in page
    assert "The roll call has changed since this page was made." in room.confirm(seen="0123456789abcdef")
    page = room.confirm()
    assert "Confirmed. Everybody is told by letter." in page
    assert "passed, 20 minutes missed" in page
    outcomes = Place.objects.filter(booking=room.booking).order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["passed", "not_passed", "passed", "passed", "passed", "passed"]
    for do in ("all-1", "save"):
        assert "Attendance was confirmed already" in room.post(do=do, **{name(room.places[0], 1): "absent"})
    assert "Attendance was confirmed already" in room.confirm()
    assert set(Place.objects.filter(booking=room.other).values_list("outcome", flat=True)) == {""}


@pytest.mark.parametrize("do", ["all-3", "all-0", "all-x", "all-", "all-99999999999", "dance"])
def test_odd_buttons_change_nothing(room: Room, do: str) -> None:
    room.post(do=do)
    assert RollCall.objects.count() == 0


@pytest.mark.parametrize("team", ["0", "x", "9" * 30])
def test_a_team_that_is_not_here_is_said(room: Room, team: str) -> None:
    assert "This team is not at this training any more." in room.post(team=team, do="all-1")


def test_before_the_training_nothing_is_kept(room: Room) -> None:
    room.at(room.training.starts_at - timedelta(seconds=1))
    assert "The training has not begun" in room.post(**{name(room.places[0], 1): "there"})
    assert RollCall.objects.count() == 0


def test_a_coordinator_keeps_their_own_room_and_no_other_and_the_trainer_sees_who(room: Room) -> None:
    trainer, own, other = room.client, room.places[0], Place.objects.filter(booking=room.other)[0]
    room.client = room.login(room.booking.booked_by)
    page = room.post(do="all-1", **{name(own, 1): "absent", name(other, 1): "absent"})
    assert str(room.other.membership.organization) not in page
    assert "Confirm" not in page
    assert "The trainer sees what you mark" in page
    assert "This team is not at this training any more." in room.post(team=room.other.pk, do="all-1")
    assert set(RollCall.objects.values_list("place__booking", flat=True)) == {room.booking.pk}
    assert room.client.get(f"{room.path}{room.booking.pk}/confirm/").status_code == 404
    room.client = trainer
    page = room.post(**{name(own, 1): "there"})
    assert f"kept by {room.booking.booked_by}, {RollCall.objects.get(place=own).saved_by}" in page
    page = said(trainer.get(f"{room.path}{room.booking.pk}/confirm/"))
    assert f"there all day {RollCall.objects.get(place=own).saved_by}, 9:00" in page
    assert f"before: absent ({room.booking.booked_by}, 9:00)" in page
    assert f"{room.booking.booked_by} (coordinator), 9:00" in page


def test_what_somebody_else_marked_meanwhile_is_not_overwritten_unseen(room: Room) -> None:
    one, two = room.places[:2]
    was = room.was()
    other = room.login(room.booking.booked_by)
    other.post(room.path, {"team": room.booking.pk, "do": "save", name(one, 1, "late"): "10:00"})
    page = room.post(was=was, **{name(one, 1): "there", name(two, 1): "absent"})
    assert f"Somebody else has marked {one.name} since this page was made." in page
    assert list(RollCall.objects.values_list("place", "saved_by")) == [(one.pk, room.booking.booked_by_id)]
    room.post(was=was, do="all-1")  # who says nothing of them overwrites nothing
    assert RollCall.objects.get(place=one).marks().late == time(10)
    room.post(**{name(one, 1): "there"})  # seen now
    assert RollCall.objects.get(place=one).marks() == DayMarks()
    assert RollCallMark.objects.filter(place=one).count() == 2


def test_a_form_that_changes_nothing_leaves_no_mark(room: Room) -> None:
    for _again in range(2):
        room.post(**{name(room.places[0], 1): "there", name(room.places[1], 1, "late"): "09:30"})
    assert RollCallMark.objects.count() == 2


def test_only_its_keepers_keep_it(room: Room) -> None:
    place = room.places[0]
    stranger = CoordinatorFactory()
    MembershipFactory(organization=stranger.organization)
    paths = (room.path, f"{room.path}mark/", f"{room.path}{room.booking.pk}/confirm/")
    sent = {"team": room.booking.pk, "do": "all-1", **a_mark(place)}
    for person in (PersonFactory(), TrainerFactory().person, stranger.person, place.person):
        assert [room.login(person).post(path, sent).status_code for path in paths] == [404] * 3
        assert room.login(person).get(room.path).status_code == 404
    assert RollCall.objects.count() == 0
    assert room.login(StaffFactory()).get(room.path).status_code == 200


def test_who_coordinates_no_longer_or_whose_team_left_keeps_nothing(room: Room) -> None:
    person = room.booking.booked_by
    client = room.login(person)
    assert client.get(room.path).status_code == 200
    Coordinator.objects.filter(person=person).update(removed_at=room.training.starts_at)
    assert client.get(room.path).status_code == 404
    Coordinator.objects.filter(person=person).update(removed_at=None)
    cancel_booking(booking_id=room.booking.pk, why="ill", by=person, now=EPOCH)
    assert client.get(room.path).status_code == 404


# marks sent one by one


def a_mark(place: Place, **more: str | list[str]) -> dict[str, str | list[str]]:
    made = str(int(place.training.starts_at.timestamp() * 1000))
    return {"place": str(place.pk), "day": "1", "key": str(uuid4()), "made": made, "how": "there", **more}


def test_a_mark_is_answered_with_the_row_and_counts_once(room: Room) -> None:
    sent = a_mark(room.places[0], how="part", **{"away-out": ["10:00", "14:00"], "away-back": ["10:20", "14:30"]})
    answers = [room.client.post(f"{room.path}mark/", sent).json() for _again in range(3)]
    assert {answer["state"] for answer in answers} == {"saved"}
    assert "35 of 60 minutes used</span>" in answers[0]["row"]
    assert "away 10:00 to 10:20, away 14:00 to 14:30" in answers[0]["row"]
    room.at(room.training.hours()[1].starts_at)
    assert "35 of 60 minutes used; not marked for day 2" in room.client.post(f"{room.path}mark/", sent).json()["row"]
    assert "Saved 9:00, " in answers[0]["row"]
    assert answers[0]["row"] == answers[2]["row"]
    assert RollCallMark.objects.count() == 1
    later = a_mark(room.places[1])  # of the first day, saved on the second
    assert "Saved Tue 13 Mar 2018, 9:00, " in room.client.post(f"{room.path}mark/", later).json()["row"]


def test_an_older_mark_is_answered_with_what_stands(room: Room) -> None:
    room.at(room.training.starts_at + timedelta(hours=1))
    newer = a_mark(room.places[0], how="absent", made=str(int(room.training.starts_at.timestamp() * 1000) + 5))
    assert room.client.post(f"{room.path}mark/", newer).json()["state"] == "saved"
    answer = room.client.post(f"{room.path}mark/", a_mark(room.places[0])).json()
    assert answer["state"] == "older"
    assert 'value="absent" id' in answer["row"]
    assert RollCall.objects.get().absent


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        ({"how": ""}, 422, "This field is required."),
        ({"key": "x"}, 422, "Enter a valid UUID."),
        ({"made": "-1"}, 422, "greater than or equal to 0"),
        ({"made": "9" * 40}, 422, "less than or equal to"),
        ({"how": "there", "late": "10:00"}, 422, "Times go with “part of it”."),
        ({"how": "part", "late": "08:00"}, 409, "Ana Silva, Mon 12 Mar 2018: 08:00 lies outside the training"),
        ({"day": "3"}, 409, "Ana Silva: The training has 2 days."),
    ],
)
def test_a_mark_that_does_not_hold_is_refused_with_its_sentence(room: Room, sent: dict[str, str], status: int, why: str) -> None:
    answer = room.client.post(f"{room.path}mark/", a_mark(room.places[0], **sent))
    assert (answer.status_code, answer.json()["state"], why in answer.json()["why"]) == (status, "refused", True)
    assert RollCallMark.objects.count() == 0


def test_a_mark_of_another_team_or_training_is_404(room: Room) -> None:
    client = room.login(room.booking.booked_by)
    other = Place.objects.filter(booking=room.other)[0]
    elsewhere = TrainingFactory(zone="Europe/Paris")
    booking = BookingFactory(training=elsewhere, seats=6)
    far = name_people(booking, 1, by=StaffFactory(), start=90)[0]
    for place in (other, far):
        assert client.post(f"{room.path}mark/", a_mark(place)).status_code == 404
    assert room.client.post(f"{room.path}mark/", a_mark(far)).status_code == 404
    assert room.client.post(f"{room.path}mark/", a_mark(other)).status_code == 200


def test_a_mark_at_a_roll_call_that_was_confirmed_is_answered_with_a_sentence_and_its_retry_as_before(room: Room) -> None:
    first = a_mark(room.places[0])
    assert room.client.post(f"{room.path}mark/", first).json()["state"] == "saved"
    for do in ("all-1", "all-2"):
        room.post(do=do)
    room.at(room.training.ends_at)
    room.confirm()
    late = room.client.post(f"{room.path}mark/", a_mark(room.places[0], how="absent"))
    assert (late.status_code, late.json()) == (
        409,
        {"state": "refused", "why": "Ana Silva: Attendance was confirmed already; staff can correct it."},
    )
    again = room.client.post(f"{room.path}mark/", first)
    assert (again.status_code, again.json()["state"]) == (200, "saved")
    assert not RollCall.objects.filter(absent=True).exists()


def test_a_mark_asks_the_database_little_and_as_often_with_many_people(room: Room) -> None:
    def asked(place: Place) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert room.client.post(f"{room.path}mark/", a_mark(place)).status_code == 200
        return len(queries)

    few = asked(room.places[0])
    for start in (40, 60):
        room.team(start)
    assert (asked(room.places[1]), few <= 20) == (few, True)


def test_queries_do_not_grow_with_teams_and_people(room: Room) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            room.client.get(room.path)
        return len(queries)

    asked()
    few = asked()
    for start in (40, 60, 80):
        room.team(start)
    assert (asked(), few <= 12) == (few, True)


def test_the_trainees_own_page_says_how_it_went_and_until_when_the_exercises_are_due(room: Room) -> None:
    for day in ("all-1", "all-2"):
        room.post(do=day)
    room.at(room.training.ends_at)
    room.post(**{name(room.places[1], 1): "absent"})
    room.confirm()
    passed, missed = (said(room.login(place.person).get(f"/places/{place.pk}/")) for place in room.places[:2])
    assert "You passed the training" in passed
    assert "0 minutes of teaching missed." in passed
    assert "Your exercises, and until when" in passed
    assert "cannot be counted as attended" in missed
    assert "due by" not in missed
    for page in (passed, missed):
        assert "Fill in your application" in page
