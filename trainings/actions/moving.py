"""Moving a team to another training in one step: both or nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import Answer, Verdict
from carpentries_portal.common.models import Person
from trainings import emails, policy, queries
from trainings.actions.bookings import (
    Site,
    UnableToChangeBooking,
    decline_waiting,
    leave_seats,
    make_booking,
    mark_cancelled,
    must_be_confirmed,
    must_not_be_settled,
    record,
    use_exceptions,
    write_exception,
)
from trainings.actions.locks import lock_move
from trainings.models import Booking, RoomCheck, Training
from trainings.signals import booking_changed, booking_moved
from trainings.states import RoomItem


def move_booking(
    *,
    booking_id: int,
    to_training_id: int,
    by: Person,
    now: datetime,
    staff_reason: str | None = None,
    give_back: bool = False,
) -> Booking:
    """End a team's booking as P4 says, and book the same team, site and room at another training. Returns the new booking.

    Its names and the room's checklist go along. With `staff_reason` refusals are warnings, and acting past one writes an approved exception (P10);
    with `give_back` they return the seats that P4 forfeits, too.
    Raises UnableToChangeBooking, or what a receiver says; then nothing has moved.
    """
    with transaction.atomic():
        old, target = lock_move(booking_id, to_training_id)
        must_be_confirmed(old)
        must_not_be_settled(old)
        verdicts, bent = _verdicts(old, target, staff_reason=staff_reason, give_back=give_back, now=now)
        leave, seats, before = verdicts[1], old.reservation.reserved, old.seats
        free = leave.answer is Answer.ALLOWED
        leave_seats(old, old.membership, leave, seats=seats, give_back=free or give_back, by=by, now=now)
        if give_back and not free:
            write_exception(old, leave, reason=staff_reason or "", by=by, now=now)
        left = _("Staff gave the seats back: %(why)s") % {"why": staff_reason} if give_back and not free else leave.sentence
        why = _("Moved to the training of %(training)s. %(leave)s") % {"training": target, "leave": left}
        mark_cancelled(old, why=why, rule="P4", by=by, now=now)
        decline_waiting(old, now=now)
        new = _take_its_place(old, target, seats=seats, by=by, now=now)
        use_exceptions(verdicts, now=now)
        for verdict in bent:
            write_exception(new, verdict, reason=staff_reason or "", by=by, now=now)
        booking_moved.send(sender=Booking, old=old, new=new, now=now)
        booking_changed.send(sender=Booking, booking=old, seats_before=before, now=now)
        booking_changed.send(sender=Booking, booking=new, seats_before=0, now=now)
        entry = record(
            "booking_moved",
            new,
            verdicts,
            by=by,
            now=now,
            old={"booking": old.pk, "training": old.training.code, "seats": before},
            new={"booking": new.pk, "training": target.code, "seats": seats},
            why=why,
            rule="P4",
            also=[old, old.training],
        )
        emails.booking_moved(new, entry=entry, now=now, sentence=left)
    return new


def _verdicts(
    old: Booking, target: Training, *, staff_reason: str | None, give_back: bool, now: datetime
) -> tuple[tuple[Verdict, ...], list[Verdict]]:
    """What the rules say, and which refusals staff go past. Raises UnableToChangeBooking."""
    if give_back and staff_reason is None:
        raise UnableToChangeBooking(_("Only staff decide where the seats go."))
    verdicts = queries.move_verdicts(old, target, now=now, give_back=give_back)
    bent = [verdict for verdict in verdicts if verdict.refused]
    past = bool(bent) or (give_back and verdicts[1].warned)
    if staff_reason is not None:
        verdicts = tuple(policy.as_staff(verdict) for verdict in verdicts)
    if any(verdict.refused for verdict in verdicts):
        raise UnableToChangeBooking.because(verdicts)
    if past and not (staff_reason or "").strip():
        raise UnableToChangeBooking(_("Say why: you go past what a rule refuses."), verdicts=verdicts)
    return verdicts, bent


def _take_its_place(old: Booking, target: Training, *, seats: int, by: Person, now: datetime) -> Booking:
    """The booking at the other training, with what of the room was ticked; a test call is made anew, for the link is another (R24)."""
    site = Site(name=old.site, room=old.room, zone=old.site_zone)
    new = make_booking(target, old.membership, seats=seats, site=site, by=by, now=now, moved_from=old)
    RoomCheck.objects.filter(booking=old).exclude(item=RoomItem.CALL).update(booking=new)
    return new
