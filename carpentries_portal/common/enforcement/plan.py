"""The plan: what the run would do at an instant. It writes nothing; preview and dry run show it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from carpentries_portal.common.enforcement.registry import RULES, PlannedAction, Rule
from carpentries_portal.common.models import AppliedAction


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule whose plan could not be made; the others go on."""

    rule: str
    error: str


def chosen(rules: Collection[str]) -> list[Rule]:
    """The registered rules, or those named."""
    return [rule for rule in RULES if not rules or rule.code in rules]


def _done_already(action: PlannedAction) -> bool:
    return AppliedAction.objects.filter(
        rule=action.rule,
        subject_label=action.label,
        subject_id=action.subject_id,
        cut_off_on=action.cut_off.on,
        round=action.round,
    ).exists()


def planned(rule: Rule, *, now: datetime) -> Iterator[PlannedAction]:
    """What one rule would do, less what is done already."""
    return (action for action in rule.due(now) if not _done_already(action))


def plan(*, now: datetime, rules: Collection[str] = ()) -> tuple[list[PlannedAction], list[BrokenRule]]:
    """Every action due at the instant, in the order in which they would be applied, and the rules that broke."""
    actions: list[PlannedAction] = []
    broken: list[BrokenRule] = []
    for rule in chosen(rules):
        try:
            actions.extend(planned(rule, now=now))
        except Exception as problem:  # noqa: BLE001  # one broken rule stops no other
            broken.append(BrokenRule(rule=rule.code, error=f"{type(problem).__name__}: {problem}"))
    return sorted(actions, key=lambda action: action.order), broken
