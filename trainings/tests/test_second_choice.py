"""The second choice of a booking: one click away when the first filled up at that moment, and nothing before."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from carpentries_portal.common import clock
from memberships.factories import CoordinatorFactory, MembershipFactory
from memberships.models import Membership
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(monkeypatch: pytest.MonkeyPatch) -> tuple[Client, Membership]:
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 1, 10, 12, tzinfo=UTC))
    coordinator = CoordinatorFactory()
    client = Client()
    client.force_login(coordinator.person, backend="carpentries_portal.common.backends.PersonBackend")
    return client, MembershipFactory(organization=coordinator.organization)


def hidden(page: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[0]


def fill_up(training: Training) -> None:
    BookingFactory(training=training, seats=30, membership=MembershipFactory(contract_seats=30))


def test_second_choice_is_booked_in_one_click_when_the_first_fills_up(dana: tuple[Client, Membership]) -> None:
    client, membership = dana
    first, other = TrainingFactory(), TrainingFactory(starts_on=date(2018, 5, 14))
    path = f"/trainings/{first.code}/book/"
    assert f'<option value="{other.code}">14–15 May 2018, Chicago</option>' in client.get(path).content.decode()
    values = {"membership": membership.pk, "seats": 6, "site": "O’Hara & Sons", "room": "1", "site_zone": "America/New_York"}
    values |= {"second": other.code}
    shown = client.post(path, {**values, "do": "check"}).content.decode()
    assert "Your second choice" not in shown
    fill_up(first)
    page = client.post(path, {**values, "do": "book", "seen": hidden(shown, "seen")}).content.decode()
    assert "This training is full: no place is free." in page
    assert Booking.objects.filter(membership=membership).count() == 0
    offered = page.split('aria-labelledby="second"')[1].split("</section>")[0]
    sent = {
        name: hidden(offered, name).replace("&amp;", "&") for name in ("membership", "seats", "site", "room", "site_zone", "seen")
    }
    answer = client.post(f"/trainings/{other.code}/book/", {**sent, "do": "book"})
    booking = Booking.objects.get(membership=membership)
    assert answer.headers["Location"] == f"/bookings/{booking.pk}/"
    assert (booking.training, booking.seats, booking.site, booking.room) == (other, 6, "O’Hara & Sons", "1")


def test_second_choice_that_filled_up_too_is_not_offered(dana: tuple[Client, Membership]) -> None:
    client, membership = dana
    first, other = TrainingFactory(), TrainingFactory(starts_on=date(2018, 5, 14))
    fill_up(first)
    BookingFactory(training=other, seats=24, membership=MembershipFactory(contract_seats=30))  # six are left, nine are wanted
    values = {"membership": membership.pk, "seats": 9, "site": "Library", "room": "", "site_zone": "America/New_York"}
    page = client.post(f"/trainings/{first.code}/book/", {**values, "second": other.code, "do": "book"}).content.decode()
    assert "This training is full" in page
    assert "Your second choice" not in page
    wrong = client.post(f"/trainings/{first.code}/book/", {**values, "second": "2018-nowhere", "do": "book"}).content.decode()
    assert "is not one of the available choices" in wrong


def test_second_choice_that_filled_up_meanwhile_does_not_stop_the_first(dana: tuple[Client, Membership]) -> None:
    client, membership = dana
    first, other = TrainingFactory(), TrainingFactory(starts_on=date(2018, 5, 14))
    fill_up(other)
    values = {"membership": membership.pk, "seats": 6, "site": "Library", "room": "", "site_zone": "America/New_York"}
    page = client.post(f"/trainings/{first.code}/book/", {**values, "second": other.code, "do": "check"}).content.decode()
    assert "Book 6 seats" in page


def test_nothing_else_fits_so_no_second_choice_is_asked_for(dana: tuple[Client, Membership]) -> None:
    client, _membership = dana
    assert 'name="second"' not in client.get(f"/trainings/{TrainingFactory().code}/book/").content.decode()
