"""What a rule of the run is, and the rules that the apps have registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from django.db import models
from django.utils.functional import Promise

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import ExceptionRecord, Person
from carpentries_portal.common.registries import Registry

Key = tuple[str, str, int, date, int]  # rule, label, id, cut-off day, round


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One thing that the run would do, with its reason. `trainings` and `seats` are what the brake counts."""

    rule: str
    label: str
    subject_id: int
    subject_text: str
    cut_off: CutOff
    round: int
    verdict: Verdict
    seats: int = 0
    trainings: int = 0
    letters: tuple[str, ...] = ()
    brakes: bool = True  # a reminder is not counted
    hold_to: date | None = None  # the last day to which staff may hold it, where the rule has one
    locked: Any = field(default=None, compare=False, repr=False)  # rows that `replan` locked, for `effect` in the same transaction

    @property
    def key(self) -> Key:
        """What makes it the same action: done once."""
        return self.rule, self.label, self.subject_id, self.cut_off.on, self.round

    @property
    def order(self) -> tuple[datetime, str, int]:
        """Due actions are applied by the instant of their cut-off, then rule, then id."""
        return self.cut_off.ends_at, self.rule, self.subject_id


@dataclass(frozen=True, slots=True)
class BrokenSubject:
    """A subject whose plan could not be made: kept with its error, and it stops nobody else."""

    rule: str
    label: str
    subject_id: int | None
    error: str


Planned = PlannedAction | BrokenSubject
Row = TypeVar("Row", bound=models.Model)


def plan_each(
    rule: Rule, rows: Iterable[Row], plan: Callable[[Row, datetime], PlannedAction | None], now: datetime
) -> Iterator[Planned]:
    """The plan of each row; one that breaks is said, and the others go on."""
    for row in rows:
        try:
            action = plan(row, now)
        except Exception as problem:  # noqa: BLE001  # whatever is wrong with one row is that row's
            yield BrokenSubject(rule.code, rule.label, row.pk, f"{type(problem).__name__}: {problem}")
            continue
        if action is not None:
            yield action


class Rule(Protocol):
    """A rule of the run. `code` is the handbook's; `label` the model of its subjects."""

    code: str
    label: str

    def due(self, now: datetime) -> Iterator[Planned]:
        """What the rule would do now. Reads only; its cost grows with what is due."""
        ...

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        """Lock the subject, read again, and decide anew; None where there is nothing to do any more."""
        ...

    def effect(self, action: PlannedAction, now: datetime) -> None:
        """Do it, in the transaction that holds the lock. It writes the database and nothing else: the preview rolls it back."""
        ...


@runtime_checkable
class HoldsItself(Protocol):
    """A rule that has a hold of its own (R7), with its own limits; for the others the run keeps one."""

    def hold(self, *, subject_id: int, until_on: date, why: str, by: Person, now: datetime) -> ExceptionRecord:
        """Keep the rule from acting on the subject to the end of a day. Raises UnableTo…."""
        ...

    def held(self, now: datetime) -> Iterator[tuple[PlannedAction, ExceptionRecord]]:
        """What it would do now if its holds did not stand, with the hold. Reads only."""
        ...


@runtime_checkable
class WritesLater(Protocol):
    """A rule (R29) whose letters leave with work that follows the night: a file that a worker draws."""

    follows: str | Promise  # what the page says of them

    def later(self, action: PlannedAction, now: datetime) -> None:
        """Owe those letters, as that work will: for the preview, which takes it back."""
        ...


RULES: Registry[Rule] = Registry()
