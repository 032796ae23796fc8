"""Scheduled work, as thin entrances: they read the clock and call one action. Each is short, and rings for itself where more is left.

A message carries ids at most. A task that is lost, or killed, loses nothing: the sweep of the next minute finds the work in the database.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task

from carpentries_portal.common import audit_night, clock, heartbeats, jobs, once
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.notices import delivery

log = logging.getLogger(__name__)

TURN = timedelta(seconds=60)  # then the next message is for whoever is free, and a stopping worker waits no longer than this


@shared_task(name="common.deliver")
def deliver() -> None:
    """The doorbell of the outbox: what is due."""
    if delivery.deliver_for(TURN, read=clock.now):
        jobs.enqueue("common.deliver")


@shared_task(name="common.advance_run")
def advance_run(run_id: int) -> None:
    """The next slices of a run."""
    ends = clock.now() + TURN
    while runs.advance(run_id, now=clock.now()):
        if clock.now() > ends:
            return jobs.enqueue("common.advance_run", run_id=run_id)
    return None


@shared_task(name="common.audit")
def audit() -> None:
    """The audit that staff asked for, and that of the night, where one is due."""
    audit_night.audit_asked(now=clock.now())
    audit_night.audit_night(now=clock.now())


@shared_task(name="common.sweep")
def sweep() -> None:
    """Each minute: the letters that are due, then the runs that wait (the night's among them), and their letters.

    Letters go first, so that a run that breaks holds none of them back.
    """
    heartbeats.beat(heartbeats.SWEEP, now=clock.now())
    deliver()
    for run_id in runs.waiting_runs(now=clock.now()):
        try:
            advance_run(run_id)
        except (
            Exception
        ):  # one run that breaks stops no other; it is tried again in a minute, and the status says how old the last good one is
            log.exception("run %s broke off", run_id)
    deliver()
    once.forget(now=clock.now())
    runs.forget_reports(now=clock.now())
    if audit_night.waiting(now=clock.now()):
        jobs.enqueue("common.audit")
