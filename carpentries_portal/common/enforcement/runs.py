"""Runs: a row each, planned once and done in slices by whichever worker comes; the night's by the sweep, others by hand.

All that a run has still to do stands in its items, so a worker that dies in the middle costs nothing but its lease.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from carpentries_portal.common import jobs, journal
from carpentries_portal.common.enforcement import brake, holds
from carpentries_portal.common.enforcement.apply import Outcome, apply
from carpentries_portal.common.enforcement.plan import aside, chosen, plan, planned
from carpentries_portal.common.enforcement.registry import BrokenSubject, Key, Planned, PlannedAction
from carpentries_portal.common.models import Person, Run, RunError, RunItem

# While a worker has a run, no other takes it; one that died loses it after the lease. Two at once would be exact (each effect has its
# key) and only work twice; but planning begins anew, so its lease is longer than a task may last (CELERY_TASK_TIME_LIMIT).
PLAN_LEASE = timedelta(minutes=15)
SLICE_LEASE = timedelta(minutes=1)
SLICE = 100  # actions, each a short transaction, between two looks at the clock
ASKED_KEEPS = timedelta(days=1)  # what was asked for by hand is not begun later than this
REPORT_KEEPS = timedelta(days=60)
BATCH = 500


def latest_due(now: datetime) -> datetime:
    """The latest time of day (UTC) at which the nightly run was to start."""
    at = time.fromisoformat(settings.PORTAL_RUN_AT)
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today <= now else today - timedelta(days=1)


def whole_runs() -> QuerySet[Run]:
    """Those that did every rule: the twin of `Run.is_whole`."""
    return Run.objects.filter(rules="", previewed=False)


def waiting_runs(*, now: datetime) -> list[int]:
    """Ids of the runs that are to be done now: the night's, made here where none has finished since its hour, and those asked for.

    A night that was missed, or a week, is caught up by one run. Two workers make one row: a night is unique.
    """
    night = latest_due(now)
    if not whole_runs().filter(as_of__gte=night, finished_at__isnull=False).exists():
        Run.objects.get_or_create(night=night, defaults={"as_of": now})
    rows = Run.objects.filter(Q(night=night) | Q(asked_at__gt=now - ASKED_KEEPS), finished_at__isnull=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def run(*, now: datetime, by: Person | None = None, rules: Collection[str] = ()) -> Run:
    """A run by hand, from beginning to end. Two runs at once, or a second one, do no harm: each effect has its unique key."""
    row = Run.objects.create(as_of=now, by=by, rules=" ".join(rules))
    while advance(row.pk, now=now):
        continue
    row.refresh_from_db()
    return row


@transaction.atomic
def ask(shown: Mapping[Key, str], *, by: Person, now: datetime) -> Run:
    """Staff want what a preview showed them done now: that, less what no longer holds, and nothing else. A worker does it.

    `shown`: the subject in words, by the key of each action on the page. What is due no longer is kept as that.
    """
    row = Run.objects.create(as_of=now, asked_at=now, by=by, previewed=True)
    actions = [action for action in plan(now=now)[0] if action.key in shown]
    _store_items(row, actions)
    gone = {key: text for key, text in shown.items() if key not in {action.key for action in actions}}
    RunItem.objects.bulk_create(_gone(row, key, text, now=now) for key, text in gone.items())
    why = _("%(n)d actions of a preview, %(gone)d of them due no longer.") % {"n": len(shown), "gone": len(gone)}
    journal.record(what="run_asked", now=now, by=by, why=why, about=[row])
    jobs.enqueue("common.advance_run", run_id=row.pk)
    return row


def _gone(row: Run, key: Key, text: str, *, now: datetime) -> RunItem:
    rule, label, subject_id, cut_off_on, round_ = key
    return RunItem(
        run=row,
        rule=rule,
        subject_label=label,
        subject_id=subject_id,
        subject_text=text,
        cut_off_on=cut_off_on,
        ends_at=now,
        round=round_,
        outcome=Outcome.UNCHANGED,
    )


def advance(run_id: int, *, now: datetime, limit: int = SLICE) -> bool:
    """Plan the run if it is not planned, and do the next slice of it. True where more is left; False where another worker has it."""
    row = _claim(run_id, now=now)
    if row is None:
        return False
    try:
        if row.planned_at is None:
            _plan(row, now=now)
            Run.objects.filter(pk=run_id).update(claimed_until=now + SLICE_LEASE)
        if _do_slice(row, now=now, limit=limit):
            return True
        _finish(row, now=now)
        return False
    finally:
        Run.objects.filter(pk=run_id).update(claimed_until=None)


def forget_reports(*, now: datetime) -> int:
    """Delete the items of runs of some weeks ago; what was applied stays. Returns how many."""
    count, _rows = RunItem.objects.filter(run__finished_at__lt=now - REPORT_KEEPS).delete()
    return count


def _claim(run_id: int, *, now: datetime) -> Run | None:
    """By a conditional update: two workers never get the same at once."""
    row = Run.objects.filter(pk=run_id, finished_at__isnull=True).first()
    if row is None:
        return None
    until = now + (PLAN_LEASE if row.planned_at is None else SLICE_LEASE)
    free = Run.objects.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=now), pk=run_id, finished_at__isnull=True)
    if not free.update(claimed_until=until, started_at=Coalesce("started_at", Value(now))):
        return None
    return Run.objects.get(pk=run_id)


def _plan(row: Run, *, now: datetime) -> None:
    """Keep what is due, rule by rule; then mark what is held and what the brake refuses. Begun anew where it was broken off."""
    if not row.previewed:
        row.items.all().delete()
        row.errors.all().delete()
        for rule in chosen(row.rules.split()):
            with aside(planned(rule, now=row.as_of)) as found:
                _store_planned(row, found, now=now)
    with transaction.atomic():
        _mark_held(row)
        brake.hold_back(row, now=now)
        row.planned_at, row.due = now, row.items.count()
        row.save(update_fields=["planned_at", "due"])


def _store_planned(row: Run, found: Iterator[Planned], *, now: datetime) -> None:
    while batch := list(itertools.islice(found, BATCH)):
        _store_items(row, [one for one in batch if isinstance(one, PlannedAction)])
        RunError.objects.bulk_create(
            RunError(run=row, at=now, rule=one.rule, subject_label=one.label, subject_id=one.subject_id, error=one.error[:2000])
            for one in batch
            if isinstance(one, BrokenSubject)
        )


def _store_items(row: Run, actions: Iterable[PlannedAction]) -> None:
    items = (
        RunItem(
            run=row,
            rule=action.rule,
            subject_label=action.label,
            subject_id=action.subject_id,
            subject_text=action.subject_text[:200],
            cut_off_on=action.cut_off.on,
            ends_at=action.cut_off.ends_at,
            round=action.round,
            sentence=action.verdict.sentence,
            seats=action.seats,
            trainings=action.trainings,
            brakes=action.brakes,
        )
        for action in actions
    )
    while batch := list(itertools.islice(items, BATCH)):
        RunItem.objects.bulk_create(batch, ignore_conflicts=True)


def _mark_held(row: Run) -> None:
    for rule, label, subject_id in holds.in_force(row.as_of):
        row.items.filter(rule=rule, subject_label=label, subject_id=subject_id).update(outcome=Outcome.HELD)


def _do_slice(row: Run, *, now: datetime, limit: int) -> bool:
    """By the instant of their cut-off, then rule, then id. False where none was left."""
    items = list(row.items.filter(outcome=Outcome.WAITING).order_by("ends_at", "rule", "subject_id")[:limit])
    outcomes: dict[str, list[int]] = {}
    try:
        with jobs.ringing_once():
            for item in items:
                outcomes.setdefault(apply(item, run=row, now=now), []).append(item.pk)
    finally:
        for outcome, ids in outcomes.items():
            RunItem.objects.filter(pk__in=ids).update(outcome=outcome)
    return bool(items)


def _finish(row: Run, *, now: datetime) -> None:
    """Count, close what waits under the brake no longer, and say that it is done."""
    if not row.previewed:
        brake.close_settled(row, rules={rule.code for rule in chosen(row.rules.split())}, now=now)
    counts = dict(row.items.values_list("outcome").annotate(n=Count("pk")).order_by())
    row.applied, row.unchanged = counts.get(Outcome.APPLIED, 0), counts.get(Outcome.UNCHANGED, 0)
    row.held, row.braked = counts.get(Outcome.HELD, 0), counts.get(Outcome.BRAKED, 0)
    row.failed, row.finished_at = row.errors.count(), now
    row.save(update_fields=["applied", "unchanged", "held", "braked", "failed", "finished_at"])
