"""The seat ledger: one function moves seats between two accounts, and writes why.

Nothing else changes a counter. The membership's row must be locked by the caller (model.md, "Locks").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.models import LedgerEntry, Membership, Reservation
from memberships.states import Account, Event

ALLOWED: frozenset[tuple[Event, Account, Account]] = frozenset(
    {
        (Event.GRANT, Account.GRANTED, Account.AVAILABLE),
        (Event.RESERVE, Account.AVAILABLE, Account.RESERVED),
        (Event.RELEASE, Account.RESERVED, Account.AVAILABLE),
        (Event.RELEASE, Account.RESERVED, Account.RETURNED),
        (Event.FORFEIT, Account.RESERVED, Account.FORFEITED),
        (Event.REOPEN, Account.FORFEITED, Account.RESERVED),
        (Event.USE, Account.RESERVED, Account.USED),
        (Event.CORRECT, Account.USED, Account.RESERVED),
        (Event.CORRECT, Account.FORFEITED, Account.RESERVED),
        (Event.CANCELLED, Account.RESERVED, Account.AVAILABLE),
        (Event.CANCELLED, Account.RESERVED, Account.RETURNED),
        (Event.CANCELLED, Account.FORFEITED, Account.AVAILABLE),
        (Event.CANCELLED, Account.FORFEITED, Account.RETURNED),
        (Event.RETURNED, Account.RETURNED, Account.AVAILABLE),
        (Event.RETURNED, Account.RETURNED, Account.FORFEITED),
        (Event.YEAR_END, Account.AVAILABLE, Account.FORFEITED),
        (Event.RESTORE, Account.FORFEITED, Account.AVAILABLE),
        (Event.RESTORE, Account.FORFEITED, Account.RESERVED),
        (Event.WITHDRAW, Account.AVAILABLE, Account.WITHDRAWN),
        (Event.CARRY, Account.AVAILABLE, Account.MOVED),
        (Event.CARRY, Account.FORFEITED, Account.MOVED),
        (Event.CARRY, Account.GRANTED, Account.AVAILABLE),
        (Event.OPENING, Account.GRANTED, Account.USED),
        (Event.OPENING, Account.GRANTED, Account.FORFEITED),
    }
)
"""The table of model.md: which event may move seats from where to where. The audit and the model-based test read it too."""

OF_A_BOOKING = frozenset({Account.RESERVED, Account.USED})
FORFEIT_FIELDS = {"P4": "forfeited_p4", "P6": "forfeited_p6", "R15": "forfeited_r15"}


class UnableToMoveSeats(UnableTo):
    """The seats are not there, or the movement is none of the table's."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why seats move: the sentence, the rule behind it, who or what, and the exception that allowed it."""

    reason: str
    now: datetime
    rule: str = ""
    by: Person | None = None
    subject: tuple[str, int] | None = None
    exception: tuple[str, int] | None = None


def move(
    membership: Membership,
    *,
    event: Event,
    source: Account,
    target: Account,
    seats: int,
    cause: Cause,
    reservation: Reservation | None = None,
    forfeit_rule: str = "",
    linked: LedgerEntry | None = None,
) -> LedgerEntry:
    """Move seats and write the entry. Raises UnableToMoveSeats; then nothing has changed.

    `forfeit_rule` says by which rule seats are forfeited or, when they leave *forfeited*, were.
    """
    if (event, source, target) not in ALLOWED:
        raise UnableToMoveSeats(_("Seats cannot go from %(source)s to %(target)s by this.") % {"source": source, "target": target})
    if seats <= 0:
        raise UnableToMoveSeats(_("Move at least one seat."))
    _needs_lock()
    changes: dict[str, int] = {}
    if reservation is not None:
        changes = _changes_of(reservation, membership, source, target, seats, forfeit_rule)
    elif source in OF_A_BOOKING or target == Account.RESERVED:
        raise UnableToMoveSeats(_("Reserved seats belong to a booking."))
    _change(membership, source, target, seats)
    if reservation is not None:
        for field, value in changes.items():
            setattr(reservation, field, value)
        reservation.save(update_fields=list(changes))
    label, object_id = cause.subject or ("", None)
    exception_label, exception_id = cause.exception or ("", None)
    return LedgerEntry.objects.create(
        membership=membership,
        reservation=reservation,
        at=cause.now,
        event=event,
        source=source,
        target=target,
        seats=seats,
        rule=cause.rule,
        forfeit_rule=forfeit_rule,
        reason=cause.reason,
        by=cause.by,
        subject_label=label,
        subject_id=object_id,
        exception_label=exception_label,
        exception_id=exception_id,
        linked=linked,
        available_after=membership.available,
    )


def _needs_lock() -> None:
    """A lock outside a transaction is no lock; SQLite would not even say so."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("ledger.move() needs a transaction that has locked the membership")


def _change(membership: Membership, source: Account, target: Account, seats: int) -> None:
    fields = [str(target)]
    if source == Account.GRANTED:
        membership.granted += seats
        fields.append("granted")
    else:
        there = getattr(membership, source)
        if there < seats:
            raise UnableToMoveSeats(
                ngettext("Only %(there)d seat is %(account)s.", "Only %(there)d seats are %(account)s.", there)
                % {"there": there, "account": source.label}
            )
        setattr(membership, source, there - seats)
        fields.append(str(source))
    setattr(membership, target, getattr(membership, target) + seats)
    membership.save(update_fields=fields)


def _changes_of(
    reservation: Reservation, membership: Membership, source: Account, target: Account, seats: int, forfeit_rule: str
) -> dict[str, int]:
    """The reservation's new counters; checked before anything is saved."""
    if reservation.membership_id != membership.pk:
        raise UnableToMoveSeats(_("The booking belongs to another membership."))
    changes: dict[str, int] = {}
    for account, change in ((source, -seats), (target, seats)):
        if account not in OF_A_BOOKING and account != Account.FORFEITED:
            continue
        field = FORFEIT_FIELDS.get(forfeit_rule) if account == Account.FORFEITED else str(account)
        if field is None:
            raise UnableToMoveSeats(_("A booking's seats are forfeited by P4, P6 or R15."))
        value = getattr(reservation, field) + change
        if value < 0:
            raise UnableToMoveSeats(_("The booking has not as many seats %(account)s.") % {"account": account.label})
        changes[field] = value
    return changes
