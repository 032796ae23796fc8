"""The plan: what the run would do at an instant. It writes nothing; run, preview and dry run read the same."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO

from carpentries_portal.common.enforcement.registry import RULES, BrokenSubject, Key, Planned, PlannedAction, Rule
from carpentries_portal.common.models import AppliedAction

BATCH = 500
KEPT_IN_MEMORY = 1_000_000  # bytes


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


@contextmanager
def aside(found: Iterable[Planned]) -> Iterator[Iterator[Planned]]:
    """All that was found, read to its end before the first of it is given out: SQLite refuses a writer whose reading has grown old.

    It lies in a file of this process's own where it is much, so that memory stays flat whatever is due.
    """
    with SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as file:
        for one in found:
            pickle.dump(one, file, protocol=pickle.HIGHEST_PROTOCOL)
        end = file.tell()
        file.seek(0)
        yield _read_back(file, end)


def _read_back(file: IO[bytes], end: int) -> Iterator[Planned]:
    while file.tell() < end:
        yield pickle.load(file)  # noqa: S301  # what this process has just written, into a file without a name


def plan(*, now: datetime, rules: Collection[str] = ()) -> tuple[list[PlannedAction], list[BrokenSubject]]:
    """Every action due at the instant, in the order in which they would be applied, and what broke."""
    actions: list[PlannedAction] = []
    broken: list[BrokenSubject] = []
    for rule in chosen(rules):
        for found in planned(rule, now=now):
            broken.append(found) if isinstance(found, BrokenSubject) else actions.append(found)
    return sorted(actions, key=lambda action: action.order), broken
