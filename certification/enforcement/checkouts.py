"""R27: the run records that a checkout has expired, and tells the person. L11: it reminds of what is left, 60, 30, 7 days before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import Verdict, warn
from carpentries_portal.common.models import EditionRecord
from certification import policy, queries
from certification.actions import expire_checkout, lock_checkout, remind_of_checkout
from certification.models import Checkout
from certification.states import Standing

BATCH = 500
LABEL = "certification.checkout"


class ExpireCheckout:
    """R27: at the end of the due day, or on the day of a later review that left something open. Who is in review waits for it."""

    code = "R27"
    label = LABEL

    def due(self, now: datetime) -> Iterator[Planned]:
        return plan_each(self, queries.checkouts_over(now).iterator(chunk_size=BATCH), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        return self._plan(lock_checkout(subject_id), now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        expire_checkout(checkout_id=action.subject_id, on=action.cut_off.on, sentence=action.verdict.sentence, now=now)

    def _plan(self, checkout: Checkout, now: datetime) -> PlannedAction | None:
        found = queries.facts_of(checkout, checkout.submissions.all())
        verdict = policy.finish_in_time(found, now=now)
        if not verdict.facts["due"] or checkout.expired_on is not None:
            return None
        on = policy.expired_on(found)
        if on < checkout.enforced_from_on:
            return None
        return _action(self.code, checkout, CutOff(on=on, zone=found.zone), verdict)


class CheckoutReminder:
    """L11: what is done, what is missing, until when. Of several that are due only the newest leaves (P12); none is older than the checkout."""

    code = "L11"
    label = LABEL

    def due(self, now: datetime) -> Iterator[Planned]:
        longest = max((max(record.edition().checkout_reminders, default=0) for record in EditionRecord.objects.all()), default=0)
        rows = queries.checkouts_running(now, within_days=longest).iterator(chunk_size=BATCH)
        return plan_each(self, rows, self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        return self._plan(lock_checkout(subject_id), now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        remind_of_checkout(checkout_id=action.subject_id, on=action.cut_off.on, sentence=action.verdict.sentence, now=now)

    def _plan(self, checkout: Checkout, now: datetime) -> PlannedAction | None:
        found = queries.facts_of(checkout, checkout.submissions.all())
        if policy.standing(found, now=now) != Standing.OPEN:
            return None
        training = checkout.place.training
        first = max(today_in(training.zone, checkout.opened_at), checkout.enforced_from_on)
        days = [checkout.due_on - timedelta(days=ahead) for ahead in training.edition.edition().checkout_reminders]
        due = [day for day in days if first <= day <= today_in(training.zone, now)]
        if not due:
            return None
        n = len(found.missing())
        text = ngettext("%(n)d exercise is left", "%(n)d exercises are left", n) % {"n": n}
        verdict = warn("R25", f"{text}: {', '.join(one.name for one in found.missing())}.", turns_on=found.due)
        return _action(self.code, checkout, CutOff(on=max(due), zone=found.zone), verdict)


def _action(rule: str, checkout: Checkout, cut_off: CutOff, verdict: Verdict) -> PlannedAction:
    return PlannedAction(
        rule=rule,
        label=LABEL,
        subject_id=checkout.pk,
        subject_text=str(checkout),
        cut_off=cut_off,
        round=checkout.round,
        verdict=verdict,
        letters=("L11",),
        brakes=False,
    )
