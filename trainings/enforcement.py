"""R7: the run cancels a training that nobody has signed up for, and warns staff of one at risk (L7). L6: the room's link."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db.models import F

from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import EditionRecord, ExceptionRecord, Person
from trainings import emails, policy, queries
from trainings.actions import cancel_training, hold_training
from trainings.actions.locks import lock_booking, lock_training
from trainings.models import Booking, Training
from trainings.states import BookingState


def verdict_for(training: Training, now: datetime) -> Verdict:
    """What R7 says to a training now: the same for the run, the desk and `explain`."""
    return policy.cancel_empty(
        queries.facts_of(training),
        now=now,
        had_booking_at_cut_off=queries.had_booking_at(training.pk, training.sign_up.ends_at),
        hold=queries.hold_on(training.pk),
        requests=queries.sign_up_requests(training.pk, now=now),
    )


def verdicts_for(trainings: Sequence[Training], now: datetime) -> list[tuple[Training, Verdict]]:
    """As `verdict_for` of each, with two queries for all. Needs `edition` and `with_seats_booked`."""
    ids = [row.pk for row in trainings]
    records, stood = queries.emptiness_records(ids), queries.booking_times(ids)
    return [
        (
            row,
            policy.cancel_empty(
                queries.facts_of(row),
                now=now,
                had_booking_at_cut_off=queries.stood_at(stood.get(row.pk, ()), row.sign_up.ends_at),
                hold=queries.hold_among(records.get(row.pk, ())),
                requests=queries.sign_up_requests_among(records.get(row.pk, ()), now=now),
            ),
        )
        for row in trainings
    ]


class CancelEmpty:
    """R7: empty at its cut-off and now, two days after it."""

    code = "R7"
    label = "trainings.training"

    def due(self, now: datetime) -> Iterator[Planned]:
        rows = Training.objects.empty_after_sign_up(now).filter(sign_up_until__gte=F("enforced_from_on")).select_related("edition")
        return plan_each(self, rows.order_by("starts_at", "pk").iterator(chunk_size=500), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        training = lock_training(subject_id)
        return self._plan(training, now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        cancel_training(training_id=action.subject_id, why=action.verdict.sentence, by=None, now=now, rule=self.code)

    def hold(self, *, subject_id: int, until_on: date, why: str, by: Person, now: datetime) -> ExceptionRecord:
        """R7 has a hold of its own, with D(14) as its end at the latest, which its verdict knows."""
        return hold_training(training_id=subject_id, until_on=until_on, why=why, by=by, now=now)

    def _plan(self, training: Training, now: datetime) -> PlannedAction | None:
        verdict = verdict_for(training, now)
        if not verdict.facts.get("due"):
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=training.pk,
            subject_text=str(training),
            cut_off=training.sign_up,
            round=training.round,
            verdict=verdict,
            trainings=1,
            letters=("L7",),
            hold_to=training.d(training.edition.edition().hold_days),
        )


class WarnAtRisk:
    """L7 to staff at D(35): a training without a booking. Due by then and not yet sent; never for one announced after that day."""

    code = "L7"
    label = "trainings.training"

    def due(self, now: datetime) -> Iterator[Planned]:
        """Those whose letter's day has come by any edition, with a day's margin for zones."""
        day, longest = timedelta(days=1), max(record.edition().at_risk_letter_days for record in EditionRecord.objects.all())
        rows = Training.objects.empty(now).with_seats_booked().select_related("edition")
        rows = rows.filter(starts_on__lte=now.date() + longest * day + day)
        return plan_each(self, rows.order_by("starts_at", "pk").iterator(chunk_size=500), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        return self._plan(lock_training(subject_id), now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        training = Training.objects.get(pk=action.subject_id)
        emails.training_at_risk(training, now=now, sentence=action.verdict.sentence, cut_off=action.cut_off)

    def _plan(self, training: Training, now: datetime) -> PlannedAction | None:
        warns_on = training.d(training.edition.edition().at_risk_letter_days)
        if warns_on < max(training.announced_on, training.enforced_from_on):
            return None
        day = CutOff(on=warns_on, zone=training.zone)
        if day.days_left(now) > 0 or training.sign_up.passed(now):
            return None
        verdict = verdict_for(training, now)
        if not verdict.warned:
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=training.pk,
            subject_text=str(training),
            cut_off=day,
            round=training.round,
            verdict=verdict,
            letters=("L7",),
            brakes=False,
        )


class GiveLink:
    """L6: on D(14) each team's coordinators get the link to test the room (R24), and what the room needs (R20-R22). Once."""

    code = "L6"
    label = "trainings.booking"

    def due(self, now: datetime) -> Iterator[Planned]:
        longest = max(record.edition().link_days for record in EditionRecord.objects.all())
        rows = queries.bookings_before(now, within_days=longest)
        return plan_each(self, rows.iterator(chunk_size=500), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        booking, training, membership = lock_booking(subject_id)
        booking.training, booking.membership = training, membership
        return self._plan(booking, now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        booking = Booking.objects.select_related("training", "membership").get(pk=action.subject_id)
        emails.room_link(booking, now=now, on=action.cut_off.on)

    def _plan(self, booking: Booking, now: datetime) -> PlannedAction | None:
        training = booking.training
        verdict = policy.room_link(training.facts(seats_booked=0), now=now)
        day = verdict.turns_on
        if (
            booking.state != BookingState.CONFIRMED
            or verdict.refused
            or day is None
            or training.has_begun(now)
            or not training.link
        ):
            return None
        if day.on < max(today_in(training.zone, booking.booked_at), training.enforced_from_on):
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=booking.pk,
            subject_text=str(booking),
            cut_off=day,
            round=training.round,
            verdict=verdict,
            letters=("L6",),
            brakes=False,
        )
