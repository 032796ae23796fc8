"""The letters to a trainer who is named for a training, and to one who is taken off it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, letter, queue, take_back
from trainings import documents
from trainings.models import Trainer, Training, TrainingTrainer
from trainings.queries import facts_of
from trainings.states import TrainingState

ASSIGNED, REMOVED = "trainings.trainer_assigned", "trainings.trainer_removed"


def assigned(training: Training, trainer: Trainer, *, entry: JournalEntry, now: datetime) -> None:
    """You train then. A letter that says the contrary and has not left is taken back."""
    knew = bool(take_back(about=training, letter=REMOVED, to=trainer.person))
    _owe(ASSIGNED, training, trainer, entry=entry, now=now, more={"knew": knew})


def removed(training: Training, trainer: Trainer, *, entry: JournalEntry, now: datetime, why: str) -> None:
    """You train then no longer. Whatever waits for this trainer about the training is taken back; who never heard of it hears nothing."""
    waiting = take_back(about=training, to=trainer.person)
    if not any(known.get("knew") is False for known in waiting):
        _owe(REMOVED, training, trainer, entry=entry, now=now, more={"why": why})


def _owe(name: str, training: Training, trainer: Trainer, *, entry: JournalEntry, now: datetime, more: dict[str, Any]) -> None:
    context = {"training": training.pk, "trainer": trainer.pk, **more}
    queue(letter=name, to=trainer.person, occasion=f"journal:{entry.pk}", about=training, context=context, now=now)


def _content(notice: Notice, training: Training, *, gone: bool, context: dict[str, Any]) -> Content:
    """With the days and their calendar file; `gone`: the one that takes them out."""
    person = notice.to_person
    calendar = Attachment(
        name=f"{training.code}.ics",
        mimetype=f"text/calendar; method={'CANCEL' if gone else 'PUBLISH'}; charset=utf-8",
        body=documents.ics_for_training(training, now=notice.queued_at, gone=gone),
    )
    return Content(
        context={"training": training, "hours": training.hours(), **context},
        zone=person.zone if person and person.zone else training.zone,
        link=LinkTo(purpose="training", path=reverse("trainings:detail", args=[training.code])),
        attachments=(calendar,),
    )


def _standing(notice: Notice, *, trains: bool) -> Training:
    """The training, where the letter is still true. Raises Obsolete."""
    training = Training.objects.select_related("edition").get(pk=notice.context["training"])
    over = training.state != TrainingState.SCHEDULED or training.ends_at <= (notice.claimed_at or notice.queued_at)
    rows = TrainingTrainer.objects.filter(training=training.pk, trainer=notice.context["trainer"])
    if over or rows.exists() != trains:
        raise Obsolete("The training is over or cancelled, or others were named since.")
    return training


@letter("trainer", ASSIGNED, template="trainings/emails/trainer_assigned")
def build_assigned(notice: Notice) -> Content:
    training = _standing(notice, trains=True)
    others = training.training_trainers.exclude(trainer=notice.context["trainer"]).select_related("trainer__person")
    context = {
        "others": ", ".join(str(row.trainer) for row in others.order_by("trainer")),
        "seats": facts_of(training).seats_booked,
        "sign_up": training.sign_up,
    }
    return _content(notice, training, gone=False, context=context)


@letter("trainer", REMOVED, template="trainings/emails/trainer_removed")
def build_removed(notice: Notice) -> Content:
    training = _standing(notice, trains=False)
    return _content(notice, training, gone=True, context={"why": notice.context["why"]})
