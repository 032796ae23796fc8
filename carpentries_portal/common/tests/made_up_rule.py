"""A rule for the tests of the engine: a person called "due" is called "done" afterwards. The address carries what the tests vary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from carpentries_portal.common import journal
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import RULES, Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import refuse
from carpentries_portal.common.models import JournalEntry, Person

NOON = datetime(2018, 2, 15, 12, 30, tzinfo=UTC)
DAY = date(2018, 2, 12)


@dataclass
class MadeUpRule:
    """Subjects are people; what differs by person is given by id."""

    code: str = "T1"
    label: str = "common.person"
    cut_offs: dict[int, CutOff] = field(default_factory=dict)
    rounds: dict[int, int] = field(default_factory=dict)
    unplannable: set[int] = field(default_factory=set)
    ineffective: dict[int, BaseException] = field(default_factory=dict)
    seats: int = 0
    trainings: int = 1
    brakes: bool = True
    broken: bool = False

    def due(self, now: datetime) -> Iterator[Planned]:
        if self.broken:
            raise RuntimeError("the rule is broken")
        return plan_each(self, Person.objects.filter(name="due").order_by("pk").iterator(), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        return self._plan(Person.objects.select_for_update().get(pk=subject_id), now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        Person.objects.filter(pk=action.subject_id).update(name="done")
        journal.record(what="greeted", now=now, why=action.verdict.sentence, about=[], rule=self.code)
        if action.subject_id in self.ineffective:
            raise self.ineffective[action.subject_id]

    def _plan(self, person: Person, now: datetime) -> PlannedAction | None:
        if person.pk in self.unplannable:
            raise ValueError("cannot be planned")
        if person.name != "due":
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=person.pk,
            subject_text=person.email,
            cut_off=self.cut_offs.get(person.pk, CutOff(on=DAY, zone="UTC")),
            round=self.rounds.get(person.pk, 0),
            verdict=refuse("R12", f"{person.email} is due."),
            seats=self.seats,
            trainings=self.trainings,
            brakes=self.brakes,
        )


@contextmanager
def registered(*rules: MadeUpRule) -> Iterator[None]:
    """The rules are registered, and gone afterwards."""
    for rule in rules:
        RULES.add(rule.code, rule)
    try:
        yield
    finally:
        for rule in rules:
            del RULES._entries[rule.code]


def people(count: int) -> list[Person]:
    """People who are due."""
    have = Person.objects.count()
    return [Person.objects.create_user(email=f"p{have + n}@example.org", name="due") for n in range(count)]


def greeted() -> int:
    """How many effects there were."""
    return JournalEntry.objects.filter(what="greeted").count()


def names(rows: list[Person]) -> list[str]:
    found = dict(Person.objects.values_list("pk", "name"))
    return [found[row.pk] for row in rows]
