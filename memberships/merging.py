"""Memberships' part of merging two people: for whom they coordinate, and what they did to seats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.merging import PARTS, Part, move
from carpentries_portal.common.models import Person
from carpentries_portal.common.signals import person_merged
from memberships.models import (
    Coordinator,
    LedgerEntry,
    MembershipException,
    NameQuestion,
    Organization,
    OrganizationAlias,
    StaffNote,
)

PART = "memberships"


def _both(kept: Person, merged: Person) -> QuerySet[Coordinator]:
    """Where both coordinate: the merged person's row ends."""
    here = Coordinator.objects.active().filter(person=kept).values("organization")
    return Coordinator.objects.active().filter(person=merged, organization__in=here).select_related("organization").order_by("pk")


def _notes(kept: Person, merged: Person) -> Iterator[str]:
    for row in _both(kept, merged):
        yield _("Both coordinate for %(organization)s: one row goes on, the other ends.") % {"organization": row.organization}


def _lock(kept: Person, merged: Person) -> None:
    """The organizations of both: nobody is added or removed there meanwhile."""
    rows = Organization.objects.filter(coordinators__person__in=[kept.pk, merged.pk]).values("pk")
    list(Organization.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=rows).order_by("pk"))


@receiver(person_merged)
def move_memberships(sender: Any, *, kept: Person, merged: Person, now: datetime, **more: Any) -> None:
    """A person coordinates once for an organization."""
    Coordinator.objects.filter(pk__in=[row.pk for row in _both(kept, merged)]).update(removed_at=now)
    move(PART, kept, merged)


def register() -> None:
    """Called when the app is ready."""
    moves = (
        (Coordinator, "person"),
        (Coordinator, "added_by"),
        (LedgerEntry, "by"),
        (OrganizationAlias, "added_by"),
        (NameQuestion, "answered_by"),
        (StaffNote, "by"),
        (StaffNote, "struck_by"),
        (MembershipException, "asked_by"),
        (MembershipException, "decided_by"),
    )
    PARTS.add(PART, Part(moves=moves, notes=_notes, lock=_lock))
