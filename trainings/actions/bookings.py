"""Booking a team, enlarging, shrinking: the rules are asked under the locks, then seats move by the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import JournalEntry, Person
from carpentries_portal.common.texts import one_line
from memberships.actions import forfeit, new_reservation, release, reserve
from memberships.ledger import Cause
from memberships.models import Membership
from trainings import emails, policy, queries
from trainings.actions.locks import lock_booking, lock_both
from trainings.models import Booking, Training, TrainingException
from trainings.signals import booking_changed
from trainings.states import BookingState


class UnableToBook(UnableTo):
    """A rule refuses the booking; `verdicts` say which and why."""


class UnableToBookUnread(UnableToBook):
    """The rules say something else now than what the page showed."""


class UnableToChangeBooking(UnableTo):
    """A rule refuses the change, or somebody else was faster."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a team sits (R13)."""

    name: str
    room: str
    zone: str


def _checked_site(site: Site) -> Site:
    name, room = one_line(site.name), one_line(site.room)
    if not name or len(name) > 200 or len(room) > 200:
        raise UnableToBook(_("Say where the team sits: a site of at most 200 characters."))
    if not is_zone(site.zone):
        raise UnableToBook(_("“%(zone)s” is not a time zone.") % {"zone": site.zone[:60]})
    return Site(name=name, room=room, zone=site.zone)


def book(
    *,
    training_id: int,
    membership_id: int,
    seats: int,
    site: Site,
    by: Person,
    now: datetime,
    staff_reason: str | None = None,
    as_shown: Callable[[Sequence[Verdict]], bool] | None = None,
) -> Booking:
    """Take seats for a team. With `staff_reason` refusals are warnings, and acting past one writes an approved exception (P10).

    `as_shown`: whether the verdicts under the lock are those that were read. Raises UnableToBook(Unread); then nothing has changed.
    """
    site = _checked_site(site)
    as_staff = staff_reason is not None
    with transaction.atomic():
        training, membership = lock_both(training_id, membership_id)
        verdicts = queries.booking_verdicts(training, membership, seats=seats, site_zone=site.zone, now=now)
        if as_shown is not None and not as_shown(verdicts):
            raise UnableToBookUnread(_("The rules say something else by now: read it before you book."), verdicts=verdicts)
        bent = [verdict for verdict in verdicts if verdict.refused]
        if as_staff:
            verdicts = tuple(policy.as_staff(verdict) for verdict in verdicts)
        if any(verdict.refused for verdict in verdicts):
            raise UnableToBook.because(verdicts)
        if bent and not (staff_reason or "").strip():
            raise UnableToBook(_("Say why: you go past what a rule refuses."), verdicts=verdicts)
        booking = make_booking(training, membership, seats=seats, site=site, by=by, now=now)
        use_exceptions(verdicts, now=now)
        for verdict in bent:
            write_exception(booking, verdict, reason=staff_reason or "", by=by, now=now)
        entry = record("booking_made", booking, verdicts, by=by, now=now, old={}, new={"seats": seats})
        booking_changed.send(sender=Booking, booking=booking, seats_before=0, now=now)
        emails.booking_confirmed(booking, entry=entry, now=now, verdicts=verdicts)
    return booking


def make_booking(
    training: Training,
    membership: Membership,
    *,
    seats: int,
    site: Site,
    by: Person,
    now: datetime,
    moved_from: Booking | None = None,
) -> Booking:
    """A new booking with its seats reserved. The caller holds the locks and has asked the rules."""
    reservation = new_reservation(membership)
    booking = Booking.objects.create(
        training=training,
        membership=membership,
        reservation=reservation,
        seats=seats,
        site=site.name,
        room=site.room,
        site_zone=site.zone,
        booked_at=now,
        booked_by=by,
        moved_from=moved_from,
    )
    reason = _("Booked for %(training)s.") % {"training": training}
    cause = Cause(reason=reason, now=now, by=by, subject=journal.label_of(booking))
    reserve(membership, reservation, seats=seats, cause=cause)
    return booking


