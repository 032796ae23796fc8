"""What a night would do, in plain words and grouped by rule: for staff, before it happens. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import handbook
from carpentries_portal.common.enforcement import brake, holds
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.enforcement.registry import RULES, BrokenSubject, PlannedAction
from carpentries_portal.common.models import ExceptionRecord

# The letters of the handbook that the run owes by themselves; a rule's own name stands in `handbook.RULES`.
LETTERS = {
    "L1": gettext_lazy("Welcome to the new membership"),
    "L3": gettext_lazy("Names are missing on a roster"),
    "L5": gettext_lazy("Applications are missing"),
    "L6": gettext_lazy("The link to test the room"),
    "L7": gettext_lazy("A training is at risk"),
    "L8": gettext_lazy("One week to go"),
    "L9": gettext_lazy("The roll call is wanted"),
    "L11": gettext_lazy("Checkout reminders"),
    "L15": gettext_lazy("Seats and progress report"),
}


def name_of(rule: str) -> str:
    """What a rule of the run is called."""
    return str(LETTERS.get(rule) or handbook.RULES.get(rule, ""))


@dataclass(frozen=True, slots=True)
class Row:
    """One action. `hold`: staff keep it back, by the run's own kind of hold or the rule's; `braked`: the brake would."""

    action: PlannedAction
    hold: ExceptionRecord | None = None
    braked: bool = False


@dataclass
class Group:
    """What one rule would do, in the order in which it would."""

    rule: str
    name: str
    rows: list[Row] = field(default_factory=list)
    broken: list[BrokenSubject] = field(default_factory=list)

    @property
    def seats(self) -> int:
        return sum(row.action.seats for row in self.rows if not row.hold and not row.braked)


@dataclass(frozen=True, slots=True)
class Preview:
    """`earlier`: how many actions are due already on a night before, and would be done by then."""

    as_of: datetime
    groups: list[Group]
    earlier: int = 0

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    @property
    def free(self) -> list[PlannedAction]:
        """What would be done: neither held nor braked."""
        return [row.action for row in self.rows if row.hold is None and not row.braked]

    @property
    def held(self) -> int:
        return sum(row.hold is not None for row in self.rows)

    @property
    def braked(self) -> int:
        return sum(row.braked for row in self.rows)

    @property
    def broken(self) -> int:
        return sum(len(group.broken) for group in self.groups)


def preview(*, as_of: datetime, after: datetime | None = None) -> Preview:
    """The plan of an instant; where `after` is given, the night before it, less what would be done by then."""
    actions, broken = plan(now=as_of)
    known = {action.key for action in preview(as_of=after).free} if after is not None else set()
    fresh = [action for action in actions if action.key not in known]
    held = holds.among(fresh, as_of)
    _free, braked = brake.split([action for action in fresh if action.key not in held])
    refused = {action.key for action in braked}
    rows = [Row(action, hold=held.get(action.key), braked=action.key in refused) for action in fresh]
    rows += [Row(action, hold=record) for action, record in holds.by_rules(as_of)]
    return Preview(as_of=as_of, groups=_grouped(rows, broken), earlier=len(actions) - len(fresh))


def _grouped(rows: Iterable[Row], broken: Iterable[BrokenSubject]) -> list[Group]:
    """In the order in which the rules are registered."""
    found: dict[str, Group] = {}
    for code in RULES.names():
        found[code] = Group(rule=code, name=name_of(code))
    for row in rows:
        found[row.action.rule].rows.append(row)
    for problem in broken:
        found[problem.rule].broken.append(problem)
    return [group for group in found.values() if group.rows or group.broken]


def summary(found: Preview) -> str:
    """One sentence: "12 things would be done; 2 are held, 6 wait under the brake"."""
    said = [_("%(n)d would be done") % {"n": len(found.free)}]
    if found.held:
        said.append(_("%(n)d held by staff") % {"n": found.held})
    if found.braked:
        said.append(_("%(n)d held back by the brake") % {"n": found.braked})
    if found.broken:
        said.append(_("%(n)d cannot be planned") % {"n": found.broken})
    return ", ".join(said) + "."
