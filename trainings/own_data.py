"""What trainings hold about a person: what they train, what they booked. A trainer is not forgotten before the last roll call is confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data import HELD, Holding, Row, row_of
from carpentries_portal.common.people_requests import UnableToForget
from carpentries_portal.common.signals import person_forgotten
from trainings.models import Booking, TrainingException, TrainingTrainer
from trainings.states import BookingState, TrainingState


def _rows(person: Person) -> dict[str, list[Row]]:
    trains = TrainingTrainer.objects.filter(trainer__person=person).select_related("training").order_by("pk")
    booked = Booking.objects.filter(booked_by=person).select_related("training", "membership__organization").order_by("pk")
    asked = TrainingException.objects.filter(asked_by=person).order_by("pk")
    return {
        "trains_at": [row_of(row, "training") for row in trains],
        "booked": [row_of(row, "training", "seats", "site", "room", "booked_at", "state") for row in booked],
        "asked_about_trainings": [row_of(row, "rule", "asked_for", "reason", "asked_at", "state", "note") for row in asked],
    }


@receiver(person_forgotten)
def not_while_training(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """Raises UnableToForget."""
    rows = TrainingTrainer.objects.filter(trainer__person=person).exclude(training__state=TrainingState.CANCELLED)
    ahead = rows.filter(training__ends_at__gt=now)
    waiting = rows.filter(
        training__bookings__state=BookingState.CONFIRMED, training__bookings__attendance_confirmed_at__isnull=True
    )
    row = (ahead | waiting).select_related("training").order_by("training__starts_at", "pk").first()
    if row is not None:
        text = _("Trains at %(training)s: that training is to come, or its roll call is not confirmed.")
        raise UnableToForget(text % {"training": row.training})


def register() -> None:
    """Called when the app is ready."""
    HELD.add("trainings", Holding(rows=_rows))
