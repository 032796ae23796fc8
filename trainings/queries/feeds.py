"""Reads for calendars that one subscribes to: what stands in them, and when it changed last, as the journal has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from carpentries_portal.common.models import JournalSubject, Person
from memberships.models import LedgerEntry, Membership
from memberships.queries import memberships_of
from trainings.models import Booking, Training
from trainings.models.trainings import TrainingQuerySet

KEPT = timedelta(days=30)
"""How long what is over stays in a calendar: those who look back find it."""
MOST_TRAININGS, MOST_BOOKINGS = 500, 100
_OF_TRAINING = ("training_announced", "training_taken_over", "training_moved", "training_cancelled")
_OF_BOOKING = (
    "booking_made",
    "booking_changed",
    "booking_moved",
    "booking_cancelled",
    "roster_closed",
    "roster_date_set",
    "training_moved",
    "training_cancelled",
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something changed last, and a number that rises with it."""

    at: datetime
    number: int


def in_feed(now: datetime) -> TrainingQuerySet:
    """Trainings to come, and those that are over since a month at most."""
    return Training.objects.filter(ends_at__gt=now - KEPT)


def for_feed(rows: TrainingQuerySet) -> list[Training]:
    """Soonest first, without what a calendar does not show. One query."""
    return list(rows.defer("agenda", "source", "source_notes").order_by("starts_at", "pk")[:MOST_TRAININGS])


def _stamps(label: str, ids: Sequence[int], what: Sequence[str]) -> dict[int, Stamp]:
    rows = JournalSubject.objects.filter(label=label, object_id__in=ids, entry__what__in=what)
    found = rows.values("object_id").annotate(at=Max("entry__at"), number=Max("entry")).order_by()
    return {row["object_id"]: Stamp(at=row["at"], number=row["number"]) for row in found}


def training_stamps(ids: Sequence[int]) -> dict[int, Stamp]:
    """By training. One query."""
    return _stamps("trainings.training", ids, _OF_TRAINING)


def booking_stamps(ids: Sequence[int]) -> dict[int, Stamp]:
    """By booking; the number is that of the letter about it (L2). One query."""
    return _stamps("trainings.booking", ids, _OF_BOOKING)


def bookings_of_coordinator(person: Person, *, now: datetime) -> list[Booking]:
    """The bookings of a coordinator's organizations whose exercises are not long over, cancelled ones too. One query."""
    rows = Booking.objects.coordinated_by(person.pk).filter(training__ends_at__gt=now - timedelta(days=120) - KEPT)
    rows = rows.select_related("training__edition", "membership__organization", "membership__edition")
    return list(rows.order_by("training__starts_at", "pk")[:MOST_BOOKINGS])


@dataclass(frozen=True, slots=True)
class Ending:
    """A membership that ends with seats left."""

    membership: Membership
    stamp: Stamp


def endings_of_coordinator(person: Person, *, now: datetime) -> list[Ending]:
    """The memberships that have not ended, with seats left. Two queries."""
    rows = [row for row in memberships_of(person) if row.available and not row.has_ended(now)]
    moved = LedgerEntry.objects.filter(membership__in=[row.pk for row in rows]).values("membership")
    last = {row["membership"]: row for row in moved.annotate(when=Max("at"), number=Max("pk")).order_by()}
    return [Ending(row, Stamp(at=last[row.pk]["when"], number=last[row.pk]["number"])) for row in rows if row.pk in last]
