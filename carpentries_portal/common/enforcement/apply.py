"""Applying one action: locked, decided anew, its key and its effect in one transaction."""

from __future__ import annotations

import enum
from datetime import datetime

from django.db import IntegrityError, transaction

from carpentries_portal.common.enforcement.registry import RULES, PlannedAction
from carpentries_portal.common.models import AppliedAction, Run, RunError


class Outcome(enum.Enum):
    APPLIED = "applied"
    UNCHANGED = "unchanged"  # done by somebody else, or its reason is gone
    FAILED = "failed"


class _DoneAlreadyError(Exception):
    """Its key stands already: leave the transaction without an effect."""


def apply(action: PlannedAction, *, run: Run, now: datetime) -> Outcome:
    """Do it if it still holds. A subject that breaks is kept with its error, and stops nobody else."""
    rule = RULES.get(action.rule) if action.rule in RULES.names() else None
    try:
        if rule is None:
            raise LookupError(f"no rule {action.rule}")
        with transaction.atomic():
            fresh = rule.replan(action.subject_id, now)
            if fresh is None or fresh.key != action.key:
                return Outcome.UNCHANGED
            _insert_key(fresh, run=run, now=now)
            rule.effect(fresh, now)
    except _DoneAlreadyError:
        return Outcome.UNCHANGED
    except Exception as problem:  # noqa: BLE001  # one broken subject stops nobody else
        RunError.objects.create(
            run=run,
            rule=action.rule,
            subject_label=action.label,
            subject_id=action.subject_id,
            error=f"{type(problem).__name__}: {problem}",
        )
        return Outcome.FAILED
    return Outcome.APPLIED


def _insert_key(action: PlannedAction, *, run: Run, now: datetime) -> None:
    rule, label, subject_id, cut_off_on, round_ = action.key
    try:
        with transaction.atomic():
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
