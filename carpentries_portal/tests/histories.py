"""Random histories by real actions: what a member, its people and staff may do in half a year, in an order that nobody chose."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from carpentries_portal.common import exceptions
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.notices import delivery
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Membership, MembershipException
from trainees.models import Place
from trainings.factories import TrainingFactory
from trainings.models import Booking, Training

SINCE = datetime(2018, 1, 2, 12, tzinfo=UTC)


TRIES = 8


class History:
    """One member with a year that ends soon, the next one, and one that staff may end early; six trainings.

    What the rules refuse changes nothing, and something else is tried.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = SINCE
        self.coordinator = CoordinatorFactory(now=SINCE)
        self.lead = self.coordinator.person
        self.staff = StaffFactory()
        year = {"organization": self.coordinator.organization, "now": SINCE, "contract_seats": 40}
        self.memberships: list[Membership] = [
            MembershipFactory(ends_on=date(2018, 4, 5), **year),
            MembershipFactory(starts_on=date(2018, 4, 6), ends_on=date(2019, 4, 5), **year),
            MembershipFactory(**year),
        ]
        starts = [date(2018, 2, 26) + timedelta(days=14 * n) for n in range(6)]
        zones = ("Pacific/Auckland", "America/Chicago")
        self.trainings: list[Training] = [TrainingFactory(starts_on=on, zone=zones[on.day % 2], now=SINCE) for on in starts]
        for days in (0, 14, 14, 28):  # nobody wants these: the night cancels them, or its brake holds back two of one day
            TrainingFactory(starts_on=date(2018, 3, 5) + timedelta(days=days), now=SINCE)
        self.listed = 0
        self.done: Counter[str] = Counter()

    def step(self, doings: Mapping[Doing, int]) -> None:
        """One to three things that somebody does on another day than the last, and the letters that follow."""
        for _n in range(self.chance.randint(1, 3)):
            self.do_something(doings)
        delivery.deliver_due(now=self.now + timedelta(minutes=1))

    def wait(self) -> None:
        self.now += timedelta(hours=self.chance.randint(26, 130))

    def do_something(self, doings: Mapping[Doing, int]) -> None:
        """What is done more readily is tried sooner."""
        order = sorted(doings, key=lambda doing: self.chance.random() ** (1 / doings[doing]), reverse=True)
        for doing in order[:TRIES]:
            try:
                with transaction.atomic():
                    doing(self)
            except (UnableTo, IndexError):
                continue
            self.done[doing.__name__] += 1
            return

    def one(self, rows: Any) -> Any:
        """Of a list, or of what a query finds: by id, for a database may give rows in any order."""
        return self.chance.choice(list(rows.order_by("pk").distinct()) if isinstance(rows, QuerySet) else rows)

    def booking(self, **wanted: Any) -> Booking:
        return self.one(Booking.objects.filter(state="confirmed", **wanted).select_related("training", "membership"))

    def place(self, **wanted: Any) -> Place:
        return self.one(Place.objects.active().filter(**wanted).select_related("training", "booking"))

    def membership(self, **wanted: Any) -> Membership:
        return self.one(Membership.objects.filter(**wanted).select_related("organization"))

    def by_staff(self, **words: Any) -> dict[str, Any]:
        return {"by": self.staff, "now": self.now, **words}

    def by_lead(self, **words: Any) -> dict[str, Any]:
        return {"by": self.lead, "now": self.now, **words}

    def exception(self, membership: Membership, why: str) -> MembershipException:
        record = MembershipException(membership=membership, rule="R12", reason=why, until=self.now + timedelta(days=30))
        return exceptions.enter(record, **self.by_staff())


Doing = Callable[[History], None]
"""Raises UnableTo where the rules refuse, IndexError where there is nothing to do it with."""
