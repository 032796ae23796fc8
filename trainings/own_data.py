"""What trainings hold about a person: what they train, what they booked, which dates they wait for. A trainer is not forgotten before the last roll call is confirmed, and then is retired."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data import HELD, Holding, Redactor, Row, row_of, words_of
from carpentries_portal.common.people_requests import UnableToForget
from carpentries_portal.common.signals import person_forgotten
from trainings.models import Booking, CalendarFeed, Demand, Trainer, TrainingException, TrainingTrainer
from trainings.states import BookingState, TrainingState


def _rows(person: Person) -> dict[str, list[Row]]:
    trains = TrainingTrainer.objects.filter(trainer__person=person).select_related("training").order_by("pk")
    booked = Booking.objects.filter(booked_by=person).select_related("training", "membership__organization").order_by("pk")
    asked = TrainingException.objects.filter(asked_by=person).order_by("pk")
    demands = Demand.objects.filter(asked_by=person).select_related("membership__organization").prefetch_related("dates")
    feeds = CalendarFeed.objects.filter(person=person)
    return {
        "trains_at": [row_of(row, "training") for row in trains],
        "booked": [row_of(row, "training", "seats", "site", "room", "booked_at", "state") for row in booked],
        "waits_for_dates": [
            row_of(row, "membership", "seats", "zone", "earliest", "latest", "note", "asked_at", "state", "ended_why")
            | {"dates": [str(span) for span in row.dates.all()]}
            for row in demands.order_by("pk")
        ],
        "calendar_feed": [row_of(row, "made_at", "revoked_at") for row in feeds],
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


@receiver(person_forgotten)
def trains_no_more(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """Nobody names somebody whom no letter reaches, and who is nobody any more. Their row is locked, as for a merge."""
    trainer = Trainer.objects.active().filter(person=person).first()
    if trainer is not None:
        trainer.retired_at = now
        trainer.save(update_fields=["retired_at"])
        journal.record(what="trainer_retired", now=now, why=_("The person was forgotten."), about=[trainer, person])


@receiver(person_forgotten)
def no_calendar_and_no_name_in_notes(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """The private calendar goes; a note about dates that names the person keeps what else it says."""
    CalendarFeed.objects.filter(person=person).delete()
    redactor = Redactor(words_of(person))
    named = Q()
    for word in redactor.words:
        named |= Q(note__icontains=word) | Q(ended_why__icontains=word)
    for row in Demand.objects.filter(named) if redactor.words else ():
        row.note, row.ended_why = redactor.text(row.note), redactor.text(row.ended_why)
        row.save(update_fields=["note", "ended_why"])


def register() -> None:
    """Called when the app is ready."""
    HELD.add("trainings", Holding(rows=_rows))
