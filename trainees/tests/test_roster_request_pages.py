"""P7 on the pages: the list turns into a request, staff accept it with one click, one by one or in bulk."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import Person
from memberships.factories import StaffFactory
from trainees.models import Place, RosterRequest
from trainees.tests.test_pages import Desk, desk, hidden_list, login, names, seen, words

pytestmark = pytest.mark.django_db
__all__ = ["desk"]

AFTER = datetime(2018, 2, 26, 15, tzinfo=UTC)
LIST = "\n".join(f"Person {n}\tperson-{n}@example.org" for n in range(7))
SWAP = LIST.replace("Person 0\tperson-0@example.org", "Cy Twombly\tcy@example.org")


@pytest.fixture
def closed(desk: Desk) -> Desk:
    """Seven of nine named, the list closed, two weeks before the training."""
    desk.accept(LIST)
    runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))
    desk.at(AFTER)
    return desk


def ask(desk: Desk, listed: str = SWAP, why: str = "Person 0 is ill.") -> str:
    page = desk.post(listed=listed, do="check")
    return desk.post(listed=hidden_list(page), seen=seen(page), do="request", why=why)


def test_the_page_turns_into_a_request_with_the_change_in_it(closed: Desk) -> None:
    page = words(closed.client.get(closed.path).content.decode())
    assert "Names were due by Mon 19 Feb 2018" in page
    assert "staff accept or decline it as a whole" in page
    checked = closed.post(listed=SWAP, do="check")
    assert "A request to staff: 1 person comes, 1 person leaves" in words(checked)
    assert "No seat moves." in words(checked)
    assert 'value="accept"' not in checked
    assert RosterRequest.objects.count() == 0
    page = words(ask(closed))
    assert "Asked. You get a letter when staff have decided; until then nothing changes." in page
    assert "Your request waits for staff" in page
    assert "Cy Twombly comes (cy@example.org)." in page
    assert "Person 0 leaves." in page
    assert len(names()) == 7


def test_a_request_needs_its_reason_at_the_field_and_shows_the_change_again(closed: Desk) -> None:
    page = ask(closed, why=" ")
    assert "This field is required." in words(page)
    assert "A request to staff: 1 person comes, 1 person leaves" in words(page)
    assert seen(page)
    page = ask(closed, why="x" * 4001)
    assert "at most 4000 characters" in words(page)
    assert RosterRequest.objects.count() == 0


def test_what_was_not_shown_is_not_asked_for_and_a_closed_list_is_not_accepted(closed: Desk) -> None:
    page = closed.post(listed=SWAP, seen="0" * 16, do="request", why="ill")
    assert "A request to staff" in words(page)
    closed.post(listed=SWAP, seen=seen(page), do="accept")
    assert (RosterRequest.objects.count(), len(names()), "Cy Twombly" in str(names())) == (0, 7, False)


def test_taken_back_the_list_stands_as_it_was_asked_for_and_is_asked_again_mended(closed: Desk) -> None:
    ask(closed)
    page = closed.post(do="back")
    assert "Taken back." in words(page)
    assert "Cy Twombly\tcy@example.org" in page
    assert "Person 0\tperson-0" not in page
    assert "No request waits" in words(closed.post(do="back"))
    ask(closed, SWAP + "\nDi Prima\tdi@example.org")
    assert [row.asked_for for row in RosterRequest.objects.order_by("pk")] == [
        "1 person comes, 1 person leaves",
        "2 people come, 1 person leaves",
    ]


def test_while_a_request_waits_no_second_one_is_offered(closed: Desk) -> None:
    ask(closed)
    page = closed.client.get(closed.path).content.decode()
    assert 'value="check"' not in page
    other = closed.post(listed=LIST, do="check")
    assert 'name="seen"' not in other


def test_a_name_is_corrected_after_the_closing_without_staff(closed: Desk) -> None:
    page = closed.post(listed=LIST.replace("Person 3", "Pearson 3"), do="check")
    assert "Correct the list" in page
    assert "The list is corrected." in words(closed.post(listed=hidden_list(page), seen=seen(page), do="accept"))
    assert Place.objects.filter(name="Pearson 3").count() == 1
    assert RosterRequest.objects.count() == 0


# staff


@pytest.fixture
def staff(closed: Desk) -> Client:
    person: Person = StaffFactory(is_superuser=True)
    return login(person)


def token(page: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def test_staff_read_the_change_in_words_and_accept_with_one_click(closed: Desk, staff: Client) -> None:
    ask(closed, SWAP + "\nDi Prima\tdi@example.org")
    record = RosterRequest.objects.get()
    page = staff.get(record.admin_path()).content.decode()
    for sentence in (
        "Cy Twombly comes (cy@example.org).",
        "Di Prima comes (di@example.org).",
        "Person 0 leaves.",
        "asks: Person 0 is ill.",
        "1 forfeited seat is used again.",
    ):
        assert sentence in words(page)
    answer = staff.post(record.admin_path(), {"once": token(page), "note": ""}, follow=True)
    assert "Done: Accept the change." in words(answer.content.decode())
    assert [name for name, _email, _place in names()][-2:] == ["Cy Twombly", "Di Prima"]
    again = staff.post(record.admin_path(), {"once": token(staff.get(record.admin_path()).content.decode()), "note": ""})
    assert "not possible any more" in words(again.content.decode())
    assert len(names()) == 8


def test_what_cannot_be_done_any_more_is_said_and_can_be_declined(closed: Desk, staff: Client) -> None:
    ask(closed)
    record = RosterRequest.objects.get()
    page = staff.get(record.admin_path()).content.decode()
    closed.at(closed.booking.training.starts_at)
    answer = staff.post(record.admin_path(), {"once": token(page), "note": ""})
    assert "The training has begun" in words(answer.content.decode())
    path = record.admin_path().replace("approve", "decline")
    staff.post(path, {"once": token(staff.get(path).content.decode()), "note": "It has begun."})
    record.refresh_from_db()
    assert (record.state, record.note) == ("declined", "It has begun.")
    page = words(closed.client.get(closed.path).content.decode())
    assert "Staff declined your last request" in page
    assert "It has begun." in page


def test_several_are_accepted_at_once_and_one_that_cannot_be_stops_no_other(
    closed: Desk, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(closed)
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 1, 10, 12, tzinfo=UTC))
    other = Desk.__new__(Desk)
    from memberships.factories import CoordinatorFactory, MembershipFactory
    from trainings.factories import BookingFactory

    coordinator = CoordinatorFactory()
    booking = BookingFactory(
        training=closed.booking.training, membership=MembershipFactory(organization=coordinator.organization), by=coordinator.person
    )
    other.monkeypatch, other.who, other.booking = monkeypatch, coordinator.person, booking
    other.client, other.path = login(coordinator.person), f"/bookings/{booking.pk}/people/"
    other.accept("Ed Ruscha\ted@example.org")
    closed.at(AFTER)
    ask(other, "Cy Twombly\tcy@example.org", "Swapped.")
    rows = list(RosterRequest.objects.order_by("-pk"))
    path = "/admin/trainees/rosterrequest/"
    values = {"action": "approve_selected", "_selected_action": [row.pk for row in rows]}
    page = staff.post(path, values).content.decode()
    assert "Cy Twombly comes (cy@example.org)." in words(page)
    assert "Person 0 leaves." in words(page)
    page = words(staff.post(path, {**values, "confirm": "1", "note": "Fine."}, follow=True).content.decode())
    assert "is on another team’s list at this training." in page
    assert sorted(RosterRequest.objects.values_list("state", flat=True)) == ["approved", "asked"]
    assert [email for _name, email, _place in names()].count("cy@example.org") == 1


def test_the_pages_ask_the_database_as_often_for_a_long_change_as_for_a_short_one(closed: Desk, staff: Client) -> None:
    def asked(client: Client, path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    lists = [SWAP, LIST.replace("@example.org", "@example.net").replace("Person", "Other")]
    counts = []
    for listed in lists:
        ask(closed, listed)
        record = RosterRequest.objects.latest("pk")
        paths = [(closed.client, closed.path), (staff, record.admin_path()), (staff, "/admin/trainees/rosterrequest/")]
        paths.append((staff, f"/admin/trainees/rosterrequest/{record.pk}/change/"))
        counts.append([asked(client, path) for client, path in paths])
        closed.post(do="back")
        asked(closed.client, closed.path)
    short, long = counts
    assert (short[0], short[2]) == (long[0], long[2])
    assert short[0] <= 12
    for here, there in zip(short, long, strict=True):  # what stands beside a decision asks once for each kind of line that there is
        assert abs(here - there) <= 2
        assert there <= 27


def test_the_bookings_page_says_that_a_change_can_be_asked_for_or_waits(closed: Desk) -> None:
    page = f"/bookings/{closed.booking.pk}/"
    assert "Ask for a change" in words(closed.client.get(page).content.decode())
    ask(closed)
    assert "A change waits for staff" in words(closed.client.get(page).content.decode())
