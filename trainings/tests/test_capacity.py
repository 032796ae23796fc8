"""How many seats a training holds: never fewer than are booked, with its reason in the journal, and what follows said before it is done."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.tests.test_admin import BACKEND, button, send, token
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainings.actions import UnableToSetCapacity, book, cancel_training, set_capacity
from trainings.actions.bookings import Site, UnableToBook
from trainings.factories import BookingFactory, DemandFactory, TrainingFactory
from trainings.models import Training

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
SPANS = ((date(2018, 3, 1), date(2018, 3, 31)),)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def staff() -> Person:
    return StaffFactory(name="Ines Moreau")


@pytest.fixture
def desk(staff: Person) -> Client:
    client = Client()
    client.force_login(staff, backend=BACKEND)
    return client


@pytest.fixture
def training() -> Training:
    """15 of its 30 seats are booked."""
    training = TrainingFactory(capacity=30)
    BookingFactory(training=training, seats=9)
    BookingFactory(training=training, seats=6)
    return training


def shown(desk: Client, training: Training, **values: Any) -> str:
    path = button(training, "capacity")
    page = desk.post(path, {**values, "once": token(desk.get(path).content.decode())}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize(
    ("capacity", "said"),
    [
        (
            36,
            [
                "It holds 36 seats; until now 30.",
                "15 seats are booked, and stay; 21 are free then.",
                "room for 3 new teams of 6.",
            ],
        ),
        (21, ["It holds 21 seats; until now 30.", "6 are free then.", "room for 1 new team of 6."]),
        (16, ["1 is free then.", "It is full for a new team, which needs 6 seats; teams that are booked may still grow"]),
        (15, ["0 are free then.", "It is full for a new team"]),
    ],
)
def test_what_follows_is_said_first_and_done_then_with_its_reason(
    desk: Client, staff: Person, training: Training, capacity: int, said: list[str]
) -> None:
    opened = desk.get(button(training, "capacity")).content.decode()
    assert "It holds 30 seats, and 15 are booked: it cannot hold fewer than that (P2)." in opened
    page = shown(desk, training, capacity=capacity, why="Two trainers came.")
    assert [one for one in said if one not in page] == []
    training.refresh_from_db()
    assert training.capacity == 30
    assert send(desk, button(training, "capacity"), capacity=capacity, why="Two trainers came.")[0]
    training.refresh_from_db()
    entry = JournalEntry.objects.get(what="capacity_set")
    assert (training.capacity, entry.by, entry.rule) == (capacity, staff, "P2")
    assert (entry.why, entry.old, entry.new) == (
        f"It holds {capacity} seats, 30 before. Two trainers came.",
        {"capacity": 30},
        {"capacity": capacity},
    )
    assert [str(one) for one in run_audits()] == []


@pytest.mark.parametrize(
    ("capacity", "sentence"),
    [
        (14, "15 seats are booked: it cannot hold fewer. Change or move a booking first."),
        (30, "It holds that many already."),
        (0, "Ensure this value is greater than or equal to 1."),
        (2001, "Ensure this value is less than or equal to 2000."),
        ("x", "Enter a whole number."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(desk: Client, training: Training, capacity: Any, sentence: str) -> None:
    path = button(training, "capacity")
    answer = desk.post(path, {"capacity": capacity, "why": "x", "once": token(desk.get(path).content.decode())})
    assert answer.context["form"].errors == {"capacity": [sentence]}
    training.refresh_from_db()
    assert (training.capacity, JournalEntry.objects.filter(what="capacity_set").exists()) == (30, False)


def test_an_empty_one_says_that_no_seat_is_booked(desk: Client) -> None:
    page = shown(desk, TrainingFactory(), capacity=31, why="One more.")
    assert "No seat is booked; 31 are free then." in page


def test_no_reason_no_change(desk: Client, training: Training) -> None:
    done, page = send(desk, button(training, "capacity"), capacity=36, why=" ")
    assert (done, "This field is required." in page) == (False, True)


@pytest.mark.parametrize("case", ["cancelled", "over"])
def test_a_training_that_nobody_books_any_more_keeps_its_capacity(training: Training, staff: Person, case: str) -> None:
    now = NOW if case == "cancelled" else training.ends_at
    if case == "cancelled":
        cancel_training(training_id=training.pk, why="Ill.", by=None, now=NOW)
    with pytest.raises(UnableToSetCapacity, match="cancelled, or over"):
        set_capacity(training_id=training.pk, capacity=40, why="x", by=staff, now=now)


def test_seats_that_were_taken_meanwhile_count_at_the_second_press(desk: Client, training: Training) -> None:
    """The page said that six are free; a team takes them before staff confirm."""
    path = button(training, "capacity")
    values = {"capacity": 21, "why": "A smaller room."}
    page = desk.post(path, {**values, "once": token(desk.get(path).content.decode())}).content.decode()
    BookingFactory(training=training, seats=9)
    found = re.search(r'name="seen" value="(\w{32})"', page)
    assert found
    answer = desk.post(path, {**values, "once": token(page), "seen": found[1]})
    assert answer.context["form"].errors == {
        "capacity": ["24 seats are booked: it cannot hold fewer. Change or move a booking first."]
    }
    training.refresh_from_db()
    assert training.capacity == 30


def test_more_seats_are_bookable_at_once_and_fewer_refuse(staff: Person, training: Training) -> None:
    team = MembershipFactory()
    site = Site(name="Library", room="1", zone="America/New_York")
    set_capacity(training_id=training.pk, capacity=20, why="Small.", by=staff, now=NOW)
    with pytest.raises(UnableToBook, match="full for a new team: 5 places are free"):
        book(training_id=training.pk, membership_id=team.pk, seats=6, site=site, by=staff, now=NOW)
    set_capacity(training_id=training.pk, capacity=21, why="Larger.", by=staff, now=NOW)
    book(training_id=training.pk, membership_id=team.pk, seats=6, site=site, by=staff, now=NOW)


def test_a_team_that_waits_is_told_when_it_finds_room_and_not_where_it_had_room_before(staff: Person, training: Training) -> None:
    """Eight seats find room in 15 at once; twenty only when the training grows."""
    waiting = [CoordinatorFactory(), CoordinatorFactory()]
    few, many = (MembershipFactory(organization=one.organization, contract_seats=30) for one in waiting)
    DemandFactory(membership=few, seats=8, spans=SPANS, by=waiting[0].person, now=NOW)
    DemandFactory(membership=many, seats=20, spans=SPANS, by=waiting[1].person, now=NOW)
    told = Notice.objects.filter(letter="trainings.training_suits")
    set_capacity(training_id=training.pk, capacity=34, why="A little.", by=staff, now=NOW)
    assert not told.exists()
    set_capacity(training_id=training.pk, capacity=40, why="Larger.", by=staff, now=NOW)
    assert [notice.to_person for notice in told.all()] == [waiting[1].person]
    set_capacity(training_id=training.pk, capacity=30, why="Smaller.", by=staff, now=NOW)
    set_capacity(training_id=training.pk, capacity=35, why="Larger again.", by=staff, now=NOW)
    assert [notice.to_person for notice in told.all()] == [waiting[1].person] * 2
