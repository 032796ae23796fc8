"""R29 by the night: certificates that nobody issued yet, because the application came last, a hold has ended, or a doorbell was lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.enforcement import Planned, PlannedAction, plan_each
from certification import actions, certificate_queries
from certification.models import CertificateRevision, Checkout
from certification.policy.certificates import may_issue

BATCH = 500


class Certificates:
    """R29: attendance passed, application done, all exercises passed in time, and no hold: issued by itself."""

    code = "R29"
    label = "certification.checkout"

    def due(self, now: datetime) -> Iterator[Planned]:
        return plan_each(self, certificate_queries.to_issue(now).iterator(chunk_size=BATCH), self._plan, now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        return self._plan(actions.lock_holder(subject_id), now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        actions.issue_certificate(checkout_id=action.subject_id, by=None, now=now)

    follows = gettext_lazy("The file is drawn by a worker within minutes after the run, and the letters leave with it.")

    def later(self, action: PlannedAction, now: datetime) -> None:
        """As when the file has been drawn; none is drawn for a look."""
        revision = CertificateRevision.objects.to_draw().get(certificate__checkout=action.subject_id)
        actions.store_certificate({revision.pk: b"%PDF-"}, now=now)

    def _plan(self, checkout: Checkout, now: datetime) -> PlannedAction | None:
        verdict = may_issue(certificate_queries.certificate_facts(checkout, now=now))
        if verdict.refused:
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=checkout.pk,
            subject_text=_("Certificate for %(name)s") % {"name": checkout.place.name},
            cut_off=CutOff(on=certificate_queries.last_passed_on(checkout), zone=checkout.place.training.zone),
            round=checkout.round,
            verdict=verdict,
            letters=("L14",),
            brakes=False,
        )
