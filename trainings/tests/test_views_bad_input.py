"""Bad input to the coordinators' forms: the field and the reason, nothing saved, no 500; other people's ids are 404."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.exceptions import approve
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException
from trainings.views import booking as views_booking

pytestmark = pytest.mark.django_db

GOOD = {"seats": "6", "site": "Library", "room": "1", "site_zone": "America/New_York", "do": "book"}


@pytest.fixture
def dana(monkeypatch: pytest.MonkeyPatch) -> tuple[Client, Membership, Training]:
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 1, 10, 12, tzinfo=UTC))
    coordinator = CoordinatorFactory()
    client = Client()
    client.force_login(coordinator.person, backend="carpentries_portal.common.backends.PersonBackend")
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


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found, "nothing was shown to confirm"
    return found[1]


def test_a_form_sent_twice_books_once_and_the_second_answer_is_the_booking(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, training = dana
    path = f"/trainings/{training.code}/book/"
    values = {**GOOD, "membership": str(membership.pk), "seats": "9"}
    values["seen"] = seen(client.post(path, {**values, "do": "check"}).content.decode())
    first = client.post(path, values)
    second = client.post(path, values, follow=True)
    booking = Booking.objects.get()
    assert first.headers["Location"] == f"/bookings/{booking.pk}/"
    assert second.redirect_chain == [(f"/bookings/{booking.pk}/", 302)]
    assert "is booked here already: this is the booking" in second.content.decode()
    assert booking.seats == 9


def test_the_button_books_what_it_says_and_nothing_else(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, training = dana
    path = f"/trainings/{training.code}/book/?membership={membership.pk}&seats=6"
    shown = client.get(path).content.decode()
    assert "Book 6 seats" in shown
    page = client.post(path, {**GOOD, "membership": str(membership.pk), "seats": "12", "seen": seen(shown)}).content.decode()
    assert Booking.objects.count() == 0
    assert "Book 12 seats" in page


def test_who_lost_the_last_seats_is_told_so_with_what_is_left_now(
    dana: tuple[Client, Membership, Training], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, membership, training = dana
    path = f"/trainings/{training.code}/book/"
    values = {**GOOD, "membership": str(membership.pk), "seats": "9"}
    values["seen"] = seen(client.post(path, {**values, "do": "check"}).content.decode())
    by = Coordinator.objects.get(organization=membership.organization_id).person

    book = actions.book

    def faster(*args: object, **more: object) -> Booking:
        monkeypatch.setattr(views_booking.actions, "book", book)
        BookingFactory(training=TrainingFactory(starts_on=date(2018, 5, 14)), membership=membership, by=by, seats=9)
        return book(*args, **more)

    monkeypatch.setattr(views_booking.actions, "book", faster)
    page = client.post(path, values).content.decode()
    assert "Not booked" in page
    assert "6 seats are left" in page
    assert "6 seats are still yours" in page
    assert Booking.objects.filter(training=training).count() == 0


def test_a_stale_page_neither_changes_nor_cancels_a_booking(
    dana: tuple[Client, Membership, Training], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, membership, training = dana
    by = Coordinator.objects.get(organization=membership.organization_id).person
    booking = BookingFactory(training=training, membership=membership, by=by)
    cancel, change = f"/bookings/{booking.pk}/cancel/", f"/bookings/{booking.pk}/change/"
    before = seen(client.get(cancel).content.decode())
    shrink = seen(client.post(change, {"seats": "7", "do": "check"}).content.decode())
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 2, 20, 12, tzinfo=UTC))
    pages = [client.post(cancel, {"seen": before}), client.post(change, {"seats": "7", "do": "change", "seen": shrink})]
    booking.refresh_from_db()
    assert (booking.state, booking.seats) == ("confirmed", 9)
    for page in pages:
        assert "forfeited" in page.content.decode()
    client.post(change, {"seats": "7", "do": "change", "seen": seen(pages[1].content.decode())})
    client.post(cancel, {"seen": seen(client.get(cancel).content.decode())})
    membership.refresh_from_db()
    assert (membership.available, membership.forfeited) == (6, 9)
    for path in (cancel, change):
        assert client.get(path).headers["Location"] == f"/bookings/{booking.pk}/"


@pytest.mark.parametrize("month", ["0000-01", "٢٠٢٦-01", "2026-01\n", "9999-99", "2026-13"])
def test_a_month_that_is_none_shows_the_calendar(dana: tuple[Client, Membership, Training], month: str) -> None:
    assert dana[2].code in dana[0].get("/trainings/", {"month": month}).content.decode()


@pytest.mark.parametrize("back", ["foo", "zone", "home", "é", "?x", "#", "//evil.example", "javascript:alert(1)"])
def test_the_zone_leads_back_to_a_path_of_ours_or_home(dana: tuple[Client, Membership, Training], back: str) -> None:
    answer = dana[0].post("/zone/", {"zone": "Europe/Paris", "next": back})
    assert answer.headers["Location"] == "/"


def test_nobody_asks_for_more_seats_than_the_membership_has(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, _training = dana
    late = TrainingFactory(starts_on=date(2018, 2, 5))
    path = f"/trainings/{late.code}/ask/R6/?membership={membership.pk}"
    page = client.post(path, {"seats": "16", "reason": "We are many."}).content.decode()
    assert "The membership has 15 seats left: more cannot be granted by an exception." in page
    assert not TrainingException.objects.exists()


def test_a_site_keeps_no_mark_that_turns_the_direction(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, training = dana
    path = f"/trainings/{training.code}/book/"
    values = {**GOOD, "membership": str(membership.pk), "site": "Library\u202e West\n\u200bevil"}
    values["seen"] = seen(client.post(path, {**values, "do": "check"}).content.decode())
    client.post(path, values)
    assert Booking.objects.get().site == "Library West evil"


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


@pytest.mark.parametrize("query", ["month=2018-13", "month=x", "seats=-1", "seats=1e9", "open=%00", "month=%00"])
def test_calendar_takes_any_query_string(client: Client, query: str) -> None:
    TrainingFactory()
    assert client.get(f"/trainings/?{query}").status_code == 200


def test_after_an_approval_the_training_says_that_one_can_book(dana: tuple[Client, Membership, Training]) -> None:
    client, membership, _training = dana
    late = TrainingFactory(starts_on=date(2018, 2, 5))
    assert "Sign-up is over; you can still ask" in client.get(f"/trainings/{late.code}/").content.decode()
    by = Coordinator.objects.get(organization=membership.organization_id).person
    now = datetime(2018, 1, 10, 12, tzinfo=UTC)
    request = actions.ask_exception(training=late, membership=membership, rule="R6", reason="x", by=by, now=now, seats=6)
    approve(request, by=StaffFactory(), now=now, until=datetime(2018, 1, 20, tzinfo=UTC))
    page = client.get(f"/trainings/{late.code}/").content.decode()
    assert "Staff made an exception for you: book your team" in page
    assert "Sign-up is over; you can still ask" not in page
