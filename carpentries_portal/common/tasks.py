"""Scheduled work, as thin entrances: they read the clock once and call one action."""

from __future__ import annotations

from celery import shared_task

from carpentries_portal.common import clock
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.notices import delivery


@shared_task(name="common.deliver")
def deliver() -> None:
    """The doorbell of the outbox."""
    delivery.deliver_due(now=clock.now())


@shared_task(name="common.sweep")
def sweep() -> None:
    """Each minute: the nightly run if it is due and none has finished, then the letters that are due."""
    now = clock.now()
    runs.start_if_due(now=now)
    delivery.deliver_due(now=now)

