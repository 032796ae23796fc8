"""Who did what for an organization, and when: the journal in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from carpentries_portal.common.journal_words import word_of
from carpentries_portal.common.models import JournalEntry, JournalSubject
from memberships.models import Organization
from trainings.models import Booking

NEWEST = 40


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the journal as its people read it. `who` is "" for the portal itself."""

    at: datetime
    what: str
    who: str
    why: str
    rule: str
    booking: Booking | None


def happened(organization: Organization, membership_ids: list[int]) -> list[Happening]:
    """The newest lines about an organization, its memberships and their bookings. Three queries."""
    ours = Q(label="memberships.organization", object_id=organization.pk) | Q(
        label="memberships.membership", object_id__in=membership_ids
    )
    about = JournalSubject.objects.filter(ours, entry=OuterRef("pk"))
    rows = list(JournalEntry.objects.filter(Exists(about)).prefetch_related("subjects").order_by("-at", "-pk")[:NEWEST])
    bookings = _bookings(rows, membership_ids)
    return [
        Happening(
            at=row.at,
            what=word_of(row.what),
            who=row.by_name,
            why=row.why,
            rule=row.rule,
            booking=next((bookings[pk] for pk in _booking_ids(row) if pk in bookings), None),
        )
        for row in rows
    ]


def _booking_ids(row: JournalEntry) -> list[int]:
    return sorted((subject.object_id for subject in row.subjects.all() if subject.label == "trainings.booking"), reverse=True)


def _bookings(rows: list[JournalEntry], membership_ids: list[int]) -> dict[int, Booking]:
    """Those that the lines are about, of these memberships alone: a cancelled training's line names other members' too."""
    ids = {pk for row in rows for pk in _booking_ids(row)}
    return {row.pk: row for row in Booking.objects.filter(pk__in=ids, membership__in=membership_ids).select_related("training")}
