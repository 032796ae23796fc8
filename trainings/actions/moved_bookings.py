"""What a training's new dates mean for its bookings (P8): rosters that open again, seats that come back, years that are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.models import Person
from memberships import policy as membership_policy
from memberships.actions import lock_memberships, reopen
from memberships.ledger import Cause
from trainings import policy, queries
from trainings.models import Booking, Training, TrainingException
from trainings.policy import TrainingFacts
from trainings.signals import booking_changed
from trainings.states import BookingState


@dataclass(frozen=True, slots=True)
class MovedBooking:
    """A booking after the move. `outside` and `hours`: the sentences of P1 and R9 where they say something; `gone`: why one that P6 ended stays so."""

    booking: Booking
    names_before: CutOff
    names_now: CutOff
    reopened: bool = False
    seats_back: int = 0
    revived: bool = False
    outside: str = ""
    hours: str = ""
    gone: str = ""

    @property
    def stands(self) -> bool:
        return not self.gone


def lock_bookings(training: Training) -> list[Booking]:
    """The confirmed bookings of a training whose lock is held, and those that P6 ended, with their memberships locked; the confirmed first."""
    by_p6 = Q(state=BookingState.CANCELLED, cancelled_rule="P6", reservation__forfeited_p6__gt=0)
    ids = Booking.objects.filter(Q(state=BookingState.CONFIRMED) | by_p6, training=training.pk).values_list("membership", flat=True)
    locked = {row.pk: row for row in lock_memberships(ids)}
    rows = Booking.objects.filter(Q(state=BookingState.CONFIRMED) | by_p6, training=training.pk, membership__in=locked)
    bookings = sorted(rows.select_related("reservation"), key=lambda row: (row.state != BookingState.CONFIRMED, row.pk))
    for booking in bookings:
        booking.training, booking.membership = training, locked[booking.membership_id]
    return bookings


def follow_training(
    booking: Booking, old: TrainingFacts, new: TrainingFacts, *, why: str, by: Person, now: datetime
) -> MovedBooking:
    """Bring a booking in line with its training's new dates, which `booking.training` has already."""
    before = CutOff(on=booking.roster_until or old.roster_until, zone=old.zone)
    ended = booking.state == BookingState.CANCELLED
    booking.roster_until = policy.own_roster_date(booking.roster_until, new)
    after = booking.roster_cut_off()
    if ended and (gone := _cannot_stand_again(booking, after, now=now)):
        return MovedBooking(booking, before, after, gone=gone)
    reopened = booking.roster_closed_at is not None and not after.passed(now)
    back = booking.reservation.forfeited_p6 if reopened else 0
    if reopened:
        booking.roster_closed_at = None
    if back:
        reason = _("The training was moved, so names are taken again: %(why)s") % {"why": why}
        cause = Cause(reason=reason, now=now, rule="P8", by=by, subject=journal.label_of(booking))
        reopen(booking.membership, booking.reservation, seats=back, rule="P6", cause=cause)
    if ended:
        _stand_again(booking)
    booking.round += 1
    booking.save()
    if ended:
        booking_changed.send(sender=Booking, booking=booking, seats_before=0, now=now)
    hours = policy.hours_for_site(new, site_zone=booking.site_zone)
    return MovedBooking(
        booking=booking,
        names_before=before,
        names_now=after,
        reopened=reopened,
        seats_back=back,
        revived=ended,
        outside=_leave_the_year(booking, new, why=why, by=by, now=now),
        hours=hours.sentence if hours.warned else "",
    )


def _cannot_stand_again(booking: Booking, names: CutOff, *, now: datetime) -> str:
    """Why a booking that ended without a name stays so, with its seats forfeited; "" where it stands again."""
    training, seats = booking.training, booking.reservation.booked
    if names.passed(now):
        return _("No time is left to name people.")
    if queries.has_booking(training, booking.membership):
        return _("The membership has booked again meanwhile.")
    if booking.membership.has_ended(now):
        return _("The membership has ended.")
    ended_on = booking.membership.ended_on  # ended early, which withdrew what was left of its seats
    if ended_on is not None and ended_on < training.starts_on:
        return _("The contract of the membership ends before, on %(day)s.") % {"day": day_text(ended_on)}
    if queries.seats_booked(training.pk) + seats > training.capacity:
        return _("Its places were taken meanwhile.")
    return ""


def _stand_again(booking: Booking) -> None:
    """The roster that closed is open again, so what its closing ended is not ended."""
    booking.state, booking.seats, booking.cancelled_seats = BookingState.CONFIRMED, booking.reservation.booked, 0
    booking.cancelled_at, booking.cancelled_by, booking.cancelled_why, booking.cancelled_rule = None, None, "", ""


def _leave_the_year(booking: Booking, new: TrainingFacts, *, why: str, by: Person, now: datetime) -> str:
    """P1: a start outside the year of the seats gets its exception by itself. Returns P1's sentence, or ""."""
    verdict = membership_policy.inside_year(booking.membership.facts(), first_day=new.first_day, now=now)
    if not verdict.refused:
        return ""
    record = TrainingException(
        training=booking.training,
        membership=booking.membership,
        booking=booking,
        rule="P1",
        reason=_("The training was moved: %(why)s") % {"why": why},
        refusal=verdict.sentence,
        asked_for=_("made by the move of the training (P8)"),
    )
    exceptions.enter(record, by=by, now=now, used=True)
    return verdict.sentence
