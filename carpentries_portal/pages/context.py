"""What every page's frame shows: today, the reader's zone, the edition, who coordinates what. Asked for only when drawn."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from carpentries_portal.common import clock, editions
from carpentries_portal.common.dates import today_in, zone_city
from carpentries_portal.common.models import Person
from memberships.queries import nav_for


def portal(request: HttpRequest) -> dict[str, Any]:
    """The frame's facts, as `portal`."""
    now = getattr(request, "now", None) or clock.now()
    zone = str(getattr(request, "reader_zone", "UTC"))
    today = today_in(zone, now)
    edition = SimpleLazyObject(lambda: editions.in_force(today))
    user = getattr(request, "user", None)
    return {
        "portal": {
            "now": now,
            "today": today,
            "reader_zone": zone,
            "reader_city": zone_city(zone),
            "zone_by": str(getattr(request, "zone_by", "nobody")),
            "edition": edition,
            "memberships": SimpleLazyObject(lambda: nav_for(user, now=now) if isinstance(user, Person) else []),
        }
    }