def use_exceptions(verdicts: Sequence[Verdict], *, now: datetime) -> None:
    """The exceptions by which these verdicts allow are used up."""
    used = {verdict.exception.id for verdict in verdicts if verdict.exception is not None}
    for record in TrainingException.objects.filter(pk__in=used, used_at__isnull=True) if used else ():
        exceptions.use_up(record, now=now)


def write_exception(booking: Booking, verdict: Verdict, *, reason: str, by: Person, now: datetime) -> None:
    """P10: staff went past a refusal, and thereby made an exception; used at once."""
    record = TrainingException(
        training=booking.training,
        membership=booking.membership,
        booking=booking,
        rule=verdict.rule,
        reason=reason,
        refusal=verdict.sentence,
        asked_for=_("done by staff past the warning"),
    )
    exceptions.enter(record, by=by, now=now, used=True)


def record(
    what: str,
    booking: Booking,
    verdicts: Sequence[Verdict],
    *,
    by: Person | None,
    now: datetime,
    old: dict[str, object],
    new: dict[str, object],
    why: str = "",
    rule: str = "",
    also: Sequence[models.Model] = (),
) -> JournalEntry:
    """The journal's line of an act on a booking: the reason, or what the rules warned of."""
    said = [verdict for verdict in verdicts if verdict.warned or verdict.exception]
    sentence = why or " ".join(verdict.sentence for verdict in said) or _("All rules allow it.")
    about = [booking, booking.training, booking.membership, booking.membership.organization, *also]
    return journal.record(
        what=what, now=now, by=by, rule=rule, why=sentence, about=about, old=old, new=new, edition=booking.training.edition.name
    )


def change_seats(*, booking_id: int, seats: int, by: Person, now: datetime, staff_reason: str | None = None) -> Booking:
    """Enlarge or shrink a booking to a number of seats (P3, P4). Raises UnableToChangeBooking."""
    with transaction.atomic():
        booking, training, membership = lock_booking(booking_id)
        must_be_confirmed(booking)
        must_not_be_settled(booking)
        before = booking.seats
        if seats == before:
            raise UnableToChangeBooking(_("The booking has %(seats)d seats already.") % {"seats": seats})
        verdicts = _change_verdicts(booking, training, membership, seats=seats, now=now)
        bent = [verdict for verdict in verdicts if verdict.refused]
        if staff_reason is not None:
            verdicts = tuple(policy.as_staff(verdict) for verdict in verdicts)
        if any(verdict.refused for verdict in verdicts):
            raise UnableToChangeBooking.because(verdicts)
        if bent and not (staff_reason or "").strip():
            raise UnableToChangeBooking(_("Say why: you go past what a rule refuses."), verdicts=verdicts)
        leave = _move_seats(booking, training, membership, seats=seats, by=by, now=now)
        use_exceptions(verdicts, now=now)
        for verdict in bent:
            write_exception(booking, verdict, reason=staff_reason or "", by=by, now=now)
        booking.seats = seats
        booking.save(update_fields=["seats"])
        booking_changed.send(sender=Booking, booking=booking, seats_before=before, now=now)
        entry = record("booking_changed", booking, verdicts, by=by, now=now, old={"seats": before}, new={"seats": seats})
        said = [_changed_sentence(before, seats)]
        if leave is not None and leave.answer != "allowed":
            said.append(leave.sentence)
        if (staff_reason or "").strip():
            said.append(_("Staff: %(why)s") % {"why": (staff_reason or "").strip()})
        emails.booking_changed(booking, entry=entry, now=now, sentence=" ".join(said))
    return booking


def change_verdicts(booking: Booking, *, seats: int, now: datetime) -> tuple[Verdict, ...]:
    """What the rules say to another number of seats: for the page, before confirming. The action asks again under the locks."""
    return _change_verdicts(booking, booking.training, booking.membership, seats=seats, now=now)


