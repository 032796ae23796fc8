"""L9: the run asks trainers for the roll call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import warn
from trainees import emails
from trainees.queries import attendance_missing
from trainings.models import Training

BATCH = 500
AFTER_DAYS = (0, 3)


class AttendanceWanted:
    """L9: trainers are asked for the roll call when the last day is over, and again three days later. Of two that are due the newest leaves (P12)."""

    code = "L9"
    label = "trainings.training"

    def due(self, now: datetime) -> Iterator[Planned]:
        return plan_each(self, attendance_missing(now).iterator(chunk_size=BATCH), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        training = attendance_missing(now).filter(pk=subject_id).first()
        return self._plan(training, now) if training is not None else None

    def effect(self, action: PlannedAction, now: datetime) -> None:
        emails.attendance_wanted(
            Training.objects.get(pk=action.subject_id), on=action.cut_off.on, now=now, sentence=action.verdict.sentence
        )

    def _plan(self, training: Training, now: datetime) -> PlannedAction | None:
        days = [training.ends_on + timedelta(days=after) for after in AFTER_DAYS]
        due = [day for day in days if day >= training.enforced_from_on and CutOff(on=day, zone=training.zone).passed(now)]
        if not due:
            return None
        sentence = _(
            "The training is over, and its roll call is not confirmed yet: until then no seat is used and no exercise begins."
        )
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=training.pk,
            subject_text=str(training),
            cut_off=CutOff(on=due[-1], zone=training.zone),
            round=training.round,
            verdict=warn("P9", sentence),
            letters=("L9",),
            brakes=False,
        )
