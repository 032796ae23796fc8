"""Staff's forms and buttons in admin: each does its action once, says what is wrong at its field, and asks for the permission."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Permission
from django.db import models
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice, Person
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory
from memberships.models import Coordinator, LedgerEntry, Membership, Organization
from trainings import actions
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Trainer, Training, TrainingException

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    assert [str(finding) for finding in run_audits()] == []


def button(row: models.Model, name: str) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/do/{name}/"


def token(page: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{32})"', page)
    assert found, "the form carries no token"
    return found[1]


def seen(page: str) -> str:
    """What stands for what the page says will follow."""
    found = re.search(r'name="seen" value="(\w{32})"', page)
    assert found, "the page says nothing of what follows"
    return found[1]


def send(client: Client, path: str, **values: Any) -> tuple[bool, str]:
    """Open the form, fill it in, send it; a warning is read and confirmed. Whether it was done, and the page that came."""
    once = token(client.get(path).content.decode())
    answer = client.post(path, {**values, "once": once}, follow=True)
    page = answer.content.decode()
    if 'name="seen"' in page and not answer.redirect_chain:
        answer = client.post(path, {**values, "once": token(page), "seen": seen(page)}, follow=True)
        page = answer.content.decode()
    assert answer.status_code == 200
    return bool(answer.redirect_chain), page


# adding


def test_add_an_organization_and_again_is_refused_at_the_form(desk: Client) -> None:
    path = "/admin/memberships/organization/add/"
    assert send(desk, path, name="Example University", zone="Europe/Paris")[0]
    assert Organization.objects.get().zone == "Europe/Paris"
    done, page = send(desk, path, name=" example  university", zone="Europe/Paris")
    assert (done, "An organization of this name is known already." in page) == (False, True)
    assert Organization.objects.count() == 1


def test_add_a_membership_by_level_and_the_ledger_opens_with_it(desk: Client, staff: Person) -> None:
    organization = OrganizationFactory()
    values = {"organization": organization.pk, "level": "gold", "starts_on": "2018-02-01", "ends_on": "2019-01-31"}
    assert send(desk, "/admin/memberships/membership/add/", **values)[0]
    membership = Membership.objects.get()
    assert (membership.granted, membership.available) == (15, 15)
    assert LedgerEntry.objects.get().by == staff


def test_an_end_on_the_anniversary_is_warned_about_before_it_is_kept(desk: Client) -> None:
    organization = OrganizationFactory()
    path = "/admin/memberships/membership/add/"
    values = {"organization": organization.pk, "level": "gold", "starts_on": "2018-02-01", "ends_on": "2019-02-01"}
    page = desk.post(path, {**values, "once": token(desk.get(path).content.decode())}).content.decode()
    assert "Before you go on:" in page
    assert not Membership.objects.exists()
    assert send(desk, path, **values)[0]
    assert Membership.objects.get().ends_on == date(2019, 2, 1)


def test_add_a_coordinator_who_is_welcomed(desk: Client) -> None:
    membership = MembershipFactory()
    values = {"organization": membership.organization_id, "name": "Dana", "email": "Dana@Example.org"}
    assert send(desk, "/admin/memberships/coordinator/add/", **values)[0]
    assert Notice.objects.get().to_address == "Dana@Example.org"
    done, page = send(desk, "/admin/memberships/coordinator/add/", **values)
    assert (done, "coordinates for" in page, Coordinator.objects.count()) == (False, True, 1)


def test_announce_a_training_with_its_second_day_by_itself(desk: Client) -> None:
    trainer = TrainerFactory()
    values = {"starts_on": "2018-04-23", "starts": "09:00", "ends": "17:00", "zone": "America/Denver", "trainers": [trainer.pk]}
    assert send(desk, "/admin/trainings/training/add/", **values)[0]
    training = Training.objects.get()
    assert (training.code, training.ends_on, training.capacity) == ("2018-04-23-denver", date(2018, 4, 24), 30)
    assert [row.trainer for row in training.training_trainers.all()] == [trainer]


def test_add_a_trainer(desk: Client) -> None:
    assert send(desk, "/admin/trainings/trainer/add/", name="Nora Weiss", email="nora@example.org")[0]
    assert Trainer.objects.get().person.name == "Nora Weiss"


MEMBERSHIP = {"level": "gold", "starts_on": "2018-02-01", "ends_on": "2019-01-31"}
TRAINING = {"starts_on": "2018-04-23", "starts": "09:00", "ends": "17:00", "zone": "America/Denver"}


@pytest.mark.parametrize(
    ("path", "values", "sentence"),
    [
        ("memberships/organization", {"name": "", "zone": "UTC"}, "This field is required."),
        ("memberships/organization", {"name": "x" * 201, "zone": "UTC"}, "at most 200 characters"),
        ("memberships/organization", {"name": "A", "zone": "Mars/Olympus"}, "Select a valid choice."),
        ("memberships/organization", {"name": "A\x00", "zone": "UTC"}, "Null characters are not allowed."),
        ("memberships/membership", MEMBERSHIP | {"organization": "999"}, "Select a valid choice."),
        ("memberships/membership", MEMBERSHIP | {"organization": "1e9"}, "Select a valid choice."),
        ("memberships/membership", MEMBERSHIP | {"starts_on": "2018-02-30"}, "Enter a valid date."),
        ("memberships/membership", MEMBERSHIP | {"ends_on": "9999-12-31"}, "A day of the years 2012 to 2100."),
        ("memberships/membership", MEMBERSHIP | {"starts_on": "0001-01-01"}, "A day of the years 2012 to 2100."),
        ("memberships/membership", MEMBERSHIP | {"ends_on": "2018-01-31"}, "before it starts on Thu 1 Feb 2018"),
        ("memberships/membership", MEMBERSHIP | {"level": "platinum"}, "number"),
        ("memberships/membership", MEMBERSHIP | {"contract_seats": "-1"}, "greater than or equal to 0"),
        ("memberships/coordinator", {"name": "Dana", "email": "nobody"}, "Enter a valid email address."),
        ("trainings/training", TRAINING | {"starts_on": "2017-12-01"}, "A training is announced before it begins."),
        ("trainings/training", TRAINING | {"starts_on": "9999-12-31"}, "A day of the years 2012 to 2100."),
        ("trainings/training", TRAINING | {"ends_on": "2018-04-22"}, "before"),
        ("trainings/training", TRAINING | {"starts": "25:00"}, "Enter a valid time."),
        ("trainings/training", TRAINING | {"capacity": "0"}, "greater than or equal to 1"),
        ("trainings/training", TRAINING | {"link": "javascript:alert(1)"}, "Enter a valid URL."),
        ("trainings/training", TRAINING | {"trainers": ["7"]}, "Select a valid choice."),
        ("trainings/trainer", {"name": "Nora", "email": "nora@"}, "Enter a valid email address."),
        ("trainings/booking", {"training": "1", "membership": "1", "seats": "six"}, "Enter a whole number."),
    ],
)
def test_add_with_bad_input_says_the_reason_and_saves_nothing(
    desk: Client, path: str, values: dict[str, Any], sentence: str
) -> None:
    organization = OrganizationFactory()
    if path == "memberships/membership":
        values = {"organization": organization.pk, **values}
    before = JournalEntry.objects.count()
    done, page = send(desk, f"/admin/{path}/add/", **values)
    assert (done, sentence in page) == (False, True)
    assert JournalEntry.objects.count() == before
    assert (Membership.objects.count(), Training.objects.count(), Booking.objects.count()) == (0, 0, 0)


def test_a_form_sent_twice_is_carried_out_once(desk: Client) -> None:
    path = "/admin/trainings/training/add/"
    values = {**TRAINING, "once": token(desk.get(path).content.decode())}
    desk.post(path, values)
    answer = desk.post(path, values, follow=True)
    assert "This was added already, a moment ago." in answer.content.decode()
    assert Training.objects.count() == 1


def test_a_button_pressed_twice_does_it_once(desk: Client) -> None:
    membership = MembershipFactory()
    path = button(membership, "grant")
    values = {"seats": "3", "why": "By word of mouth.", "once": token(desk.get(path).content.decode())}
    values["seen"] = seen(desk.post(path, values).content.decode())
    desk.post(path, values)
    answer = desk.post(path, values, follow=True)
    assert "This was done already, a moment ago" in answer.content.decode()
    membership.refresh_from_db()
    assert membership.available == 18


def test_what_was_refused_can_be_sent_again_with_the_same_form(desk: Client) -> None:
    membership = MembershipFactory()
    path = button(membership, "withdraw")
    once = token(desk.get(path).content.decode())
    page = desk.post(path, {"seats": "16", "why": "Reduced.", "once": once}).content.decode()
    assert token(page) == once
    values = {"seats": "5", "why": "Reduced.", "once": once}
    desk.post(path, {**values, "seen": seen(desk.post(path, values).content.decode())})
    membership.refresh_from_db()
    assert (membership.available, membership.withdrawn) == (10, 5)


@pytest.mark.parametrize("once", ["", "x" * 32, "0" * 31, "../../etc"])
def test_a_form_without_its_token_does_nothing(desk: Client, once: str) -> None:
    membership = MembershipFactory()
    page = desk.post(button(membership, "grant"), {"seats": "3", "why": "x", "once": once}).content.decode()
    assert "This form is not complete." in page
    membership.refresh_from_db()
    assert membership.available == 15


# trainings


def test_cancel_a_training_says_who_is_booked_before_and_tells_them_why(desk: Client, staff: Person) -> None:
    training = TrainingFactory()
    coordinator = CoordinatorFactory(email="dana@example.org")
    membership = MembershipFactory(organization=coordinator.organization)
    booking = BookingFactory(training=training, membership=membership, by=coordinator.person)
    page = desk.get(button(training, "cancel")).content.decode()
    assert "1 team is booked. 9 seats go back to their memberships." in page
    assert send(desk, button(training, "cancel"), why="")[0] is False
    assert send(desk, button(training, "cancel"), why="The trainers are ill.")[0]
    training.refresh_from_db()
    booking.refresh_from_db()
    assert (training.state, training.cancelled_why, booking.state) == ("cancelled", "The trainers are ill.", "cancelled")
    letter = Notice.objects.get(letter="trainings.training_cancelled")
    assert (letter.to_address, letter.context["sentence"]) == ("dana@example.org", "The trainers are ill.")
    assert JournalEntry.objects.get(what="training_cancelled").by == staff
    done, page = send(desk, button(training, "cancel"), why="Again.")
    assert (done, "This is not possible any more" in page) == (False, True)


def test_hold_a_training_to_a_day_and_not_longer_than_d14(desk: Client) -> None:
    training = TrainingFactory()  # 12 March 2018
    for until_on, sentence in (
        ("2018-02-27", "A hold ends on Mon 26 Feb 2018 at the latest."),
        ("2018-01-09", "A hold ends in the future."),
        ("x", "Enter a valid date."),
    ):
        done, page = send(desk, button(training, "hold"), until_on=until_on, why="A team is coming.")
        assert (done, sentence in page) == (False, True)
    assert send(desk, button(training, "hold"), until_on="2018-02-26", why="A team is coming.")[0]
    record = TrainingException.objects.get()
    assert (record.rule, record.to_date, record.state) == ("R7", date(2018, 2, 26), "approved")


def test_name_the_trainers_is_journaled_and_replaces_those_before(desk: Client, staff: Person) -> None:
    nora, omar = TrainerFactory(name="Nora Weiss"), TrainerFactory(name="Omar Haddad")
    training = TrainingFactory(trainers=[nora])
    assert send(desk, button(training, "trainers"), trainers=[omar.pk])[0]
    assert [row.trainer for row in training.training_trainers.all()] == [omar]
    entry = JournalEntry.objects.filter(what="trainers_named").latest("pk")
    assert (entry.why, entry.by) == ("Trained by: Omar Haddad.", staff)
    send(desk, button(training, "trainers"), trainers=[omar.pk])
    assert JournalEntry.objects.filter(what="trainers_named").latest("pk") == entry


# bookings on behalf


def booking_values(training: Training, membership: Membership, **more: Any) -> dict[str, Any]:
    values = {"training": training.pk, "membership": membership.pk, "seats": "6", "site": "Library", "site_zone": "America/Chicago"}
    return {**values, **more}


def test_book_on_behalf_past_a_warning_that_is_read_first_with_a_reason(desk: Client, staff: Person) -> None:
    membership = MembershipFactory()
    training = TrainingFactory(starts_on=date(2018, 1, 29))  # D(19)
    path = "/admin/trainings/booking/add/"
    once = token(desk.get(path).content.decode())
    page = desk.post(path, {**booking_values(training, membership), "once": once}).content.decode()
    assert "R6: Sign-up ended" in page or "R6:" in page
    assert not Booking.objects.exists()
    done, page = send(desk, path, **booking_values(training, membership))
    assert (done, "Say why: you go past what a rule refuses." in page) == (False, True)
    assert send(desk, path, **booking_values(training, membership, why="Agreed on the phone."))[0]
    booking, record = Booking.objects.get(), TrainingException.objects.get()
    assert (booking.seats, booking.booked_by) == (6, staff)
    assert (record.rule, record.reason, record.booking) == ("R6", "Agreed on the phone.", booking)


def test_book_on_behalf_where_all_rules_allow_it_needs_no_reason(desk: Client) -> None:
    membership = MembershipFactory()
    assert send(desk, "/admin/trainings/booking/add/", **booking_values(TrainingFactory(), membership))[0]
    assert TrainingException.objects.count() == 0


def test_not_even_staff_book_seats_that_are_not_there(desk: Client) -> None:
    membership = MembershipFactory(level="silver")
    values = booking_values(TrainingFactory(), membership, seats="7", why="A favour.")
    done, page = send(desk, "/admin/trainings/booking/add/", **values)
    assert (done, "6 seats" in page, Booking.objects.count()) == (False, True, 0)


def test_change_the_seats_of_a_booking(desk: Client) -> None:
    booking = BookingFactory()
    for seats, sentence in (("9", "has 9 seats already"), ("0", "greater than or equal to 1"), ("16", "6 seats")):
        done, page = send(desk, button(booking, "seats"), seats=seats)
        assert (done, sentence in page) == (False, True)
    assert send(desk, button(booking, "seats"), seats="11")[0]
    booking.refresh_from_db()
    assert booking.seats == 11


def test_cancel_a_booking_before_d28_gives_the_seats_back_without_a_tick(desk: Client) -> None:
    booking = BookingFactory()
    assert send(desk, button(booking, "cancel"), why="They asked for it.")[0]
    membership = Membership.objects.get()
    assert (membership.available, membership.forfeited) == (15, 0)


@pytest.mark.parametrize(("tick", "expected"), [({}, (6, 9)), ({"give_back": "on"}, (15, 0))])
def test_cancel_a_booking_late_forfeits_unless_staff_give_back(
    desk: Client, monkeypatch: pytest.MonkeyPatch, tick: dict[str, str], expected: tuple[int, int]
) -> None:
    booking = BookingFactory()
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 3, 1, 12, tzinfo=UTC))
    assert send(desk, button(booking, "cancel"), why="Flood.", **tick)[0]
    membership = Membership.objects.get()
    assert (membership.available, membership.forfeited) == expected


# memberships


def test_grant_and_withdraw_write_the_ledger_with_name_and_reason(desk: Client, staff: Person) -> None:
    membership = MembershipFactory()
    assert send(desk, button(membership, "grant"), seats="3", why="By word of mouth.")[0]
    assert send(desk, button(membership, "withdraw"), seats="8", why="The contract was reduced.")[0]
    membership.refresh_from_db()
    assert (membership.granted, membership.available, membership.withdrawn) == (18, 10, 8)
    last = LedgerEntry.objects.latest("pk")
    assert (last.by, last.reason, last.seats) == (staff, "The contract was reduced.", 8)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seats": "", "why": "x"}, "This field is required."),
        ({"seats": "0", "why": "x"}, "greater than or equal to 1"),
        ({"seats": "10001", "why": "x"}, "less than or equal to 10000"),
        ({"seats": "16", "why": "x"}, "15"),
        ({"seats": "1", "why": " "}, "This field is required."),
        ({"seats": "1", "why": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_withdraw_with_bad_input_moves_nothing(desk: Client, values: dict[str, str], sentence: str) -> None:
    membership = MembershipFactory()
    done, page = send(desk, button(membership, "withdraw"), **values)
    assert (done, sentence in page) == (False, True)
    membership.refresh_from_db()
    assert (membership.available, LedgerEntry.objects.count()) == (15, 1)


def forfeited(monkeypatch: pytest.MonkeyPatch) -> Membership:
    """A membership whose 15 seats the year's end took."""
    from carpentries_portal.common.enforcement import runs

    membership = MembershipFactory(starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31))
    later = datetime(2019, 1, 10, 12, tzinfo=UTC)
    runs.run(now=later)
    monkeypatch.setattr(clock, "now", lambda: later)
    membership.refresh_from_db()
    assert membership.forfeited == 15
    return membership


