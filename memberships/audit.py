"""Audits of the ledger: its sums are the counters of memberships and reservations, and each movement is one of the table's.

The database adds up; only what does not match comes here, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

from django.db.models import Case, Exists, Expression, F, OuterRef, Q, Sum, Value, When, Window
from django.db.models.functions import Coalesce, Lag

from carpentries_portal.common.audit import add_effect
from carpentries_portal.common.auditing import AUDITS, Mismatch
from carpentries_portal.common.models import EditionRecord
from memberships import policy
from memberships.ledger import ALLOWED, FORFEIT_FIELDS
from memberships.models import LedgerEntry, Membership, Reservation
from memberships.states import Account, Event

BATCH = 500


def _came_less_left(account: Account, *, of: str = "", forfeit_rule: str = "") -> Case:
    """Of one entry: the seats that came into an account, or left it (negative)."""
    narrowed = {f"{of}forfeit_rule": forfeit_rule} if forfeit_rule else {}
    seats = F(f"{of}seats")
    return Case(
        When(**{f"{of}target": account}, **narrowed, then=seats),
        When(**{f"{of}source": account}, **narrowed, then=-seats),
        default=Value(0),
    )


def _total(case: Case) -> Expression:
    return Coalesce(Sum(case), 0)


def _any_differs(fields: list[str]) -> Q:
    return reduce(or_, (~Q(**{field: F(f"ledger_{field}")}) for field in fields))


def memberships_match_the_ledger() -> Iterator[Mismatch]:
    sums = {
        f"ledger_{account}": _total(_came_less_left(account, of="entries__")) for account in Account if account != Account.GRANTED
    }
    sums["ledger_granted"] = -_total(_came_less_left(Account.GRANTED, of="entries__"))  # the source: what left it
    fields = [str(account) for account in Account]
    rows = Membership.objects.annotate(**sums).filter(_any_differs(fields)).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        yield from _differences("membership = ledger", f"membership {row.pk}", row, fields)


def reservations_match_the_ledger() -> Iterator[Mismatch]:
    sums = {f"ledger_{account}": _total(_came_less_left(account, of="entries__")) for account in (Account.RESERVED, Account.USED)}
    for rule, field in FORFEIT_FIELDS.items():
        sums[f"ledger_{field}"] = _total(_came_less_left(Account.FORFEITED, of="entries__", forfeit_rule=rule))
    fields = [str(Account.RESERVED), str(Account.USED), *FORFEIT_FIELDS.values()]
    rows = Reservation.objects.annotate(**sums).filter(_any_differs(fields)).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        yield from _differences("reservation = ledger", f"reservation {row.pk}", row, fields)


def _differences(audit: str, subject: str, row: Membership | Reservation, fields: list[str]) -> Iterator[Mismatch]:
    for field in fields:
        found, expected = getattr(row, field), getattr(row, f"ledger_{field}")
        if found != expected:
            yield Mismatch(audit, subject, expected, found, f"{field} is {found}; its ledger says {expected}")


def movements_are_of_the_table() -> Iterator[Mismatch]:
    for row in LedgerEntry.objects.values("event", "source", "target").distinct().order_by("event", "source", "target"):
        if row["event"] not in Event.values or (row["event"], row["source"], row["target"]) not in ALLOWED:
            movement = f"{row['event']}: {row['source']} -> {row['target']}"
            for pk in LedgerEntry.objects.filter(**row).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH):
                sentence = f"{movement} is no movement of the table"
                yield Mismatch("ledger table", f"ledger entry {pk}", "a movement of the table", movement, sentence)


def entries_follow_each_other() -> Iterator[Mismatch]:
    """What an entry says was available after it is what the one before said, and its own movement."""
    before = Window(Lag("available_after", default=0), partition_by="membership", order_by="pk")
    rows = LedgerEntry.objects.annotate(expected=before + _came_less_left(Account.AVAILABLE))
    for row in rows.exclude(available_after=F("expected")).order_by("pk").iterator(chunk_size=BATCH):
        sentence = f"{row.available_after} seats available after it; the entry before and its movement make {row.expected}"
        yield Mismatch("ledger order", f"ledger entry {row.pk}", row.expected, row.available_after, sentence)


def entries_stay_in_one_membership() -> Iterator[Mismatch]:
    rows = LedgerEntry.objects.filter(reservation__isnull=False).exclude(reservation__membership=F("membership"))
    for row in rows.annotate(other=F("reservation__membership")).order_by("pk").iterator(chunk_size=BATCH):
        expected, found = f"membership {row.other}", f"membership {row.membership_id}"
        sentence = f"it moves seats of {found}; its reservation is one of {expected}"
        yield Mismatch("entry = reservation", f"ledger entry {row.pk}", expected, found, sentence)


def granted_is_what_level_and_contract_say() -> Iterator[Mismatch]:
    """R1: what the ledger granted at the beginning, or took over, is what the contract states, or the level in the membership's edition."""
    editions = {record.pk: record.edition() for record in EditionRecord.objects.all()}
    began = Q(entries__event=Event.GRANT, entries__rule="R1") | Q(entries__event=Event.OPENING)
    given = Coalesce(Sum("entries__seats", filter=began & Q(entries__source=Account.GRANTED)), 0)
    for row in Membership.objects.annotate(given=given).order_by("pk").iterator(chunk_size=BATCH):
        verdict = policy.seats_granted(edition=editions[row.edition_id], level=row.level, contract_seats=row.contract_seats)
        expected = 0 if verdict.refused else int(str(verdict.facts["seats"]))
        if row.given != expected:
            sentence = f"it began with {row.given} seats; {verdict.sentence}"
            yield Mismatch("granted = level", f"membership {row.pk}", expected, row.given, sentence)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("memberships", memberships_match_the_ledger)
    AUDITS.add("levels", granted_is_what_level_and_contract_say)
    AUDITS.add("reservations", reservations_match_the_ledger)
    AUDITS.add("ledger", movements_are_of_the_table)
    AUDITS.add("ledger order", entries_follow_each_other)
    AUDITS.add("ledger memberships", entries_stay_in_one_membership)
    forfeited = LedgerEntry.objects.filter(membership=OuterRef("pk"), event=Event.YEAR_END)
    add_effect("R12", "memberships.membership", noun="membership", expected="forfeited at its end", missing=Q(~Exists(forfeited)))
