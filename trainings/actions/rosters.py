"""What of a roster belongs to the booking: that it closed (P6), and until when it takes names (R16). Names are of trainees."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person
from memberships.actions import forfeit, reopen
from memberships.ledger import Cause
from memberships.models import Membership
from trainings import emails
from trainings.actions.bookings import decline_waiting, mark_cancelled
from trainings.actions.locks import lock_booking
from trainings.models import Booking, Training, TrainingException
from trainings.signals import booking_changed
from trainings.states import BookingState


class UnableToChangeRoster(UnableTo):
    """The roster is closed, or the booking has ended."""


def close_roster(
    *,
    booking_id: int,
    unnamed: int,
    cancels: bool,
    verdict: Verdict,
    now: datetime,
    locked: tuple[Booking, Training, Membership] | None = None,
) -> Booking:
    """P6, by the run: seats without a name are forfeited; a booking without any name ends. The verdict was made under the locks.

    `locked`: the booking as `lock_booking` gave it in the caller's transaction, which then is the whole of it: no lock and no read once more.
    """
    with transaction.atomic(savepoint=locked is None):
        booking, training, membership = locked or lock_booking(booking_id)
        if booking.state != BookingState.CONFIRMED or booking.roster_closed_at is not None:
            raise UnableToChangeRoster(_("The roster is closed already."))
        if unnamed:
            forfeit_unnamed(booking, membership, seats=unnamed, verdict=verdict, by=None, now=now)
        booking.roster_closed_at = now
        booking.save(update_fields=["roster_closed_at"])
        if cancels:
            seats_before = booking.seats
            mark_cancelled(booking, why=verdict.sentence, rule="P6", by=None, now=now)
            decline_waiting(booking, now=now)
            booking_changed.send(sender=Booking, booking=booking, seats_before=seats_before, now=now)
        entry = journal.record(
            what="roster_closed",
            now=now,
            rule="P6",
            why=verdict.sentence,
            about=[booking, training, membership, membership.organization],
            new={"forfeited": unnamed, "cancelled": cancels},
            edition=training.edition.name,
        )
        emails.roster_closed(booking, entry=entry, now=now, sentence=verdict.sentence)
    return booking


def forfeit_unnamed(
    booking: Booking, membership: Membership, *, seats: int, verdict: Verdict, by: Person | None, now: datetime
) -> None:
    """P6: seats without a name go, when the roster closes, or at the latest when attendance is confirmed. In the caller's transaction, which holds the locks."""
    cause = Cause(reason=verdict.sentence, now=now, rule="P6", by=by, subject=journal.label_of(booking))
    forfeit(membership, booking.reservation, seats=seats, rule="P6", cause=cause)


@transaction.atomic
def set_roster_date(*, booking_id: int, until_on: date, exception: TrainingException, now: datetime) -> Booking:
    """R16, P6: an approved request gives the booking a roster date of its own; a roster that had closed opens again, with its seats.

    Raises UnableToChangeRoster.
    """
    booking, training, membership = lock_booking(booking_id)
    if booking.state != BookingState.CONFIRMED:
        raise UnableToChangeRoster(_("The booking has ended: its roster cannot be opened again."))
    if CutOff(on=until_on, zone=training.zone).passed(now) or until_on >= training.starts_on:
        last = day_text(date.fromordinal(training.starts_on.toordinal() - 1))
        raise UnableToChangeRoster(_("Names are taken until a day from today to %(last)s.") % {"last": last})
    reason = _("Staff take names until %(day)s.") % {"day": day_text(until_on)}
    if booking.roster_closed_at is not None and booking.reservation.forfeited_p6:
        seats = booking.reservation.forfeited_p6
        cause = Cause(reason=reason, now=now, rule="P6", by=exception.decided_by, subject=journal.label_of(booking))
        reopen(membership, booking.reservation, seats=seats, rule="P6", cause=cause)
    booking.roster_until, booking.roster_closed_at = until_on, None
    booking.round += 1
    booking.save(update_fields=["roster_until", "roster_closed_at", "round"])
    exceptions.use_up(exception, now=now)
    by: Person | None = exception.decided_by
    about = [booking, training, membership, membership.organization]
    journal.record(what="roster_date_set", now=now, by=by, rule=exception.rule, why=reason, about=about)
    return booking


@transaction.atomic
def ask_roster_date(
    *, booking: Booking, reason: str, by: Person, now: datetime, verdict: Verdict | None = None
) -> TrainingException:
    """A coordinator asks for more time to name people (R16), or to change a closed roster (P7). Raises UnableToAsk."""
    booking, training, membership = lock_booking(booking.pk)
    if booking.state != BookingState.CONFIRMED or training.has_begun(now):
        raise exceptions.UnableToAsk(_("This booking takes no names any more."))
    record = TrainingException(
        training=training,
        membership=membership,
        booking=booking,
        rule="R16",
        reason=reason.strip()[:4000],
        refusal=verdict.sentence if verdict else "",
        asked_for=_("name people later"),
    )
    return exceptions.ask(record, by=by, now=now)
