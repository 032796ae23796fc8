"""Runs: a row each, started and finished, with counts; once a day by the sweep, or by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from carpentries_portal.common.enforcement import brake
from carpentries_portal.common.enforcement.apply import Outcome, apply
from carpentries_portal.common.enforcement.plan import chosen, plan
from carpentries_portal.common.enforcement.registry import BrokenSubject, PlannedAction
from carpentries_portal.common.models import Person, Run, RunError


def latest_due(now: datetime) -> datetime:
    """The latest time of day (UTC) at which the nightly run was to start."""
    at = time.fromisoformat(settings.PORTAL_RUN_AT)
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today <= now else today - timedelta(days=1)


def start_if_due(*, now: datetime) -> Run | None:
    """Run unless one has finished since the latest time at which it was to start: a night that was missed is caught up."""
    if Run.objects.filter(as_of__gte=latest_due(now), finished_at__isnull=False).exists():
        return None
    return run(now=now)


def run(*, now: datetime, by: Person | None = None, rules: Collection[str] = ()) -> Run:
    """Plan and apply. Two runs at once, or a second one, do no harm: each effect has its unique key."""
    row = Run.objects.create(as_of=now, started_at=now, by=by)
    actions, broken = plan(now=now, rules=rules)
    for problem in broken:
        RunError.objects.create(
            run=row, rule=problem.rule, subject_label=problem.label, subject_id=problem.subject_id, error=problem.error
        )
    free, held = brake.split(actions)
    with transaction.atomic():
        brake.store(held, run=row, now=now)
    outcomes = [(action, apply(action, run=row, now=now)) for action in free]
    failed = [action for action, outcome in outcomes if outcome is Outcome.FAILED]
    _close_settled([*held, *failed], broken=broken, rules=rules, now=now)
    counts = Counter(outcome for _action, outcome in outcomes)
    row.applied, row.unchanged = counts[Outcome.APPLIED], counts[Outcome.UNCHANGED]
    row.failed, row.braked = counts[Outcome.FAILED] + len(broken), len(held)
    row.finished_at = now
    row.save()
    return row


def _close_settled(
    still: Iterable[PlannedAction], *, broken: Collection[BrokenSubject], rules: Collection[str], now: datetime
) -> None:
    """Close what waits under the brake no longer. Of a rule or a subject that could not be planned nothing is known, so it stays."""
    unknown = {problem.rule for problem in broken if problem.subject_id is None}
    brake.close_settled(
        rules={rule.code for rule in chosen(rules)} - unknown,
        still={action.key for action in still},
        broken={(problem.rule, problem.label, problem.subject_id) for problem in broken},
        now=now,
    )
