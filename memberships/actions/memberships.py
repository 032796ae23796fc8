"""Creating memberships: bound to the edition in force at their start (R1), seats granted by the ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import editions, exceptions, journal
from carpentries_portal.common.dates import day_text, today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import EditionRecord, Person
from memberships import emails, policy
from memberships.actions.organizations import lock_organization
from memberships.actions.seats import lock_memberships
from memberships.ledger import Cause, move
from memberships.models import Coordinator, Membership, Organization
from memberships.states import Account, Event, Level


class UnableToCreateMembership(UnableTo):
    """The level, the number of seats or the dates do not hold."""


def _checked(*, level: str, starts_on: date, ends_on: date, contract_seats: int | None) -> tuple[EditionRecord, int, str]:
    """The edition that binds, the seats it gives, and the sentence. Raises UnableToCreateMembership."""
    if level not in Level.values:
        raise UnableToCreateMembership(_("“%(level)s” is not a level.") % {"level": level[:40]})
    term = policy.end_date_warning(starts_on=starts_on, ends_on=ends_on)
    if term.refused:
        raise UnableToCreateMembership.because([term])
    record = editions.bind_in_force(starts_on)
    verdict = policy.seats_granted(edition=record.edition(), level=level, contract_seats=contract_seats)
    if verdict.refused:
        raise UnableToCreateMembership.because([verdict])
    return record, int(str(verdict.facts["seats"])), verdict.sentence


@transaction.atomic
def create_membership(
    *,
    organization: Organization,
    level: str,
    starts_on: date,
    ends_on: date,
    by: Person | None,
    now: datetime,
    contract_seats: int | None = None,
    note: str = "",
) -> Membership:
    """A new membership with its seats available; its coordinators are welcomed (L1). Raises UnableToCreateMembership, UnableToDecide.

    Of an organization one at a time is made: whoever waited sees the other among those that overlap.
    """
    lock_organization(organization.pk)
    record, seats, sentence = _checked(level=level, starts_on=starts_on, ends_on=ends_on, contract_seats=contract_seats)
    membership = Membership.objects.create(
        organization=organization,
        level=level,
        starts_on=starts_on,
        ends_on=ends_on,
        edition=record,
        contract_seats=contract_seats,
        note=note,
        enforced_from_on=today_in(organization.zone, now),
        added_at=now,
    )
    if by is not None:
        exceptions.refuse_gainer(membership, by=by)
    if seats:
        cause = Cause(reason=sentence, now=now, rule="R1", by=by)
        move(membership, event=Event.GRANT, source=Account.GRANTED, target=Account.AVAILABLE, seats=seats, cause=cause)
    _record_created(membership, seats=seats, sentence=sentence, by=by, now=now)
    if not membership.has_ended(now):
        for coordinator in Coordinator.objects.active().filter(organization=organization).select_related("person"):
            emails.welcome(coordinator, membership, now=now)
    return membership


@transaction.atomic
def take_over_membership(
    *,
    organization: Organization,
    level: str,
    starts_on: date,
    ends_on: date,
    source: str,
    source_key: str,
    by: Person | None,
    now: datetime,
    contract_seats: int | None = None,
    used_seats: int = 0,
    note: str = "",
) -> Membership:
    """A membership from before the portal (import). It draws no letters, and no rule acts on a date before tomorrow.

    One that has ended comes in settled: seats that the file says were used are used, the others forfeited with the reason "use unknown".
    """
    record, seats, sentence = _checked(level=level, starts_on=starts_on, ends_on=ends_on, contract_seats=contract_seats)
    membership = Membership.objects.create(
        organization=organization,
        level=level,
        starts_on=starts_on,
        ends_on=ends_on,
        edition=record,
        contract_seats=contract_seats,
        note=note,
        source=source,
        source_key=source_key,
        enforced_from_on=today_in(organization.zone, now) + timedelta(days=1),
        added_at=now,
    )
    used_seats = min(used_seats, seats)
    ended = membership.has_ended(now)
    if used_seats:
        cause = Cause(reason=_("Opening: used before the portal, says %(source)s.") % {"source": source}, now=now, by=by)
        move(membership, event=Event.OPENING, source=Account.GRANTED, target=Account.USED, seats=used_seats, cause=cause)
    if ended and seats > used_seats:
        cause = Cause(
            reason=_("Opening: the membership ended before the portal took over, use unknown."), now=now, rule="R12", by=by
        )
        forfeited = seats - used_seats
        move(
            membership,
            event=Event.OPENING,
            source=Account.GRANTED,
            target=Account.FORFEITED,
            seats=forfeited,
            cause=cause,
            forfeit_rule="R12",
        )
    elif seats > used_seats:
        cause = Cause(reason=sentence, now=now, rule="R1", by=by)
        move(membership, event=Event.GRANT, source=Account.GRANTED, target=Account.AVAILABLE, seats=seats - used_seats, cause=cause)
    _record_created(membership, seats=seats, sentence=sentence, by=by, now=now)
    return membership


def _record_created(membership: Membership, *, seats: int, sentence: str, by: Person | None, now: datetime) -> None:
    journal.record(
        what="membership_created",
        now=now,
        by=by,
        rule="R1",
        why=sentence,
        about=[membership, membership.organization],
        new={
            "level": membership.level,
            "seats": seats,
            "starts_on": membership.starts_on.isoformat(),
            "ends_on": membership.ends_on.isoformat(),
        },
        edition=membership.edition.name,
    )


@transaction.atomic
def end_early(*, membership: Membership, on: date, why: str, by: Person, now: datetime) -> Membership:
    """The contract ends before its last day. Bookings are cancelled first, one by one (trainings.actions), then what is available is withdrawn."""
    (membership,) = lock_memberships([membership.pk])
    if not why.strip():
        raise UnableToCreateMembership(_("Say why the contract ends early."))
    if membership.ended_on is not None or not membership.starts_on <= on < membership.ends_on:
        raise UnableToCreateMembership(_("It can end early on a day from its first to the one before its last, once."))
    if membership.reserved:
        raise UnableToCreateMembership(
            _("Cancel its bookings first: %(seats)d seats are reserved.") % {"seats": membership.reserved}
        )
    membership.ended_on, membership.ended_why = on, why.strip()
    membership.save(update_fields=["ended_on", "ended_why"])
    if membership.available:
        cause = Cause(reason=why.strip(), now=now, by=by)
        seats = membership.available
        move(membership, event=Event.WITHDRAW, source=Account.AVAILABLE, target=Account.WITHDRAWN, seats=seats, cause=cause)
    entry = journal.record(
        what="membership_ended_early",
        now=now,
        by=by,
        why=why.strip(),
        about=[membership, membership.organization],
        new={"ended_on": on.isoformat()},
    )
    said = _("The membership ends on %(day)s, earlier than its contract said: %(why)s")
    emails.seats_changed(membership, entry=entry, now=now, sentence=said % {"day": day_text(on), "why": why.strip()})
    return membership
