"""Audits of places: they are of their booking's training, no more than its seats, the roll call is what its newest marks say, reports speak of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce

from carpentries_portal.common.audit import add_effect
from carpentries_portal.common.auditing import AUDITS, Mismatch
from memberships.models import LedgerEntry
from memberships.states import Account, Event
from trainees import policy
from trainees.models import EvidenceConnection, Place, RollCall, RollCallMark
from trainees.states import Outcome, PlaceState
from trainings.models import Booking
from trainings.states import BookingState

BATCH = 500


def places_are_of_their_bookings_training() -> Iterator[Mismatch]:
    rows = Place.objects.exclude(training=F("booking__training")).order_by("pk")
    for row in rows.annotate(of=F("booking__training")).iterator(chunk_size=BATCH):
        sentence = f"it says training {row.training_id}; its booking is at {row.of}"
        yield Mismatch("place = booking", f"place {row.pk}", row.of, row.training_id, sentence)


def bookings_have_a_seat_for_each_name() -> Iterator[Mismatch]:
    """A seat that staff restored to the membership after R15 took it is gone from the booking, until it is needed again for a correction;
    its person stays on the list."""
    names = Count("places", filter=Q(places__state=PlaceState.ACTIVE))
    given = Q(event=Event.RESTORE, target=Account.AVAILABLE, forfeit_rule="R15")
    taken_again = Q(event=Event.RESERVE, rule="R15")
    rows = LedgerEntry.objects.filter(given | taken_again, reservation=OuterRef("reservation"))
    signed = Case(When(event=Event.RESTORE, then=F("seats")), default=-F("seats"))
    away = rows.order_by().values("reservation").annotate(total=Sum(signed)).values("total")
    bookings = Booking.objects.annotate(names=names, held=F("seats") + Coalesce(Subquery(away), 0)).filter(names__gt=0)
    bookings = bookings.exclude(state=BookingState.CONFIRMED, names__lte=F("held"))
    for row in bookings.order_by("pk").iterator(chunk_size=BATCH):
        seats = row.seats if row.state == BookingState.CONFIRMED else 0
        yield Mismatch("names <= seats", f"booking {row.pk}", seats, row.names, f"it has {row.names} names for {seats} seats")


def roll_calls_say_what_their_newest_mark_says() -> Iterator[Mismatch]:
    marks = RollCallMark.objects.filter(place=OuterRef("place"), day=OuterRef("day")).order_by("rest", "-made_at", "-key")
    rows = RollCall.objects.annotate(standing=Subquery(marks.values("pk")[:1])).order_by("pk").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        newest = RollCallMark.objects.in_bulk([row.standing for row in batch])
        for row in batch:
            mark = newest.get(row.standing)
            expected, found = policy.text_of(mark.marks() if mark else None), policy.text_of(row.marks())
            if expected != found:
                sentence = f"its newest mark says “{expected}”, the roll call “{found}”"
                yield Mismatch("roll call = newest mark", f"day {row.day} of place {row.place_id}", expected, found, sentence)


def connections_are_of_their_reports_training() -> Iterator[Mismatch]:
    rows = EvidenceConnection.objects.annotate(of=F("report__training"), here=Coalesce("place__training", "booking__training"))
    for row in rows.exclude(here=F("of")).filter(here__isnull=False).order_by("pk").iterator(chunk_size=BATCH):
        sentence = f"it is matched with somebody at training {row.here}; its report is of {row.of}"
        yield Mismatch("connection = report", f"connection {row.pk}", row.of, row.here, sentence)


def used_seats_are_those_who_passed() -> Iterator[Mismatch]:
    """R15: a seat is used by somebody who passed, and by nobody else. What was taken over from before has no reservation."""
    passed = Count("places", filter=Q(places__state=PlaceState.ACTIVE, places__outcome=Outcome.PASSED))
    rows = Booking.objects.annotate(passed=passed, used=F("reservation__used")).exclude(used=F("passed")).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        sentence = f"{row.used} of its seats are used; {row.passed} of its people passed"
        yield Mismatch("used = passed", f"booking {row.pk}", row.passed, row.used, sentence)


def confirmed_means_decided() -> Iterator[Mismatch]:
    """P9, R15: once attendance is confirmed each person of the team has an outcome, and before it none has."""
    rows = Place.objects.active().filter(booking__state=BookingState.CONFIRMED).order_by("pk")
    for row in rows.filter(outcome=Outcome.NONE, booking__attendance_confirmed_at__isnull=False).iterator(chunk_size=BATCH):
        sentence = "the attendance of its team is confirmed, and it has no outcome"
        yield Mismatch("confirmed = outcomes", f"place {row.pk}", "an outcome", "none", sentence)
    rows = rows.exclude(outcome=Outcome.NONE).filter(booking__attendance_confirmed_at__isnull=True)
    for row in rows.iterator(chunk_size=BATCH):
        sentence = "it has an outcome, and the attendance of its team is not confirmed"
        yield Mismatch("confirmed = outcomes", f"place {row.pk}", "none", row.outcome, sentence)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("outcomes", confirmed_means_decided)
    AUDITS.add("used seats", used_seats_are_those_who_passed)
    open_ = Q(state=BookingState.CONFIRMED, roster_closed_at__isnull=True)
    add_effect("P6", "trainings.booking", noun="booking", expected="closed", missing=open_)
    AUDITS.add("places' trainings", places_are_of_their_bookings_training)
    AUDITS.add("connections' trainings", connections_are_of_their_reports_training)
    AUDITS.add("names", bookings_have_a_seat_for_each_name)
    AUDITS.add("roll calls", roll_calls_say_what_their_newest_mark_says)