def test_restore_seats_until_a_day_and_a_refused_one_leaves_no_exception(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from memberships.models import MembershipException

    membership = forfeited(monkeypatch)
    path = button(membership, "restore")
    for values, sentence in (
        ({"seats": "16", "until_on": "2019-03-01"}, "Not as many seats were forfeited"),
        ({"seats": "6", "until_on": ""}, "This field is required."),
        ({"seats": "6", "until_on": "2019-01-09"}, "An exception ends in the future."),
    ):
        done, page = send(desk, path, why="They were ill.", **values)
        assert (done, sentence in page) == (False, True)
        assert not MembershipException.objects.exists()
    assert send(desk, path, seats="6", until_on="2019-03-01", why="They were ill.")[0]
    membership.refresh_from_db()
    assert (membership.available, membership.forfeited) == (6, 9)
    assert MembershipException.objects.get().to_date == date(2019, 3, 1)


def test_end_a_membership_early(desk: Client) -> None:
    membership = MembershipFactory()
    assert send(desk, button(membership, "end"), on="2018-06-30", why="The contract was ended.")[0]
    membership.refresh_from_db()
    assert membership.ended_on == date(2018, 6, 30)
    assert send(desk, button(membership, "end"), on="2019-06-30", why="Later.")[0] is False


def test_remove_a_coordinator_keeps_the_reason(desk: Client) -> None:
    coordinator = CoordinatorFactory(name="Dana Whitfield")
    assert send(desk, button(coordinator, "remove"), why="Left the university.")[0]
    coordinator.refresh_from_db()
    assert coordinator.removed_at == NOW
    assert JournalEntry.objects.get(what="coordinator_removed").why == "Dana Whitfield coordinates no longer. Left the university."
    assert send(desk, button(coordinator, "remove"), why="Again.")[0] is False


# exceptions


def ask(reason: str = "The room came late.") -> TrainingException:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    return actions.ask_exception(
        training=TrainingFactory(), membership=membership, rule="R6", reason=reason, by=coordinator.person, now=NOW, seats=6
    )


def test_approve_shows_the_story_first_and_answers_who_asked(desk: Client, staff: Person) -> None:
    request = ask()
    page = desk.get(button(request, "approve")).content.decode()
    assert "The room came late." in page
    assert send(desk, button(request, "approve"), until="2018-02-19T23:59", seats="6", note="Once.")[0]
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.note) == ("approved", staff, "Once.")
    assert request.until == datetime(2018, 2, 19, 23, 59, tzinfo=UTC)
    assert request.asked_by is not None
    assert Notice.objects.filter(letter="common.exception_decided", to_address=request.asked_by.email).count() == 1


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "This field is required."),
        ("soon", "Enter a valid date/time."),
        ("2018-01-10T11:59", "An approval ends in the future."),
        ("9999-12-31T23:59", "A day of the years 2012 to 2100."),
    ],
)
def test_approve_with_bad_input_decides_nothing(desk: Client, until: str, sentence: str) -> None:
    request = ask()
    done, page = send(desk, button(request, "approve"), until=until)
    assert (done, sentence in page) == (False, True)
    request.refresh_from_db()
    assert request.state == "asked"


