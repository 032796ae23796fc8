"""How many seats a training holds, which staff may change: never fewer than are booked (P2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainings import queries
from trainings.actions.demands import tell_who_waits
from trainings.actions.locks import lock_training
from trainings.models import Booking, Training, TrainingException
from trainings.states import TrainingState


class UnableToSetCapacity(UnableTo):
    """More seats are booked, it is the capacity already, or nobody can come any more."""

    field = "capacity"


@dataclass(frozen=True, slots=True)
class SetCapacity:
    """What became of a training: its seats before, and those that are booked."""

    training: Training
    before: int
    booked: int


@transaction.atomic
def set_capacity(*, training_id: int, capacity: int, why: str, by: Person, now: datetime) -> SetCapacity:
    """Give a training more seats, or fewer. Teams that wait for dates and could not book for want of seats are told.

    Raises UnableToSetCapacity; UnableToDecide for who would raise it for their own team.
    """
    training = lock_training(training_id)
    if training.state != TrainingState.SCHEDULED or training.ends_at <= now:
        raise UnableToSetCapacity(_("This training is cancelled, or over: nobody books it any more."))
    booked, before = queries.facts_of(training).seats_booked, training.capacity
    if capacity < booked:
        text = ngettext(
            "%(n)d seat is booked: it cannot hold fewer. Change or move a booking first.",
            "%(n)d seats are booked: it cannot hold fewer. Change or move a booking first.",
            booked,
        )
        raise UnableToSetCapacity(text % {"n": booked})
    if capacity == before:
        raise UnableToSetCapacity(_("It holds that many already."))
    if capacity > before:
        _refuse_own_team(training, by=by)
    known = {row.pk for row in queries.met_by(training, queries.waiting_demands(now), now=now)}
    training.capacity = capacity
    training.save(update_fields=["capacity"])
    entry = journal.record(
        what="capacity_set",
        now=now,
        by=by,
        rule="P2",
        why=_("It holds %(n)d seats, %(before)d before. %(why)s") % {"n": capacity, "before": before, "why": why},
        about=[training],
        old={"capacity": before},
        new={"capacity": capacity},
        edition=training.edition.name,
    )
    if capacity > before:
        tell_who_waits(training, now=now, known=known, again=f":{entry.pk}")
    return SetCapacity(training, before, booked)


def _refuse_own_team(training: Training, *, by: Person) -> None:
    """Raising the capacity bends P2: not for the team that one coordinates, which sits there or asks for something there. Raises UnableToDecide."""
    own = Booking.objects.confirmed().coordinated_by(by.pk).filter(training=training.pk)
    asked = TrainingException.objects.waiting().filter(training=training.pk, membership__isnull=False)
    concerned: list[Booking | TrainingException] = [*own.select_related("membership__organization", "training")[:1]]
    for row in [*concerned, *asked.select_related("membership__organization")]:
        exceptions.refuse_gainer(row, by=by)
