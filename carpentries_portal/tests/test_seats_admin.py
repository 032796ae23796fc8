"""Staff decide about seats in admin: what follows is said for the values typed, confirmed, done once, told to the coordinators; audits stay clean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import transaction
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import delivery
from carpentries_portal.tests.test_admin import BACKEND, button, send, token
from certification.factories import Team
from memberships.actions import add_note, forfeit, lock_memberships
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory
from memberships.ledger import Cause
from memberships.models import Coordinator, LedgerEntry, Membership, MembershipException, StaffNote
from trainees.factories import name_people
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
LATE = datetime(2019, 1, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    assert [str(finding) for finding in run_audits()] == []


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield", email="dana@example.org")


@pytest.fixture
def gold(dana: Coordinator) -> Membership:
    return MembershipFactory(organization=dana.organization)


def told(client: Client, path: str, **values: Any) -> list[str]:
    """What the page says follows, for these values, before anything is done."""
    page = client.post(path, {**values, "once": token(client.get(path).content.decode())}).content.decode()
    box = re.search(r'<section class="told".*?</section>', page, re.DOTALL)
    assert box, re.findall(r'class="errornote">([^<]*)|errorlist"[^>]*><li>([^<]*)', page)
    return [unescape(line) for line in re.findall(r"<li>(.*?)</li>", box[0])]


def accounts(row: Membership) -> tuple[int, int, int, int]:
    row.refresh_from_db()
    return row.granted, row.available, row.forfeited, row.moved


def told_by_letter() -> list[str]:
    return [row.context["sentence"] for row in Notice.objects.filter(letter="memberships.seats_changed").order_by("pk")]


# what follows, for the values typed


def test_the_consequence_of_the_number_typed_is_shown_and_nothing_is_done_until_it_is_confirmed(
    desk: Client, gold: Membership
) -> None:
    path = button(gold, "withdraw")
    assert told(desk, path, seats="8", why="Reduced.") == [
        "This leaves 7 of 15 seats available (available 15 → 7, withdrawn 0 → 8).",
        "A letter with your reason goes to Dana Whitfield.",
    ]
    assert (accounts(gold), told_by_letter(), JournalEntry.objects.filter(what="seats_withdrawn").count()) == (
        (15, 15, 0, 0),
        [],
        0,
    )
    assert send(desk, path, seats="8", why="Reduced.")[0]
    assert accounts(gold) == (15, 7, 0, 0)
    assert told_by_letter() == ["The contract was reduced by 8 seats: Reduced."]


def test_another_number_than_the_one_that_was_read_is_shown_again(desk: Client, gold: Membership) -> None:
    path = button(gold, "withdraw")
    once = token(desk.get(path).content.decode())
    page = desk.post(path, {"seats": "8", "why": "Reduced.", "once": once}).content.decode()
    seen = re.search(r'name="seen" value="(\w{32})"', page)
    assert seen
    again = desk.post(path, {"seats": "9", "why": "Reduced.", "once": once, "seen": seen[1]}).content.decode()
    assert "available 15 → 6" in again
    assert accounts(gold)[1] == 15
    desk.post(path, {"seats": "8", "why": "Reduced.", "once": once, "seen": seen[1]})
    assert accounts(gold)[1] == 7
    answer = desk.post(path, {"seats": "8", "why": "Reduced.", "once": once, "seen": seen[1]}, follow=True)
    assert "This was done already, a moment ago" in answer.content.decode()
    assert (accounts(gold)[1], len(told_by_letter())) == (7, 1)


def test_seats_that_went_in_between_are_shown_before_it_is_done(desk: Client, gold: Membership) -> None:
    path = button(gold, "grant")
    once = token(desk.get(path).content.decode())
    page = desk.post(path, {"seats": "3", "why": "Sorry.", "once": once}).content.decode()
    seen = re.search(r'name="seen" value="(\w{32})"', page)
    assert seen
    BookingFactory(membership=gold)
    page = desk.post(path, {"seats": "3", "why": "Sorry.", "once": once, "seen": seen[1]}).content.decode()
    assert "available 6 → 9" in page
    assert accounts(gold)[0] == 15


def test_the_letter_says_what_was_done_why_and_what_is_left(desk: Client, gold: Membership) -> None:
    send(desk, button(gold, "grant"), seats="3", why="The first team was ill.")
    while delivery.deliver_due(now=NOW):
        continue
    letter = next(message for message in mail.outbox if "seats have changed" in message.subject)
    assert letter.subject == f"{gold.organization}: your seats have changed, 18 are left"
    assert letter.to == ["dana@example.org"]
    assert "Staff granted 3 more seats: The first team was ill." in letter.body
    assert "18 seats granted, 0 used, 0 reserved, 0 forfeited, 18 left." in letter.body


# renew


def test_renew_is_prefilled_with_the_next_year_and_says_what_it_makes(desk: Client, gold: Membership, staff: Person) -> None:
    path = button(gold, "renew")
    page = desk.get(path).content.decode()
    assert 'value="2019-01-01"' in page
    assert 'value="2019-12-31"' in page
    values = {"level": "gold", "starts_on": "2019-01-01", "ends_on": "2019-12-31"}
    assert told(desk, path, **values) == [
        f"A new membership: {gold.organization}, gold, 2019-01-01 to 2019-12-31.",
        "Gold, edition 2017: 15 seats for the year.",
        "It is bound to edition 2017, in force at its start (from Sun 1 Jan 2012).",
        "The welcome (L1) leaves on Sun 2 Dec 2018, to Dana Whitfield.",
    ]
    assert Membership.objects.count() == 1
    done, page = send(desk, path, **values)
    new = Membership.objects.latest("pk")
    assert (done, new.available, new.edition.name) == (True, 15, "2017")
    assert f"/admin/memberships/membership/{new.pk}/do/grant/" in page  # the new one's own page comes
    assert Notice.objects.get(letter="memberships.welcome", subject_id=new.pk).due_at == datetime(2018, 12, 2, 6, tzinfo=UTC)
    assert LedgerEntry.objects.get(membership=new).by == staff


def test_renew_writes_the_end_as_the_old_contract_does_and_warns_of_overlapping_years(desk: Client, dana: Coordinator) -> None:
    old = MembershipFactory(organization=dana.organization, starts_on=date(2018, 2, 1), ends_on=date(2019, 2, 1))
    path = button(old, "renew")
    page = desk.get(path).content.decode()
    assert 'value="2019-02-02"' in page
    assert 'value="2020-02-02"' in page
    lines = told(desk, path, level="silver", starts_on="2018-12-01", ends_on="2019-11-30", contract_seats="20")
    assert lines[1] == "The contract states 20 seats (silver)."
    assert lines[3].startswith("From Sat 1 Dec 2018 to Fri 1 Feb 2019 the organization has a gold membership too")
    assert send(desk, path, level="silver", starts_on="2018-12-01", ends_on="2019-11-30", contract_seats="20")[0]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"level": "platinum"}, "state the number"),
        ({"level": "tin"}, "Select a valid choice."),
        ({"starts_on": "2019-02-30"}, "Enter a valid date."),
        ({"ends_on": "2018-12-31"}, "before it starts on Tue 1 Jan 2019"),
        ({"contract_seats": "-1"}, "greater than or equal to 0"),
    ],
)
def test_renew_with_bad_input_makes_nothing(desk: Client, gold: Membership, values: dict[str, str], sentence: str) -> None:
    given = {"level": "gold", "starts_on": "2019-01-01", "ends_on": "2019-12-31", **values}
    done, page = send(desk, button(gold, "renew"), **given)
    assert (done, sentence in page, Membership.objects.count()) == (False, True, 1)


def test_adding_a_membership_warns_of_overlapping_years_too(desk: Client, gold: Membership) -> None:
    path = "/admin/memberships/membership/add/"
    values = {"organization": gold.organization_id, "level": "silver", "starts_on": "2018-06-01", "ends_on": "2019-05-31"}
    page = desk.post(path, {**values, "once": token(desk.get(path).content.decode())}).content.decode()
    assert "From Fri 1 Jun 2018 to Mon 31 Dec 2018 the organization has a gold membership too" in page
    assert send(desk, path, **values)[0]


# move


def test_move_seats_says_both_balances_links_both_entries_and_uses_its_exception_up(desk: Client, gold: Membership) -> None:
    after = MembershipFactory(organization=gold.organization, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31))
    stranger = MembershipFactory()
    path = button(gold, "move")
    values = {"seats": "4", "source": "available", "to": str(after.pk), "why": "They renewed."}
    assert told(desk, path, **values)[:2] == [
        f"{gold}: This leaves 11 of 15 seats available (available 15 → 11, moved 0 → 4).",
        f"{after}: This leaves 19 of 19 seats available (granted 15 → 19, available 15 → 19).",
    ]
    for change, sentence in (
        ({"seats": "16"}, "Only 15 seats are available."),
        ({"source": "forfeited"}, "Not as many seats were forfeited"),
        ({"to": str(gold.pk)}, "Select a valid choice."),
        ({"to": str(stranger.pk)}, "Select a valid choice."),
        ({"why": ""}, "This field is required."),
    ):
        done, page = send(desk, path, **{**values, **change})
        assert (done, sentence in page) == (False, True)
    assert not MembershipException.objects.exists()
    assert send(desk, path, **values)[0]
    assert (accounts(gold), accounts(after)) == ((15, 11, 0, 4), (19, 19, 0, 0))
    into = LedgerEntry.objects.latest("pk")
    assert into.linked is not None
    assert (into.membership, into.linked.membership, into.reason) == (after, gold, "They renewed.")
    record = MembershipException.objects.get()
    assert (record.rule, record.used_at) == ("R12", NOW)
    assert told_by_letter()[-1] == (
        "Staff moved 4 seats to this membership from the one that ends on Mon 31 Dec 2018: They renewed."
    )
    # the exception does not keep the year's end from what stayed
    runs.run(now=LATE)
    assert accounts(gold) == (15, 0, 11, 4)


def test_forfeited_seats_move_to_the_next_year_and_not_to_one_that_has_ended(
    desk: Client, gold: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = MembershipFactory(organization=gold.organization, starts_on=date(2017, 6, 1), ends_on=date(2018, 5, 31))
    after = MembershipFactory(organization=gold.organization, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31))
    runs.run(now=LATE)
    monkeypatch.setattr(clock, "now", lambda: LATE)
    values = {"seats": "15", "source": "forfeited", "why": "They were ill."}
    done, page = send(desk, button(gold, "move"), to=str(ended.pk), **values)
    assert (done, "That membership has ended" in page) == (False, True)
    assert send(desk, button(gold, "move"), to=str(after.pk), **values)[0]
    assert (accounts(gold), accounts(after)) == ((15, 0, 0, 15), (30, 30, 0, 0))


# end early


def test_end_early_lists_the_bookings_and_each_is_cancelled_on_its_own(desk: Client, gold: Membership) -> None:
    booking = BookingFactory(membership=gold, training=TrainingFactory(starts_on=date(2018, 6, 11)))
    path = button(gold, "end")
    page = desk.get(path).content.decode()
    assert "9 seats are reserved: cancel the bookings below first, one by one." in page
    cancel = button(booking, "cancel") + f"?back={path.replace('/', '%2F')}"
    assert f'href="{cancel}"' in page
    done, page = send(desk, path, on="2018-03-31", why="Merged.")
    assert (done, "Cancel its bookings first: 9 seats are reserved." in page) == (False, True)
    lines = told(desk, cancel, why="The contract ends.")
    assert lines[1] == f"{gold}: This leaves 15 of 15 seats available (available 6 → 15, reserved 9 → 0)."
    once = token(desk.get(cancel).content.decode())
    page = desk.post(cancel, {"why": "The contract ends.", "once": once}).content.decode()
    seen = re.search(r'name="seen" value="(\w{32})"', page)
    assert seen
    answer = desk.post(cancel, {"why": "The contract ends.", "once": once, "seen": seen[1]})
    assert answer.headers["Location"] == path  # back where the next one waits
    assert told(desk, path, on="2018-03-31", why="Merged.")[0] == (
        f"{gold.organization} loses 15 seats; its last day is Sat 31 Mar 2018."
    )
    assert send(desk, path, on="2018-03-31", why="Merged.")[0]
    gold.refresh_from_db()
    assert (gold.available, gold.withdrawn, gold.ended_on) == (0, 15, date(2018, 3, 31))
    assert told_by_letter()[-1] == "The membership ends on Sat 31 Mar 2018, earlier than its contract said: Merged."


def test_a_booking_whose_attendance_is_confirmed_is_offered_neither_to_cancel_nor_to_change(desk: Client) -> None:
    team = Team()
    pages = [
        f"/admin/trainings/booking/{team.booking.pk}/change/",
        f"/admin/memberships/membership/{team.booking.membership_id}/change/",
    ]
    for path in pages:
        page = desk.get(path).content.decode()
        assert f"/admin/trainings/booking/{team.booking.pk}/" in page
        assert ("/do/cancel/" in page, f"booking/{team.booking.pk}/do/seats/" in page) == (False, False)


@pytest.mark.parametrize("back", ["https://example.net/admin/", "//example.net/admin/", "/account/logout/", "/admin\\@example.net"])
def test_a_button_leads_back_into_admin_only(desk: Client, gold: Membership, back: str) -> None:
    path = button(gold, "note")
    once = token(desk.get(path).content.decode())
    answer = desk.post(f"{path}?back={back}", {"text": "Prefers mornings.", "once": once})
    assert answer.headers["Location"] == f"/admin/memberships/membership/{gold.pk}/change/"


# restore what a rule took from a booking


@pytest.fixture
def closed(dana: Coordinator, gold: Membership, monkeypatch: pytest.MonkeyPatch) -> Booking:
    """Nine seats booked, six named, three forfeited when the roster closed; it is D(18)."""
    booking = BookingFactory(membership=gold, training=TrainingFactory())
    name_people(booking, 6, by=dana.person)
    late = datetime(2018, 2, 22, 18, tzinfo=UTC)
    runs.run(now=late)
    monkeypatch.setattr(clock, "now", lambda: late)
    booking.refresh_from_db()
    assert booking.reservation.forfeited_p6 == 3
    return booking


def test_seats_that_the_roster_took_are_reserved_for_the_booking_again(desk: Client, gold: Membership, closed: Booking) -> None:
    path = button(closed, "restore")
    assert f'href="{path}?back=' in desk.get(f"/admin/memberships/membership/{gold.pk}/change/").content.decode()
    values = {"rule": "P6", "seats": "2", "to": "booking", "why": "The names came by phone."}
    assert told(desk, path, **values)[1] == f"{gold}: This leaves 6 of 15 seats available (reserved 6 → 8, forfeited 3 → 1)."
    for change, sentence in (
        ({"seats": "4"}, "The booking has not as many seats forfeited."),
        ({"rule": "P4"}, "Select a valid choice."),
        ({"to": "membership"}, "Say until when they can be booked."),
        ({"to": "membership", "until_on": "2018-02-21"}, "An exception ends in the future."),
    ):
        done, page = send(desk, path, **{**values, **change})
        assert (done, sentence in page) == (False, True)
    assert send(desk, path, **values)[0]
    closed.refresh_from_db()
    assert (closed.seats, closed.reservation.reserved, closed.reservation.forfeited_p6) == (9, 8, 1)
    assert MembershipException.objects.get().used_at is not None
    assert told_by_letter() == ["2 forfeited seats are your team’s again: The names came by phone."]


def test_seats_that_the_roster_took_go_back_to_the_membership(desk: Client, gold: Membership, closed: Booking) -> None:
    values = {"rule": "P6", "seats": "3", "to": "membership", "until_on": "2018-12-31", "why": "They were ill."}
    assert send(desk, button(closed, "restore"), **values)[0]
    closed.refresh_from_db()
    assert (closed.seats, accounts(gold)) == (6, (15, 9, 0, 0))
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.subject_label, entry.subject_id, entry.forfeit_rule) == ("trainings.booking", closed.pk, "P6")
    done, page = send(desk, button(closed, "restore"), **values)
    assert (done, "This is not possible any more" in page) == (False, True)


def test_seats_that_were_left_late_come_back_and_a_cancelled_booking_takes_none(
    desk: Client, gold: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = BookingFactory(membership=gold, training=TrainingFactory())
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 3, 1, 12, tzinfo=UTC))
    send(desk, button(booking, "cancel"), why="Flood.")
    assert accounts(gold) == (15, 6, 9, 0)
    values = {"rule": "P4", "seats": "9", "why": "It was a flood."}
    done, page = send(desk, button(booking, "restore"), to="booking", **values)
    assert (done, "The booking was cancelled" in page) == (False, True)
    assert send(desk, button(booking, "restore"), to="membership", until_on="2018-12-31", **values)[0]
    assert accounts(gold) == (15, 15, 0, 0)


def test_a_seat_that_r15_took_goes_back_to_the_membership_and_its_person_stays_on_the_list(
    desk: Client, dana: Coordinator, gold: Membership, staff: Person
) -> None:
    booking = BookingFactory(membership=gold, training=TrainingFactory())
    name_people(booking, 9, by=dana.person)
    with transaction.atomic():
        (locked,) = lock_memberships([gold.pk])
        forfeit(locked, booking.reservation, seats=1, rule="R15", cause=Cause(reason="70 minutes missed", now=NOW))
    values = {"rule": "R15", "seats": "1", "why": "The room flooded."}
    done, page = send(desk, button(booking, "restore"), to="booking", **values)
    assert (done, "correct the attendance" in page) == (False, True)
    assert send(desk, button(booking, "restore"), to="membership", until_on="2018-12-31", **values)[0]
    booking.refresh_from_db()
    assert (booking.seats, booking.places.count(), accounts(gold)) == (8, 9, (15, 7, 0, 0))


def test_a_booking_takes_no_more_seats_than_its_training_has_and_keeps_one(
    desk: Client, gold: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = TrainingFactory(capacity=20)
    booking = BookingFactory(membership=gold, training=training)
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 2, 13, 12, tzinfo=UTC))  # D(27)
    send(desk, button(booking, "seats"), seats="6", why="Three left.")
    BookingFactory(training=training, seats=13)
    values = {"rule": "P4", "to": "booking", "why": "They are back."}
    done, page = send(desk, button(booking, "restore"), seats="3", **values)
    assert (done, "The training has 1 seats left (P2)" in page) == (False, True)
    assert send(desk, button(booking, "restore"), seats="1", **values)[0]
    booking.refresh_from_db()
    assert (booking.seats, booking.reservation.forfeited_p4) == (7, 2)
    with transaction.atomic():
        (locked,) = lock_memberships([gold.pk])
        forfeit(locked, booking.reservation, seats=7, rule="P6", cause=Cause(reason="no name", now=NOW))
    values = {"rule": "P6", "to": "membership", "until_on": "2018-12-31", "why": "They are back."}
    done, page = send(desk, button(booking, "restore"), seats="7", **values)
    assert (done, "would be left without a seat: cancel it instead" in page) == (False, True)


# notes


def test_a_note_stands_on_both_pages_is_struck_out_with_a_reason_and_no_coordinator_sees_it(
    desk: Client, dana: Coordinator, gold: Membership
) -> None:
    assert send(desk, button(gold, "note"), text="Pays late <b>always</b>.")[0]
    assert send(desk, button(gold.organization, "note"), text="Prefers mornings.")[0]
    for page in (
        f"/admin/memberships/membership/{gold.pk}/change/",
        f"/admin/memberships/organization/{gold.organization_id}/change/",
    ):
        shown = desk.get(page).content.decode()
        assert "Pays late &lt;b&gt;always&lt;/b&gt;." in shown
        assert "Prefers mornings." in shown
        assert "Ines Moreau, Wed 10 Jan 2018" in shown
    note = StaffNote.objects.get(membership=gold)
    assert send(desk, button(note, "strike"), why="They pay in time now.")[0]
    done, page = send(desk, button(note, "strike"), why="Again.")
    assert (done, "This is not possible any more" in page) == (False, True)
    shown = desk.get(f"/admin/memberships/organization/{gold.organization_id}/change/").content.decode()
    assert "<s>Pays late" in shown
    assert "Struck out by Ines Moreau on Wed 10 Jan 2018: They pay in time now." in shown
    coordinator = Client()
    coordinator.force_login(dana.person, backend=BACKEND)
    for path in (f"/memberships/{gold.pk}/", f"/organizations/{gold.organization_id}/", f"/memberships/{gold.pk}/report/"):
        page = coordinator.get(path).content.decode()
        assert gold.organization.name in page
        assert not any(word in page for word in ("Pays late", "Prefers mornings", "pay in time", "note of staff"))


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "a\x00b"])
def test_a_note_that_says_nothing_or_too_much_is_not_kept(desk: Client, gold: Membership, text: str) -> None:
    assert send(desk, button(gold, "note"), text=text)[0] is False
    assert not StaffNote.objects.exists()


# who may


def test_who_may_only_look_presses_none_of_these_and_is_offered_none(gold: Membership, closed: Booking, staff: Person) -> None:
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(reader, backend=BACKEND)
    note = add_note(organization=gold.organization, text="Prefers mornings.", by=staff, now=NOW)
    before = (accounts(gold), JournalEntry.objects.count())
    paths = [button(gold, name) for name in ("renew", "move", "restore", "end", "note")]
    for path in [*paths, button(closed, "restore"), button(note, "strike"), button(gold.organization, "note")]:
        for answer in (client.get(path), client.post(path, {"seats": "1", "why": "x", "text": "x", "once": "0" * 32})):
            assert answer.status_code == 403, path
    assert (accounts(gold), JournalEntry.objects.count()) == before
    page = client.get(f"/admin/memberships/membership/{gold.pk}/change/").content.decode()
    assert "Prefers mornings." in page
    assert "/do/" not in page
