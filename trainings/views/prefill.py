"""What the booking form starts with: from the URL, the last booking, or the smallest team."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from memberships.models import Membership
from trainings import queries
from trainings.models import Training


def booking_prefill(given: QueryDict, *, training: Training, memberships: list[Membership]) -> dict[str, Any]:
    """The membership of the URL or, within one organization, the one that ends first and holds the training's day (P1); its smallest team; the last site."""
    membership = _chosen(given, training=training, memberships=memberships)
    if membership is None:
        return {}
    level_seats = membership.edition.edition().seats_of(membership.level)
    minimum = training.edition.edition().minimum_for(level_seats)
    seats = given.get("seats", "")
    wanted = int(seats) if seats.isdecimal() and len(seats) <= 3 and int(seats) > 0 else None
    site = queries.last_site(membership)
    return {
        "membership": membership,
        "seats": wanted or minimum,
        "site": site.name,
        "room": site.room,
        "site_zone": site.zone,
    }


def _chosen(given: QueryDict, *, training: Training, memberships: list[Membership]) -> Membership | None:
    named = given.get("membership", "")
    for membership in memberships:
        if str(membership.pk) == named:
            return membership
    if len({membership.organization_id for membership in memberships}) > 1:
        return None
    inside = [row for row in memberships if row.starts_on <= training.starts_on <= row.last_on]
    with_seats = [row for row in inside if row.available]
    return next(iter(with_seats or inside or memberships), None)
