"""The room's checklist: who ticked what; it blocks nothing, and its open items are nobody's fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import JournalEntry
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory
from trainings import actions
from trainings.actions import UnableToTick
from trainings.factories import BookingFactory
from trainings.models import Booking, RoomCheck

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking() -> Booking:
    coordinator = CoordinatorFactory(name="Dana Whitfield")
    return BookingFactory(membership=MembershipFactory(organization=coordinator.organization), by=coordinator.person)


def ticked(booking: Booking) -> list[tuple[str, str]]:
    rows = RoomCheck.objects.filter(booking=booking).order_by("item")
    return [(row.item, str(row.by)) for row in rows]


def test_what_is_ticked_keeps_who_ticked_it_first(booking: Booking) -> None:
    dana, omar = booking.booked_by, CoordinatorFactory(name="Omar Haddad").person
    assert dana is not None
    actions.tick_room(booking_id=booking.pk, items=["wifi", "camera"], by=dana, now=EPOCH)
    actions.tick_room(booking_id=booking.pk, items=["wifi", "call"], by=omar, now=EPOCH + timedelta(days=1))
    assert ticked(booking) == [("call", "Omar Haddad"), ("wifi", "Dana Whitfield")]
    actions.tick_room(booking_id=booking.pk, items=["call", "wifi"], by=omar, now=EPOCH + timedelta(days=2))
    said = JournalEntry.objects.filter(what="room_checked").order_by("pk")
    assert [entry.why for entry in said] == ["Room: 2 of 7 ticked.", "Room: 2 of 7 ticked."]


def test_what_is_no_item_ticks_nothing(booking: Booking) -> None:
    assert booking.booked_by is not None
    with pytest.raises(UnableToTick, match="no such item"):
        actions.tick_room(booking_id=booking.pk, items=["wifi", "sauna"], by=booking.booked_by, now=EPOCH)
    actions.cancel_booking(booking_id=booking.pk, why="", by=booking.booked_by, now=EPOCH)
    with pytest.raises(UnableToTick, match="was cancelled"):
        actions.tick_room(booking_id=booking.pk, items=["wifi"], by=booking.booked_by, now=EPOCH)
    assert ticked(booking) == []


def test_the_bookings_page_ticks_and_shows_who(booking: Booking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 1, 10, 12, tzinfo=UTC))
    assert booking.booked_by is not None
    client = Client()
    client.force_login(booking.booked_by, backend="carpentries_portal.common.backends.PersonBackend")
    path = f"/bookings/{booking.pk}/room/"
    page = client.post(path, {"item": ["wifi", "screen"]}, follow=True).content.decode()
    assert "The checklist is saved." in page
    assert page.count(" checked") == 2
    assert "Dana Whitfield, " in page
    page = client.post(path, {"item": ["wifi", "sauna\x00"]}, follow=True).content.decode()
    assert "There is no such item on the list." in page
    assert [item for item, _by in ticked(booking)] == ["screen", "wifi"]
    client.post(path, {})
    assert ticked(booking) == []
