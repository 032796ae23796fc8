"""Audits of places: they are of their booking's training, no booking has more names than seats, a report speaks of its own training."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from carpentries_portal.common.auditing import AUDITS, Mismatch
from trainees.models import EvidenceConnection, Place
from trainees.states import PlaceState
from trainings.models import Booking
from trainings.states import BookingState

BATCH = 500


def places_are_of_their_bookings_training() -> Iterator[Mismatch]:
    rows = Place.objects.exclude(training=F("booking__training")).order_by("pk")
    for row in rows.annotate(of=F("booking__training")).iterator(chunk_size=BATCH):
        sentence = f"it says training {row.training_id}; its booking is at {row.of}"
        yield Mismatch("place = booking", f"place {row.pk}", row.of, row.training_id, sentence)


def bookings_have_a_seat_for_each_name() -> Iterator[Mismatch]:
    names = Count("places", filter=Q(places__state=PlaceState.ACTIVE))
    rows = Booking.objects.annotate(names=names).filter(names__gt=0).exclude(state=BookingState.CONFIRMED, names__lte=F("seats"))
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        seats = row.seats if row.state == BookingState.CONFIRMED else 0
        yield Mismatch("names <= seats", f"booking {row.pk}", seats, row.names, f"it has {row.names} names for {seats} seats")


def connections_are_of_their_reports_training() -> Iterator[Mismatch]:
    rows = EvidenceConnection.objects.annotate(of=F("report__training"), here=Coalesce("place__training", "booking__training"))
    for row in rows.exclude(here=F("of")).filter(here__isnull=False).order_by("pk").iterator(chunk_size=BATCH):
        sentence = f"it is matched with somebody at training {row.here}; its report is of {row.of}"
        yield Mismatch("connection = report", f"connection {row.pk}", row.of, row.here, sentence)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("places' trainings", places_are_of_their_bookings_training)
    AUDITS.add("connections' trainings", connections_are_of_their_reports_training)
    AUDITS.add("names", bookings_have_a_seat_for_each_name)
