"""Reads of what comes before a training: rosters that close, links and letters that are due, the room's checklist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce

from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.prepared import prepared
from trainings.models import Booking, RoomCheck, Training, TrainingException
from trainings.states import RoomItem, TrainingState


@dataclass(frozen=True, slots=True)
class RoomLine:
    """An item of the room's checklist, with who ticked it."""

    item: str
    label: str
    check: RoomCheck | None


@prepared
def _checks(booking_id: Any) -> models.QuerySet[RoomCheck]:
    return RoomCheck.objects.filter(booking=booking_id).select_related("by")


def room_of(booking: Booking) -> list[RoomLine]:
    """The whole checklist of a booking, in its order. One query."""
    checks = {check.item: check for check in _checks(booking_id=booking.pk)}
    return [RoomLine(item=item.value, label=str(item.label), check=checks.get(item.value)) for item in RoomItem]


ROSTER_RULES = ("R16", "P6")


def waiting_roster_requests(booking_ids: Iterable[int]) -> models.QuerySet[TrainingException]:
    """The requests about these bookings' rosters that staff have not decided."""
    return TrainingException.objects.filter(booking__pk__in=booking_ids, rule__in=ROSTER_RULES, state=ExceptionState.ASKED)


def roster_requests(booking_ids: Iterable[int]) -> set[int]:
    """Of these bookings, those with a request about their roster, made before its cut-off, that waits for staff (P6)."""
    rows = waiting_roster_requests(booking_ids).select_related("booking__training")
    return {row.booking.pk for row in rows if row.booking is not None and row.asked_at < row.booking.roster_cut_off().ends_at}


def rosters_due(now: datetime) -> models.QuerySet[Booking]:
    """Confirmed bookings whose roster is open, though its last day is over somewhere on earth; soonest first."""
    rows = (
        Booking.objects.confirmed()
        .filter(roster_closed_at__isnull=True)
        .annotate(roster_on=Coalesce("roster_until", "training__roster_until"))
    )
    rows = rows.filter(roster_on__lte=now.date(), roster_on__gte=models.F("training__enforced_from_on"))
    rows = rows.filter(training__state=TrainingState.SCHEDULED)
    return rows.select_related("training__edition", "membership__edition", "membership__organization", "reservation").order_by(
        "roster_on", "pk"
    )


def rosters_open(now: datetime, *, within_days: int) -> models.QuerySet[Booking]:
    """Confirmed bookings whose roster closes within so many days, a day's margin for zones; soonest first."""
    day = timedelta(days=1)
    rows = Booking.objects.confirmed().filter(roster_closed_at__isnull=True, training__state=TrainingState.SCHEDULED)
    rows = rows.annotate(roster_on=Coalesce("roster_until", "training__roster_until"))
    rows = rows.filter(roster_on__gte=now.date() - day, roster_on__lte=now.date() + within_days * day + day)
    return rows.select_related("training__edition", "membership__organization").order_by("roster_on", "pk")


def trainings_before(now: datetime, *, within_days: int) -> models.QuerySet[Training]:
    """Scheduled trainings that begin within so many days, a day's margin for zones; soonest first."""
    rows = Training.objects.scheduled().filter(starts_at__gt=now, starts_on__lte=now.date() + timedelta(days=within_days + 1))
    return rows.select_related("edition").order_by("starts_at", "pk")


def bookings_before(now: datetime, *, within_days: int) -> models.QuerySet[Booking]:
    """Confirmed bookings of trainings that begin within so many days, a day's margin for zones; soonest first."""
    rows = Booking.objects.confirmed().filter(training__state=TrainingState.SCHEDULED, training__starts_at__gt=now)
    rows = rows.filter(training__starts_on__lte=now.date() + timedelta(days=within_days + 1))
    return rows.select_related("training__edition", "membership__organization").order_by("training__starts_at", "pk")
