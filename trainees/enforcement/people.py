"""L8: one week to go. L5: applications that are missing. By the run, each once for its day; the newest of several (P12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import allow, warn
from carpentries_portal.common.models import EditionRecord
from trainees import queries, reminders
from trainings.actions import lock_booking
from trainings.models import Booking, Training
from trainings.queries import trainings_before

BATCH = 500


def _longest() -> int:
    return max(record.edition().reading_days for record in EditionRecord.objects.all())


class OneWeek:
    """L8, R18: on D(7) everybody who takes part, their coordinators and the trainers hear when, where and what to bring."""

    code = "L8"
    label = "trainings.training"

    def due(self, now: datetime) -> Iterator[Planned]:
        rows = trainings_before(now, within_days=_longest()).iterator(chunk_size=BATCH)
        return plan_each(self, rows, self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        training = trainings_before(now, within_days=_longest()).filter(pk=subject_id).first()
        return self._plan(training, now) if training is not None else None

    def effect(self, action: PlannedAction, now: datetime) -> None:
        reminders.one_week(Training.objects.get(pk=action.subject_id), on=action.cut_off.on, now=now)

    def _plan(self, training: Training, now: datetime) -> PlannedAction | None:
        day = training.d(training.edition.edition().reading_days)
        if not max(training.enforced_from_on, training.announced_on) <= day <= today_in(training.zone, now):
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=training.pk,
            subject_text=str(training),
            cut_off=CutOff(on=day, zone=training.zone),
            round=training.round,
            verdict=allow("R18", _("One week to go.")),
            letters=("L8",),
            brakes=False,
        )


class ApplicationsMissing:
    """L5, R17: on D(7) and the day after the training, who has not finished the application is reminded; coordinators get the list."""

    code = "L5"
    label = "trainings.booking"

    def due(self, now: datetime) -> Iterator[Planned]:
        rows = queries.applications_missing(now, within_days=_longest()).iterator(chunk_size=BATCH)
        return plan_each(self, rows, self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        lock_booking(subject_id)
        booking = queries.applications_missing(now, within_days=_longest()).filter(pk=subject_id).first()
        return self._plan(booking, now) if booking is not None else None

    def effect(self, action: PlannedAction, now: datetime) -> None:
        booking = Booking.objects.select_related("membership").get(pk=action.subject_id)
        reminders.applications_missing(booking, on=action.cut_off.on, now=now)

    def _plan(self, booking: Booking, now: datetime) -> PlannedAction | None:
        training = booking.training
        first = max(training.enforced_from_on, today_in(training.zone, booking.booked_at))
        days = (training.d(training.edition.edition().reading_days), training.ends_on + timedelta(days=1))
        due: list[date] = [day for day in days if first <= day <= today_in(training.zone, now)]
        if not due:
            return None
        missing = int(getattr(booking, "unfinished", 0))
        text = ngettext("%(n)d application is missing.", "%(n)d applications are missing.", missing) % {"n": missing}
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=booking.pk,
            subject_text=str(booking),
            cut_off=CutOff(on=max(due), zone=training.zone),
            round=booking.round,
            verdict=warn("R17", text),
            letters=("L5",),
            brakes=False,
        )
