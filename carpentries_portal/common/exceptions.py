"""Asking for and deciding exceptions (R19): the same actions for each app's table, in one queue."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import emails, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import ExceptionRecord, Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.signals import exception_approved

Record = TypeVar("Record", bound=ExceptionRecord)
HOLDS_UNTIL = "holds_until"


class UnableToAsk(UnableTo):
    """The request has no reason, or the same one waits already."""


class UnableToDecide(UnableTo):
    """Somebody decided already, or the decision lacks what it needs."""


def ask(record: Record, *, by: Person, now: datetime) -> Record:
    """Keep a request, tell who asked and the staff desk (L13). `record` is unsaved, with rule, subject, reason, refusal."""
    if not record.reason.strip():
        raise UnableToAsk(_("Say why, in a sentence or two: staff read it when they decide."))
    record.state, record.asked_by, record.asked_at = ExceptionState.ASKED, by, now
    with transaction.atomic():
        if record.same_waiting():
            raise UnableToAsk(_("This was asked already, and waits for staff."))
        record.save()
        entry = journal.record(what="exception_asked", now=now, by=by, rule=record.rule, why=record.reason, about=record.about())
        emails.exception_asked(record, entry=entry, now=now)
    return record


def enter(record: Record, *, by: Person, now: datetime, note: str = "", used: bool = False) -> Record:
    """Staff enter an exception directly: in force at once, recorded as theirs; `used` where they acted past a warning with it."""
    if not record.reason.strip():
        raise UnableToAsk(_("Say why: the journal keeps it."))
    if not used and (record.until is None or record.until <= now):
        raise UnableToDecide(_("An exception ends in the future."))
    refuse_gainer(record, by=by)
    record.used_at = now if used else None
    record.state, record.asked_by, record.asked_at = ExceptionState.APPROVED, by, now
    record.decided_by, record.decided_at, record.note = by, now, note
    with transaction.atomic():
        record.save()
        journal.record(
            what="exception_entered",
            now=now,
            by=by,
            rule=record.rule,
            why=record.reason,
            about=record.about(),
            new=_end_of(record),
        )
        if not used:
            exception_approved.send(sender=type(record), record=record, now=now)
    return record


@transaction.atomic
def approve(
    record: Record,
    *,
    by: Person,
    now: datetime,
    until: datetime,
    note: str = "",
    seats: int | None = None,
    to_date: date | None = None,
) -> Record:
    """Approve a waiting request until an instant; who asked is told (L13). Raises UnableToDecide."""
    if until <= now:
        raise UnableToDecide(_("An approval ends in the future."))
    record = _waiting(record)
    refuse_gainer(record, by=by)
    record.until, record.seats, record.to_date = until, seats or record.seats, to_date or record.to_date
    return _decide(record, ExceptionState.APPROVED, by=by, now=now, note=note)


@transaction.atomic
def decline(record: Record, *, by: Person | None, now: datetime, note: str, needless: bool = False) -> Record:
    """Decline a waiting request, with a note that who asked reads (L13); `needless`: because it is possible without. Raises UnableToDecide."""
    if not note.strip():
        raise UnableToDecide(_("Say why: who asked reads it."))
    return _decide(_waiting(record), ExceptionState.DECLINED, by=by, now=now, note=note, needless=needless)


@transaction.atomic
def revoke(record: Record, *, by: Person, now: datetime, note: str) -> Record:
    """Take an approval back; what was done under it stands. Raises UnableToDecide."""
    record = _locked(record)
    refuse_gainer(record, by=by)
    if record.state != ExceptionState.APPROVED:
        raise UnableToDecide(_("Only an approved exception can be revoked."))
    if record.used_at is not None:
        raise UnableToDecide(_("It was used already: what was done under it stands."))
    if not note.strip():
        raise UnableToDecide(_("Say why: who asked reads it."))
    record.state, record.revoked_at = ExceptionState.REVOKED, now
    record.save(update_fields=["state", "revoked_at"])
    entry = journal.record(what="exception_revoked", now=now, by=by, rule=record.rule, why=note.strip(), about=record.about())
    emails.exception_decided(record, entry=entry, now=now, note=note.strip())
    return record


class Gained(Protocol):
    """What somebody may gain by: an exception, a membership, a booking, a place, a checkout."""

    def gainers(self) -> set[int]: ...


def refuse_gainer(row: Gained, *, by: Person) -> None:
    """Nobody decides what they gain by (own membership, own place), superuser or not: an exception, or seats, time and marks that staff give.

    Raises UnableToDecide.
    """
    if by.pk in row.gainers():
        subject = row.subject_text() if isinstance(row, ExceptionRecord) else str(row)
        raise UnableToDecide(_("You gain by this yourself (%(subject)s): somebody else decides it.") % {"subject": subject})


def until_text(until: datetime) -> str:
    """An end as the journal keeps it: "2018-03-25 12:00 UTC"."""
    return f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _end_of(record: ExceptionRecord) -> dict[str, str]:
    """Until when it holds, for the journal: a move of the training can change the record's own end later (R14, P8)."""
    return {} if record.until is None else {HOLDS_UNTIL: until_text(record.until)}


def use_up(record: ExceptionRecord, *, now: datetime) -> None:
    """An approval is used once. In the caller's transaction, which holds the subject's lock."""
    record.used_at = now
    record.save(update_fields=["used_at"])


def _locked(record: Record) -> Record:
    record.lock_subject()
    row: Record = type(record)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=record.pk)  # type: ignore[assignment]  # the record's own type
    return row


def _waiting(record: Record) -> Record:
    record = _locked(record)
    if record.state != ExceptionState.ASKED:
        raise UnableToDecide(_("This was decided already: %(state)s.") % {"state": record.get_state_display()})
    return record


def _decide(
    record: Record, state: ExceptionState, *, by: Person | None, now: datetime, note: str, needless: bool = False
) -> Record:
    record.state, record.decided_by, record.decided_at, record.note = state, by, now, note.strip()
    record.save()
    entry = journal.record(
        what=f"exception_{state}",
        now=now,
        by=by,
        rule=record.rule,
        why=note.strip() or record.reason,
        about=record.about(),
        new=_end_of(record) if state == ExceptionState.APPROVED else {},
    )
    if state == ExceptionState.APPROVED:
        exception_approved.send(sender=type(record), record=record, now=now)
    emails.exception_decided(record, entry=entry, now=now, needless=needless)
    return record
