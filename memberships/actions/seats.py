"""Moving seats: each line of the ledger's table as a call (model.md).

Every call needs a transaction and the membership's lock (`lock_memberships`), taken after the training's, and raises UnableToMoveSeats.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person
from memberships.ledger import Cause, UnableToMoveSeats, move
from memberships.models import LedgerEntry, Membership, MembershipException, Reservation
from memberships.states import Account, Event


def lock_memberships(ids: Iterable[int]) -> list[Membership]:
    """The memberships by id, locked until the transaction ends and read anew, with organization and edition."""
    return list(Membership.objects.locked().select_related("organization", "edition").filter(pk__in=set(ids)))


def new_reservation(membership: Membership) -> Reservation:
    return Reservation.objects.create(membership=membership)


def reserve(membership: Membership, reservation: Reservation, *, seats: int, cause: Cause) -> LedgerEntry:
    """Book, enlarge: available -> reserved."""
    return move(
        membership,
        event=Event.RESERVE,
        source=Account.AVAILABLE,
        target=Account.RESERVED,
        seats=seats,
        cause=cause,
        reservation=reservation,
    )


def _home(membership: Membership, now: datetime) -> Account:
    """Where seats that come back go: once the membership has ended, they wait for staff (P5)."""
    return Account.RETURNED if membership.has_ended(now) else Account.AVAILABLE


def release(membership: Membership, reservation: Reservation, *, seats: int, cause: Cause) -> LedgerEntry:
    """Shrink or cancel in time: reserved -> available, or -> returned where the membership has ended."""
    target = _home(membership, cause.now)
    return move(
        membership, event=Event.RELEASE, source=Account.RESERVED, target=target, seats=seats, cause=cause, reservation=reservation
    )


def forfeit(membership: Membership, reservation: Reservation, *, seats: int, rule: str, cause: Cause) -> LedgerEntry:
    """Late leaving (P4), roster closing (P6), missed too much (R15): reserved -> forfeited."""
    return move(
        membership,
        event=Event.FORFEIT,
        source=Account.RESERVED,
        target=Account.FORFEITED,
        seats=seats,
        cause=cause,
        reservation=reservation,
        forfeit_rule=rule,
    )


def reopen(membership: Membership, reservation: Reservation, *, seats: int, rule: str, cause: Cause) -> LedgerEntry:
    """A late name accepted, a closed roster reopened: forfeited -> reserved, of the seats that `rule` took."""
    return move(
        membership,
        event=Event.REOPEN,
        source=Account.FORFEITED,
        target=Account.RESERVED,
        seats=seats,
        cause=cause,
        reservation=reservation,
        forfeit_rule=rule,
    )


def use(membership: Membership, reservation: Reservation, *, seats: int, cause: Cause) -> LedgerEntry:
    """Passed: reserved -> used."""
    return move(
        membership,
        event=Event.USE,
        source=Account.RESERVED,
        target=Account.USED,
        seats=seats,
        cause=cause,
        reservation=reservation,
    )


def correct(membership: Membership, reservation: Reservation, *, seats: int, source: Account, cause: Cause) -> LedgerEntry:
    """Attendance corrected: used or forfeited (R15) -> reserved; the new outcome follows as its own movement."""
    return move(
        membership,
        event=Event.CORRECT,
        source=source,
        target=Account.RESERVED,
        seats=seats,
        cause=cause,
        reservation=reservation,
        forfeit_rule="R15" if source == Account.FORFEITED else "",
    )


def give_back_cancelled(membership: Membership, reservation: Reservation, *, cause: Cause) -> int:
    """The training was cancelled (P5): what is reserved and what P6 took comes back. Returns how many seats."""
    target = _home(membership, cause.now)
    reserved, by_p6 = reservation.reserved, reservation.forfeited_p6
    for source, seats, rule in ((Account.RESERVED, reserved, ""), (Account.FORFEITED, by_p6, "P6")):
        if seats:
            move(
                membership,
                event=Event.CANCELLED,
                source=source,
                target=target,
                seats=seats,
                cause=cause,
                reservation=reservation,
                forfeit_rule=rule,
            )
    return reserved + by_p6


@transaction.atomic
def grant_extra(*, membership: Membership, seats: int, why: str, by: Person, now: datetime) -> Membership:
    """Extra seats, granted by staff with a reason (P10)."""
    if not why.strip():
        raise UnableToMoveSeats(_("Say why the seats are granted."))
    (membership,) = lock_memberships([membership.pk])
    reason = _("Granted by staff: %(why)s") % {"why": why.strip()}
    cause = Cause(reason=reason, now=now, rule="P10", by=by)
    move(membership, event=Event.GRANT, source=Account.GRANTED, target=Account.AVAILABLE, seats=seats, cause=cause)
    _record("seats_granted", membership, seats=seats, rule="P10", why=reason, by=by, now=now)
    return membership


@transaction.atomic
def decide_returned(
    *, membership: Membership, seats: int, exception: MembershipException | None, why: str, by: Person, now: datetime
) -> Membership:
    """Returned seats (P5): with an exception (R12 and its end) they are available again; without one they are forfeited."""
    (membership,) = lock_memberships([membership.pk])
    target = Account.AVAILABLE if exception else Account.FORFEITED
    if exception and not exception.is_in_force(now):
        raise UnableToMoveSeats(_("The exception is not in force."))
    cause = Cause(reason=why, now=now, rule="R12", by=by, exception=journal.label_of(exception) if exception else None)
    move(
        membership,
        event=Event.RETURNED,
        source=Account.RETURNED,
        target=target,
        seats=seats,
        cause=cause,
        forfeit_rule="" if exception else "R12",
    )
    if exception:
        _next_round(membership)
    _record("returned_seats_decided", membership, seats=seats, rule="R12", why=why, by=by, now=now)
    return membership


def forfeit_at_year_end(membership: Membership, *, verdict: Verdict, now: datetime) -> LedgerEntry:
    """Year's end (R12): what is available is forfeited. The caller (the run) holds the lock and a fresh verdict; the run's journal line is written here."""
    seats = membership.available
    cause = Cause(reason=verdict.sentence, now=now, rule="R12")
    entry = move(
        membership,
        event=Event.YEAR_END,
        source=Account.AVAILABLE,
        target=Account.FORFEITED,
        seats=seats,
        cause=cause,
        forfeit_rule="R12",
    )
    _record("seats_forfeited", membership, seats=seats, rule="R12", why=verdict.sentence, by=None, now=now)
    return entry


@transaction.atomic
def restore(
    *,
    membership: Membership,
    seats: int,
    exception: MembershipException,
    why: str,
    by: Person,
    now: datetime,
    reservation: Reservation | None = None,
    rule: str = "R12",
    to_reserved: bool = False,
) -> Membership:
    """Staff restore forfeited seats: to available or, of a booking, to reserved. For an ended membership the exception's end counts."""
    (membership,) = lock_memberships([membership.pk])
    if not exception.is_in_force(now):
        raise UnableToMoveSeats(_("The exception is not in force."))
    if reservation is None and seats > _forfeited_at_large(membership):
        raise UnableToMoveSeats(_("Not as many seats were forfeited by the year's end."))
    move(
        membership,
        event=Event.RESTORE,
        source=Account.FORFEITED,
        target=Account.RESERVED if to_reserved else Account.AVAILABLE,
        seats=seats,
        cause=Cause(reason=why, now=now, rule=rule, by=by, exception=journal.label_of(exception)),
        reservation=reservation,
        forfeit_rule=rule,
    )
    _next_round(membership)
    _record("seats_restored", membership, seats=seats, rule=rule, why=why, by=by, now=now)
    return membership


