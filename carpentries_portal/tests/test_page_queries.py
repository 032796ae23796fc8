"""Each page asks the database as often for ten rows, and for a thousand, as for one, and never more than twelve times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from certification.models import Checkout
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees.factories import name_people
from trainings import actions
from trainings.factories import BookingFactory, DemandFactory, TrainerFactory, TrainingFactory
from trainings.feeds import token_of
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
MOST = 12


class World:
    """A coordinator with a membership, a booking with a past, and a training that is free; more of each by `grow`."""

    def __init__(self) -> None:
        self.coordinator: Coordinator = CoordinatorFactory()
        self.membership: Membership = MembershipFactory(organization=self.coordinator.organization, contract_seats=8000)
        self.training: Training = TrainingFactory(trainers=[TrainerFactory()], capacity=8000)
        self.free: Training = TrainingFactory(starts_on=date(2018, 5, 14))
        self.booking: Booking = BookingFactory(training=self.training, membership=self.membership, by=self.coordinator.person)
        self.token = token_of(actions.renew_feed(person=self.coordinator.person, now=NOW))
        self.demand = DemandFactory(membership=self.membership, spans=((date(2018, 6, 1), date(2018, 12, 31)),))
        self.grow(1)

    def grow(self, times: int) -> None:
        """More trainings, teams, requests, ledger entries, memberships."""
        for _n in range(times):
            days = Training.objects.count()
            training = TrainingFactory(starts_on=date(2018, 6, 4) + timedelta(days=days % 200), trainers=[TrainerFactory()])
            team = BookingFactory(training=training, membership=self.membership, by=self.coordinator.person, seats=6)
            (place,) = name_people(team, 1, by=self.coordinator.person, now=NOW, start=days)
            due = date(2018, 9, 30)
            Checkout.objects.create(place=place, opened_at=NOW, first_due_on=due, due_on=due, enforced_from_on=due)
            BookingFactory(training=self.training, seats=6)
            seats = self.booking.seats + (1 if self.booking.seats < 12 else -1)
            actions.change_seats(booking_id=self.booking.pk, seats=seats, by=self.coordinator.person, now=NOW)
            self.booking.refresh_from_db()
            MembershipFactory(
                organization=self.coordinator.organization, starts_on=date(2018, 1, 1 + days % 28), ends_on=date(2019, 1, 31)
            )
            actions.ask_exception(
                training=training,
                membership=self.membership,
                rule="R11",
                reason="x",
                by=self.coordinator.person,
                now=NOW,
                booking=None,
                seats=5,
            )

    def paths(self) -> dict[str, str]:
        return {
            "home": "/",
            "partners": "/partners/",
            "calendar": "/trainings/",
            "filtered": f"/trainings/?month=2018-06&seats=6&open=on&suits=on&within=year-{self.membership.pk}",
            "month": "/trainings/?view=month&month=2018-06&suits=on",
            "feed": "/trainings/calendar.ics?open=on&suits=on",
            "subscribe": "/trainings/subscribe/?seats=6",
            "own feed": f"/calendar/{self.token}.ics",
            "demand": f"/memberships/{self.membership.pk}/demand/",
            "training": f"/trainings/{self.training.code}/",
            "book": f"/trainings/{self.free.code}/book/?membership={self.membership.pk}&seats=9",
            "membership": f"/memberships/{self.membership.pk}/",
            "report": f"/memberships/{self.membership.pk}/report/",
            "report as CSV": f"/memberships/{self.membership.pk}/report.csv",
            "organization": f"/organizations/{self.membership.organization_id}/",
            "remove": f"/organizations/{self.membership.organization_id}/coordinators/{self.coordinator.pk}/remove/",
            "move": f"/bookings/{self.booking.pk}/move/",
            "move there": f"/bookings/{self.booking.pk}/move/?to={self.free.code}",
            "booking": f"/bookings/{self.booking.pk}/",
            "change": f"/bookings/{self.booking.pk}/change/?seats=12",
            "cancel": f"/bookings/{self.booking.pk}/cancel/",
            "ask": f"/trainings/{self.training.code}/ask/R6/?membership={self.membership.pk}",
        }


PUBLIC = {"home", "partners", "calendar", "filtered", "month", "feed", "subscribe", "own feed", "training"}
COORDINATOR = PUBLIC | {
    "demand",
    "book",
    "membership",
    "booking",
    "change",
    "cancel",
    "ask",
    "report",
    "report as CSV",
    "organization",
    "remove",
    "move",
    "move there",
}
STAFF = PUBLIC | {"membership", "booking", "report", "organization"}
CASES = [("nobody", PUBLIC), ("coordinator", COORDINATOR), ("staff", STAFF)]


@pytest.mark.parametrize(
    ("who", "page"),
    [(who, page) for who, pages in CASES for page in sorted(pages)],
)
def test_queries_are_constant_and_few(who: str, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = World()
    client = Client()
    if who != "nobody":
        person = world.coordinator.person if who == "coordinator" else StaffFactory()
        client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(world.paths()[page]).status_code == 200
        return [query["sql"] for query in queries.captured_queries]

    asked()  # what the process keeps is there now
    few = asked()
    world.grow(9)
    many = asked()
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= MOST, "\n".join(many)


@pytest.mark.long
def test_queries_of_a_thousand_rows_are_those_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world, client = World(), Client()
    client.force_login(world.coordinator.person, backend="carpentries_portal.common.backends.PersonBackend")

    def asked() -> dict[str, int]:
        found = {}
        for page, path in world.paths().items():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found[page] = len(queries)
        return found

    world.grow(9)
    asked()  # what the process keeps is there now
    ten = asked()
    world.grow(990)
    assert asked() == ten
    assert max(ten.values()) <= MOST