def test_decline_needs_a_sentence_and_who_was_slower_is_told(desk: Client) -> None:
    request = ask()
    assert send(desk, button(request, "decline"), note=" ")[0] is False
    assert send(desk, button(request, "decline"), note="The room is full.")[0]
    done, page = send(desk, button(request, "approve"), until="2018-02-19T23:59")
    assert (done, "This is not possible any more" in page) == (False, True)


def test_revoke_an_approval(desk: Client) -> None:
    request = ask()
    send(desk, button(request, "approve"), until="2018-02-19T23:59")
    assert send(desk, button(request, "revoke"), why="A mistake.")[0]
    request.refresh_from_db()
    assert request.state == "revoked"


def bulk(client: Client, name: str, rows: list[TrainingException], **values: str) -> str:
    path = "/admin/trainings/trainingexception/"
    chosen = {"action": name, "_selected_action": [row.pk for row in rows]}
    return client.post(path, {**chosen, **values}, follow=True).content.decode()


def test_decide_several_at_once_after_they_were_shown(desk: Client) -> None:
    rows = [ask(), ask(), ask()]
    page = bulk(desk, "approve_selected", rows[:2])
    assert page.count("University") >= 2
    assert {row.state for row in TrainingException.objects.all()} == {"asked"}
    bulk(desk, "approve_selected", rows[:2], confirm="1", until="2018-02-19T23:59")
    assert [row.state for row in TrainingException.objects.order_by("pk")] == ["approved", "approved", "asked"]
    bulk(desk, "decline_selected", rows, confirm="1", note="No.")
    assert [row.state for row in TrainingException.objects.order_by("pk")] == ["approved", "approved", "declined"]


