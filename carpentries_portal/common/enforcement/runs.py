"""Runs: a row each, started and finished, with counts; once a day by the sweep, or by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from carpentries_portal.common.enforcement import brake
from carpentries_portal.common.enforcement.apply import Outcome, apply
from carpentries_portal.common.enforcement.plan import plan
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
    counts = Counter(apply(action, run=row, now=now) for action in free)
    if not rules and not broken:
        brake.close_settled(still={action.key for action in held}, now=now)
    row.applied, row.unchanged = counts[Outcome.APPLIED], counts[Outcome.UNCHANGED]
    row.failed, row.braked = counts[Outcome.FAILED] + len(broken), len(held)
    row.finished_at = now
    row.save()
    return row
