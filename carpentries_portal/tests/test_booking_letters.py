"""Letters on the booking's page: to whom, when, what became of each; a refused address; nobody else's; as many queries for many."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.notices import delivery
from carpentries_portal.pages.letters import Letters, Sent, everybody_of, letters_of
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator
from trainees.actions import send_invitations
from trainees.factories import name_people
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking
from trainings.timeline import StateWord

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
ZONE = "America/New_York"


@pytest.fixture
def dana(monkeypatch: pytest.MonkeyPatch) -> Coordinator:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return CoordinatorFactory(name="Dana Whitfield")


@pytest.fixture
def team(dana: Coordinator) -> Booking:
    """Five are named and invited; another organization's team is at the same training, with a letter of its own."""
    training = TrainingFactory(trainers=[TrainerFactory(name="Nora Weiss")])
    booking = BookingFactory(
        training=training, membership=MembershipFactory(organization=dana.organization), by=dana.person, now=NOW
    )
    name_people(booking, 5, by=dana.person, now=NOW)
    send_invitations(booking_id=booking.pk, by=dana.person, now=NOW)
    other = CoordinatorFactory(name="Ruth Adeyemi")
    theirs = BookingFactory(
        training=training, membership=MembershipFactory(organization=other.organization), by=other.person, now=NOW
    )
    name_people(theirs, 2, by=other.person, now=NOW, start=8)
    return booking


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    return client


def seen(team: Booking, *, zone: str, now: datetime) -> Letters:
    return letters_of(team, places=everybody_of(team), asked=[], zone=zone, now=now)


def section(client: Client, booking: Booking) -> str:
    page = client.get(f"/bookings/{booking.pk}/").text
    found = re.search(r'<section class="section" aria-labelledby="letters">.*?</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def test_what_went_out_and_what_is_on_its_way_with_all_of_a_kind_on_one_line(team: Booking) -> None:
    day = NOW.date()
    names = ("Ana Silva", "Björn Åkesson", "Chidi Okafor", "Émile Roux", "Дарина Коваль")
    waits = StateWord("on its way", "now")
    found = seen(team, zone=ZONE, now=NOW)
    assert sorted(found.latest, key=lambda row: row.what) == [
        Sent("booking confirmed", day, waits, ("Dana Whitfield",)),
        Sent("invitation", day, waits, names),
    ]
    assert (found.older, found.count) == ([], 6)
    delivery.deliver_due(now=NOW)
    sent = StateWord("sent", "good")
    assert {(row.what, row.state) for row in seen(team, zone=ZONE, now=NOW).latest} == {
        ("booking confirmed", sent),
        ("invitation", sent),
    }
    assert len(mail.outbox) > 6  # others had theirs


def test_the_day_is_the_readers(team: Booking) -> None:
    Notice.objects.update(due_at=datetime(2018, 1, 11, 3, tzinfo=UTC))
    assert {row.on.day for row in seen(team, zone=ZONE, now=NOW).latest} == {10}
    assert {row.on.day for row in seen(team, zone="Asia/Tokyo", now=NOW).latest} == {11}
    assert {row.state.word for row in seen(team, zone=ZONE, now=NOW).latest} == {"leaves later"}


def test_a_refused_address_is_seen_first_and_named(team: Booking, dana: Coordinator) -> None:
    Notice.objects.filter(to_address="trainee-2@example.org").update(state="failed", error="550 no such user")
    for n in range(12):  # newer ones do not push it away
        at = NOW + timedelta(days=n)
        Notice.objects.create(
            code="L2",
            letter="trainings.booking_changed",
            to_person=dana.person,
            to_address=dana.person.email,
            to_key=dana.person.email_key,
            occasion=f"x{n}",
            subject_label="trainings.booking",
            subject_id=team.pk,
            state="sent",
            queued_at=at,
            due_at=at,
            sent_at=at,
        )
    found = seen(team, zone=ZONE, now=NOW)
    refused = Sent(
        "invitation", NOW.date(), StateWord("refused by the address", "bad"), ("Chidi Okafor",), ("trainee-2@example.org",)
    )
    assert found.latest[0] == refused
    assert (len(found.latest), len(found.older)) == (9, 6)
    said = section(client_of(dana.person), team)
    assert "Invitation Chidi Okafor trainee-2@example.org Wed 10 Jan 2018 refused by the address" in said
    assert "550" not in said


def test_coordinators_and_staff_see_them_and_nobody_elses(team: Booking, dana: Coordinator) -> None:
    said = section(client_of(dana.person), team)
    assert said.startswith("6 letters went out")
    assert "Ruth Adeyemi" not in said
    assert "Ines Marić" not in said
    assert section(client_of(StaffFactory()), team) == said
    trainer = Person.objects.get(name="Nora Weiss")
    assert section(client_of(trainer), team) == ""


def test_as_many_queries_for_many_letters(team: Booking, dana: Coordinator) -> None:
    client = client_of(dana.person)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/bookings/{team.pk}/").status_code == 200
        return len(queries)

    asked()
    before = asked()
    name_people(team, 8, by=dana.person, now=NOW)
    send_invitations(booking_id=team.pk, by=dana.person, now=NOW)
    assert asked() == before <= 12