def test_decide_several_with_bad_input_decides_none(desk: Client) -> None:
    rows = [ask(), ask()]
    page = bulk(desk, "decline_selected", rows, confirm="1", note="")
    assert "This field is required." in page
    assert {row.state for row in TrainingException.objects.all()} == {"asked"}


# permissions


def test_staff_who_may_only_look_see_no_button_and_press_none() -> None:
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(reader, backend=BACKEND)
    membership, training, request = MembershipFactory(), TrainingFactory(), ask()
    assert "/do/" not in client.get(f"/admin/memberships/membership/{membership.pk}/change/").content.decode()
    for path in (
        button(membership, "grant"),
        button(training, "cancel"),
        button(request, "approve"),
        "/admin/memberships/membership/add/",
        "/admin/trainings/training/add/",
        "/admin/trainings/booking/add/",
    ):
        for answer in (client.get(path), client.post(path, {"seats": "3", "why": "x", "once": "0" * 32})):
            assert answer.status_code == 403
    bulk(client, "decline_selected", [request], confirm="1", note="No.")
    request.refresh_from_db()
    membership.refresh_from_db()
    assert (request.state, membership.available) == ("asked", 15)


def test_a_button_of_nothing_is_not_found(desk: Client) -> None:
    training = TrainingFactory()
    for path in (
        button(training, "explode"),
        f"/admin/trainings/training/{training.pk + 999}/do/cancel/",
        f"/admin/trainings/training/{10**30}/do/cancel/",
    ):
        assert desk.get(path).status_code == 404
        assert desk.post(path, {"why": "x"}).status_code == 404


