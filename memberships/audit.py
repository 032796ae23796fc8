"""Audits of the ledger: its sums are the counters of memberships and reservations, and each movement is one of the table's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Sum

from carpentries_portal.common.auditing import AUDITS, Mismatch
from memberships.ledger import ALLOWED, FORFEIT_FIELDS
from memberships.models import LedgerEntry, Membership, Reservation
from memberships.states import Account, Event

Sums = dict[int, dict[str, int]]


def _sums(field: str) -> Sums:
    """By membership or reservation: what came into each account less what left it, added up by the database."""
    sums: Sums = defaultdict(lambda: defaultdict(int))
    rows = LedgerEntry.objects.filter(**{f"{field}__isnull": False})
    for side, sign in (("target", 1), ("source", -1)):
        for row in rows.values(field, side, "forfeit_rule").annotate(total=Sum("seats")).order_by():
            account = row[side]
            sums[row[field]][account] += sign * row["total"]
            if account == Account.FORFEITED:
                sums[row[field]][f"forfeited {row['forfeit_rule']}"] += sign * row["total"]
    return sums


def memberships_match_the_ledger() -> Iterator[Mismatch]:
    sums = _sums("membership")
    for membership in Membership.objects.order_by("pk").iterator(chunk_size=500):
        found = sums.get(membership.pk, {})
        for account in Account:
            counter = getattr(membership, account)
            expected = -found.get(account, 0) if account == Account.GRANTED else found.get(account, 0)
            if counter != expected:
                sentence = f"{account.value} is {counter}; its ledger says {expected}"
                yield Mismatch("membership = ledger", f"membership {membership.pk}", sentence)


def reservations_match_the_ledger() -> Iterator[Mismatch]:
    sums = _sums("reservation")
    for reservation in Reservation.objects.order_by("pk").iterator(chunk_size=500):
        found = sums.get(reservation.pk, {})
        expected = {"reserved": found.get("reserved", 0), "used": found.get("used", 0)}
        expected |= {field: found.get(f"forfeited {rule}", 0) for rule, field in FORFEIT_FIELDS.items()}
        for field, value in expected.items():
            counter = getattr(reservation, field)
            if counter != value:
                sentence = f"{field} is {counter}; its ledger says {value}"
                yield Mismatch("reservation = ledger", f"reservation {reservation.pk}", sentence)


def movements_are_of_the_table() -> Iterator[Mismatch]:
    for row in LedgerEntry.objects.values("event", "source", "target").distinct().order_by():
        if row["event"] not in Event.values or (Event(row["event"]), Account(row["source"]), Account(row["target"])) not in ALLOWED:
            for pk in LedgerEntry.objects.filter(**row).values_list("pk", flat=True):
                sentence = f"{row['event']}: {row['source']} -> {row['target']} is no movement of the table"
                yield Mismatch("ledger table", f"ledger entry {pk}", sentence)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("memberships", memberships_match_the_ledger)
    AUDITS.add("reservations", reservations_match_the_ledger)
    AUDITS.add("ledger", movements_are_of_the_table)
