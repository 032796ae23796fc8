"""The audit of each night, after the run, once, and those that staff ask for; what does not add up is kept by name, and stands on the desk."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from carpentries_portal.common import jobs, journal
from carpentries_portal.common.auditing import Mismatch, run_audits
from carpentries_portal.common.enforcement.runs import whole_runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import AuditFinding, AuditReport, Person

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


class UnableToAudit(UnableTo):
    """One that was asked for is under way."""


@transaction.atomic
def ask(*, by: Person, now: datetime) -> AuditReport:
    """An audit for staff who have put something right, by the next free worker. Raises UnableToAudit."""
    try:
        with transaction.atomic():
            report = AuditReport.objects.create(asked=True, started_at=now)
    except IntegrityError:
        raise UnableToAudit(_("One is under way: what it finds stands here soon.")) from None
    journal.record(what="audit_asked", now=now, by=by, why=_("Everything is audited."), about=[report])
    jobs.enqueue("common.audit")
    return report


def waiting(*, now: datetime) -> bool:
    """Whether an audit that was asked for, or that of the night, is to be made."""
    return _unclaimed(now).exists() or due(now=now) is not None


def _unclaimed(now: datetime) -> QuerySet[AuditReport]:
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - BROKEN_AFTER)
    return AuditReport.objects.filter(free, asked=True, finished_at__isnull=True)


def audit_asked(*, now: datetime) -> AuditReport | None:
    """The audit that staff asked for, made by whoever claims it first; None where none waits."""
    with transaction.atomic():
        report = _unclaimed(now).select_for_update(skip_locked=True).first()
        if report is None:
            return None
        report.claimed_at = now
        report.save(update_fields=["claimed_at"])
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
    return (
        AuditReport.objects.filter(finished_at__isnull=False).order_by(Coalesce("claimed_at", "started_at").desc(), "-pk").first()
    )
