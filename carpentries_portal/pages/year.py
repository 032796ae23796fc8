"""A membership's year: its bookings, its people and what is ahead, read once for its page, its report and the letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from carpentries_portal.pages.forecast import Forecast, forecast
from carpentries_portal.pages.progress import PersonLine, people_of
from memberships.models import Membership
from trainings import queries
from trainings.models import Booking
from trainings.queries import Offer

OFFERS = 4
"""So many trainings that fit are shown."""


def minimum_team(membership: Membership) -> int:
    """The smallest team the membership may send (R11)."""
    edition = membership.edition.edition()
    return edition.minimum_for(edition.seats_of(membership.level))


@dataclass(frozen=True, slots=True)
class Year:
    """A membership's bookings, all its people and what is ahead: for its report and the letter."""

    minimum: int
    offers: list[Offer]
    bookings: list[Booking]
    people: list[PersonLine]
    names: Mapping[int, int]
    forecast: Forecast


def year_of(membership: Membership, *, now: datetime) -> Year:
    """Five queries. Needs organization and edition."""
    bookings = queries.bookings_of(membership)
    people = people_of(bookings, now=now)
    names = Counter(line.booking.pk for line in people)
    ahead = ahead_of(membership, bookings, names, now=now)
    return Year(ahead.minimum, ahead.offers, bookings, people, names, ahead.forecast)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a membership's bookings, and the names on them, leave to do. `offers`: the next trainings that fit."""

    minimum: int
    offers: list[Offer]
    forecast: Forecast


def ahead_of(membership: Membership, bookings: list[Booking], names: Mapping[int, int], *, now: datetime) -> Ahead:
    """One query."""
    minimum = minimum_team(membership)
    offers: list[Offer] = []
    last: list[Offer] = []
    if not membership.has_ended(now) and membership.available >= minimum:
        offers, last = queries.offers_of_year(
            membership=membership,
            seats=minimum,
            site_zone=membership.organization.zone,
            now=now,
            done_by=membership.last_on - timedelta(days=membership.edition.edition().checkout_days),
            limit=OFFERS,
        )
    return Ahead(minimum, offers, forecast(membership, minimum=minimum, offers=last, bookings=bookings, names=names, now=now))
