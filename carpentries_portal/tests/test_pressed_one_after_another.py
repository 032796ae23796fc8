"""Staff press one thing after another on rows that belong together, some of it in a tab that was opened before the rest was done; days and nights pass.

Each form is true, and was offered when it was opened. Whatever is then done or refused, nothing breaks, and at the end all adds up.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import JournalEntry, Notice, Person, RunError
from carpentries_portal.common.notices import delivery
from carpentries_portal.tests.pressing import FORMS, NOW, Filled, Key
from carpentries_portal.tests.pressing.around import NAMES, around, named_in
from carpentries_portal.tests.pressing.registry import base, choices, hidden
from carpentries_portal.tests.test_roles import desk
from memberships.factories import StaffFactory

pytestmark = pytest.mark.django_db

STEPS = 7
SHORT: tuple[tuple[int, Key], ...] = (
    (14, ("Submission", "take-pass-back")),
    (61, ("Checkout", "reopen")),
    (32, ("Training", "cancel")),
    (48, ("Membership", "returned")),
    (12, ("PlaceException", "approve")),
    (10, ("Booking", "move")),
)
"""Each day's dice, and what is pressed first: together they reach `REACHED`."""
REACHED = {
    "Booking": {"cancel", "move"},
    "Checkout": {"extend", "hold", "record", "reopen"},
    "CheckoutException": {"decline_selected", "revoke"},
    "Coordinator": {"add", "remove"},
    "Membership": {"move", "renew", "restore", "returned", "withdraw"},
    "Person": {"correct", "forget", "roles"},
    "Place": {"correct", "excuse"},
    "Submission": {"take-pass-back"},
    "Training": {"add", "cancel", "link"},
}
"""What `SHORT` must have done: days on which all was refused would tell nothing."""
MADE_UP = {("BrakedAction", "release"), ("page", "export")}
"""A row that no night left behind, and a file that changes nothing."""
ALONE = {("Checkout", "add"), ("Certificate", "keep")}
"""Their rows were made to fit, and stay amiss until this is pressed: it is, at once."""
GONE = "This is not possible any more"
JUMPS = tuple(timedelta(hours=hours) for hours in (2, 24, 8 * 24, 30 * 24, 90 * 24))


@dataclass
class Tab:
    """A form that was opened and filled in, and not sent yet."""

    key: Key
    path: str
    values: dict[str, Any]
    sent: dict[str, str]
    opened: int
    """How much was done before."""


