"""What R7 asks of several trainings at once: each function is the twin of one in `calendar.py`, over rows that were read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from carpentries_portal.common.handbook import ExceptionUsed
from carpentries_portal.common.prepared import prepared
from trainings import policy
from trainings.models import Booking, TrainingException

Span = tuple[datetime, datetime | None]
"""From when a booking stood, and until when."""


@prepared
def _records(training_ids: Any) -> QuerySet[TrainingException]:
    return TrainingException.objects.filter(training__pk__in=training_ids, rule__in=("R6", "R7")).order_by("pk")


@prepared
def _times(training_ids: Any) -> QuerySet[Booking, Any]:
    return Booking.objects.filter(training__pk__in=training_ids).values_list("training", "booked_at", "cancelled_at")


def emptiness_records(training_ids: Sequence[int]) -> dict[int, list[TrainingException]]:
    """The requests, exceptions and holds (R6, R7) of each training. One query."""
    found: dict[int, list[TrainingException]] = {}
    for record in _records(training_ids=list(training_ids)):
        found.setdefault(record.training_id, []).append(record)
    return found


def booking_times(training_ids: Sequence[int]) -> dict[int, list[Span]]:
    """When the bookings of each training stood. One query."""
    found: dict[int, list[Span]] = {}
    for training_id, begun, ended in _times(training_ids=list(training_ids)):
        found.setdefault(training_id, []).append((begun, ended))
    return found


def stood_at(spans: Iterable[Span], at: datetime) -> bool:
    """Twin of `had_booking_at`."""
    return any(begun < at and (ended is None or ended >= at) for begun, ended in spans)


def hold_among(records: Iterable[TrainingException]) -> ExceptionUsed | None:
    """Twin of `hold_on`: one without an end comes first, as the database sorts it."""
    holds = [row for row in records if row.rule == "R7" and row.membership_id is None and row.state == "approved"]
    latest = datetime.max.replace(tzinfo=UTC)
    hold = max(holds, key=lambda row: row.until or latest, default=None)
    return hold.as_used() if hold else None


def sign_up_requests_among(records: Iterable[TrainingException], *, now: datetime) -> list[policy.SignUpRequest]:
    """Twin of `sign_up_requests`."""
    return [
        policy.SignUpRequest(approved=row.state == "approved", used=row.used_at is not None)
        for row in records
        if row.rule == "R6" and row.membership_id is not None and _keeps(row, now)
    ]


def _keeps(row: TrainingException, now: datetime) -> bool:
    """It waits, or is approved, in force and not yet used."""
    approved = row.state == "approved" and row.used_at is None and (row.until is None or row.until > now)
    return row.state == "asked" or approved
