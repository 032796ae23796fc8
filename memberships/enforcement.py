"""R12 (b): seats left when a membership ends are forfeited by the run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F

from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import ExceptionUsed
from memberships import policy
from memberships.actions import forfeit_at_year_end, lock_memberships
from memberships.models import Membership, MembershipException


def _exceptions(membership: Membership, now: datetime) -> tuple[ExceptionUsed, ...]:
    rows = MembershipException.objects.in_force(now).filter(membership=membership.pk, rule="R12")
    return tuple(row.as_used() for row in rows)


class YearEnd:
    """The year's end of each membership with seats left."""

    code = "R12"
    label = "memberships.membership"

    def due(self, now: datetime) -> Iterator[Planned]:
        """Those whose last day is over in their zone. No zone is more than a day ahead of UTC."""
        rows = Membership.objects.ended_with_seats(now.date() + timedelta(days=1)).filter(ends_on__gte=F("enforced_from_on"))
        rows = rows.select_related("organization", "edition")
        return plan_each(self, rows.order_by("ends_on", "pk").iterator(chunk_size=500), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        locked = lock_memberships([subject_id])
        if not locked:
            raise LookupError("the membership is gone")
        return self._plan(locked[0], now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        (membership,) = lock_memberships([action.subject_id])
        forfeit_at_year_end(membership, verdict=action.verdict, now=now)

    def _plan(self, membership: Membership, now: datetime) -> PlannedAction | None:
        cut_off = membership.cut_off()
        if not cut_off.passed(now) or cut_off.on < membership.enforced_from_on:
            return None
        verdict = policy.year_end(membership.facts(), now=now, exceptions=_exceptions(membership, now))
        if not verdict.refused:
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=membership.pk,
            subject_text=str(membership),
            cut_off=cut_off,
            round=membership.round,
            verdict=verdict,
            seats=membership.available,
        )
