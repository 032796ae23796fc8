"""Every line of the ledger's table as a call: the accounts before and after, the entry that says why, and each refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from carpentries_portal.common import exceptions
from carpentries_portal.common.models import Person
from memberships import actions
from memberships.factories import EPOCH, MembershipFactory, StaffFactory
from memberships.ledger import Cause, UnableToMoveSeats, move
from memberships.models import LedgerEntry, Membership, MembershipException, Reservation
from memberships.states import Account, Event

pytestmark = pytest.mark.django_db

CAUSE = Cause(reason="because", now=EPOCH)
AFTER = datetime(2019, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def staff() -> Person:
    return StaffFactory()


@pytest.fixture
def membership() -> Membership:
    (row,) = actions.lock_memberships([MembershipFactory().pk])
    return row


@pytest.fixture
def team(membership: Membership) -> Reservation:
    """Nine of fifteen seats are reserved."""
    reservation = actions.new_reservation(membership)
    actions.reserve(membership, reservation, seats=9, cause=CAUSE)
    return reservation


def accounts(membership: Membership) -> dict[str, int]:
    """What is not zero, as the database has it."""
    row = Membership.objects.get(pk=membership.pk)
    return {account.value: count for account in Account if account != Account.GRANTED and (count := getattr(row, account))}


def last_entry() -> tuple[str, str, str, int, str]:
    entry = LedgerEntry.objects.latest("pk")
    return entry.event, entry.source, entry.target, entry.seats, entry.reason


def exception(membership: Membership, staff: Person, *, now: datetime = EPOCH) -> MembershipException:
    record = MembershipException(membership=membership, rule="R12", reason="a late start", until=now + timedelta(days=30))
    return exceptions.enter(record, by=staff, now=now)


def test_created_grants_the_seats_of_the_level(membership: Membership) -> None:
    assert accounts(membership) == {"available": 15}
    assert last_entry() == ("grant", "granted", "available", 15, "Gold, edition 2017: 15 seats for the year.")


def test_reserve_moves_available_seats(membership: Membership, team: Reservation) -> None:
    assert accounts(membership) == {"available": 6, "reserved": 9}
    assert last_entry() == ("reserve", "available", "reserved", 9, "because")


def test_reserve_more_than_available_is_refused_and_changes_nothing(membership: Membership, team: Reservation) -> None:
    with pytest.raises(UnableToMoveSeats, match="Only 6 seats are available"):
        actions.reserve(membership, team, seats=7, cause=CAUSE)
    assert (membership.available, membership.reserved, team.reserved) == (6, 9, 9)
    assert accounts(membership) == {"available": 6, "reserved": 9}


def test_release_gives_back(membership: Membership, team: Reservation) -> None:
    actions.release(membership, team, seats=3, cause=CAUSE)
    assert accounts(membership) == {"available": 9, "reserved": 6}


def test_release_after_the_membership_ended_waits_as_returned(membership: Membership, team: Reservation) -> None:
    actions.release(membership, team, seats=9, cause=Cause(reason="late", now=AFTER))
    assert accounts(membership) == {"available": 6, "returned": 9}


@pytest.mark.parametrize(("rule", "field"), [("P4", "forfeited_p4"), ("P6", "forfeited_p6"), ("R15", "forfeited_r15")])
def test_forfeit_and_reopen_by_rule(membership: Membership, team: Reservation, rule: str, field: str) -> None:
    actions.forfeit(membership, team, seats=2, rule=rule, cause=CAUSE)
    assert accounts(membership) == {"available": 6, "reserved": 7, "forfeited": 2}
    assert getattr(team, field) == 2
    actions.reopen(membership, team, seats=2, rule=rule, cause=CAUSE)
    assert accounts(membership) == {"available": 6, "reserved": 9}


def test_reopen_what_another_rule_took_is_refused(membership: Membership, team: Reservation) -> None:
    actions.forfeit(membership, team, seats=2, rule="P4", cause=CAUSE)
    with pytest.raises(UnableToMoveSeats):
        actions.reopen(membership, team, seats=1, rule="P6", cause=CAUSE)
    assert accounts(membership) == {"available": 6, "reserved": 7, "forfeited": 2}


def test_use_then_correct_then_forfeit_is_three_entries(membership: Membership, team: Reservation) -> None:
    actions.use(membership, team, seats=9, cause=CAUSE)
    actions.correct(membership, team, seats=1, source=Account.USED, cause=CAUSE)
    actions.forfeit(membership, team, seats=1, rule="R15", cause=CAUSE)
    assert accounts(membership) == {"available": 6, "used": 8, "forfeited": 1}
    assert team.booked == 9


def test_cancelled_training_gives_back_reserved_and_what_p6_took_but_not_p4(membership: Membership, team: Reservation) -> None:
    actions.forfeit(membership, team, seats=2, rule="P6", cause=CAUSE)
    actions.forfeit(membership, team, seats=1, rule="P4", cause=CAUSE)
    assert actions.give_back_cancelled(membership, team, cause=CAUSE) == 8
    assert accounts(membership) == {"available": 14, "forfeited": 1}


def test_extra_seats_are_an_entry_with_its_reason(membership: Membership, staff: Person) -> None:
    actions.grant_extra(membership=membership, seats=5, why="a second campus", by=staff, now=EPOCH)
    assert accounts(membership) == {"available": 20}
    assert last_entry() == ("grant", "granted", "available", 5, "Granted by staff: a second campus")


def test_withdraw_never_more_than_available(membership: Membership, team: Reservation, staff: Person) -> None:
    with pytest.raises(UnableToMoveSeats, match="Only 6 seats"):
        actions.withdraw(membership=membership, seats=7, why="reduced", by=staff, now=EPOCH)
    actions.withdraw(membership=membership, seats=6, why="reduced", by=staff, now=EPOCH)
    assert accounts(membership) == {"reserved": 9, "withdrawn": 6}


def test_restore_after_the_year_raises_the_round(membership: Membership, staff: Person) -> None:
    move(
        membership,
        event=Event.YEAR_END,
        source=Account.AVAILABLE,
        target=Account.FORFEITED,
        seats=15,
        cause=CAUSE,
        forfeit_rule="R12",
    )
    record = exception(membership, staff, now=AFTER)
    restored = actions.restore(membership=membership, seats=6, exception=record, why="illness", by=staff, now=AFTER)
    assert accounts(membership) == {"available": 6, "forfeited": 9}
    assert restored.round == 1


def test_restore_of_seats_that_a_booking_forfeited_needs_the_booking(
    membership: Membership, team: Reservation, staff: Person
) -> None:
    actions.forfeit(membership, team, seats=9, rule="P4", cause=CAUSE)
    with pytest.raises(UnableToMoveSeats, match="Not as many seats were forfeited"):
        actions.restore(membership=membership, seats=1, exception=exception(membership, staff), why="x", by=staff, now=EPOCH)


def test_returned_seats_are_given_back_or_let_go(membership: Membership, team: Reservation, staff: Person) -> None:
    actions.release(membership, team, seats=9, cause=Cause(reason="late", now=AFTER))
    record = exception(membership, staff, now=AFTER)
    actions.decide_returned(membership=membership, seats=6, exception=record, why="fair", by=staff, now=AFTER)
    actions.decide_returned(membership=membership, seats=3, exception=None, why="enough", by=staff, now=AFTER)
    assert accounts(membership) == {"available": 12, "forfeited": 3}


def test_carry_over_links_both_entries(membership: Membership, staff: Person) -> None:
    following = MembershipFactory(organization=membership.organization, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31))
    record = exception(membership, staff)
    out, into = actions.carry_over(
        membership=membership, to=following, seats=4, source=Account.AVAILABLE, exception=record, why="renewed", by=staff, now=EPOCH
    )
    assert accounts(membership) == {"available": 11, "moved": 4}
    assert accounts(following) == {"available": 19}
    assert into.linked == out


def test_move_that_is_not_of_the_table_is_refused(membership: Membership) -> None:
    with pytest.raises(UnableToMoveSeats, match="cannot go from"):
        move(membership, event=Event.USE, source=Account.AVAILABLE, target=Account.USED, seats=1, cause=CAUSE)
    assert accounts(membership) == {"available": 15}


def test_reservation_of_another_membership_is_refused(membership: Membership) -> None:
    other = actions.new_reservation(MembershipFactory())
    with pytest.raises(UnableToMoveSeats, match="another membership"):
        actions.reserve(membership, other, seats=1, cause=CAUSE)


@pytest.mark.parametrize("change", [{"available": -1}, {"available": 16}, {"reserved": 1}])
def test_counters_that_do_not_add_up_are_refused_by_the_database(membership: Membership, change: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="membership_"), transaction.atomic():
        Membership.objects.filter(pk=membership.pk).update(**change)