# the lists

LISTS: list[tuple[str, Callable[[], object]]] = [
    ("memberships/organization", OrganizationFactory),
    ("memberships/coordinator", CoordinatorFactory),
    ("memberships/membership", MembershipFactory),
    ("memberships/ledgerentry", MembershipFactory),
    ("trainings/training", lambda: TrainingFactory(trainers=[TrainerFactory()])),
    ("trainings/trainer", TrainerFactory),
    ("trainings/booking", BookingFactory),
    ("trainings/trainingexception", ask),
]


@pytest.mark.parametrize(("path", "make"), LISTS, ids=[path for path, _make in LISTS])
def test_a_list_asks_the_database_as_often_for_five_rows_as_for_one(
    desk: Client, path: str, make: Callable[[], object], django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert desk.get(f"/admin/{path}/").status_code == 200
        return len(asked)

    make()
    queries()  # caches of the process are filled
    one = queries()
    for _n in range(4):
        make()
    assert queries() == one


def test_tokens_are_forgotten_after_a_week(desk: Client) -> None:
    from carpentries_portal.common import once
    from carpentries_portal.common.models import SentForm

    send(desk, "/admin/trainings/trainer/add/", name="Nora", email="nora@example.org")
    assert once.forget(now=NOW + timedelta(days=7)) == 0
    assert once.forget(now=NOW + timedelta(days=7, seconds=1)) == 1
    assert not SentForm.objects.exists()


# what no row can have


@pytest.mark.parametrize(
    "query",
    [
        "added_at__year=10000",
        "starts_on__year=99999999",
        "starts_on__year=0",
        "at__year=9999",
        "asked_at__year=99999999999999999999",
        "o=99999999999999999999",
        "p=99999999999999999999",
        "q=%00",
        "q=x",
        "q=x+y+" + "z" * 500,
    ],
)
def test_a_list_with_an_odd_filter_is_shown_and_breaks_nothing(desk: Client, query: str) -> None:
    for path, _make in LISTS:
        answer = desk.get(f"/admin/{path}/?{query}", follow=True)
        assert answer.status_code == 200
        assert 'id="changelist"' in answer.content.decode()


@pytest.mark.parametrize("selected", ["x", "\x00", "9" * 20, "-1"])
def test_a_selection_that_is_none_decides_nothing(desk: Client, selected: str) -> None:
    request = ask()
    values = {"action": "decline_selected", "_selected_action": selected, "confirm": "1", "note": "No."}
    assert desk.post("/admin/trainings/trainingexception/", values, follow=True).status_code == 200
    request.refresh_from_db()
    assert request.state == "asked"


def test_a_token_counts_for_its_own_form_only(desk: Client) -> None:
    first, second = MembershipFactory(), MembershipFactory()
    once = token(desk.get(button(first, "grant")).content.decode())
    page = desk.post(button(second, "grant"), {"seats": "3", "why": "x", "once": once}).content.decode()
    assert "This form is not complete." in page
    second.refresh_from_db()
    assert second.available == 15


def test_what_was_used_or_is_offered_no_longer_is_not_revoked(desk: Client) -> None:
    membership = MembershipFactory()
    training = TrainingFactory(starts_on=date(2018, 1, 29))
    send(desk, "/admin/trainings/booking/add/", **booking_values(training, membership, why="Agreed on the phone."))
    record = TrainingException.objects.get()
    done, page = send(desk, button(record, "revoke"), why="A mistake.")
    assert (done, "This is not possible any more" in page) == (False, True)
    record.refresh_from_db()
    assert record.state == "approved"


def test_who_asked_is_told_of_a_revocation(desk: Client) -> None:
    request = ask()
    send(desk, button(request, "approve"), until="2018-02-19T23:59")
    send(desk, button(request, "revoke"), why="A mistake.")
    letters = Notice.objects.filter(letter="common.exception_decided").order_by("pk")
    assert [(row.context["state"], row.context["note"]) for row in letters] == [("approved", ""), ("revoked", "A mistake.")]


def test_admin_sends_to_the_portals_own_login_and_tells_who_is_no_staff() -> None:
    path = "/admin/trainings/trainingexception/1/change/"
    answer = Client().get(path, follow=True)
    assert unquote(answer.redirect_chain[-1][0]) == f"/account/login/?next={path}"
    assert 'name="email"' in answer.content.decode()
    assert 'name="password"' not in answer.content.decode()
    client = Client()
    client.force_login(PersonFactory(), backend=BACKEND)
    assert client.get(path, follow=True).status_code == 403


def test_fewer_seats_say_before_what_is_lost(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    coordinator = CoordinatorFactory()
    booking = BookingFactory(membership=MembershipFactory(organization=coordinator.organization), by=coordinator.person)
    monkeypatch.setattr(clock, "now", lambda: datetime(2018, 3, 1, 12, tzinfo=UTC))
    page = desk.get(button(booking, "seats")).content.decode()
    assert "Fewer seats, each:" in page
    assert "forfeited" in page
    assert send(desk, button(booking, "seats"), seats="7", why="Two are ill.")[0]
    sentence = Notice.objects.get(letter="trainings.booking_changed").context["sentence"]
    assert sentence.startswith("2 seats fewer. ")
    assert "forfeited" in sentence
    assert sentence.endswith("Staff: Two are ill.")


def test_instants_stand_with_24_hours_and_their_zone(desk: Client) -> None:
    coordinator = CoordinatorFactory()
    page = desk.get(f"/admin/memberships/coordinator/{coordinator.pk}/change/").content.decode()
    assert "2 Jan 2018, 12:00 UTC" in page
    assert "p.m." not in page
