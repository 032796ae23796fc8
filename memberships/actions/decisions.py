"""What staff decide about the seats of a membership: each locks it, moves seats by the ledger, and tells its coordinators.

Who coordinates for it gives it no seats (UnableToDecide), whatever their role.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.dates import day_text, last_day_before
from carpentries_portal.common.models import Person
from memberships import emails
from memberships.actions.seats import lock_memberships, record_seats
from memberships.ledger import Cause, UnableToMoveSeats, move
from memberships.models import LedgerEntry, Membership, MembershipException, Reservation
from memberships.states import Account, Event


def _reason(why: str) -> str:
    """The reason that ledger, journal and letter give. Raises UnableToMoveSeats where there is none."""
    if not why.strip():
        raise UnableToMoveSeats(_("Say why: the ledger keeps it, and the coordinators read it."))
    return why.strip()


@transaction.atomic
def grant_extra(*, membership: Membership, seats: int, why: str, by: Person, now: datetime) -> Membership:
    """Extra seats, granted by staff with a reason (P10)."""
    why = _reason(why)
    (membership,) = lock_memberships([membership.pk])
    exceptions.refuse_gainer(membership, by=by)
    reason = _("Granted by staff: %(why)s") % {"why": why}
    cause = Cause(reason=reason, now=now, rule="P10", by=by)
    move(membership, event=Event.GRANT, source=Account.GRANTED, target=Account.AVAILABLE, seats=seats, cause=cause)
    entry = record_seats("seats_granted", membership, seats=seats, rule="P10", why=reason, by=by, now=now)
    said = ngettext("Staff granted %(n)d more seat: %(why)s", "Staff granted %(n)d more seats: %(why)s", seats)
    emails.seats_changed(membership, entry=entry, now=now, sentence=said % {"n": seats, "why": why})
    return membership


@transaction.atomic
def withdraw(*, membership: Membership, seats: int, why: str, by: Person, now: datetime) -> Membership:
    """The contract was reduced: available -> withdrawn, never more than is available."""
    why = _reason(why)
    (membership,) = lock_memberships([membership.pk])
    cause = Cause(reason=why, now=now, by=by)
    move(membership, event=Event.WITHDRAW, source=Account.AVAILABLE, target=Account.WITHDRAWN, seats=seats, cause=cause)
    entry = record_seats("seats_withdrawn", membership, seats=seats, rule="", why=why, by=by, now=now)
    said = ngettext("The contract was reduced by %(n)d seat: %(why)s", "The contract was reduced by %(n)d seats: %(why)s", seats)
    emails.seats_changed(membership, entry=entry, now=now, sentence=said % {"n": seats, "why": why})
    return membership


@transaction.atomic
def decide_returned(
    *, membership: Membership, seats: int, exception: MembershipException | None, why: str, by: Person, now: datetime
) -> Membership:
    """Returned seats (P5): with an exception (R12 and its end) they are available again; without one they are forfeited."""
    why = _reason(why)
    (membership,) = lock_memberships([membership.pk])
    exceptions.refuse_gainer(membership, by=by)
    target = Account.AVAILABLE if exception else Account.FORFEITED
    _must_be_in_force(exception, now)
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
        said = ngettext("%(n)d seat that had come back", "%(n)d seats that had come back", seats) % {"n": seats}
        sentence = _("You have %(seats)s%(until)s: %(why)s") % {
            "seats": said,
            "until": _until(membership, exception, now),
            "why": why,
        }
    else:
        said = ngettext("%(n)d seat that had come back is", "%(n)d seats that had come back are", seats) % {"n": seats}
        sentence = _("%(seats)s forfeited, because the membership has ended: %(why)s") % {"seats": said, "why": why}
    entry = record_seats("returned_seats_decided", membership, seats=seats, rule="R12", why=why, by=by, now=now)
    emails.seats_changed(membership, entry=entry, now=now, sentence=sentence)
    return membership


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
    about: Sequence[models.Model] = (),
) -> Membership:
    """Staff restore forfeited seats: to available or, of a booking, to reserved. For an ended membership the exception's end counts.

    `about`: what else the journal's line is found from, the booking first. Raises UnableToMoveSeats.
    """
    why = _reason(why)
    (membership,) = lock_memberships([membership.pk])
    exceptions.refuse_gainer(membership, by=by)
    _must_be_in_force(exception, now)
    if reservation is None and seats > forfeited_at_large(membership):
        raise UnableToMoveSeats(_("Not as many seats were forfeited by the year's end."))
    move(
        membership,
        event=Event.RESTORE,
        source=Account.FORFEITED,
        target=Account.RESERVED if to_reserved else Account.AVAILABLE,
        seats=seats,
        cause=Cause(
            reason=why,
            now=now,
            rule=rule,
            by=by,
            subject=journal.label_of(about[0]) if about else None,
            exception=journal.label_of(exception),
        ),
        reservation=reservation,
        forfeit_rule=rule,
    )
    _next_round(membership)
    entry = record_seats("seats_restored", membership, seats=seats, rule=rule, why=why, by=by, now=now, also=about)
    if to_reserved:
        said = ngettext(
            "%(n)d forfeited seat is your team’s again: %(why)s", "%(n)d forfeited seats are your team’s again: %(why)s", seats
        )
        values = {"n": seats, "why": why}
    else:
        said = ngettext(
            "%(n)d forfeited seat is yours again%(until)s: %(why)s",
            "%(n)d forfeited seats are yours again%(until)s: %(why)s",
            seats,
        )
        values = {"n": seats, "why": why, "until": _until(membership, exception, now)}
    emails.seats_changed(membership, entry=entry, now=now, sentence=said % values)
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
    why = _reason(why)
    if membership.pk == to.pk or membership.organization_id != to.organization_id:
        raise UnableToMoveSeats(_("Seats move to another membership of the same organization."))
    locked = {row.pk: row for row in lock_memberships([membership.pk, to.pk])}
    here, there = locked[membership.pk], locked[to.pk]
    exceptions.refuse_gainer(there, by=by)  # of one organization: here it is the same people
    _must_be_in_force(exception, now)
    if there.has_ended(now):
        raise UnableToMoveSeats(_("That membership has ended: the seats would be forfeited there the next night."))
    if source == Account.FORFEITED and seats > forfeited_at_large(here):
        raise UnableToMoveSeats(_("Not as many seats were forfeited by the year's end."))
    cause = Cause(reason=why, now=now, rule="R12", by=by, exception=journal.label_of(exception))
    rule = "R12" if source == Account.FORFEITED else ""
    out = move(here, event=Event.CARRY, source=source, target=Account.MOVED, seats=seats, cause=cause, forfeit_rule=rule)
    into = move(there, event=Event.CARRY, source=Account.GRANTED, target=Account.AVAILABLE, seats=seats, cause=cause, linked=out)
    record_seats("seats_moved", here, seats=seats, rule="R12", why=why, by=by, now=now)
    entry = record_seats("seats_moved", there, seats=seats, rule="R12", why=why, by=by, now=now)
    said = ngettext(
        "Staff moved %(n)d seat to this membership from the one that ends on %(day)s: %(why)s",
        "Staff moved %(n)d seats to this membership from the one that ends on %(day)s: %(why)s",
        seats,
    ) % {"n": seats, "day": day_text(here.last_on), "why": why}
    emails.seats_changed(there, entry=entry, now=now, sentence=said)
    return out, into


def _must_be_in_force(exception: MembershipException | None, now: datetime) -> None:
    if exception is not None and not exception.is_in_force(now):
        raise UnableToMoveSeats(_("The exception is not in force."))


def _until(membership: Membership, exception: MembershipException, now: datetime) -> str:
    """For a membership that has ended, the day to which the exception keeps the seats; " until …" or nothing."""
    if not membership.has_ended(now) or exception.until is None:
        return ""
    return _(" until %(day)s") % {"day": day_text(last_day_before(exception.until, membership.organization.zone))}


def forfeited_at_large(membership: Membership) -> int:
    """Forfeited seats that belong to no booking."""
    of_bookings = sum(
        reservation.forfeited_p4 + reservation.forfeited_p6 + reservation.forfeited_r15
        for reservation in membership.reservations.all()
    )
    return membership.forfeited - of_bookings


def _next_round(membership: Membership) -> None:
    """Seats came back: the year's end may rightly act once more."""
    membership.round += 1
    membership.save(update_fields=["round"])
