"""Staff's notes on a member organization: a row each, never edited, struck out with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.models import Membership, Organization, StaffNote


class UnableToNote(UnableTo):
    """The note says nothing, or was struck out already."""


@transaction.atomic
def add_note(
    *, organization: Organization, text: str, by: Person, now: datetime, membership: Membership | None = None
) -> StaffNote:
    """Keep a note. Raises UnableToNote.

    The journal's line is about the note alone and does not repeat it: coordinators read the lines about their organization.
    """
    if not text.strip():
        raise UnableToNote(_("Write something to be noted."))
    note = StaffNote.objects.create(organization=organization, membership=membership, text=text.strip(), at=now, by=by)
    journal.record(what="note_added", now=now, by=by, why=_("A note of staff was added."), about=[note])
    return note


@transaction.atomic
def strike_note(*, note: StaffNote, why: str, by: Person, now: datetime) -> StaffNote:
    """Strike a note out: it stays readable, with the reason. Raises UnableToNote."""
    note = StaffNote.objects.select_for_update(of=("self",), no_key=True).get(pk=note.pk)
    if note.struck_at is not None:
        raise UnableToNote(_("This note was struck out already."))
    if not why.strip():
        raise UnableToNote(_("Say why it is struck out."))
    note.struck_at, note.struck_by, note.struck_why = now, by, why.strip()
    note.save(update_fields=["struck_at", "struck_by", "struck_why"])
    journal.record(what="note_struck_out", now=now, by=by, why=_("A note of staff was struck out."), about=[note])
    return note
