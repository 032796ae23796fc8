"""The Celery app, and the timetable of every scheduled job."""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings

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
