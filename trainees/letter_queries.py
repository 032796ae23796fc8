"""What became of the letters to a team's people: their invitations, and whether their addresses take letters at all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models

from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import ADDRESS_REFUSED, NoticeState
from carpentries_portal.common.prepared import prepared
from trainees.models import Place

INVITATION = "trainees.invitation"
ENDED = (NoticeState.SENT, NoticeState.FAILED)


@prepared
def _letters_to(person_ids: Any) -> models.QuerySet[Notice]:
    rows = Notice.objects.filter(to_person__pk__in=person_ids).exclude(state=NoticeState.CANCELLED).order_by("claimed_at", "pk")
    return rows.only("letter", "subject_label", "subject_id", "state", "error", "to_person", "to_key")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What became of a place's invitation, and whether letters reach the person's address at all."""

    state: str = ""  # a NoticeState, or "" where none is known
    refused: str = ""  # what the mail server said to the last letter to this address, where it did not take it


def invitations(places: Collection[Place]) -> dict[int, Invitation]:
    """The newest invitation of each place, and how its address took the last letter of any kind. One query; needs their people."""
    keys = {place.person_id: place.person.email_key for place in places}
    states: dict[int | None, tuple[int, str]] = {}
    said: dict[int, str] = {}
    for row in _letters_to(person_ids=list(keys)):
        if row.letter == INVITATION and row.subject_label == "trainees.place":
            states[row.subject_id] = max(states.get(row.subject_id, (0, "")), (row.pk, row.state))
        if row.to_person_id is not None and row.state in ENDED and row.to_key == keys[row.to_person_id]:
            said[row.to_person_id] = row.error if row.error.startswith(ADDRESS_REFUSED) else ""
    return {place.pk: Invitation(states.get(place.pk, (0, ""))[1], said.get(place.person_id, "")) for place in places}
