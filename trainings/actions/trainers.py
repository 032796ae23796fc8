"""Who trains, and at which training: each change is told to whom it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.people import lock_people
from trainings import trainer_emails
from trainings.actions.locks import lock_training
from trainings.models import Trainer, Training, TrainingTrainer
from trainings.states import TrainingState

NAMED = 5
"""Trainings to come that are said to who would retire their trainer."""


@dataclass(frozen=True, slots=True)
class NamedTrainers:
    """What naming the trainers of a training did: who is new, who trains there no longer. `over`: nobody has to come any more, so nobody is told."""

    training: Training
    new: Sequence[Trainer]
    gone: Sequence[Trainer]
    over: bool


class UnableToNameTrainers(UnableTo):
    """One of them is retired, or was merged with another a moment ago."""


class UnableToRetire(UnableTo):
    """Named at a training to come, retired already, forgotten, or no reason is given."""


def add_trainer(*, email: str, name: str, by: Person | None, now: datetime) -> Trainer:
    """A person who trains; known persons keep their name. One who was retired trains again."""
    with transaction.atomic():
        key = email_key(email.strip())  # the trainer's row before the person, as for a merge
        _locked(
            Trainer.objects.filter(Q(person__email_key=key) | Q(person__merged_here__email_key=key)).values_list("pk", flat=True)
        )
        [person] = lock_people({email: name}, now=now).values()
        trainer, added = Trainer.objects.get_or_create(person=person, defaults={"added_at": now})
        if trainer.retired_at is not None:
            return bring_back(trainer_id=trainer.pk, by=by, now=now)
        if added:
            journal.record(
                what="trainer_added", now=now, by=by, why=_("%(person)s trains.") % {"person": person}, about=[trainer, person]
            )
    return trainer


@transaction.atomic
def set_trainers(
    *, training: Training, trainers: Iterable[Trainer], by: Person | None, now: datetime, why: str = ""
) -> NamedTrainers:
    """Who trains at it: the given ones, and nobody else. Who is new and who is taken off is told, until it is over or cancelled.

    Raises UnableToNameTrainers.
    """
    training = lock_training(training.pk)
    wanted = {trainer.pk: trainer for trainer in trainers}
    rows = training.training_trainers.select_related("trainer__person").order_by("trainer")
    there = {row.trainer_id: row.trainer for row in rows}
    new = _may_be_named(set(wanted) - set(there))
    gone = [there[pk] for pk in sorted(set(there) - set(wanted))]
    over = training.state != TrainingState.SCHEDULED or training.ends_at <= now
    done = NamedTrainers(training, new, gone, over)
    if not new and not gone:
        return done
    training.training_trainers.filter(trainer__in=gone).delete()
    TrainingTrainer.objects.bulk_create(TrainingTrainer(training=training, trainer=trainer) for trainer in new)
    names = ", ".join(str(trainer) for _pk, trainer in sorted(wanted.items())) or _("nobody")
    said = _("Trained by: %(names)s.") % {"names": names}
    entry = journal.record(
        what="trainers_named", now=now, by=by, why=f"{said} {why}".strip(), about=[training, *wanted.values(), *gone]
    )
    if not over:
        for trainer in new:
            trainer_emails.assigned(training, trainer, entry=entry, now=now)
        for trainer in gone:
            trainer_emails.removed(training, trainer, entry=entry, now=now, why=why)
    return done


def _may_be_named(ids: Collection[int]) -> list[Trainer]:
    """Those to be named, by id, read under their locks: nobody is retired, merged or forgotten meanwhile. Raises UnableToNameTrainers."""
    found = _locked(ids)
    if len(found) < len(ids):
        raise UnableToNameTrainers(_("Somebody who was chosen is another row now: two people were merged. Choose again."))
    for trainer in found:
        if trainer.person.forgotten_at is not None:
            raise UnableToNameTrainers(_("Somebody who was chosen was forgotten: choose again."))
        if trainer.retired_at is not None:
            raise UnableToNameTrainers(_("%(name)s is retired: bring them back first.") % {"name": trainer})
    return found


def _locked(ids: Iterable[int]) -> list[Trainer]:
    """Trainers to be named or retired, by id: after the training, where one is locked; with their people as they are then."""
    rows = list(Trainer.objects.filter(pk__in=list(ids)).select_for_update(of=("self",), no_key=True).order_by("pk"))
    return list(Trainer.objects.filter(pk__in=[row.pk for row in rows]).select_related("person").order_by("pk"))


def _locked_one(trainer_id: int) -> Trainer:
    found = _locked([trainer_id])
    if not found:
        raise UnableToRetire(_("This trainer is another row now: two people were merged."))
    return found[0]


@transaction.atomic
def retire(*, trainer_id: int, why: str, by: Person, now: datetime) -> Trainer:
    """Trains no more: offered nowhere, and reviews no work. Past trainings stay theirs. Raises UnableToRetire."""
    if not why.strip():
        raise UnableToRetire(_("Say why: the journal keeps it."))
    trainer = _locked_one(trainer_id)
    if trainer.retired_at is not None:
        raise UnableToRetire(_("This trainer is retired already."))
    coming = Training.objects.filter(training_trainers__trainer=trainer_id, state=TrainingState.SCHEDULED, ends_at__gt=now)
    named = [f"{training.days_text}, {training.city}" for training in coming.order_by("starts_at", "pk")[:NAMED]]
    if named:
        text = _("%(name)s is named at trainings to come (%(trainings)s): name others there first.")
        raise UnableToRetire(text % {"name": trainer, "trainings": "; ".join(named)})
    trainer.retired_at = now
    trainer.save(update_fields=["retired_at"])
    journal.record(what="trainer_retired", now=now, by=by, why=why.strip(), about=[trainer, trainer.person])
    return trainer


@transaction.atomic
def bring_back(*, trainer_id: int, by: Person | None, now: datetime) -> Trainer:
    """A retired trainer trains again. Raises UnableToRetire where they are not retired, or were forgotten."""
    trainer = _locked_one(trainer_id)
    if trainer.retired_at is None:
        raise UnableToRetire(_("This trainer is not retired."))
    if trainer.person.forgotten_at is not None:
        raise UnableToRetire(_("This person was forgotten: no letter would reach them."))
    trainer.retired_at = None
    trainer.save(update_fields=["retired_at"])
    why = _("%(person)s trains again.") % {"person": trainer}
    journal.record(what="trainer_back", now=now, by=by, why=why, about=[trainer, trainer.person])
    return trainer
