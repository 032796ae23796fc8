"""Which places are, or were, on the lists of bookings: a team that moved to another training took its places along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from trainings.models import Booking

Places = QuerySet[Any, Any]


def _places() -> Places:
    """Every place: a table of the app above."""
    return Booking.places.rel.related_model._default_manager.order_by()  # type: ignore[attr-defined,no-any-return]  # from above


def places_of(mine: Q, until: datetime | None = None) -> Places:
    """The places that were on the lists of the bookings that `mine` finds, at some time before an instant (None: so far), by id.

    A move makes a new booking of a team's, and its places are of that one from then on. So a place was on a list that its team has
    left if it was added before the team left; and it is on no list of before its booking was made.
    """
    made = Q(booked_at__lt=until) if until is not None else Q()
    bookings = Booking.objects.filter(mine, made)
    here = Q(booking__in=bookings.values("pk"))
    return _places().filter(here | Q(pk__in=_gone(bookings))).values("pk")


def _gone(bookings: QuerySet[Booking]) -> list[int]:
    """Ids of the places that went along to other bookings. A query for each move that one team made, and one more where any did."""
    left_at: dict[int, datetime] = {}
    moved = list(Booking.objects.filter(moved_from__in=bookings.values("pk")).values_list("pk", "moved_from", "booked_at"))
    while moved:
        left_at |= {pk: left_at.get(before, booked_at) for pk, before, booked_at in moved if before}
        ids = [pk for pk, _before, _at in moved]
        moved = list(Booking.objects.filter(moved_from__in=ids).values_list("pk", "moved_from", "booked_at"))
    if not left_at:
        return []
    rows = _places().filter(booking__in=left_at).values_list("pk", "booking", "added_at")
    return [pk for pk, booking, added_at in rows if added_at <= left_at[booking]]
