"""The audit of each night: after the run, once; what does not add up is kept by name, and stands on the desk."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from carpentries_portal.common.auditing import Mismatch, run_audits
from carpentries_portal.common.enforcement.runs import whole_runs
from carpentries_portal.common.models import AuditFinding, AuditReport

MOST_KEPT = 1_000
BROKEN_AFTER = timedelta(hours=2)  # an audit that was begun so long ago, and has not ended, lost its worker
KEPT = timedelta(days=60)


def due(*, now: datetime) -> datetime | None:
    """The night whose audit is to be made: the last one whose run has finished, without an audit, or with one that broke off."""
    last = whole_runs().filter(night__isnull=False, finished_at__isnull=False).order_by("-night").first()
    if last is None:
        return None
    made = AuditReport.objects.filter(night=last.night).first()
    if made is None or (made.finished_at is None and made.started_at < now - BROKEN_AFTER):
        return last.night
    return None


def audit_night(*, now: datetime) -> AuditReport | None:
    """The audit that is due, made by whoever claims it first; None where none is. Reads everything, and writes its report only."""
    night = due(now=now)
    if night is None:
        return None
    try:
        with transaction.atomic():
            AuditReport.objects.filter(night=night, finished_at__isnull=True, started_at__lt=now - BROKEN_AFTER).delete()
            report = AuditReport.objects.create(night=night, started_at=now)
    except IntegrityError:
        return None  # somebody else was faster
    return fill(report, now=now)


def fill(report: AuditReport, *, now: datetime) -> AuditReport:
    """Audit, and look again: what people were changing in between adds up the second time, and is no mismatch."""
    found = list(itertools.islice(run_audits(), MOST_KEPT))
    if found:
        again = set(itertools.islice(run_audits(), MOST_KEPT))
        found = [one for one in found if one in again]
    with transaction.atomic():
        AuditFinding.objects.bulk_create([_finding(report, one) for one in found], batch_size=200)
        report.found, report.finished_at = len(found), now
        report.save(update_fields=["found", "finished_at"])
    AuditReport.objects.filter(started_at__lt=now - KEPT).delete()
    return report


def _finding(report: AuditReport, one: Mismatch) -> AuditFinding:
    return AuditFinding(
        report=report,
        audit=one.audit[:60],
        subject=one.subject[:200],
        expected=str(one.expected)[:200],
        found=str(one.found)[:200],
        sentence=one.sentence,
    )


def last_report() -> AuditReport | None:
    """The last audit that ended."""
    return AuditReport.objects.filter(finished_at__isnull=False).order_by("-started_at", "-pk").first()
