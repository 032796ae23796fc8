"""The plan: what the run would do at an instant. It writes nothing; run, preview and dry run read the same."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from datetime import datetime

from carpentries_portal.common.enforcement.registry import RULES, BrokenSubject, Key, Planned, PlannedAction, Rule
from carpentries_portal.common.models import AppliedAction

BATCH = 500


def chosen(rules: Collection[str]) -> list[Rule]:
    """The registered rules, or those named."""
    return [rule for rule in RULES if not rules or rule.code in rules]


def _done(rule: Rule, actions: Collection[PlannedAction]) -> set[Key]:
    """Which of a batch are done already: one query, whatever their number."""
    ids = {action.subject_id for action in actions}
    rows = AppliedAction.objects.filter(rule=rule.code, subject_id__in=ids) if ids else AppliedAction.objects.none()
    return set(rows.values_list("rule", "subject_label", "subject_id", "cut_off_on", "round"))


def planned(rule: Rule, *, now: datetime) -> Iterator[Planned]:
    """What one rule would do, less what is done already. What breaks the rule as a whole is said at the end."""
    found = _until_it_breaks(rule, now)
    while batch := list(itertools.islice(found, BATCH)):
        done = _done(rule, [one for one in batch if isinstance(one, PlannedAction)])
        yield from (one for one in batch if isinstance(one, BrokenSubject) or one.key not in done)


def _until_it_breaks(rule: Rule, now: datetime) -> Iterator[Planned]:
    try:
        yield from rule.due(now)
    except Exception as problem:  # noqa: BLE001  # one broken rule stops no other
        yield BrokenSubject(rule.code, rule.label, None, f"{type(problem).__name__}: {problem}")


def plan(*, now: datetime, rules: Collection[str] = ()) -> tuple[list[PlannedAction], list[BrokenSubject]]:
    """Every action due at the instant, in the order in which they would be applied, and what broke."""
    actions: list[PlannedAction] = []
    broken: list[BrokenSubject] = []
    for rule in chosen(rules):
        for found in planned(rule, now=now):
            broken.append(found) if isinstance(found, BrokenSubject) else actions.append(found)
    return sorted(actions, key=lambda action: action.order), broken
