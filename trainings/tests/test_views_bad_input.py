"""Bad input to the coordinators' forms: the field and the reason, nothing saved, no 500; other people's ids are 404."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from carpentries_portal.common import clock
from memberships.factories import CoordinatorFactory, MembershipFactory
from memberships.models import Membership
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = pytest.mark.django_db

GOOD = {"seats": "6", "site": "Library", "room": "1", "site_zone": "America/New_York", "do": "book"}


@pytest.fixture
def dana(monkeypatch: pytest.MonkeyPatch) -> tuple[Client, Membership, Training]:
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 1, 10, 12, tzinfo=UTC))
    coordinator = CoordinatorFactory()
    client = Client()
    client.force_login(coordinator.person, backend="django.contrib.auth.backends.ModelBackend")
    return client, MembershipFactory(organization=coordinator.organization), TrainingFactory()


def post(dana: tuple[Client, Membership, Training], **values: str) -> str:
    client, membership, training = dana
    answer = client.post(f"/trainings/{training.code}/book/", {**GOOD, "membership": str(membership.pk), **values})
    assert answer.status_code == 200
    assert Booking.objects.count() == 0
    membership.refresh_from_db()
    assert (membership.available, membership.reserved) == (15, 0)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"seats": ""}, "This field is required."),
        ({"seats": "six"}, "Enter a whole number."),
        ({"seats": "0"}, "greater than or equal to 1"),
        ({"seats": "501"}, "less than or equal to 500"),
        ({"seats": "9" * 400}, "less than or equal to 500"),
        ({"site": ""}, "This field is required."),
        ({"site": "x" * 201}, "at most 200 characters"),
        ({"site": "a\x00b"}, "Null characters are not allowed."),
        ({"room": "x" * 201}, "at most 200 characters"),
        ({"site_zone": "Nowhere/Atall"}, "Select a valid choice."),
        ({"membership": ""}, "This field is required."),
        ({"membership": "one"}, "Select a valid choice."),
        ({"membership": "999999999999999999999"}, "Select a valid choice."),
        ({"seats": "5"}, "At least 6 of a team attend at once"),
        ({"seats": "16"}, "15 seats are left"),
    ],
)
def test_booking_form_says_the_field_and_the_reason(
    dana: tuple[Client, Membership, Training], values: dict[str, str], words: str
) -> None:
    assert words in post(dana, **values)


def test_booking_from_another_organizations_membership_is_no_choice(dana: tuple[Client, Membership, Training]) -> None:
    other = MembershipFactory()
    assert "Select a valid choice." in post(dana, membership=str(other.pk))
    other.refresh_from_db()
    assert other.reserved == 0


def test_booking_twice_is_done_once(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, training = dana
    values = {**GOOD, "membership": str(membership.pk), "seats": "9"}
    first = client.post(f"/trainings/{training.code}/book/", values)
    assert first.status_code == 302
    second = client.post(f"/trainings/{training.code}/book/", values)
    assert "has a booking at this training already" in second.content.decode()
    assert [booking.seats for booking in Booking.objects.all()] == [9]


def test_warning_that_was_not_shown_is_shown_before_anything_is_booked(dana: tuple[Client, Membership, Training]) -> None:
    assert "This leaves 5 seats, fewer than a team of 6" in post(dana, seats="10")


@pytest.mark.parametrize(
    "path",
    ["/trainings/{code}/ask/R6/", "/trainings/{code}/ask/R6/?membership={other}", "/trainings/{code}/ask/X/?membership={own}"],
)
def test_asking_for_a_wrong_subject_is_404(dana: tuple[Client, Membership, Training], path: str) -> None:
    client, membership, training = dana
    full = path.format(code=training.code, own=membership.pk, other=MembershipFactory().pk)
    assert client.post(full, {"seats": "6", "reason": "x"}).status_code == 404
    assert TrainingException.objects.count() == 0


def test_asking_where_nothing_refuses_is_told_so(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, training = dana
    answer = client.post(f"/trainings/{training.code}/ask/R6/?membership={membership.pk}", {"seats": "6", "reason": "please"})
    assert "This rule does not refuse you now: you can book." in answer.content.decode()
    assert TrainingException.objects.count() == 0


@pytest.mark.parametrize(
    ("seats", "words"), [("", "required"), ("x", "whole number"), ("5", "does not shrink below"), ("99", "seats are left")]
)
def test_changing_seats_says_why_not(dana: tuple[Client, Membership, Training], seats: str, words: str) -> None:
    client, membership, training = dana
    booking = BookingFactory(training=training, membership=membership, seats=9)
    answer = client.post(f"/bookings/{booking.pk}/change/", {"seats": seats, "do": "change"})
    assert words in answer.content.decode()
    booking.refresh_from_db()
    assert booking.seats == 9


@pytest.mark.parametrize("query", ["month=2018-13", "month=x", "places=-1", "places=1e9", "open=%00", "month=%00"])
def test_calendar_takes_any_query_string(client: Client, query: str) -> None:
    TrainingFactory()
    assert client.get(f"/trainings/?{query}").status_code == 200
