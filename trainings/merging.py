"""Trainings' part of merging two people: what they train, book and wait for, and their private calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.merging import PARTS, Part, move
from carpentries_portal.common.models import Person
from carpentries_portal.common.signals import person_merged
from trainings.models import Booking, CalendarFeed, Demand, RoomCheck, Trainer, TrainingException, TrainingTrainer

PART = "trainings"


def _notes(kept: Person, merged: Person) -> Iterator[str]:
    count = TrainingTrainer.objects.filter(trainer__person=merged).count()
    if count:
        yield _("Trainings that the merged person trains: %(n)d. The kept one trains them.") % {"n": count}
    if CalendarFeed.objects.filter(person=merged, revoked_at__isnull=True).exists():
        yield _("The merged person’s private calendar ends: its address opens nothing any more.")


@receiver(person_merged)
def move_trainings(sender: Any, *, kept: Person, merged: Person, now: datetime, **more: Any) -> None:
    """A person is one trainer, once at a training, and has one calendar. Their trainings and trainers are locked with their places (trainees)."""
    CalendarFeed.objects.filter(person=merged).delete()
    old = Trainer.objects.filter(person=merged).first()
    if old is not None:
        start = {"added_at": old.added_at, "retired_at": old.retired_at}
        new, _made = Trainer.objects.get_or_create(person=kept, defaults=start)
        if old.retired_at is None and new.retired_at is not None:  # who trains as either trains
            Trainer.objects.filter(pk=new.pk).update(retired_at=None)
        here = TrainingTrainer.objects.filter(trainer=new).values("training")
        TrainingTrainer.objects.filter(trainer=old, training__in=list(here.values_list("training", flat=True))).delete()
        TrainingTrainer.objects.filter(trainer=old).update(trainer=new)
        old.delete()
    move(PART, kept, merged)


def register() -> None:
    """Called when the app is ready."""
    moves = (
        (Booking, "booked_by"),
        (Booking, "cancelled_by"),
        (RoomCheck, "by"),
        (Demand, "asked_by"),
        (TrainingException, "asked_by"),
        (TrainingException, "decided_by"),
    )
    PARTS.add(PART, Part(moves=moves, settles=((Trainer, "person"), (CalendarFeed, "person")), notes=_notes))
