"""Model-based test of the ledger against its table: random movements, and a plain model beside them that must agree."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from carpentries_portal.common.testing.editions import put_back_edition
from memberships import actions, audit
from memberships.factories import EPOCH, MembershipFactory, StaffFactory
from memberships.ledger import Cause, UnableToMoveSeats
from memberships.models import Membership, Reservation
from memberships.states import Account

SEATS = st.integers(min_value=1, max_value=12)
TAKING = st.sampled_from(["P4", "P6", "R15"])
LEDGER_AUDITS = (  # those of bookings need bookings, which the model has not
    audit.memberships_match_the_ledger,
    audit.reservations_match_the_ledger,
    audit.movements_are_of_the_table,
    audit.entries_follow_each_other,
    audit.entries_stay_in_one_membership,
)
AFTER = datetime(2019, 2, 1, tzinfo=UTC)
NOT_GRANTED = [account.value for account in Account if account != Account.GRANTED]


class LedgerMachine(RuleBasedStateMachine):
    """One membership of 15 and its bookings. The model knows accounts as plain numbers, and nothing of the code."""

    @initialize()
    def create(self) -> None:
        self.now = EPOCH
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        put_back_edition()
        self.membership = MembershipFactory()
        self.staff = StaffFactory()
        self.model: Counter[str] = Counter(available=15)
        self.bookings: list[tuple[Reservation, Counter[str]]] = []

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def locked(self) -> Membership:
        (row,) = actions.lock_memberships([self.membership.pk])
        return row

    def cause(self) -> Cause:
        return Cause(reason="because", now=self.now)

    def home(self) -> str:
        return "returned" if self.now == AFTER else "available"

    def attempt(self, there: int, seats: int, act: object) -> bool:
        """Do it; what is not there is refused, and only that."""
        try:
            with transaction.atomic():
                act()
        except UnableToMoveSeats:
            assert there < seats
            for reservation, _counts in self.bookings:
                reservation.refresh_from_db()
            return False
        assert there >= seats
        return True

    def shift(self, source: str, target: str, seats: int) -> None:
        self.model[source] -= seats
        self.model[target] += seats

    @rule(seats=SEATS)
    def book(self, seats: int) -> None:
        membership = self.locked()
        reservation = actions.new_reservation(membership)
        if self.attempt(
            self.model["available"], seats, lambda: actions.reserve(membership, reservation, seats=seats, cause=self.cause())
        ):
            self.shift("available", "reserved", seats)
            self.bookings.append((reservation, Counter(reserved=seats)))

    def a_booking(self, data: st.DataObject) -> tuple[Reservation, Counter[str]] | None:
        return data.draw(st.sampled_from(self.bookings)) if self.bookings else None

    @rule(data=st.data(), seats=SEATS)
    def release(self, data: st.DataObject, seats: int) -> None:
        if (booking := self.a_booking(data)) is None:
            return
        reservation, counts = booking
        membership = self.locked()
        if self.attempt(
            counts["reserved"], seats, lambda: actions.release(membership, reservation, seats=seats, cause=self.cause())
        ):
            counts["reserved"] -= seats
            self.shift("reserved", self.home(), seats)

    @rule(data=st.data(), seats=SEATS, taken_by=TAKING)
    def forfeit(self, data: st.DataObject, seats: int, taken_by: str) -> None:
        if (booking := self.a_booking(data)) is None:
            return
        reservation, counts = booking
        membership = self.locked()
        if self.attempt(
            counts["reserved"],
            seats,
            lambda: actions.forfeit(membership, reservation, seats=seats, rule=taken_by, cause=self.cause()),
        ):
            counts["reserved"] -= seats
            counts[taken_by] += seats
            self.shift("reserved", "forfeited", seats)

    @rule(data=st.data(), seats=SEATS, taken_by=TAKING)
    def reopen(self, data: st.DataObject, seats: int, taken_by: str) -> None:
        if (booking := self.a_booking(data)) is None:
            return
        reservation, counts = booking
        membership = self.locked()
        if self.attempt(
            counts[taken_by], seats, lambda: actions.reopen(membership, reservation, seats=seats, rule=taken_by, cause=self.cause())
        ):
            counts[taken_by] -= seats
            counts["reserved"] += seats
            self.shift("forfeited", "reserved", seats)

    @rule(data=st.data(), seats=SEATS)
    def use(self, data: st.DataObject, seats: int) -> None:
        if (booking := self.a_booking(data)) is None:
            return
        reservation, counts = booking
        membership = self.locked()
        if self.attempt(counts["reserved"], seats, lambda: actions.use(membership, reservation, seats=seats, cause=self.cause())):
            counts["reserved"] -= seats
            counts["used"] += seats
            self.shift("reserved", "used", seats)

    @rule(data=st.data(), seats=SEATS)
    def correct(self, data: st.DataObject, seats: int) -> None:
        if (booking := self.a_booking(data)) is None:
            return
        reservation, counts = booking
        membership = self.locked()
        if self.attempt(
            counts["used"],
            seats,
            lambda: actions.correct(membership, reservation, seats=seats, source=Account.USED, cause=self.cause()),
        ):
            counts["used"] -= seats
            counts["reserved"] += seats
            self.shift("used", "reserved", seats)

    @rule(data=st.data())
    def cancel_training(self, data: st.DataObject) -> None:
        if (booking := self.a_booking(data)) is None:
            return
        reservation, counts = booking
        back = counts["reserved"] + counts["P6"]
        assert actions.give_back_cancelled(self.locked(), reservation, cause=self.cause()) == back
        self.shift("reserved", self.home(), counts["reserved"])
        self.shift("forfeited", self.home(), counts["P6"])
        counts["reserved"] = counts["P6"] = 0

    @rule(seats=SEATS)
    def grant_extra(self, seats: int) -> None:
        actions.grant_extra(membership=self.membership, seats=seats, why="more", by=self.staff, now=self.now)
        self.model["available"] += seats

    @rule(seats=SEATS)
    def withdraw(self, seats: int) -> None:
        if self.attempt(
            self.model["available"],
            seats,
            lambda: actions.withdraw(membership=self.membership, seats=seats, why="less", by=self.staff, now=self.now),
        ):
            self.shift("available", "withdrawn", seats)

    @rule(seats=SEATS)
    def let_returned_go(self, seats: int) -> None:
        if self.attempt(
            self.model["returned"],
            seats,
            lambda: actions.decide_returned(
                membership=self.membership, seats=seats, exception=None, why="enough", by=self.staff, now=self.now
            ),
        ):
            self.shift("returned", "forfeited", seats)

    @rule()
    def year_ends(self) -> None:
        self.now = AFTER

    @invariant()
    def everything_adds_up(self) -> None:
        if not hasattr(self, "membership"):
            return
        row = Membership.objects.get(pk=self.membership.pk)
        assert {name: getattr(row, name) for name in NOT_GRANTED} == {name: self.model[name] for name in NOT_GRANTED}
        assert row.granted == sum(self.model[name] for name in NOT_GRANTED)
        for reservation, counts in self.bookings:
            reservation.refresh_from_db()
            found = (
                reservation.reserved,
                reservation.used,
                reservation.forfeited_p4,
                reservation.forfeited_p6,
                reservation.forfeited_r15,
            )
            assert found == tuple(counts[name] for name in ("reserved", "used", "P4", "P6", "R15"))
        assert [mismatch for check in LEDGER_AUDITS for mismatch in check()] == []


class TestLedgerMachine(TestCase, LedgerMachine.TestCase):
    settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
