"""Audits of bookings and trainings: seats are those of the reservation, capacity holds, dates follow from the wall clock."""

from __future__ import annotations

from collections.abc import Iterator

from carpentries_portal.common.auditing import AUDITS, Mismatch
from trainings import queries
from trainings.models import Booking, Training
from trainings.states import BookingState, TrainingState


def bookings_match_their_reservations() -> Iterator[Mismatch]:
    for booking in Booking.objects.select_related("reservation").order_by("pk").iterator(chunk_size=500):
        name = f"booking {booking.pk}"
        if booking.seats != booking.reservation.booked:
            sentence = f"it has {booking.seats} seats; its reservation says {booking.reservation.booked}"
            yield Mismatch("booking = reservation", name, sentence)
        if booking.state == BookingState.CANCELLED and booking.reservation.reserved:
            yield Mismatch("booking = reservation", name, f"it is cancelled, and {booking.reservation.reserved} seats are reserved")
        if booking.membership_id != booking.reservation.membership_id:
            yield Mismatch("booking = reservation", name, "its membership is not its reservation's")


def trainings_hold_their_seats() -> Iterator[Mismatch]:
    for training in Training.objects.with_seats_booked().over_capacity().order_by("pk"):
        sentence = f"{queries.seats_booked(training.pk)} seats are booked; it holds {training.capacity}"
        yield Mismatch("capacity", f"training {training.code}", sentence)
    rows = Booking.objects.confirmed().filter(training__state=TrainingState.CANCELLED).select_related("training")
    for booking in rows.order_by("pk"):
        yield Mismatch(
            "cancelled training", f"booking {booking.pk}", f"it is confirmed at {booking.training.code}, which is cancelled"
        )


def instants_follow_the_clock() -> Iterator[Mismatch]:
    for training in Training.objects.order_by("pk").iterator(chunk_size=500):
        days = training.hours()
        if (training.starts_at, training.ends_at) != (days[0].starts_at, days[-1].ends_at):
            yield Mismatch("instants", f"training {training.code}", "its UTC instants do not follow from its hours and zone")


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("bookings", bookings_match_their_reservations)
    AUDITS.add("trainings", trainings_hold_their_seats)
    AUDITS.add("instants", instants_follow_the_clock)