def _forfeited_at_large(membership: Membership) -> int:
    """Forfeited seats that belong to no booking."""
    of_bookings = sum(
        reservation.forfeited_p4 + reservation.forfeited_p6 + reservation.forfeited_r15
        for reservation in membership.reservations.all()
    )
    return membership.forfeited - of_bookings


@transaction.atomic
def withdraw(*, membership: Membership, seats: int, why: str, by: Person, now: datetime) -> Membership:
    """The contract was reduced: available -> withdrawn, never more than is available."""
    (membership,) = lock_memberships([membership.pk])
    cause = Cause(reason=why, now=now, by=by)
    move(membership, event=Event.WITHDRAW, source=Account.AVAILABLE, target=Account.WITHDRAWN, seats=seats, cause=cause)
    _record("seats_withdrawn", membership, seats=seats, rule="", why=why, by=by, now=now)
    return membership


@transaction.atomic
def carry_over(
    *,
    membership: Membership,
    to: Membership,
    seats: int,
    source: Account,
    exception: MembershipException,
    why: str,
    by: Person,
    now: datetime,
) -> tuple[LedgerEntry, LedgerEntry]:
    """Move seats to another membership of the organization: available or forfeited -> moved here, granted -> available there; linked."""
    if membership.pk == to.pk or membership.organization_id != to.organization_id:
        raise UnableToMoveSeats(_("Seats move to another membership of the same organization."))
    locked = {row.pk: row for row in lock_memberships([membership.pk, to.pk])}
    here, there = locked[membership.pk], locked[to.pk]
    if not exception.is_in_force(now):
        raise UnableToMoveSeats(_("The exception is not in force."))
    if source == Account.FORFEITED and seats > _forfeited_at_large(here):
        raise UnableToMoveSeats(_("Not as many seats were forfeited by the year's end."))
    cause = Cause(reason=why, now=now, rule="R12", by=by, exception=journal.label_of(exception))
    rule = "R12" if source == Account.FORFEITED else ""
    out = move(here, event=Event.CARRY, source=source, target=Account.MOVED, seats=seats, cause=cause, forfeit_rule=rule)
    into = move(there, event=Event.CARRY, source=Account.GRANTED, target=Account.AVAILABLE, seats=seats, cause=cause, linked=out)
    for row in (here, there):
        _record("seats_moved", row, seats=seats, rule="R12", why=why, by=by, now=now)
    return out, into


def _next_round(membership: Membership) -> None:
    """Seats came back: the year's end may rightly act once more."""
    membership.round += 1
    membership.save(update_fields=["round"])


def _record(what: str, membership: Membership, *, seats: int, rule: str, why: str, by: Person | None, now: datetime) -> None:
    about = [membership, membership.organization]
    journal.record(what=what, now=now, by=by, rule=rule, why=why, about=about, new={"seats": seats})
