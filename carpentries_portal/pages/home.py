"""What the home page shows a person who is logged in: what they have, and what needs them now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import prepared
from carpentries_portal.pages.queries import NextStep, naming_steps
from certification.queries import Progress, progress_of
from memberships.models import Membership
from memberships.queries import SeatMeter, memberships_of, meter_of
from trainees.models import Place
from trainees.queries import places_of, trainings_of
from trainings.models import Booking, Training

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class HomeMembership:
    """A membership on the home page of its coordinator."""

    membership: Membership
    meter: SeatMeter
    url: str
    steps: list[NextStep]


@dataclass(frozen=True, slots=True)
class HomePlace:
    """A training on the home page of its trainee."""

    place: Place
    finished: bool
    url: str
    over: bool
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class HomeTraining:
    """A training that needs its trainer: `waiting` teams whose attendance is not confirmed, or none yet where it is still to come."""

    training: Training
    waiting: int


@dataclass(frozen=True, slots=True)
class HomeTrains:
    """The trainings of a trainer: those that need them now, and all others, which are only listed."""

    now: list[HomeTraining]
    others: list[Training]


def home_trains(person: Person, *, now: datetime) -> HomeTrains:
    """What is over and not confirmed, and what begins within two weeks, by date; the rest by date. Two queries."""
    rows = trainings_of(person, now=now)
    over = [row.pk for row in rows if row.ends_at <= now]
    open_ones = Booking.objects.confirmed().filter(training__in=over, attendance_confirmed_at__isnull=True)
    waiting = Counter(open_ones.values_list("training", flat=True)) if over else Counter[int]()
    needed = [row for row in rows if waiting[row.pk] or (row.ends_at > now and row.starts_at <= now + SOON)]
    return HomeTrains(
        now=[HomeTraining(training=row, waiting=waiting[row.pk]) for row in needed],
        others=[row for row in rows if row not in needed],
    )


def home_places(person: Person, *, now: datetime) -> list[HomePlace]:
    """The trainings of a trainee, newest first, with how far the exercises are. Three queries."""
    places = places_of(person)
    progress = progress_of([row.pk for row in places], now=now) if any(row.outcome for row in places) else {}
    return [
        HomePlace(
            place=row,
            finished=getattr(row, "application", None) is not None and row.application.finished_at is not None,
            url=reverse("trainees:place", args=[row.pk]),
            over=row.training.ends_at <= now,
            progress=progress.get(row.pk),
        )
        for row in places
    ]


@prepared
def _naming(membership_ids: Any, now: Any) -> QuerySet[Booking]:
    """The bookings whose people can still be named, with how many are."""
    named = Place.objects.active().filter(booking=OuterRef("pk")).order_by().values("booking").annotate(n=Count("pk")).values("n")
    rows = Booking.objects.confirmed().filter(membership__pk__in=membership_ids, training__ends_at__gt=now)
    rows = rows.filter(roster_closed_at__isnull=True).annotate(named=Subquery(named)).select_related("training")
    return rows.order_by("training__starts_at", "pk")


def home_memberships(person: Person, *, now: datetime) -> list[HomeMembership]:
    """The memberships of a coordinator that have not ended, each with the names that are due. Two queries."""
    rows = [row for row in memberships_of(person) if not row.has_ended(now)]
    bookings = _naming(membership_ids=[row.pk for row in rows], now=now)
    names = {row.pk: int(vars(row)["named"] or 0) for row in bookings}
    return [
        HomeMembership(
            membership=row,
            meter=meter_of(row),
            url=reverse("pages:membership", args=[row.pk]),
            steps=naming_steps([booking for booking in bookings if booking.membership_id == row.pk], names=names, now=now),
        )
        for row in rows
    ]
