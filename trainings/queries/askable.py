"""Who could be asked to come to a training that lacks teams: members with seats left whose day it suits (P1, R9, R11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Least

from carpentries_portal.common.prepared import prepared
from memberships.models import Membership
from trainings.models import Training

LOOKED_AT = 300
"""Memberships that are looked at, those that end first in front: they lose their seats first."""


@dataclass(frozen=True, slots=True)
class Askable:
    """A membership with a team's seats left, as far as one needs it to ask."""

    membership_id: int
    organization_id: int
    organization: str
    zone: str
    starts_on: date
    last_on: date
    available: int


@prepared
def _with_seats(first_on: Any, last_on: Any, seats: Any) -> QuerySet[Membership, Any]:
    """Whose year has a day between the two. One that ended early counts to that day."""
    rows = Membership.objects.annotate(last=Least(F("ends_on"), Coalesce(F("ended_on"), F("ends_on"))))
    rows = rows.filter(available__gte=seats, starts_on__lte=last_on, ends_on__gte=first_on, last__gte=first_on)
    return rows.order_by("last", "pk").values_list(
        "pk", "organization", "organization__name", "organization__zone", "starts_on", "last", "available"
    )[:LOOKED_AT]


class WhoToAsk:
    """For some trainings: one query for all of them, and the hours of each zone worked out once a training. They need `edition`."""

    def __init__(self, trainings: Sequence[Training]) -> None:
        days, least = [row.starts_on for row in trainings], [row.edition.edition().minimum_team for row in trainings]
        rows = _with_seats(first_on=min(days), last_on=max(days), seats=min(least)) if trainings else []
        self.known = [Askable(*row) for row in rows]
        self.all_known = len(self.known) < LOOKED_AT

    def for_training(self, training: Training) -> Iterator[Askable]:
        """Whose year its first day lies in, with a whole team's seats left, at whose place its hours are in the day; who ends first in front."""
        edition, hours, suits = training.edition.edition(), training.hours(), dict[str, bool]()
        for one in self.known:
            if one.available < edition.minimum_team or not one.starts_on <= training.starts_on <= one.last_on:
                continue
            if one.zone not in suits:
                suits[one.zone] = all(day.in_zone(one.zone).within(edition.earliest_hour, edition.latest_hour) for day in hours)
            if suits[one.zone]:
                yield one
