"""Who did what for an organization, and when: the journal in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.models import JournalEntry, JournalSubject
from memberships.models import Organization
from trainings.models import Booking

NEWEST = 40

WORDS: dict[str, Promise] = {
    "application_finished": _("application finished"),
    "attendance_confirmed": _("attendance confirmed"),
    "attendance_corrected": _("attendance corrected"),
    "booking_cancelled": _("booking cancelled"),
    "booking_changed": _("number of seats changed"),
    "booking_made": _("team booked"),
    "booking_moved": _("team moved to another training"),
    "coordinator_added": _("coordinator added"),
    "coordinator_removed": _("coordinator removed"),
    "exception_approved": _("exception approved"),
    "exception_asked": _("exception asked for"),
    "exception_declined": _("exception declined"),
    "exception_entered": _("exception entered by staff"),
    "invitations_sent": _("invitations sent"),
    "membership_created": _("membership begun"),
    "membership_ended_early": _("membership ended early"),
    "people_reminded": _("people reminded"),
    "roster_accepted": _("list of names accepted"),
    "roster_closed": _("list of names closed"),
    "roster_date_set": _("list of names open longer"),
    "roster_undone": _("list of names undone"),
    "room_checked": _("room checklist changed"),
    "returned_seats_decided": _("returned seats decided"),
    "seats_forfeited": _("seats forfeited"),
    "seats_granted": _("seats granted by staff"),
    "seats_moved": _("seats moved to another membership"),
    "seats_restored": _("seats restored by staff"),
    "seats_withdrawn": _("seats withdrawn"),
    "training_cancelled": _("training cancelled"),
}
"""What a line of the journal is called on the page; one that is not here is called by its own word."""


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
            what=str(WORDS.get(row.what, row.what.replace("_", " "))),
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
