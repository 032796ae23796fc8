"""L15: the clock owes the report of the year in months 3, 6 and 9, and 30 days before the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, add_months, today_in
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import allow
from carpentries_portal.pages import emails
from memberships.actions import lock_memberships
from memberships.models import Membership

LAST_REPORT_DAYS = 30
"""The handbook's, beside the months that the edition names."""


def report_days(membership: Membership) -> list[date]:
    """The days of the organization's calendar on which its report is due, of which none lies after the last day."""
    months = membership.edition.edition().report_months
    days = [add_months(membership.starts_on, month) for month in months]
    days.append(membership.last_on - timedelta(days=LAST_REPORT_DAYS))
    return sorted({day for day in days if membership.starts_on < day <= membership.last_on})


class YearReport:
    """L15, to the coordinators of each membership that runs; of several days only the newest (P12), none older than the membership here."""

    code = "L15"
    label = "memberships.membership"

    def due(self, now: datetime) -> Iterator[Planned]:
        """Memberships that have begun and not ended, a day's margin for zones."""
        day = timedelta(days=1)
        rows = Membership.objects.maybe_current(now.date() - day).filter(starts_on__lte=now.date() + day)
        rows = rows.select_related("organization", "edition").order_by("starts_on", "pk")
        return plan_each(self, rows.iterator(chunk_size=500), self._plan, now)

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
