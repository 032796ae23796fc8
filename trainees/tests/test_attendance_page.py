"""The trainer's page: people by team, marks that are kept or said to be wrong at their place, confirmed by a button."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainees.factories import name_people
from trainees.models import Place, RollCall
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


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

    def post(self, *, team: object = None, do: str = "save", **marks: str) -> str:
        answer = self.client.post(self.path, {"team": team or self.booking.pk, "do": do, **marks}, follow=True)
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
            name(one, 2, "out"): "10:00",
            name(one, 2, "back"): "10:10",
            name(two, 1): "absent",
            name(two, 2): "absent",
        }
    )
    assert "Saved." in page
    assert "10 minutes missed" in page
    assert "does not pass" in page
    assert RollCall.objects.count() == 4
    kept = room.client.get(room.path).content.decode()
    assert 'value="10:10"' in kept


def test_times_alone_mean_a_part_and_an_empty_form_says_nothing(room: Room) -> None:
    room.post(**{name(room.places[0], 1, "late"): "09:20"})
    row = RollCall.objects.get()
    assert (row.place, row.day, str(row.late)) == (room.places[0], 1, "09:20:00")


@pytest.mark.parametrize(
    ("marks", "sentence"),
    [
        ({"how": "absent", "late": "10:00"}, "Times go with “part of it”."),
        ({"how": "part"}, "Say from when, until when, or when away."),
        ({"how": "part", "out": "10:00"}, "Away needs both times: out and back."),
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
    assert "Attendance is confirmed when the training is over." in room.post(do="confirm")
    room.at(room.training.ends_at)
    assert "Confirm 6 people" in room.post(do="save")
    page = room.post(do="confirm", **{name(room.places[1], 1): "absent"})
    assert "Confirmed. Everybody is told by letter." in page
    assert "passed, 0 minutes missed" in page
    outcomes = Place.objects.filter(booking=room.booking).order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["passed", "not_passed", "passed", "passed", "passed", "passed"]
    for do in ("all-1", "confirm", "save"):
        assert "Attendance was confirmed already" in room.post(do=do, **{name(room.places[0], 1): "absent"})
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


def test_only_its_trainers_and_staff_keep_it(room: Room) -> None:
    strangers = (PersonFactory(), TrainerFactory().person, CoordinatorFactory().person, room.places[0].person)
    for person in strangers:
        assert room.login(person).get(room.path).status_code == 404
        assert room.login(person).post(room.path, {"team": room.booking.pk, "do": "all-1"}).status_code == 404
    assert RollCall.objects.count() == 0
    assert room.login(StaffFactory()).get(room.path).status_code == 200


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
    room.post(do="confirm", **{name(room.places[1], 1): "absent"})
    passed, missed = (
        html.unescape(
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", room.login(place.person).get(f"/places/{place.pk}/").content.decode()))
        )
        for place in room.places[:2]
    )
    assert "You passed the training" in passed
    assert "0 minutes of teaching missed." in passed
    assert "due by Mon 11 Jun 2018" in passed
    assert "cannot be counted as attended" in missed
    assert "due by" not in missed
    for page in (passed, missed):
        assert "Fill in your application" in page
