"""The plan: what the run would do at an instant. It writes nothing; preview and dry run show it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from carpentries_portal.common.enforcement.registry import RULES, BrokenSubject, Planned, PlannedAction, Rule
from carpentries_portal.common.models import AppliedAction


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


def planned(rule: Rule, *, now: datetime) -> Iterator[Planned]:
    """What one rule would do, less what is done already."""
    return (found for found in rule.due(now) if isinstance(found, BrokenSubject) or not _done_already(found))


def plan(*, now: datetime, rules: Collection[str] = ()) -> tuple[list[PlannedAction], list[BrokenSubject]]:
    """Every action due at the instant, in the order in which they would be applied, and what broke."""
    actions: list[PlannedAction] = []
    broken: list[BrokenSubject] = []
    for rule in chosen(rules):
        try:
            for found in planned(rule, now=now):
                broken.append(found) if isinstance(found, BrokenSubject) else actions.append(found)
        except Exception as problem:  # noqa: BLE001  # one broken rule stops no other
            broken.append(BrokenSubject(rule.code, rule.label, None, f"{type(problem).__name__}: {problem}"))
    return sorted(actions, key=lambda action: action.order), broken
