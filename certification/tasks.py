"""Work of certificates, as thin entrances: they read the clock and call one action."""

from __future__ import annotations

from celery import shared_task

from carpentries_portal.common import clock
from certification import actions


@shared_task(name="certification.issue")
def issue(checkout: int) -> None:
    """The doorbell of R29: the last exercise was passed. Where something is still missing, the night looks again."""
    try:
        actions.issue_certificate(checkout_id=checkout, by=None, now=clock.now())
    except actions.UnableToIssue:
        return


@shared_task(name="certification.draw")
def draw() -> None:
    """The next bit of what waits to be drawn: each minute, and when the bell rings. Small bits, so that letters leave in between."""
    actions.draw_some(now=clock.now())
