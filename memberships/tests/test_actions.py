"""Organizations, coordinators and memberships by their actions: what is refused, what is stored, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.transaction import TransactionManagementError

from carpentries_portal.common import exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.people import UnableToAddPerson, find_or_add_person
from memberships import actions
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.ledger import Cause, UnableToMoveSeats, move
from memberships.models import LedgerEntry, Membership, MembershipException, Organization
from memberships.states import Account, Event

pytestmark = pytest.mark.django_db

YEAR = {"starts_on": date(2018, 1, 1), "ends_on": date(2018, 12, 31)}


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def entered(membership: Membership, *, until: datetime = EPOCH + timedelta(days=30)) -> MembershipException:
    record = MembershipException(membership=membership, rule="R12", reason="ill", until=until)
    return exceptions.enter(record, by=StaffFactory(), now=EPOCH)


@pytest.mark.parametrize(
    ("name", "zone", "sentence"),
    [
        (" ", "UTC", "An organization has a name."),
        ("x" * 201, "UTC", "A name has at most 200 characters."),
        ("A", "Mars/Olympus", "“Mars/Olympus” is not a time zone."),
        ("the example  university *", "UTC", "An organization of this name is known already."),
    ],
)
def test_add_organization_that_is_none_or_known(name: str, zone: str, sentence: str) -> None:
    OrganizationFactory(name="Example University")
    with pytest.raises(actions.UnableToAddOrganization) as problem:
        actions.add_organization(name=name, zone=zone, by=None, now=EPOCH)
    assert str(problem.value) == sentence
    assert Organization.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"level": "diamond"}, "“diamond” is not a level."),
        ({"level": "platinum"}, "number"),
        ({"ends_on": date(2017, 12, 31)}, "It ends on Sun 31 Dec 2017, before it starts on Mon 1 Jan 2018."),
        ({"starts_on": date(2011, 12, 31)}, "No edition of the rules was in force on Sat 31 Dec 2011."),
    ],
)
def test_create_membership_that_does_not_hold(values: dict[str, object], sentence: str) -> None:
    organization = OrganizationFactory()
    with pytest.raises(UnableTo, match=sentence):
        actions.create_membership(organization=organization, **{"level": "gold", **YEAR, **values}, by=None, now=EPOCH)
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("level", "contract_seats", "granted"), [("silver", None, 6), ("gold", None, 15), ("gold", 12, 12), ("platinum", 40, 40)]
)
def test_create_membership_grants_by_level_or_contract(level: str, contract_seats: int | None, granted: int) -> None:
    membership = MembershipFactory(level=level, contract_seats=contract_seats)
    assert (membership.granted, membership.available) == (granted, granted)
    assert [(row.event, row.seats, row.rule) for row in membership.entries.all()] == [(Event.GRANT, granted, "R1")]


def test_create_membership_without_seats_makes_no_movement() -> None:
    membership = MembershipFactory(level="bronze")
    assert (membership.granted, LedgerEntry.objects.count()) == (0, 0)


def test_take_over_says_what_was_used_and_what_is_unknown() -> None:
    organization = OrganizationFactory()
    for used, now, expected in (
        (0, EPOCH, (15, 0, 0)),
        (6, EPOCH, (9, 6, 0)),
        (6, datetime(2019, 2, 1, tzinfo=UTC), (0, 6, 9)),
        (99, datetime(2019, 2, 1, tzinfo=UTC), (0, 15, 0)),
    ):
        membership = actions.take_over_membership(
            organization=organization,
            level="gold",
            **YEAR,
            used_seats=used,
            source="the old list",
            source_key=f"{used} {now}",
            by=None,
            now=now,
        )
        assert (membership.available, membership.used, membership.forfeited) == expected
    assert Notice.objects.count() == 0


def test_end_early_withdraws_what_is_left_and_only_once() -> None:
    membership, staff = MembershipFactory(), StaffFactory()
    for on, why, sentence in (
        (date(2018, 6, 30), " ", "Say why the contract ends early."),
        (date(2017, 12, 31), "x", "from its first to the one before its last"),
        (date(2018, 12, 31), "x", "from its first to the one before its last"),
    ):
        with pytest.raises(UnableTo, match=sentence):
            actions.end_early(membership=membership, on=on, why=why, by=staff, now=EPOCH)
    actions.end_early(membership=membership, on=date(2018, 6, 30), why="Merged.", by=staff, now=EPOCH)
    membership.refresh_from_db()
    assert (membership.available, membership.withdrawn, membership.ended_why) == (0, 15, "Merged.")
    with pytest.raises(UnableTo, match="once"):
        actions.end_early(membership=membership, on=date(2018, 5, 30), why="Again.", by=staff, now=EPOCH)


def test_end_early_of_a_membership_without_seats_moves_none() -> None:
    membership = MembershipFactory(level="bronze")
    actions.end_early(membership=membership, on=date(2018, 6, 30), why="Merged.", by=StaffFactory(), now=EPOCH)
    assert LedgerEntry.objects.count() == 0


def test_a_coordinator_is_welcomed_for_each_membership_that_has_not_ended() -> None:
    organization = OrganizationFactory()
    MembershipFactory(organization=organization)
    MembershipFactory(organization=organization, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    coordinator = CoordinatorFactory(organization=organization, email="dana@example.org")
    assert [notice.to_address for notice in Notice.objects.all()] == ["dana@example.org"]
    with pytest.raises(actions.UnableToChangeCoordinators, match="coordinates for"):
        actions.add_coordinator(organization=organization, email="DANA@example.org", name="Dana", by=None, now=EPOCH)
    assert coordinator.person.email == "dana@example.org"


def test_the_last_coordinator_only_staff_remove() -> None:
    organization = OrganizationFactory()
    dana, omar = CoordinatorFactory(organization=organization), CoordinatorFactory(organization=organization)
    actions.remove_coordinator(coordinator=omar, by=dana.person, now=EPOCH)
    with pytest.raises(actions.UnableToChangeCoordinators, match="coordinates no longer"):
        actions.remove_coordinator(coordinator=omar, by=dana.person, now=EPOCH)
    with pytest.raises(actions.UnableToChangeCoordinators, match="Name another coordinator first"):
        actions.remove_coordinator(coordinator=dana, by=dana.person, now=EPOCH)
    actions.remove_coordinator(coordinator=dana, by=StaffFactory(), now=EPOCH, by_staff=True)
    assert JournalEntry.objects.filter(what="coordinator_removed").count() == 2
    actions.add_coordinator(organization=organization, email=dana.person.email, name="", by=None, now=EPOCH)
    assert organization.coordinators.count() == 3


@pytest.mark.parametrize("email", ["", "nobody", "a@", "a b@example.org", "x" * 300 + "@example.org", "ß" * 130 + "@example.org"])
def test_an_address_that_is_none_adds_nobody(email: str) -> None:
    with pytest.raises(UnableToAddPerson, match="e-mail address"):
        find_or_add_person(email=email, name="Ana", now=EPOCH)
    assert not Person.objects.exists()


def test_one_address_is_one_person_whatever_the_case_and_keeps_the_name() -> None:
    person, new = find_or_add_person(email=" Ana@Example.org ", name="Ana Silva", now=EPOCH)
    again, new_again = find_or_add_person(email="ANA@example.ORG", name="A. S.", now=EPOCH)
    assert (again, new, new_again, again.name, person.email) == (person, True, False, "Ana Silva", "Ana@Example.org")


# the ledger's edges


def test_grant_needs_a_reason_and_an_exception_in_force() -> None:
    membership, staff = MembershipFactory(), StaffFactory()
    over = entered(membership, until=EPOCH + timedelta(seconds=1))
    later = EPOCH + timedelta(days=1)
    with pytest.raises(UnableToMoveSeats, match="Say why"):
        actions.grant_extra(membership=membership, seats=1, why=" ", by=staff, now=EPOCH)
    with pytest.raises(UnableToMoveSeats, match="not in force"):
        actions.restore(membership=membership, seats=1, exception=over, why="x", by=staff, now=later)
    with pytest.raises(UnableToMoveSeats, match="not in force"):
        actions.decide_returned(membership=membership, seats=1, exception=over, why="x", by=staff, now=later)
    assert LedgerEntry.objects.count() == 1


def test_seats_move_between_two_memberships_of_one_organization_only() -> None:
    membership, staff = MembershipFactory(), StaffFactory()
    following = MembershipFactory(organization=membership.organization, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31))
    granted = entered(membership)

    def carry(to: Membership, *, source: Account = Account.AVAILABLE, now: datetime = EPOCH) -> None:
        actions.carry_over(membership=membership, to=to, seats=5, source=source, exception=granted, why="ill", by=staff, now=now)

    for to in (membership, MembershipFactory()):
        with pytest.raises(UnableToMoveSeats, match="another membership of the same organization"):
            carry(to)
    with pytest.raises(UnableToMoveSeats, match="not in force"):
        carry(following, now=EPOCH + timedelta(days=31))
    with pytest.raises(UnableToMoveSeats, match="Not as many seats were forfeited"):
        carry(following, source=Account.FORFEITED)
    carry(following)
    membership.refresh_from_db()
    following.refresh_from_db()
    assert (membership.available, membership.moved, following.available, following.granted) == (10, 5, 20, 20)


@pytest.mark.parametrize(
    ("event", "source", "target", "seats", "sentence"),
    [
        (Event.GRANT, Account.AVAILABLE, Account.GRANTED, 1, "Seats cannot go from available to granted by this."),
        (Event.GRANT, Account.GRANTED, Account.AVAILABLE, 0, "Move at least one seat."),
        (Event.GRANT, Account.GRANTED, Account.AVAILABLE, -3, "Move at least one seat."),
        (Event.RESERVE, Account.AVAILABLE, Account.RESERVED, 3, "Reserved seats belong to a booking."),
    ],
)
def test_the_ledger_refuses_what_is_no_movement(event: Event, source: Account, target: Account, seats: int, sentence: str) -> None:
    membership = MembershipFactory()
    with pytest.raises(UnableToMoveSeats) as problem:
        move(membership, event=event, source=source, target=target, seats=seats, cause=Cause(reason="x", now=EPOCH, by=None))
    assert str(problem.value) == sentence
    assert LedgerEntry.objects.count() == 1


def test_a_booking_forfeits_its_seats_by_p4_p6_or_r15_only() -> None:
    (membership,) = actions.lock_memberships([MembershipFactory().pk])
    reservation = actions.new_reservation(membership)
    actions.reserve(membership, reservation, seats=6, cause=Cause(reason="x", now=EPOCH, by=None))
    with pytest.raises(UnableToMoveSeats, match="forfeited by P4, P6 or R15"):
        actions.forfeit(membership, reservation, seats=6, rule="R12", cause=Cause(reason="x", now=EPOCH, by=None))
    actions.release(membership, reservation, seats=6, cause=Cause(reason="x", now=EPOCH, by=None))


@pytest.mark.django_db(transaction=True)
def test_the_ledger_moves_nothing_outside_a_transaction() -> None:
    membership = MembershipFactory()
    with pytest.raises(TransactionManagementError, match="needs a transaction"):
        move(
            membership,
            event=Event.GRANT,
            source=Account.GRANTED,
            target=Account.AVAILABLE,
            seats=1,
            cause=Cause(reason="x", now=EPOCH, by=None),
        )
    membership.refresh_from_db()
    assert membership.available == 15
