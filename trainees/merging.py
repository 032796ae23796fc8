"""Rosters' part of merging two people: places with their applications, roll calls and evidence. P11 does not bend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.merging import PARTS, Part, move
from carpentries_portal.common.models import Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.signals import person_merged
from trainees.models import (
    EvidenceConnection,
    EvidenceReport,
    Place,
    PlaceException,
    RollCall,
    RollCallMark,
    RosterChange,
    RosterLine,
    RosterRequest,
)
from trainings.models import Booking, Trainer, Training, TrainingTrainer
from trainings.states import TrainingState

PART = "trainees"


def _places(person: Person) -> QuerySet[Place]:
    rows = Place.objects.active().filter(person=person).exclude(training__state=TrainingState.CANCELLED)
    return rows.select_related("training", "booking__membership__organization").order_by("training__starts_at", "pk")


def _conflicts(kept: Person, merged: Person) -> Iterator[str]:
    """P11: twice in one training, or in two on overlapping days; and what waits for an answer about either."""
    held = list(_places(kept))
    for place in _places(merged):
        for other in held:
            names = {"kept": other.name, "merged": place.name, "training": place.training}
            if other.training_id == place.training_id:
                yield _("%(kept)s and %(merged)s are both on a list of %(training)s: take one off it first (P11).") % names
            elif other.training.starts_at < place.training.ends_at and place.training.starts_at < other.training.ends_at:
                text = _(
                    "%(kept)s is on a list of %(other)s, %(merged)s of %(training)s, on overlapping days: take one off it first (P11)."
                )
                yield text % {**names, "other": other.training}
    mentioned = Q(place__person__in=[kept.pk, merged.pk]) | Q(email_key__in=[kept.email_key, merged.email_key])
    for row in RosterRequest.objects.filter(
        pk__in=RosterLine.objects.filter(mentioned, request__state=ExceptionState.ASKED).values("request")
    ).select_related("booking__training", "booking__membership__organization"):
        yield _("A request to change the list of %(booking)s names one of them: decide it first.") % {"booking": row.booking}


def _lock(kept: Person, merged: Person) -> None:
    """The trainings where either has a place or put somebody on a list, trains, or has booked or cancelled: as whoever changes anything of that does.

    All in one statement by id: in two the second might wait for somebody who waits for the first. Then the trainers, which come after
    trainings and before places; that is why they are locked here and not by trainings' own part, which comes first. Then the places.
    """
    both = [kept.pk, merged.pk]
    places = Place.objects.filter(person__in=both)
    listed = Place.objects.filter(Q(person__in=both) | Q(added_by__in=both) | Q(removed_by__in=both)).values("training")
    trained = TrainingTrainer.objects.filter(trainer__person__in=both).values("training")
    booked = Booking.objects.filter(Q(booked_by__in=both) | Q(cancelled_by__in=both)).values("training")
    list(Training.objects.locked().filter(Q(pk__in=listed) | Q(pk__in=trained) | Q(pk__in=booked)))
    list(Trainer.objects.select_for_update(of=("self",), no_key=True).filter(person__in=both).order_by("pk"))
    list(Place.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=places.values("pk")).order_by("pk"))


@receiver(person_merged)
def move_places(sender: Any, *, kept: Person, merged: Person, now: datetime, **more: Any) -> None:
    """Places keep the name as they were listed; applications and checkouts hang on them."""
    move(PART, kept, merged)


def register() -> None:
    """Called when the app is ready."""
    moves = (
        (Place, "person"),
        (Place, "added_by"),
        (Place, "removed_by"),
        (RosterChange, "by"),
        (RosterRequest, "asked_by"),
        (RosterRequest, "decided_by"),
        (PlaceException, "asked_by"),
        (PlaceException, "decided_by"),
        (RollCall, "saved_by"),
        (RollCallMark, "saved_by"),
        (EvidenceReport, "uploaded_by"),
        (EvidenceConnection, "decided_by"),
    )
    PARTS.add(PART, Part(moves=moves, conflicts=_conflicts, lock=_lock))
