"""P10: staff name and change the people of a team themselves; its coordinators are told, and it is recorded as theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail

from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import delivery
from memberships.factories import PersonFactory, StaffFactory
from trainees.actions import accept_changes
from trainees.models import Place, RosterRequest
from trainees.tests.test_pages import Desk, desk, hidden_list, login, names, seen, words

pytestmark = pytest.mark.django_db
__all__ = ["desk"]

AFTER = datetime(2018, 2, 26, 15, tzinfo=UTC)
LIST = "\n".join(f"Person {n}\tperson-{n}@example.org" for n in range(7))
SWAP = LIST.replace("Person 0\tperson-0@example.org", "Cy Twombly\tcy@example.org")


@pytest.fixture
def scheduler() -> Person:
    person = PersonFactory(name="Ines Moreau", is_staff=True)
    person.groups.add(Group.objects.get(name="scheduler"))
    return person


def closed(desk: Desk) -> None:
    """Seven of nine named, the list closed, two weeks before the training."""
    desk.accept(LIST)
    runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))
    desk.at(AFTER)


def listed() -> set[str]:
    return {name for name, *_rest in names()}


def as_staff(desk: Desk, person: Person) -> Desk:
    desk.client = login(person)
    return desk


def checked(desk: Desk, listed: str) -> tuple[str, dict[str, str]]:
    """The page that shows what the list would do, and what its form sends on."""
    page = desk.post(listed=listed, do="check")
    return words(page), {"listed": hidden_list(page), "seen": seen(page)}


def told(now: datetime, letter: str = "trainees.list_changed") -> dict[str, str]:
    """What the coordinators read, by address."""
    mail.outbox.clear()
    delivery.deliver_due(now=now)
    wanted = set(Notice.objects.filter(letter=letter).values_list("subject_line", flat=True))
    return {one.to[0]: str(one.body) for one in mail.outbox if one.subject in wanted}


def test_staff_change_a_closed_list_at_once_with_a_reason(desk: Desk, scheduler: Person) -> None:
    closed(desk)
    as_staff(desk, scheduler)
    assert "Ask staff" not in desk.client.get(desk.path).content.decode()
    page, form = checked(desk, SWAP)
    assert "What would change: 1 person comes, 1 person leaves" in page
    assert "This field is required." in desk.post(**form, do="request", why=" ")
    assert RosterRequest.objects.count() == 0
    told(AFTER)
    page = words(desk.post(**form, do="request", why="They called: Person 0 is ill."))
    assert "The list is changed." in page
    assert (listed() - {f"Person {n}" for n in range(7)}, "Person 0" in listed()) == ({"Cy Twombly"}, False)
    record = RosterRequest.objects.get()
    assert (record.state, record.asked_by, record.decided_by, record.used_at) == ("approved", scheduler, scheduler, AFTER)
    assert Place.objects.get(name="Person 0").removed_why == "Staff took you off the list."
    lines = JournalEntry.objects.filter(by=scheduler).values_list("what", flat=True)
    assert {"exception_entered", "roster_changed"} <= set(lines)
    (letter,) = told(AFTER).items()
    assert letter[0] == "dana@example.org"
    assert "Cy Twombly comes (cy@example.org)." in letter[1]
    assert "What staff say: They called: Person 0 is ill." in letter[1]
    assert "Nothing was saved: this list, or the one that stands" in words(desk.post(**form, do="request", why="Once more."))
    assert RosterRequest.objects.count() == 1


def test_staff_name_people_while_the_list_is_open_and_the_team_is_told(desk: Desk, scheduler: Person) -> None:
    as_staff(desk, scheduler)
    assert "9 seats have no name yet" in words(desk.client.get(desk.path).content.decode())
    _page, form = checked(desk, LIST)
    assert "7 people are on the list." in words(desk.post(**form, do="accept"))
    assert len(names()) == 7
    now = JournalEntry.objects.get(what="roster_accepted").at
    letter = told(now)["dana@example.org"]
    assert [f"Person {n} comes (person-{n}@example.org)." in letter for n in range(8)] == [True] * 7 + [False]
    desk.post(do="undo")
    assert names() == []
    assert "The last list was undone before invitations left." in told(now)["dana@example.org"]


def test_a_list_that_staff_undo_before_word_of_it_has_left_was_never_there(desk: Desk, scheduler: Person) -> None:
    as_staff(desk, scheduler)
    _page, form = checked(desk, LIST)
    desk.post(**form, do="accept")
    desk.post(do="undo")
    now = JournalEntry.objects.get(what="roster_undone").at
    assert told(now) == {}
    assert set(Notice.objects.filter(letter="trainees.list_changed").values_list("state", flat=True)) == {"cancelled"}


def test_a_team_hears_that_staff_have_undone_its_list(desk: Desk, scheduler: Person) -> None:
    desk.accept(LIST)
    as_staff(desk, scheduler).post(do="undo")
    now = JournalEntry.objects.get(what="roster_undone").at
    assert "The last list was undone before invitations left." in told(now)["dana@example.org"]


OWN = LIST.replace("Person 0\tperson-0@example.org", "Ines Moreau\t{email}")


def test_nobody_of_staff_puts_themselves_on_an_open_list(desk: Desk, scheduler: Person) -> None:
    as_staff(desk, scheduler)
    _page, form = checked(desk, OWN.format(email=scheduler.email))
    assert "You gain by this yourself" in words(desk.post(**form, do="accept"))
    assert names() == []


def test_nobody_of_staff_puts_themselves_on_a_closed_list_or_accepts_that_a_team_does(desk: Desk, scheduler: Person) -> None:
    closed(desk)
    client = desk.client
    as_staff(desk, scheduler)
    _page, form = checked(desk, OWN.format(email=scheduler.email))
    assert "You gain by this yourself" in words(desk.post(**form, do="request", why="I come instead."))
    assert RosterRequest.objects.count() == 0
    desk.client = client
    desk.post(**checked(desk, OWN.format(email=scheduler.email))[1], do="request", why="Ines comes instead.")
    record = RosterRequest.objects.get()
    with pytest.raises(UnableToDecide, match="You gain by this yourself"):
        accept_changes(request_id=record.pk, note="", by=scheduler, now=AFTER)
    leaves = LIST.replace("Person 0\tperson-0@example.org", "").strip()
    accept_changes(request_id=record.pk, note="", by=StaffFactory(), now=AFTER)
    assert "Ines Moreau" in listed()
    as_staff(desk, scheduler)
    assert "You gain by this yourself" in words(desk.post(**checked(desk, leaves)[1], do="request", why="I cannot come."))
    assert "Ines Moreau" in listed()


def test_a_team_that_changes_its_own_list_gets_no_such_letter(desk: Desk) -> None:
    desk.accept(LIST)
    assert not Notice.objects.filter(letter="trainees.list_changed").exists()


def test_staff_decide_what_a_team_asks_first(desk: Desk, scheduler: Person) -> None:
    closed(desk)
    _page, form = checked(desk, SWAP)
    desk.post(**form, do="request", why="Person 0 is ill.")
    record = RosterRequest.objects.get()
    page = as_staff(desk, scheduler).client.get(desk.path).content.decode()
    assert "The team asks for a change" in page
    assert f'href="{record.admin_path()}"' in page
    assert "The team asks for a change" in desk.post(**form, do="request", why="They called.")
    assert desk.client.post(desk.path, {"do": "back"}).status_code == 200  # taking it back is the team's
    record.refresh_from_db()
    assert (record.state, RosterRequest.objects.count()) == ("asked", 1)


def test_who_coordinates_the_team_asks_though_they_are_staff(desk: Desk) -> None:
    """Nobody decides what they gain by."""
    closed(desk)
    Person.objects.filter(pk=desk.who.pk).update(is_staff=True, is_superuser=True)
    _page, form = checked(desk, SWAP)
    desk.post(**form, do="request", why="Person 0 is ill.")
    assert RosterRequest.objects.get().state == "asked"
    assert "Person 0" in listed()


def test_the_booking_leads_to_its_list_for_who_may_change_it(desk: Desk, scheduler: Person) -> None:
    desk.accept(LIST)
    reader = PersonFactory(is_staff=True)
    reader.groups.add(Group.objects.get(name="read-only"))
    for path in (f"/admin/trainings/booking/{desk.booking.pk}/change/", f"/bookings/{desk.booking.pk}/"):
        pages = {who: login(who).get(path).content.decode() for who in (scheduler, reader)}
        assert {who: f'href="{desk.path}"' in page for who, page in pages.items()} == {scheduler: True, reader: False}, path
        assert all("Person 3" in page for page in pages.values()), path
    limited = PersonFactory(is_staff=True)
    limited.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    page = login(limited).get(f"/admin/trainings/booking/{desk.booking.pk}/change/").content.decode()
    assert ("People: 7 of 9 seats have a name" in page, "Person 3" in page) == (True, False)
