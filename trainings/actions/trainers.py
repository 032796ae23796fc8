"""Who trains, and at which training: each change is told to whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.models import Person
from carpentries_portal.common.people import find_or_add_person
from trainings import trainer_emails
from trainings.actions.locks import lock_training
from trainings.models import Trainer, Training, TrainingTrainer
from trainings.states import TrainingState


@dataclass(frozen=True, slots=True)
class NamedTrainers:
    """What naming the trainers of a training did: who is new, who trains there no longer. `over`: nobody has to come any more, so nobody is told."""

    training: Training
    new: Sequence[Trainer]
    gone: Sequence[Trainer]
    over: bool


def add_trainer(*, email: str, name: str, by: Person | None, now: datetime) -> Trainer:
    """A person who trains; known persons keep their name."""
    with transaction.atomic():
        person, _new = find_or_add_person(email=email, name=name, now=now)
        trainer, added = Trainer.objects.get_or_create(person=person, defaults={"added_at": now})
        if added:
            journal.record(
                what="trainer_added", now=now, by=by, why=_("%(person)s trains.") % {"person": person}, about=[trainer, person]
            )
    return trainer


@transaction.atomic
def set_trainers(
    *, training: Training, trainers: Iterable[Trainer], by: Person | None, now: datetime, why: str = ""
) -> NamedTrainers:
    """Who trains at it: the given ones, and nobody else. Who is new and who is taken off is told, until it is over or cancelled."""
    training = lock_training(training.pk)
    wanted = {trainer.pk: trainer for trainer in trainers}
    rows = training.training_trainers.select_related("trainer__person").order_by("trainer")
    there = {row.trainer_id: row.trainer for row in rows}
    new = [wanted[pk] for pk in sorted(set(wanted) - set(there))]
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
