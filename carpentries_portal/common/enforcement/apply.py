"""Applying one action: locked, decided anew, its key and its effect in one transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from carpentries_portal.common.enforcement import holds
from carpentries_portal.common.enforcement.registry import RULES, PlannedAction, Rule
from carpentries_portal.common.models import AppliedAction, ItemOutcome, Run, RunError, RunItem

Outcome = ItemOutcome
TRIES = 2  # a deadlock is nobody's fault: the second time it goes through


class _DoneAlreadyError(Exception):
    """Its key stands already: leave the transaction without an effect."""


def apply(action: PlannedAction | RunItem, *, run: Run, now: datetime) -> ItemOutcome:
    """Do it if it still holds. A subject that breaks is kept with its error, and stops nobody else.

    Raises OperationalError or InterfaceError where the database is away: then the run stops, and goes on later.
    """
    problem: Exception | None = None
    for _try in range(TRIES):
        try:
            outcome = _applied(action, run=run, now=now)
        except (OperationalError, InterfaceError) as away:
            if not connection.is_usable():
                raise
            problem = away
            continue
        except Exception as broken:  # noqa: BLE001  # one broken subject stops nobody else
            problem = broken
            break
        return _counted(action, outcome, run=run)
    _keep_error(action, problem, run=run, now=now)
    return Outcome.FAILED


def _applied(action: PlannedAction | RunItem, *, run: Run, now: datetime) -> ItemOutcome:
    rule = RULES.get(action.rule)
    if rule is None:
        raise LookupError(f"no rule {action.rule}")
    try:
        return _done(rule, action, run=run, now=now)
    except _DoneAlreadyError:
        return Outcome.UNCHANGED


@transaction.atomic
def _done(rule: Rule, action: PlannedAction | RunItem, *, run: Run, now: datetime) -> ItemOutcome:
    fresh = rule.replan(action.subject_id, now)
    if fresh is None or fresh.key != action.key:
        return Outcome.UNCHANGED
    if holds.stands(fresh, now):
        return Outcome.HELD
    _insert_key(fresh, run=run, now=now)
    rule.effect(fresh, now)
    return Outcome.APPLIED


def _counted(action: PlannedAction | RunItem, outcome: ItemOutcome, *, run: Run) -> ItemOutcome:
    """What this very run did before it was killed counts as done by it, not as due no longer."""
    if outcome is not Outcome.UNCHANGED or not isinstance(action, RunItem):
        return outcome
    rule, label, subject_id, cut_off_on, round_ = action.key
    mine = AppliedAction.objects.filter(
        run=run, rule=rule, subject_label=label, subject_id=subject_id, cut_off_on=cut_off_on, round=round_
    )
    return Outcome.APPLIED if mine.exists() else outcome


@transaction.atomic
def _keep_error(action: PlannedAction | RunItem, problem: Exception | None, *, run: Run, now: datetime) -> None:
    """The error, and the outcome of the item, together: a run that is killed in between counts it once."""
    rule, label, subject_id, _on, _round = action.key
    error = f"{type(problem).__name__}: {problem}"[:2000].replace("\0", "")
    RunError.objects.create(run=run, at=now, rule=rule, subject_label=label, subject_id=subject_id, error=error)
    if isinstance(action, RunItem):
        RunItem.objects.filter(pk=action.pk).update(outcome=Outcome.FAILED)


def _insert_key(action: PlannedAction, *, run: Run, now: datetime) -> None:
    """No savepoint: where the key stands already, the whole transaction is left."""
    rule, label, subject_id, cut_off_on, round_ = action.key
    try:
        AppliedAction.objects.create(
            run=run,
            rule=rule,
            subject_label=label,
            subject_id=subject_id,
            cut_off_on=cut_off_on,
            round=round_,
            applied_at=now,
            sentence=action.verdict.sentence,
        )
    except IntegrityError:
        raise _DoneAlreadyError from None
