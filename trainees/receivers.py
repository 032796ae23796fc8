"""What rosters do when trainings tell them something."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.signals import exception_approved, person_readdressed
from trainees.actions import UnableToChangeRoster, carry_out, end_places, follow_new_dates, move_places, tell_remote
from trainees.models import Place, PlaceException, RosterLine, RosterRequest
from trainees.queries import names_on
from trainings.models import Booking, Training
from trainings.policy import TrainingFacts
from trainings.signals import agenda_set, booking_changed, booking_moved, training_cancelled, training_moved
from trainings.states import BookingState


@receiver(training_moved)
def people_hear_of_new_dates(
    sender: Any,
    *,
    training: Training,
    old: TrainingFacts,
    bookings: list[Booking],
    why: str,
    by: Person,
    now: datetime,
    **more: Any,
) -> list[str]:
    """P8: names stay. Veto where somebody would be at two trainings (P11), or the roll call has begun."""
    return follow_new_dates(training, old=old, bookings=bookings, why=why, by=by, now=now)


@receiver(agenda_set)
def nobody_sets_the_agenda_that_counts_them(sender: Any, *, training: Training, by: Person, **more: Any) -> None:
    """R15 counts minutes of teaching by the agenda: who is on a list of the training does not change it, as they mark nobody's own hours."""
    for place in Place.objects.active().filter(training=training.pk, person=by.pk):
        exceptions.refuse_gainer(place, by=by)


@receiver(booking_moved)
def names_go_along(sender: Any, *, old: Booking, new: Booking, now: datetime, **more: Any) -> None:
    """A team changed trainings: its people are on the new list. Veto where one cannot be (P11)."""
    move_places(old, new, now=now)


@receiver(person_readdressed)
def requests_mean_the_same_person(sender: Any, *, person: Person, old: str, now: datetime, **more: Any) -> None:
    """A request that waits (P7) and names the address of before still means them."""
    waiting = RosterLine.objects.filter(request__state=ExceptionState.ASKED, email_key=email_key(old))
    waiting.update(email=person.email, email_key=person.email_key)


@receiver(booking_changed)
def booking_shrank_or_ended(sender: Any, *, booking: Booking, seats_before: int, now: datetime, **more: Any) -> None:
    """A booking that ended takes its places along. One that shrinks keeps a seat for each name (P3): veto."""
    if booking.state == BookingState.CANCELLED:
        end_places(booking, why=booking.cancelled_why, now=now)
        return
    if booking.seats >= seats_before:
        return
    names = names_on([booking.pk]).get(booking.pk, 0)
    if booking.seats < names:
        extra = names - booking.seats
        text = ngettext("Take %(n)d name off the list first.", "Take %(n)d names off the list first.", extra)
        raise UnableToChangeRoster(text % {"n": extra})


@receiver(training_cancelled)
def places_end(sender: Any, *, bookings: list[Booking], now: datetime, **more: Any) -> None:
    """P5: the places of a cancelled training end, and who was invited is told why (L7)."""
    for booking in bookings:
        end_places(booking, why=booking.cancelled_why, now=now)


@receiver(exception_approved, sender=RosterRequest)
def list_changes(sender: Any, *, record: RosterRequest, now: datetime, **more: Any) -> None:
    """P7: the approval is the change."""
    carry_out(record, now=now)


@receiver(exception_approved, sender=PlaceException)
def takes_part_alone(sender: Any, *, record: PlaceException, now: datetime, **more: Any) -> None:
    """R14: the person learns of it."""
    if record.rule == "R14":
        tell_remote(record, now=now)
