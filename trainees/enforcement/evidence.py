"""P9: videoconference reports are deleted when their time is over. They hold names and addresses, also of people who are on no roster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import ngettext

from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import allow
from trainees import evidence_queries as queries
from trainees.actions import forget_report
from trainees.models import EvidenceReport

BATCH = 500


class ForgetReports:
    """P9: each report goes on the night after the last day on which it is kept, with all that was read of it."""

    code = "P9"
    label = "trainees.evidencereport"

    def due(self, now: datetime) -> Iterator[Planned]:
        return plan_each(self, queries.reports_outlived(now).iterator(chunk_size=BATCH), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        rows = queries.reports_outlived(now).filter(pk=subject_id).select_for_update(of=("self",), no_key=True)
        report = rows.first()
        return self._plan(report, now) if report is not None else None

    def effect(self, action: PlannedAction, now: datetime) -> None:
        report = EvidenceReport.objects.select_related("training").get(pk=action.subject_id)
        forget_report(report, now=now, why=action.verdict.sentence)

    def _plan(self, report: EvidenceReport, now: datetime) -> PlannedAction | None:
        if not queries.is_outlived(report.training, now):
            return None
        days = queries.kept_days()
        sentence = ngettext(
            "Videoconference reports are kept for %(n)d day after the training.",
            "Videoconference reports are kept for %(n)d days after the training.",
            days,
        )
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=report.pk,
            subject_text=str(report),
            cut_off=queries.kept_until(report.training),
            round=0,
            verdict=allow("P9", sentence % {"n": days}),
            brakes=False,
        )
