"""Moving seats: each line of the ledger's table as a call (model.md); what staff decide about them stands in `decisions`.

Every call needs a transaction and the membership's lock (`lock_memberships`), taken after the training's, and raises UnableToMoveSeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import JournalEntry, Person
from carpentries_portal.common.prepared import prepared
from memberships.ledger import Cause, UnableToMoveSeats, move
from memberships.models import LedgerEntry, Membership, MembershipQuerySet, Reservation
from memberships.states import Account, Event


@prepared
def _locked(ids: Any) -> MembershipQuerySet:
    return Membership.objects.locked().select_related("organization", "edition").filter(pk__in=ids)


def lock_memberships(ids: Iterable[int]) -> list[Membership]:
    """The memberships by id, locked until the transaction ends and read anew, with organization and edition."""
    return _locked(ids=sorted(set(ids)))


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
    """Attendance corrected: used or forfeited (R15) -> reserved; the new outcome follows as its own movement.

    Where staff gave what R15 took to the membership meanwhile, the booking takes as many available seats again.
    """
    if source == Account.FORFEITED and reservation.forfeited_r15 < seats:
        return _take_again(membership, reservation, seats=seats, cause=cause)
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


def _take_again(membership: Membership, reservation: Reservation, *, seats: int, cause: Cause) -> LedgerEntry:
    if membership.available < seats:
        text = _("What R15 took was given to the membership, which has no seat left for this person: add an extra seat first.")
        raise UnableToMoveSeats(text)
    why = _("What R15 took was given to the membership: a seat of it is reserved again. %(why)s") % {"why": cause.reason}
    return reserve(membership, reservation, seats=seats, cause=replace(cause, reason=why))


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
    record_seats("seats_forfeited", membership, seats=seats, rule="R12", why=verdict.sentence, by=None, now=now)
    return entry


def record_seats(
    what: str,
    membership: Membership,
    *,
    seats: int,
    rule: str,
    why: str,
    by: Person | None,
    now: datetime,
    also: Sequence[models.Model] = (),
) -> JournalEntry:
    """The journal's line of a change of a membership's seats; `also`: what else it is found from."""
    about = [membership, membership.organization, *also]
    return journal.record(what=what, now=now, by=by, rule=rule, why=why, about=about, new={"seats": seats})
