"""Signs of life: workers and the sweep say that they work, and a status page can tell who does not."""

from __future__ import annotations

from datetime import datetime, timedelta

from carpentries_portal.common.models import Heartbeat

SWEEP = "sweep"
EVERY_SECONDS = 30.0
SILENT_AFTER = timedelta(minutes=3)
KEPT = timedelta(days=2)  # a machine that was taken away is forgotten then


def beat(name: str, *, now: datetime) -> None:
    """Note that a process is at work."""
    if not Heartbeat.objects.filter(name=name).update(seen_at=now):
        Heartbeat.objects.get_or_create(name=name, defaults={"seen_at": now})
        Heartbeat.objects.filter(seen_at__lt=now - KEPT).delete()
