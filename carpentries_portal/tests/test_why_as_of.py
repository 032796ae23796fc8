"""As of a past day: random histories by real actions; later each day is told as it was then, from ledger and journal alone."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from carpentries_portal.common import exceptions, why
from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.notices import delivery
from memberships import actions as seats
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Membership
from memberships.states import Account
from trainees.factories import name_people
from trainings import actions
from trainings.factories import TrainingFactory
from trainings.models import Booking, TrainingException

pytestmark = pytest.mark.django_db

SINCE = datetime(2018, 1, 2, 12, tzinfo=UTC)
HELD = (Account.RESERVED, Account.USED, Account.FORFEITED)


class History:
    """One member, three trainings, and what happens to them; what was true at the end of each day is kept beside it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = SINCE
        self.coordinator = CoordinatorFactory(now=SINCE)
        self.membership = MembershipFactory(
            organization=self.coordinator.organization, contract_seats=40, now=SINCE, ends_on=date(2018, 6, 30)
        )
        self.staff = StaffFactory()
        starts = [date(2018, 3, 1) + timedelta(days=25 * n) for n in range(3)]
        self.trainings = [TrainingFactory(starts_on=on, zone="Pacific/Auckland", now=SINCE) for on in starts]
        self.people = 0
        self.kept: dict[tuple[str, int, date], Any] = {}

    def bookings(self) -> list[Booking]:
        return list(Booking.objects.filter(membership=self.membership).select_related("reservation").order_by("pk"))

    def confirmed(self) -> Booking:
        return self.chance.choice([row for row in self.bookings() if row.state == "confirmed"])

    def step(self) -> None:
        """Something that somebody does; what the rules refuse changes nothing."""
        doings = [
            self.book,
            self.book,
            self.change,
            self.cancel,
            self.name,
            self.grant,
            self.withdraw,
            self.ask,
            self.decide,
            self.night,
        ]
        try:
            self.chance.choice(doings)()
        except (UnableTo, IndexError):
            pass
        delivery.deliver_due(now=self.now + timedelta(minutes=1))
        self.keep()
        self.now += timedelta(hours=self.chance.randint(1, 130))

    def book(self) -> None:
        site = actions.bookings.Site(name="Library", room="1", zone="America/New_York")
        training, by = self.chance.choice(self.trainings), self.coordinator.person
        number = self.chance.randint(6, 9)
        actions.book(training_id=training.pk, membership_id=self.membership.pk, seats=number, site=site, by=by, now=self.now)

    def change(self) -> None:
        to = self.chance.randint(6, 10)
        actions.change_seats(booking_id=self.confirmed().pk, seats=to, by=self.coordinator.person, now=self.now)

    def cancel(self) -> None:
        actions.cancel_booking(booking_id=self.confirmed().pk, why="We cannot.", by=self.coordinator.person, now=self.now)

    def name(self) -> None:
        self.people += 10
        name_people(self.confirmed(), 3, by=self.coordinator.person, now=self.now, start=self.people)

    def grant(self) -> None:
        seats.grant_extra(membership=self.membership, seats=2, why="A gift.", by=self.staff, now=self.now)

    def withdraw(self) -> None:
        seats.withdraw(membership=self.membership, seats=1, why="A smaller contract.", by=self.staff, now=self.now)

    def ask(self) -> None:
        training = self.chance.choice(self.trainings)
        more = {"training": training, "membership": self.membership, "rule": "R6", "reason": "We are late."}
        actions.ask_exception(**more, by=self.coordinator.person, now=self.now, seats=6)

    def decide(self) -> None:
        record = TrainingException.objects.waiting().order_by("pk")[0]
        if self.chance.random() < 0.6:
            exceptions.approve(record, by=self.staff, now=self.now, until=self.now + timedelta(days=9))
        else:
            exceptions.decline(record, by=self.staff, now=self.now, note="Too late.")

    def night(self) -> None:
        runs.run(now=self.now)

    def stories(self) -> list[tuple[str, int]]:
        things = [("membership", self.membership.pk), ("person", self.coordinator.person_id)]
        return [*things, *(("training", row.pk) for row in self.trainings), *(("booking", row.pk) for row in self.bookings())]

    def keep(self) -> None:
        """The counters are the truth of the day for seats; the lines that are there, for the timeline."""
        for kind, pk in self.stories():
            story = told(kind, pk)
            day = today_in(story.zone, self.now + timedelta(minutes=1))
            self.kept[kind, pk, day] = (self.counters(kind, pk), lines(story, None))

    def counters(self, kind: str, pk: int) -> dict[str, int]:
        if kind == "membership":
            row = Membership.objects.get(pk=pk)
            return {str(account.label): getattr(row, account) for account in Account}
        if kind == "booking":
            held = Booking.objects.select_related("reservation").get(pk=pk).reservation
            forfeited = held.forfeited_p4 + held.forfeited_p6 + held.forfeited_r15
            return dict(zip([str(one.label) for one in HELD], [held.reserved, held.used, forfeited], strict=True))
        return {}


def told(kind: str, pk: int) -> why.Story:
    found = why.KINDS.get(kind)
    assert found is not None
    story = found.story(pk)
    assert story is not None
    return story


def lines(story: why.Story, until: datetime | None, *, shown: int = 500) -> list[tuple[Any, ...]]:
    """All lines, newest first, a page after the other."""
    found: list[tuple[Any, ...]] = []
    for page in range(1, 1000):
        part = why.timeline(story, until=until, page=page, shown=shown)
        found += [(line.key, line.at, line.what, line.why, line.who, tuple(line.changes)) for line in part.lines]
        if not part.older:
            break
    return found


@pytest.mark.parametrize("seed", range(3))
def test_each_past_day_is_told_as_it_was_then(seed: int) -> None:
    history = History(seed)
    for _step in range(18):
        history.step()
    assert len(history.bookings()) > 0
    kept = list(history.kept.items())
    assert len(kept) > 60
    for (kind, pk, day), (counters, then) in history.chance.sample(kept, 40):
        story = told(kind, pk)
        until = CutOff(on=day, zone=story.zone).ends_at
        assert lines(story, until) == then, (kind, pk, day)
        if counters:
            assert story.balance is not None
            assert dict(story.balance(until)) == counters, (kind, pk, day)


def test_pages_follow_each_other_in_the_order_of_time_and_lose_no_line() -> None:
    history = History(3)
    for _step in range(15):
        history.step()
    story = told("membership", history.membership.pk)
    whole = why.timeline(story, shown=5000).lines
    paged = lines(story, None, shown=7)
    assert [line.key for line in whole] == [key for key, *_rest in paged]
    assert len({line.key for line in whole}) == len(whole) > 20
    assert [line.at for line in whole] == sorted((line.at for line in whole), reverse=True)
    assert {line.group for line in whole} == {"done", "seats", "letters", "exceptions"} | {
        line.group for line in whole if line.group == "night"
    }