@dataclass
class Day:
    """What one person presses. `trace`: what was pressed, for whoever reads a failure."""

    chance: random.Random
    staff: Person
    now: datetime = NOW
    tabs: list[Tab] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    done: Counter[Key] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.client = desk(self.staff)

    # ---- forms

    def open(self, key: Key, filled: Filled) -> Tab | None:
        """A form, filled in; None where it is not offered. A page that says first what follows is sometimes read at once."""
        page = self.client.get(filled.path)
        if GONE in page.content.decode() or not (page.status_code == 200 or filled.listed):
            return None  # a page that is listed may only lead elsewhere, where nothing is chosen yet
        tab = Tab(key, filled.path, self.fitted(filled.values, page.content.decode()), hidden(page), self.done.total())
        asked = filled.first is not None and filled.first != filled.values
        if asked or (self.chance.random() < 0.4 and filled.first is not None):
            first = filled.first if asked else tab.values
            tab.sent |= hidden(self.client.post(tab.path, {**first, **tab.sent}))
        return tab

    def fitted(self, values: Mapping[str, Any], page: str) -> dict[str, Any]:
        """What this form lets one choose, other numbers, and days that are still to come."""
        found = {name: self.later(value) for name, value in values.items()}
        for name, options in choices(page).items():
            if name in found and options and not set(as_list(found[name])) <= set(options):
                found[name] = self.chance.choice(options)
        for name in sorted(set(re.findall(r'type="number" name="([^"]+)"', page)) & set(found)):
            found[name] = self.chance.choice((found[name], 1, 2, 3, 6, 7))
        if 'name="give_back"' in page and self.chance.random() < 0.3:
            found["give_back"] = "on"
        return found

    def later(self, value: Any) -> Any:
        """A day is moved by as much as the clock was."""
        if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:]+)?", value)):
            return value
        return f"{date.fromisoformat(value[:10]) + timedelta(days=(self.now - NOW).days)}{value[10:]}"

    def send(self, tab: Tab) -> None:
        """As a browser does; what it shows first is read and confirmed."""
        before = JournalEntry.objects.count()
        self.now += timedelta(seconds=20)
        answer = self.client.post(tab.path, {**tab.values, **tab.sent})
        if answer.status_code == 200 and hidden(answer).get("seen", "") != tab.sent.get("seen", ""):
            answer = self.client.post(tab.path, {**tab.values, **tab.sent, **hidden(answer)})
        did = answer.status_code == 302
        stale = self.done.total() > tab.opened
        said = "done" if did else "refused"
        self.trace.append(f"{tab.path} {tab.values}{' from an old tab' if stale else ''}: {said} ({answer.status_code})")
        assert did or JournalEntry.objects.count() == before, "what was refused was done"
        self.done[tab.key] += did
        self.said[f"{'old' if stale else 'new'} {said}"] += 1

    # ---- what to press

    def begin(self, key: Key) -> list[models.Model]:
        """The first thing; the rows about it."""
        filled = FORMS[key]()
        start = filled.row or next(iter(named_in(filled.values)), None)
        self.trace.append(f"first {key}")
        assert self.press(key, filled, at_once=key in ALONE), key
        return [] if start is None else [start]

    def step(self, start: Sequence[models.Model]) -> None:
        rows = [row for one in start for row in around(one) if row != self.staff]
        for _try in range(3):
            chosen = self.another(rows) if not rows or self.chance.random() < 0.12 else self.beside(rows)
            if chosen is not None and self.press(*chosen):
                break
        if self.tabs and self.chance.random() < 0.4:
            self.send(self.tabs.pop(self.chance.randrange(len(self.tabs))))
        if self.chance.random() < 0.25:
            self.now += self.chance.choice(JUMPS)
            self.trace.append(f"it is {self.now}")
            self.client = desk(self.staff)  # they log in again
        if self.chance.random() < 0.15:
            self.night()

    def press(self, key: Key, filled: Filled, *, at_once: bool = False) -> bool:
        """Now or later; sometimes it is open in a second tab too. Whether it was offered."""
        tab = self.open(key, filled)
        if tab is None:
            return False
        if not at_once and self.chance.random() < 0.25 and (twin := self.open(key, filled)) is not None:
            self.tabs.append(twin)
        if at_once or self.chance.random() < 0.6:
            self.send(tab)
        else:
            self.tabs.append(tab)
        return True

    def beside(self, rows: Sequence[models.Model]) -> tuple[Key, Filled] | None:
        """One of the buttons that a row's page offers, rather one that was not pressed yet."""
        kind = self.chance.choice(sorted({type(one).__name__ for one in rows}))
        row = self.chance.choice([one for one in rows if type(one).__name__ == kind])
        page = self.client.get(f"{base(type(row))}{row.pk}/change/").content.decode()
        offered = {(type(row).__name__, name) for name in re.findall(rf"{base(type(row))}{row.pk}/do/([\w-]+)/", page)}
        key = self.one_of(offered - ALONE - MADE_UP)
        if key is None:
            return None
        filled = FORMS[key]()
        values = dict(filled.values)
        if "typed" in values:
            whose: Any = getattr(row, "person", row)
            values["typed"] = whose.email
        path = f"{base(type(row))}{row.pk}/do/{key[1]}/"
        return key, Filled(path, values, first=values if filled.first is not None else None, row=row)

    def another(self, rows: Sequence[models.Model]) -> tuple[Key, Filled] | None:
        """An add form, an action of a list or a page: about these rows where it names any."""
        offered = {key for key in FORMS if key[1] == "add" or key[0] == "page" or key[1].endswith("_selected")}
        key = self.one_of(offered - ALONE - MADE_UP)
        if key is None:
            return None
        filled = FORMS[key]()
        values = {**filled.values, **self.names_of(rows, filled.values)}
        if filled.row is not None and "_selected_action" in values:
            values["_selected_action"] = [*values["_selected_action"], *(one.pk for one in rows if type(one) is type(filled.row))]
        people = [one for one in rows if isinstance(one, Person)]
        path = filled.path
        if key == ("page", "merge") and len(people) > 1:
            kept, other = self.chance.sample(people, 2)
            path = f"{base(Person)}{kept.pk}/merge/?other={other.email}"
        first = values if filled.first == filled.values else filled.first
        return key, Filled(path, values, first=first, row=filled.row, listed=filled.listed)

    def names_of(self, rows: Sequence[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values.items():
            near = [one for one in rows if name in NAMES and isinstance(one, NAMES[name])]
            if near and self.chance.random() < 0.8:
                one = self.chance.choice(near)
                found[name] = getattr(one, "code", one.pk) if isinstance(value, str) else one.pk
        return found

    def one_of(self, keys: Iterable[Key]) -> Key | None:
        found = sorted(keys)
        self.chance.shuffle(found)
        return min(found, key=lambda key: self.done[key], default=None)

    def night(self) -> None:
        self.trace.append(f"the night before {self.now}, and its letters")
        runs.run(now=self.now)
        delivery.deliver_due(now=self.now, limit=60)

    def end(self) -> None:
        """Tabs that are still open, a last night, and all adds up."""
        for tab in self.tabs:
            self.send(tab)
        self.night()
        connection.check_constraints()
        amiss = [str(one) for one in run_audits()]
        amiss += [f"{one.rule}: {one.error}" for one in RunError.objects.all()]
        amiss += [f"{one.letter}: {one.error}" for one in Notice.objects.filter(state="failed")]
        assert amiss == []


def as_list(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def live(seed: int, monkeypatch: pytest.MonkeyPatch, *, first: Key | None = None) -> Day:
    """A day, taken back; a failure tells what was pressed."""
    chance = random.Random(seed)
    day = Day(chance, StaffFactory())
    monkeypatch.setattr(clock, "now", lambda: day.now)
    try:
        with transaction.atomic():
            start = day.begin(first or chance.choice(sorted(set(FORMS) - MADE_UP)))
            for _step in range(STEPS):
                day.step(start)
            day.end()
            transaction.set_rollback(True)
    except Exception as problem:  # whatever it is, it goes on with the trace
        problem.add_note("\n".join([f"seed {seed}", *day.trace]))
        raise
    return day


def test_pressed_one_after_another_all_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[Key] = Counter()
    said: Counter[str] = Counter()
    for seed, first in SHORT:
        day = live(seed, monkeypatch, first=first)
        done += day.done
        said += day.said
    wanted = {(name, what) for name, all_of_it in REACHED.items() for what in all_of_it}
    assert wanted - set(+done) == set()
    assert min(said.values()) >= 3, said
    assert set(said) == {"new done", "new refused", "old done", "old refused"}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
def test_pressed_in_many_more_orders_all_adds_up(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    live(seed, monkeypatch)
