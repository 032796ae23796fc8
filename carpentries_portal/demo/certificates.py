"""The demo's certificates: the night issues them; one was corrected, one revoked, one is held back though all is done."""

from __future__ import annotations

from datetime import datetime, timedelta

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.models import Person
from certification import actions, queries
from certification.certificate_queries import newest
from certification.models import Certificate, Checkout
from certification.states import Standing


def one_of_each(*, staff: Person, now: datetime) -> None:
    """Staff's decisions of today. Does nothing where there is nobody to decide about."""
    valid = list(Certificate.objects.valid().order_by("pk")[:2])
    if valid:
        name = f"{newest(valid[0]).name} Lindgren"
        why = "She has married, and wrote to us."
        actions.correct_certificate(certificate_id=valid[0].pk, name=name, why=why, by=staff, now=now)
    if len(valid) > 1:
        why = "The teaching demonstration was recorded for the wrong person."
        actions.revoke_certificate(certificate_id=valid[1].pk, why=why, by=staff, now=now)
    _hold_one(staff=staff, now=now)


def _hold_one(*, staff: Person, now: datetime) -> None:
    """Somebody whose name is about to change: all exercises are passed, and the certificate waits for the day."""
    rows = Checkout.objects.with_story().under_way().filter(place__application__finished_at__isnull=False).order_by("-due_on", "pk")
    for checkout in rows:
        found = queries.facts(checkout)
        if queries.standing_of(checkout, now=now) != Standing.OPEN:
            continue
        today = today_in(found.zone, now)
        until, why = today + timedelta(days=21), "A new name is being registered: they asked us to wait for it."
        actions.hold_certificate(checkout_id=checkout.pk, until=until, why=why, by=staff, now=now)
        for exercise in found.exercises:
            if not found.passed(exercise.code):
                actions.record_result(
                    checkout_id=checkout.pk, exercise=exercise.code, done_on=today, feedback="Clear and calm.", by=staff, now=now
                )
        return
