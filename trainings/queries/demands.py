"""What teams wait for: one membership's, all that wait, by month; and the trainings that meet one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from carpentries_portal.common.dates import add_months, zone_city
from carpentries_portal.common.prepared import first, prepared
from memberships.models import Membership
from trainings import policy
from trainings.models import Booking, Demand, Training
from trainings.queries.calendar import Offer, facts_of, offer_of

LOOKED_AT = 200
"""Trainings that are looked at for one demand; waiting demands that a new training is held against."""


@prepared
def _open(membership_id: Any) -> QuerySet[Demand]:
    return Demand.objects.with_all().filter(membership=membership_id, state="open").order_by("pk")[:1]


def open_demand(membership: Membership) -> Demand | None:
    """What a membership waits for, if it does. Two queries."""
    return first(_open(membership_id=membership.pk))


@prepared
def _maybe_waiting(yesterday: Any) -> QuerySet[Demand]:
    return Demand.objects.maybe_waiting(yesterday).with_all().order_by("asked_at", "pk")


def waiting_demands(now: datetime) -> list[Demand]:
    """All that wait, the earliest asked first. Two queries."""
    return [row for row in _maybe_waiting(yesterday=now.date() - timedelta(days=1)) if row.waits(now)]


def met_by(training: Training, demands: Sequence[Demand], *, now: datetime) -> list[Demand]:
    """Those of the demands that a training meets now. Needs `edition`; two queries."""
    facts = facts_of(training)
    booked = set(Booking.objects.confirmed().filter(training=training.pk).values_list("membership", flat=True))
    return [
        row
        for row in demands
        if policy.meets(facts, row.facts(), row.membership.facts(), has_one=row.membership_id in booked, now=now)
    ]


def meeting(demand: Demand, *, now: datetime, limit: int = 5) -> list[Offer]:
    """The trainings on the calendar that meet a demand already, soonest first. Two queries."""
    booked = set(Booking.objects.confirmed().filter(membership=demand.membership_id).values_list("training", flat=True))
    spans = demand.spans()
    if not spans:
        return []
    rows = Training.objects.open(now).with_seats_booked().select_related("edition").exclude(pk__in=booked)
    rows = rows.filter(starts_on__gte=spans[0][0], ends_on__lte=max(last_on for _first_on, last_on in spans)).order_by(
        "starts_at", "pk"
    )
    wanted, member, found = demand.facts(), demand.membership.facts(), list[Offer]()
    for training in rows[:LOOKED_AT]:
        offer = offer_of(training, now=now)
        if policy.meets(offer.facts, wanted, member, has_one=False, now=now):
            found.append(offer)
        if len(found) == limit:
            break
    return found


@dataclass(slots=True)
class DemandMonth:
    """What is waited for in a month: each team counts in every month that it names."""

    first_on: date
    demands: list[Demand] = field(default_factory=list)

    @property
    def seats(self) -> int:
        return sum(row.seats for row in self.demands)

    @property
    def cities(self) -> str:
        return ", ".join(sorted({zone_city(row.zone) for row in self.demands}))


def by_month(demands: Sequence[Demand], *, now: datetime) -> list[DemandMonth]:
    """Demands by the months that they name, from the current one on."""
    months: dict[date, DemandMonth] = {}
    current = now.date().replace(day=1)
    for row in demands:
        named: set[date] = set()
        for first_on, last_on in row.spans():
            month = max(first_on.replace(day=1), current)
            while month <= last_on:
                named.add(month)
                month = add_months(month, 1)
        for month in named:
            months.setdefault(month, DemandMonth(month)).demands.append(row)
    return [months[month] for month in sorted(months)]
