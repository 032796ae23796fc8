"""What memberships hold about a person: for whom they coordinate. A coordinator is not forgotten: there must be somebody to ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data import HELD, Holding, Row, row_of
from carpentries_portal.common.people_requests import UnableToForget
from carpentries_portal.common.signals import person_forgotten
from memberships.models import Coordinator


def _rows(person: Person) -> dict[str, list[Row]]:
    rows = Coordinator.objects.filter(person=person).select_related("organization").order_by("pk")
    return {"coordinates_for": [row_of(row, "organization", "added_at", "removed_at") for row in rows]}


@receiver(person_forgotten)
def not_while_coordinating(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """Raises UnableToForget."""
    row = Coordinator.objects.active().filter(person=person).select_related("organization").first()
    if row is not None:
        text = _("Coordinates for %(organization)s: name somebody else there first.")
        raise UnableToForget(text % {"organization": row.organization})


def register() -> None:
    """Called when the app is ready."""
    HELD.add("memberships", Holding(rows=_rows))
