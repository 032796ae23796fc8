"""Scheduled work, as thin entrances: they read the clock and call one action."""

from __future__ import annotations

from celery import shared_task

from carpentries_portal.common import clock, once
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.notices import delivery


@shared_task(name="common.deliver")
def deliver() -> None:
    """The doorbell of the outbox: what is due, in small batches, so that a claim always tells when it was made."""
    while delivery.deliver_due(now=clock.now(), limit=delivery.BATCH) == delivery.BATCH:
        continue


@shared_task(name="common.sweep")
def sweep() -> None:
    """Each minute: the letters that are due, then the nightly run if it is due and none has finished, and its letters.

    Letters go first, so that a run that breaks holds none of them back.
    """
    deliver()
    runs.start_if_due(now=clock.now())
    deliver()
    once.forget(now=clock.now())
