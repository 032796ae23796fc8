"""The agenda of one training, which staff may change until attendance is confirmed: R15 counts by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainings.actions.locks import lock_training
from trainings.agenda_text import Frame, problems_of, teaching_minutes
from trainings.models import Training
from trainings.signals import agenda_set
from trainings.states import TrainingState


class UnableToSetAgenda(UnableTo):
    """It does not fit the training, or the training was cancelled or held."""


def frame_of(training: Training) -> Frame:
    """What its agenda must fit into."""
    return Frame(starts=training.starts, ends=training.ends, days=(training.ends_on - training.starts_on).days + 1)


@transaction.atomic
def set_agenda(*, training_id: int, items: Sequence[Mapping[str, Any]], by: Person, now: datetime) -> tuple[Training, int]:
    """Give a training another agenda. Returns it, and the minutes of teaching that it had before. Raises UnableToSetAgenda, UnableToDecide."""
    training = lock_training(training_id)
    if training.state != TrainingState.SCHEDULED:
        raise UnableToSetAgenda(_("This training was cancelled, or its attendance is confirmed: its agenda stays as it was."))
    problems = problems_of(items, frame_of(training))
    if problems:
        raise UnableToSetAgenda(" ".join(problems))
    names = ("day", "title", "kind", "starts_after", "minutes")
    new = sorted(({name: item[name] for name in names} for item in items), key=lambda item: (item["day"], item["starts_after"]))
    old, before = training.agenda, teaching_minutes(training.agenda)
    if new == old:
        raise UnableToSetAgenda(_("This is the agenda that it has already."))
    agenda_set.send(sender=Training, training=training, by=by)
    training.agenda = new
    training.save(update_fields=["agenda"])
    why = _("The agenda was changed: %(n)d minutes of teaching, %(old)d before.")
    journal.record(
        what="agenda_set",
        now=now,
        by=by,
        rule="R15",
        why=why % {"n": teaching_minutes(new), "old": before},
        about=[training],
        old={"agenda": old},
        new={"agenda": new},
        edition=training.edition.name,
    )
    return training, before
