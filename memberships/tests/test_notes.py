"""Staff's notes: kept, struck out, never edited; whom they name learns that, and once forgotten is named no more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carpentries_portal.common import own_data, people_requests
from carpentries_portal.common.models import JournalEntry
from memberships import actions
from memberships.actions import UnableToNote
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.models import StaffNote

pytestmark = pytest.mark.django_db

LATER = datetime(2018, 2, 1, 9, tzinfo=UTC)


def test_a_note_is_struck_out_once_with_a_reason_and_keeps_its_text() -> None:
    staff, membership = StaffFactory(), MembershipFactory()
    note = actions.add_note(
        organization=membership.organization, membership=membership, text=" Prefers mornings. ", by=staff, now=EPOCH
    )
    with pytest.raises(UnableToNote, match="Say why it is struck out"):
        actions.strike_note(note=note, why=" ", by=staff, now=LATER)
    actions.strike_note(note=note, why="Not any more.", by=staff, now=LATER)
    note.refresh_from_db()
    assert (note.text, note.at, note.struck_at, note.struck_by, note.struck_why) == (
        "Prefers mornings.",
        EPOCH,
        LATER,
        staff,
        "Not any more.",
    )
    with pytest.raises(UnableToNote, match="struck out already"):
        actions.strike_note(note=note, why="Again.", by=staff, now=LATER)
    with pytest.raises(UnableToNote, match="Write something"):
        actions.add_note(organization=membership.organization, text=" ", by=staff, now=EPOCH)


def test_the_journal_does_not_repeat_a_note_and_says_nothing_at_the_organization() -> None:
    organization = OrganizationFactory()
    note = actions.add_note(organization=organization, text="Pays late.", by=StaffFactory(), now=EPOCH)
    line = JournalEntry.objects.get(what="note_added")
    assert line.why == "A note of staff was added."
    assert [(row.label, row.object_id) for row in line.subjects.all()] == [("memberships.staffnote", note.pk)]


def test_whom_a_note_names_learns_that_it_does_and_is_masked_when_forgotten() -> None:
    staff, dana = StaffFactory(name="Ines Moreau"), CoordinatorFactory(name="Dana Whitfield", email="dana@example.org")
    organization = dana.organization
    actions.add_note(organization=organization, text="Ask dana whitfield, not her dean, Bo Li.", by=staff, now=EPOCH)
    actions.add_note(organization=organization, text="Danae Whitfields is somebody else.", by=staff, now=EPOCH)
    struck = actions.add_note(organization=organization, text="Pays late.", by=staff, now=EPOCH)
    actions.strike_note(note=struck, why="Says DANA@example.org.", by=staff, now=LATER)
    named = own_data.held(dana.person)["named_in_notes"]
    assert [(row["organization"], row["at"]) for row in named] == [(organization.name, EPOCH.isoformat())] * 2
    assert all("text" not in row for row in named)  # it may speak of others
    assert len(own_data.held(staff)["notes_written"]) == 3
    actions.remove_coordinator(coordinator=dana, by=staff, now=LATER, by_staff=True)
    people_requests.forget(person_id=dana.person_id, keep_verifiable=False, why="asked", by=staff, now=LATER)
    assert [(row.text, row.struck_why) for row in StaffNote.objects.order_by("pk")] == [
        ("Ask [forgotten], not her dean, Bo Li.", ""),
        ("Danae Whitfields is somebody else.", ""),
        ("Pays late.", "Says [forgotten]."),
    ]
