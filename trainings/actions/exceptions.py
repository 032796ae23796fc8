"""Requests for an exception about a training or booking, and staff's hold on a training (an exception to R7)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions
from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import RULES, Verdict
from carpentries_portal.common.models import Person
from memberships.models import Membership
from trainings.actions.locks import lock_both, lock_training
from trainings.models import Booking, Training, TrainingException
from trainings.states import BookingState, TrainingState


class UnableToHold(UnableTo):
    """The training does not wait for bookings any more, the hold would last too long, or it is held that long already."""


@transaction.atomic
def ask_exception(
    *,
    training: Training,
    membership: Membership,
    rule: str,
    reason: str,
    by: Person,
    now: datetime,
    seats: int | None = None,
    booking: Booking | None = None,
    verdict: Verdict | None = None,
) -> TrainingException:
    """A coordinator asks that a rule be bent (R19); staff are told, and answer. Raises UnableToAsk.

    Under the training's lock: nobody asks about one that is being cancelled, nor twice at once.
    """
    training, membership = lock_both(training.pk, membership.pk)
    if booking is not None:
        booking = Booking.objects.get(pk=booking.pk)
        if booking.state != BookingState.CONFIRMED:
            raise exceptions.UnableToAsk(_("This booking has ended: there is nothing to ask for."))
    if rule not in RULES or rule in {"P11"}:
        raise exceptions.UnableToAsk(_("There is no exception to this rule."))
    if training.state != TrainingState.SCHEDULED or training.has_begun(now):
        raise exceptions.UnableToAsk(_("This training takes no bookings any more."))
    if seats and seats > membership.available:
        text = _("The membership has %(left)d seats left: more cannot be granted by an exception.")
        raise exceptions.UnableToAsk(text % {"left": membership.available})
    asked_for = _("%(seats)d seats") % {"seats": seats} if seats else ""
    record = TrainingException(
        training=training,
        membership=membership,
        booking=booking,
        rule=rule,
        reason=reason.strip()[:4000],
        refusal=verdict.sentence if verdict else "",
        asked_for=asked_for,
        seats=seats,
    )
    return exceptions.ask(record, by=by, now=now)


def hold_training(*, training_id: int, until_on: date, why: str, by: Person, now: datetime) -> TrainingException:
    """Keep an empty training from being cancelled to the end of a day in its zone, D(hold_days) at the latest (R7). Raises UnableToHold."""
    with transaction.atomic():
        training = lock_training(training_id)
        if training.state != TrainingState.SCHEDULED or training.has_begun(now):
            raise UnableToHold(_("Only a training that is still to come can be held."))
        latest = training.d(training.edition.edition().hold_days)
        if until_on > latest:
            raise UnableToHold(_("A hold ends on %(day)s at the latest.") % {"day": day_text(latest)})
        end = CutOff(on=until_on, zone=training.zone)
        if end.passed(now):
            raise UnableToHold(_("A hold ends in the future."))
        held = TrainingException.objects.in_force(now).filter(training=training_id, rule="R7", until__gte=end.ends_at)
        if held.exists():
            raise UnableToHold(_("It is held that long already."))
        record = TrainingException(
            training=training, rule="R7", reason=why.strip(), until=end.ends_at, to_date=until_on, asked_for=_("hold the training")
        )
        return exceptions.enter(record, by=by, now=now)
