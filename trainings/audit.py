"""Audits of bookings and trainings: seats are those of the reservation, capacity holds, instants follow from the wall clock, cut-offs from the dates.

The database compares; only what does not match comes here, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from carpentries_portal.common.audit import add_effect
from carpentries_portal.common.auditing import AUDITS, Mismatch
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.models import EditionRecord
from memberships.models import Reservation
from trainings import policy
from trainings.models import Booking, Training, TrainingException
from trainings.queries import ROSTER_RULES
from trainings.states import BookingState, TrainingState

BATCH = 500
OF = "booking = reservation"


def bookings_match_their_reservations() -> Iterator[Mismatch]:
    """What P4 took is gone from a booking; what P6 and R15 took still counts."""
    held = F("reservation__reserved") + F("reservation__used") + F("reservation__forfeited_p6") + F("reservation__forfeited_r15")
    rows = Booking.objects.annotate(held=held).exclude(seats=F("held")).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        yield Mismatch(OF, f"booking {row.pk}", row.held, row.seats, f"it has {row.seats} seats; its reservation says {row.held}")


def cancelled_bookings_reserve_nothing() -> Iterator[Mismatch]:
    rows = Booking.objects.filter(state=BookingState.CANCELLED, reservation__reserved__gt=0).annotate(
        kept=F("reservation__reserved")
    )
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch(OF, f"booking {row.pk}", 0, row.kept, f"it is cancelled, and {row.kept} seats are reserved")


def settled_bookings_reserve_nothing() -> Iterator[Mismatch]:
    """P9: once attendance is confirmed each seat is used or forfeited; nothing that comes later would settle one."""
    rows = Booking.objects.filter(attendance_confirmed_at__isnull=False, reservation__reserved__gt=0)
    rows = rows.exclude(state=BookingState.CANCELLED).annotate(kept=F("reservation__reserved")).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        yield Mismatch(OF, f"booking {row.pk}", 0, row.kept, f"its attendance is confirmed, and {row.kept} seats are reserved")


def bookings_are_of_their_reservations_membership() -> Iterator[Mismatch]:
    rows = Booking.objects.exclude(membership=F("reservation__membership")).annotate(other=F("reservation__membership"))
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        expected, found = f"membership {row.other}", f"membership {row.membership_id}"
        yield Mismatch(OF, f"booking {row.pk}", expected, found, f"it is of {found}; its reservation is of {expected}")


def reservations_have_a_booking() -> Iterator[Mismatch]:
    rows = Reservation.objects.filter(booking__isnull=True).exclude(
        Q(reserved=0, used=0, forfeited_p4=0, forfeited_p6=0, forfeited_r15=0)
    )
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch(OF, f"reservation {row.pk}", "a booking", "none", f"{row.booked} seats are held by no booking")


def trainings_hold_their_seats() -> Iterator[Mismatch]:
    for row in Training.objects.with_seats_booked().over_capacity().order_by("pk").iterator(chunk_size=BATCH):
        booked = int(vars(row)["seats_booked"])
        sentence = f"{booked} seats are booked; it holds {row.capacity}"
        yield Mismatch("capacity", f"training {row.code}", f"at most {row.capacity}", booked, sentence)


def cancelled_trainings_have_no_team() -> Iterator[Mismatch]:
    rows = Booking.objects.confirmed().filter(training__state=TrainingState.CANCELLED).select_related("training")
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        sentence = f"it is confirmed at {row.training.code}, which is cancelled"
        yield Mismatch("cancelled training", f"booking {row.pk}", "cancelled", "confirmed", sentence)


def instants_follow_the_clock() -> Iterator[Mismatch]:
    for row in Training.objects.order_by("pk").iterator(chunk_size=BATCH):
        subject = f"training {row.code}"
        if not is_zone(row.zone):
            yield Mismatch("instants", subject, "a time zone", row.zone, f"“{row.zone}” is not a time zone")
            continue
        days = row.hours()
        meant, found = (days[0].starts_at, days[-1].ends_at), (row.starts_at, row.ends_at)
        if found != meant:
            sentence = "its UTC instants do not follow from its hours and zone"
            yield Mismatch("instants", subject, _span(meant), _span(found), sentence)


def cut_offs_follow_from_the_dates() -> Iterator[Mismatch]:
    """R6, R16: D(n) of the training's edition; of one that was moved, what P8 gave it on the day of its last move."""
    editions = {record.pk: record.edition() for record in EditionRecord.objects.all()}
    for row in Training.objects.order_by("pk").iterator(chunk_size=BATCH):
        if not is_zone(row.zone):
            continue  # named among the instants
        meant = policy.cut_offs(first_day=row.starts_on, zone=row.zone, edition=editions[row.edition_id], moved_at=row.moved_at)
        for title, found, expected in zip(("sign-up", "names"), (row.sign_up_until, row.roster_until), meant, strict=True):
            if found != expected:
                sentence = f"{title} until {found}; its first day and its edition give {expected}"
                yield Mismatch("cut-offs", f"training {row.code}", str(expected), str(found), sentence)


def own_days_for_names_were_granted() -> Iterator[Mismatch]:
    """P6, R16: a day of a booking's own for names is that of an approval which was used for it."""
    granted = TrainingException.objects.filter(booking=OuterRef("pk"), rule__in=ROSTER_RULES, used_at__isnull=False)
    rows = Booking.objects.filter(roster_until__isnull=False).exclude(Exists(granted.filter(to_date=OuterRef("roster_until"))))
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        sentence = f"it takes names until {row.roster_until} of its own; no approval gave it that day"
        yield Mismatch("cut-offs", f"booking {row.pk}", "a day that was approved", str(row.roster_until), sentence)


def _span(instants: tuple[object, ...]) -> str:
    return " to ".join(str(instant) for instant in instants)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("bookings", bookings_match_their_reservations)
    AUDITS.add("cancelled bookings", cancelled_bookings_reserve_nothing)
    AUDITS.add("settled bookings", settled_bookings_reserve_nothing)
    AUDITS.add("memberships of bookings", bookings_are_of_their_reservations_membership)
    AUDITS.add("reservations without a booking", reservations_have_a_booking)
    AUDITS.add("trainings", trainings_hold_their_seats)
    AUDITS.add("cancelled trainings", cancelled_trainings_have_no_team)
    AUDITS.add("instants", instants_follow_the_clock)
    AUDITS.add("cut-offs", cut_offs_follow_from_the_dates)
    AUDITS.add("own days for names", own_days_for_names_were_granted)
    still = ~Q(state=TrainingState.CANCELLED)
    add_effect("R7", "trainings.training", noun="training", expected="cancelled", missing=still)
