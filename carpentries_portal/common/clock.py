"""The only place that reads the clock. Entrances call it once, and pass `now` on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The instant, UTC. With PORTAL_TEST=1 and PORTAL_CLOCK_FILE the one that stands in that file."""
    if settings.PORTAL_CLOCK_FILE:
        return datetime.fromisoformat(Path(settings.PORTAL_CLOCK_FILE).read_text().strip()).astimezone(UTC)
    return timezone.now()  # noqa: TID251  # the one place
