"""As of a past day: random histories by real actions; later each day is told as it was then, from ledger and journal alone.

What was true is read off the rows themselves at the end of its day: the counters, the states, and the timeline as it then was.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from carpentries_portal.common import why
from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.models import AppliedAction, BrakedAction, JournalEntry, Person
from carpentries_portal.tests.doings import DOINGS, begin
from carpentries_portal.tests.histories import History
from certification.models import Checkout
from memberships.models import LedgerEntry, Membership
from memberships.states import Account
from trainees.models import Place
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

SEEDS, STEPS = (0, 4, 24), 40  # these reach together what `Reached` asks for
BROAD, NARROW = {"membership", "training", "booking"}, {"place", "checkout", "person"}  # of one a day the timeline is looked at
HELD = (Account.RESERVED.label, Account.USED.label, Account.FORFEITED.label)
Name = tuple[str, int]

STATES = {
    "checkout": {
        "exercises opened": "under_way",
        "exercises reopened": "under_way",
        "exercises closed": "closed",
        "exercises withdrawn": "withdrawn",
        "certificate issued": "certified",
    },
    "training": {"training announced": "scheduled", "training cancelled": "cancelled", "attendance confirmed": "held"},
    "membership": {"membership begun": "", "membership ended early": "ended early"},
}
"""What a line of each kind of timeline says about the state of its subject: the newest one counts."""


@dataclass
class Kept:
    """What was true at instants: the days of its subjects end before the next one. `chance`: what is looked at, apart from what happens."""

    chance: random.Random
    counters: dict[tuple[Name, datetime], dict[str, int]] = field(default_factory=dict)
    states: dict[tuple[Name, datetime], str] = field(default_factory=dict)
    timelines: dict[tuple[Name, datetime], list[tuple[Any, ...]]] = field(default_factory=dict)
    last: dict[Name, dict[str, int]] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)

    def keep(self, history: History) -> None:
        at = history.now + timedelta(minutes=1)
        for name, counters in counters_now():
            if self.last.get(name) != counters or self.chance.random() < 0.2:
                self.counters[name, at] = self.last[name] = counters
                self.most |= Counter(counters)
        states = dict(states_now())
        self.states |= {(name, at): state for name, state in states.items() if state is not None}
        wanted = self.chance.choice((BROAD, NARROW))
        if names := sorted(name for name in states if name[0] in wanted):
            name = self.chance.choice(names)
            self.timelines[name, at] = lines(told(name), None)


def counters_now() -> Iterator[tuple[Name, dict[str, int]]]:
    """The counters as pages show them."""
    for row in Membership.objects.all():
        yield ("membership", row.pk), {str(account.label): getattr(row, account) for account in Account}
    for booking in Booking.objects.select_related("reservation"):
        held = booking.reservation
        forfeited = held.forfeited_p4 + held.forfeited_p6 + held.forfeited_r15
        yield ("booking", booking.pk), dict(zip(map(str, HELD), [held.reserved, held.used, forfeited], strict=True))


def states_now() -> Iterator[tuple[Name, str | None]]:
    """Whatever has a timeline, with its state as its row says it; None where it has none."""
    for model, kind in ((Training, "training"), (Booking, "booking"), (Checkout, "checkout")):
        yield from (((kind, pk), state) for pk, state in model._default_manager.values_list("pk", "state"))
    for pk, ended_on in Membership.objects.values_list("pk", "ended_on"):
        yield ("membership", pk), "ended early" if ended_on is not None else ""
    yield from ((("place", pk), outcome) for pk, outcome in Place.objects.values_list("pk", "outcome"))
    yield from ((("person", pk), None) for pk in Person.objects.values_list("pk", flat=True))


def state_told(kind: str, pk: int, found: list[tuple[Any, ...]]) -> str | None:
    """What the lines say, newest first; None where they say nothing of it."""
    for _key, _at, what, _why, _who, changes in found:
        if kind == "place" and what == "outcome of attendance":
            outcome = [change.rpartition(" → ")[2].replace(" ", "_") for change in changes if change.startswith("outcome")]
            if outcome:  # else only the minutes were others
                return outcome[0]
        if kind == "booking" and (state := _booking_told(pk, what, changes)):
            return state
        if what in STATES.get(kind, {}):
            return STATES[kind][what]
    return "" if kind == "place" else None


def _booking_told(pk: int, what: str, changes: tuple[str, ...]) -> str:
    if what == "team moved to another training":
        return (
            "confirmed"
            if any(change.startswith("booking: ") and change.endswith(f" → {pk}") for change in changes)
            else "cancelled"
        )
    if what in {"booking cancelled", "training cancelled"} or (what == "list of names closed" and "cancelled: yes" in changes):
        return "cancelled"
    return "confirmed" if what == "team booked" else ""


def told(name: Name) -> why.Story:
    found = why.KINDS.get(name[0])
    assert found is not None
    story = found.story(name[1])
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


def live(seed: int) -> tuple[History, Kept]:
    history, kept = begin(seed), Kept(random.Random(seed))
    for _step in range(STEPS):
        history.step(DOINGS)
        kept.keep(history)
        history.wait()
    return history, kept


def check(kept: Kept) -> None:
    """Each day that was kept, asked for at the end."""
    stories = {name: told(name) for name, _at in [*kept.counters, *kept.timelines]}
    for (name, at), counters in kept.counters.items():
        balance = stories[name].balance
        assert balance is not None
        assert dict(balance(end_of_day(stories[name], at))) == counters, (name, at)
    for (name, at), then in kept.timelines.items():
        found = lines(stories[name], end_of_day(stories[name], at))
        assert found == then, (name, at)
        if (name, at) in kept.states:
            assert state_told(*name, found) == kept.states[name, at], (name, at)


def end_of_day(story: why.Story, at: datetime) -> datetime:
    return CutOff(on=today_in(story.zone, at), zone=story.zone).ends_at


WORDS = {
    *("training_cancelled", "training_moved", "booking_moved", "roster_closed", "roster_changed", "membership_ended_early"),
    *(
        "attendance_settled",
        "attendance_corrected",
        "work_pass_taken_back",
        "seats_restored",
        "seats_moved",
        "returned_seats_decided",
    ),
    *("exception_approved", "exception_declined", "exception_revoked", "exception_entered"),
    *("checkout_opened", "checkout_closed", "checkout_reopened", "checkout_extended", "certificate_issued"),
}
"""What the journals of the histories together must speak of."""
NIGHT = {"R7", "R12", "P6", "L3", "L8"}


@dataclass
class Reached:
    """What the histories came to: a test of days on which nothing happened would tell nothing."""

    most: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    more: set[str] = field(default_factory=set)

    def note(self, kept: Kept) -> None:
        self.most |= kept.most
        self.words |= set(JournalEntry.objects.values_list("what", flat=True))
        self.rules |= set(AppliedAction.objects.values_list("rule", flat=True))
        by_night = JournalEntry.objects.filter(what="training_cancelled", rule="R7", by=None)
        by_staff = JournalEntry.objects.filter(what="training_cancelled", by__isnull=False)
        released = BrakedAction.objects.filter(released_at__isnull=False)
        said = {"by night": by_night, "by staff": by_staff, "released": released}
        self.more |= {name for name, rows in said.items() if rows.exists()}
        for forfeit in LedgerEntry.objects.filter(target=Account.FORFEITED).values_list("forfeit_rule", flat=True):
            self.more.add(f"forfeited by {forfeit}")

    def missing(self) -> set[str]:
        wanted = {str(account.label) for account in Account} - set(+self.most)
        more = {"by night", "by staff", "released", *(f"forfeited by {rule}" for rule in ("P4", "P6", "R12", "R15"))}
        return wanted | (WORDS - self.words) | (NIGHT - self.rules) | (more - self.more)


def live_and_check(seeds: Iterable[int], settings: Any) -> Reached:
    settings.PORTAL_BRAKE_TRAININGS, settings.PORTAL_BRAKE_SEATS = 1, 200  # two empty trainings of one day are too many
    reached = Reached()
    for seed in seeds:
        with transaction.atomic():
            _history, kept = live(seed)
            check(kept)
            reached.note(kept)
            transaction.set_rollback(True)
    return reached


def test_each_past_day_is_told_as_it_was_then(settings: Any) -> None:
    assert live_and_check(SEEDS, settings).missing() == set()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 130))
def test_each_past_day_of_many_more_histories_is_told_as_it_was_then(seed: int, settings: Any) -> None:
    live_and_check([seed], settings)


def test_pages_follow_each_other_in_the_order_of_time_and_lose_no_line() -> None:
    history = begin(0)
    for _step in range(15):
        history.step(DOINGS)
        history.wait()
    story = max((told(("membership", row.pk)) for row in history.memberships), key=lambda one: len(lines(one, None)))
    whole = why.timeline(story, shown=5000).lines
    paged = lines(story, None, shown=7)
    assert [line.key for line in whole] == [key for key, *_rest in paged]
    assert len({line.key for line in whole}) == len(whole) > 10
    assert [line.at for line in whole] == sorted((line.at for line in whole), reverse=True)
    assert {line.group for line in whole} | {"night"} == set(why.GROUPS)  # the night may have had nothing to do with it
