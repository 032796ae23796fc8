"""L15: the clock owes the report of the year in months 3, 6 and 9, and 30 days before the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

from django.db.models import Max, OuterRef, Subquery
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, add_months, today_in
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import allow
from carpentries_portal.common.models import AppliedAction, EditionRecord
from carpentries_portal.pages import emails
from memberships.actions import lock_memberships
from memberships.models import Membership

LAST_REPORT_DAYS = 30
"""The handbook's, beside the months that the edition names."""


BATCH = 500


def report_days(membership: Membership) -> list[date]:
    """The days of the organization's calendar on which its report is due, of which none lies after the last day."""
    return _days(membership.starts_on, membership.last_on, membership.edition.edition().report_months)


def _days(starts_on: date, last_on: date, months: tuple[int, ...]) -> list[date]:
    days = [add_months(starts_on, month) for month in months]
    days.append(last_on - timedelta(days=LAST_REPORT_DAYS))
    return sorted({day for day in days if starts_on < day <= last_on})


class YearReport:
    """L15, to the coordinators of each membership that runs; of several days only the newest (P12), none older than the membership here."""

    code = "L15"
    label = "memberships.membership"

    def due(self, now: datetime) -> Iterator[Planned]:
        """Memberships that run, a day's margin for zones, and have a report's day behind them that is newer than the last one sent."""
        ids = self._wanting(now)
        while batch := list(itertools.islice(ids, BATCH)):
            rows = Membership.objects.filter(pk__in=batch).select_related("organization", "edition").order_by("starts_on", "pk")
            yield from plan_each(self, rows, self._plan, now)

    def _wanting(self, now: datetime) -> Iterator[int]:
        """Their ids. Most memberships have had their report: so a few columns are read of each, and of a day's beginners the days once."""
        months = {record.pk: record.edition().report_months for record in EditionRecord.objects.all()}
        newest = cache(lambda starts_on, last_on, edition: _newest(_days(starts_on, last_on, months[edition]), by=today))
        today = now.date() + timedelta(days=1)
        sent = AppliedAction.objects.filter(rule=self.code, subject_label=self.label, subject_id=OuterRef("pk"))
        last = Subquery(sent.order_by().values("subject_id").annotate(last=Max("cut_off_on")).values("last"))
        rows = Membership.objects.maybe_current(now.date() - timedelta(days=1)).filter(starts_on__lte=today)
        found = rows.order_by("starts_on", "pk").values_list("pk", "starts_on", "ends_on", "edition", last)
        for pk, starts_on, ends_on, edition, sent_on in found.iterator(chunk_size=BATCH):
            day = newest(starts_on, ends_on, edition)
            if day is not None and (sent_on is None or sent_on < day):
                yield pk

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        locked = lock_memberships([subject_id])
        return self._plan(locked[0], now) if locked else None

    def effect(self, action: PlannedAction, now: datetime) -> None:
        membership = Membership.objects.get(pk=action.subject_id)
        emails.year_report(membership, on=action.cut_off.on, now=now)

    def _plan(self, membership: Membership, now: datetime) -> PlannedAction | None:
        zone = membership.organization.zone
        first = max(membership.enforced_from_on, today_in(zone, membership.added_at))
        due = [day for day in report_days(membership) if first <= day <= today_in(zone, now)]
        if not due or membership.has_ended(now):
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=membership.pk,
            subject_text=str(membership),
            cut_off=CutOff(on=max(due), zone=zone),
            round=0,  # a round is raised for seats that come back; the report of a day is sent once
            verdict=allow("R12", _("The report of the year is due.")),
            letters=("L15",),
            brakes=False,
        )


def _newest(days: list[date], *, by: date) -> date | None:
    return max((day for day in days if day <= by), default=None)
