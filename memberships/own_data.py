"""What memberships hold about a person: for whom they coordinate, which notes they wrote, and that some name them.

A coordinator is not forgotten: there must be somebody to ask. Notes are staff's: whom they name learns that, and not what they say of
others; where a person is forgotten, they name them no more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data import HELD, Holding, Redactor, Row, row_of, words_of
from carpentries_portal.common.people_requests import UnableToForget
from carpentries_portal.common.signals import person_forgotten
from memberships.models import Coordinator, StaffNote


def _rows(person: Person) -> dict[str, list[Row]]:
    rows = Coordinator.objects.filter(person=person).select_related("organization").order_by("pk")
    wrote = StaffNote.objects.filter(by=person).select_related("organization").order_by("pk")
    return {
        "coordinates_for": [row_of(row, "organization", "added_at", "removed_at") for row in rows],
        "notes_written": [row_of(row, "organization", "text", "at", "struck_at", "struck_why") for row in wrote],
        "named_in_notes": [row_of(row, "organization", "at") for row in _naming(Redactor(words_of(person)))],
    }


def _naming(redactor: Redactor) -> list[StaffNote]:
    """The notes that name the person of these words."""
    named = Q()
    for word in redactor.words:
        named |= Q(text__icontains=word) | Q(struck_why__icontains=word)
    rows = StaffNote.objects.filter(named).select_related("organization").order_by("pk") if redactor.words else ()
    return [row for row in rows if redactor.text(row.text + "\n" + row.struck_why) != row.text + "\n" + row.struck_why]


@receiver(person_forgotten)
def no_name_in_notes(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """A note keeps what else it says."""
    redactor = Redactor(words_of(person))
    for row in _naming(redactor):
        row.text, row.struck_why = redactor.text(row.text), redactor.text(row.struck_why)
        row.save(update_fields=["text", "struck_why"])


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
