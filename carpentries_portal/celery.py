"""The Celery app, and the timetable of every scheduled job."""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery, bootsteps
from django.conf import settings

log = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carpentries_portal.settings")

app = Celery("carpentries_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # The broker is only a doorbell: each minute the sweep looks for what is due anyway, the nightly run among it.
    "sweep": {
        "task": "common.sweep",
        "schedule": settings.PORTAL_SWEEP_SECONDS,
        "options": {"expires": settings.PORTAL_SWEEP_SECONDS},
    },
    "draw": {
        "task": "certification.draw",
        "schedule": settings.PORTAL_SWEEP_SECONDS,
        "options": {"expires": settings.PORTAL_SWEEP_SECONDS},
    },
}


class SignOfLife(bootsteps.StartStopStep):
    """Each worker notes twice a minute that it lives, whether it has work or not: the status page tells who does not."""

    requires = {"celery.worker.components:Timer"}  # celery's own way of saying it

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.ticking: Any = None

    def start(self, parent: Any) -> None:
        from carpentries_portal.common.heartbeats import EVERY_SECONDS

        self.tick(parent)
        self.ticking = parent.timer.call_repeatedly(EVERY_SECONDS, self.tick, (parent,), priority=10)

    def stop(self, parent: Any) -> None:
        if self.ticking is not None:
            self.ticking.cancel()
            self.ticking = None

    def tick(self, parent: Any) -> None:
        """A database that is away is no reason to stop a worker."""
        from django.db import connection

        from carpentries_portal.common import clock
        from carpentries_portal.common.heartbeats import beat

        try:
            beat(parent.hostname, now=clock.now())
        except Exception as problem:  # noqa: BLE001  # whatever the database raises
            log.warning("no sign of life kept: %s", problem)
        finally:
            connection.close()  # the process that forks the others keeps none open


app.steps["worker"].add(SignOfLife)