def _change_verdicts(
    booking: Booking, training: Training, membership: Membership, *, seats: int, now: datetime
) -> tuple[Verdict, ...]:
    facts, member = queries.facts_of(training), membership.facts()
    granted = queries.exceptions_for(training, membership, now=now)
    if seats > booking.seats:
        return policy.check_enlarge(facts, member, seats_now=booking.seats, to_seats=seats, now=now, exceptions=granted)
    return policy.check_shrink(facts, member, seats_now=booking.seats, to_seats=seats, names=0, now=now, exceptions=granted)


def _move_seats(
    booking: Booking, training: Training, membership: Membership, *, seats: int, by: Person, now: datetime
) -> Verdict | None:
    """Seats come, or go as P4 says; its verdict where some leave."""
    change = seats - booking.seats
    subject = journal.label_of(booking)
    if change > 0:
        cause = Cause(reason=_("Enlarged for %(training)s.") % {"training": training}, now=now, rule="P3", by=by, subject=subject)
        reserve(membership, booking.reservation, seats=change, cause=cause)
        return None
    leave = policy.leave(
        queries.facts_of(training), seats=-change, now=now, exceptions=queries.exceptions_for(training, membership, now=now)
    )
    leave_seats(booking, membership, leave, seats=-change, give_back=leave.answer == "allowed", by=by, now=now)
    return leave


def leave_seats(
    booking: Booking, membership: Membership, leave: Verdict, *, seats: int, give_back: bool, by: Person, now: datetime
) -> None:
    """Seats go back, or are forfeited, by P4's verdict or staff's word."""
    cause = Cause(reason=leave.sentence, now=now, rule="P4", by=by, subject=journal.label_of(booking))
    if give_back:
        release(membership, booking.reservation, seats=seats, cause=cause)
    else:
        forfeit(membership, booking.reservation, seats=seats, rule="P4", cause=cause)


def mark_cancelled(booking: Booking, *, why: str, rule: str, by: Person | None, now: datetime) -> None:
    """Store that a booking ended. Its seats have left it before; what attendance or P6 took still counts."""
    booking.cancelled_seats, booking.seats = booking.seats, booking.reservation.booked
    booking.state, booking.cancelled_at = BookingState.CANCELLED, now
    booking.cancelled_by, booking.cancelled_why, booking.cancelled_rule = by, why, rule
    booking.save()


def decline_waiting(booking: Booking, *, now: datetime) -> None:
    """The booking ended: what its coordinator asked about it (R16, P3 …) needs no answer by staff any more; who asked is told why."""
    for request in TrainingException.objects.waiting().filter(booking=booking.pk):
        note = _("The booking ended: %(why)s") % {"why": booking.cancelled_why}
        exceptions.decline(request, by=None, now=now, note=note)


def must_be_confirmed(booking: Booking) -> None:
    """Raises UnableToChangeBooking for one that has ended."""
    if booking.state != BookingState.CONFIRMED:
        raise UnableToChangeBooking(_("This booking was cancelled already."))


def must_not_be_settled(booking: Booking) -> None:
    """Raises UnableToChangeBooking once attendance is confirmed (P9): each seat is used or forfeited, and none can be left or added."""
    if booking.attendance_confirmed_at is not None:
        settled = _("The attendance of this team is confirmed, so its seats are settled:")
        instead = _("correct a person’s attendance, or restore a seat that was forfeited.")
        raise UnableToChangeBooking(f"{settled} {instead}")


def _changed_sentence(before: int, after: int) -> str:
    if (more := after - before) > 0:
        return ngettext("%(n)d more seat.", "%(n)d more seats.", more) % {"n": more}
    return ngettext("%(n)d seat fewer.", "%(n)d seats fewer.", -more) % {"n": -more}
