"""An organization's name and zone are corrected: the old name still finds it, the last day ends in the new zone, the rest stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.tests.test_admin import BACKEND, button, send, token
from memberships import actions
from memberships.actions import UnableToCorrectOrganization
from memberships.factories import MembershipFactory, OrganizationFactory, PersonFactory
from memberships.importing import import_listed
from memberships.models import Membership, Organization, OrganizationAlias
from memberships.queries import find_organization
from trainings.factories import BookingFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
MIDNIGHT = datetime(2019, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    assert [str(finding) for finding in run_audits()] == []


@pytest.fixture
def imported() -> Organization:
    return actions.add_organization(
        name="Univ. of Ohio", zone="UTC", zone_note="The file states no zone: set to UTC.", other_name="UO", by=None, now=NOW
    )


def correct(row: Organization, by: Person, **values: Any) -> Organization:
    given = {"name": row.name, "zone": row.zone, "why": "Their letter says so.", **values}
    return actions.correct_organization(organization=row, **given, by=by, now=NOW)


def told(page: str) -> list[str]:
    box = page.split('class="told"')[1].split("</section>")[0]
    return [unescape(line.split("</li>")[0]) for line in box.split("<li>")[1:]]


# the action


def test_a_zone_is_corrected_with_its_note_and_the_last_day_ends_by_it(imported: Organization, staff: Person) -> None:
    membership = MembershipFactory(organization=imported)
    assert membership.cut_off().ends_at == MIDNIGHT
    letters = list(Notice.objects.order_by("pk").values())
    correct(imported, staff, zone="America/New_York")
    imported.refresh_from_db()
    assert (imported.zone, imported.zone_note, imported.name) == ("America/New_York", "", "Univ. of Ohio")
    now = Membership.objects.select_related("organization").get(pk=membership.pk)
    assert (now.cut_off().on, now.cut_off().ends_at) == (date(2018, 12, 31), MIDNIGHT.replace(hour=5))
    assert not now.has_ended(MIDNIGHT)
    assert list(Notice.objects.order_by("pk").values()) == letters
    assert not OrganizationAlias.objects.exists()
    line = JournalEntry.objects.get(what="organization_corrected")
    assert (line.old, line.new, line.by, line.why) == (
        {"zone": "UTC"},
        {"zone": "America/New_York"},
        staff,
        "Their letter says so.",
    )
    assert [(one.label, one.object_id) for one in line.subjects.all()] == [("memberships.organization", imported.pk)]


def test_the_old_name_still_finds_it_and_imports_add_no_second_one(imported: Organization, staff: Person) -> None:
    correct(imported, staff, name=" Ohio   State University ")
    imported.refresh_from_db()
    assert (imported.name, imported.other_name) == ("Ohio State University", "UO")
    assert imported.zone_note == "The file states no zone: set to UTC."  # nobody has looked at the zone
    assert find_organization("univ. of ohio") == find_organization("The Ohio State University") == imported
    [alias] = OrganizationAlias.objects.all()
    assert (alias.name, alias.added_by, alias.added_at) == ("Univ. of Ohio", staff, NOW)
    line = JournalEntry.objects.get(what="organization_corrected")
    assert (line.old, line.new) == ({"name": "Univ. of Ohio"}, {"name": "Ohio State University"})
    listed = "line,name_as_written,level\n2,Univ. of Ohio,gold\n"
    assert [row.name for row in import_listed(listed.encode(), source="a list", by=None, now=NOW).unchanged] == ["Univ. of Ohio"]
    assert Organization.objects.count() == 1


def test_a_name_goes_back_to_what_it_was(imported: Organization, staff: Person) -> None:
    correct(imported, staff, name="Ohio State University")
    imported.refresh_from_db()
    correct(imported, staff, name="Univ. of Ohio")
    imported.refresh_from_db()
    assert (imported.name, list(imported.aliases.values_list("name", flat=True))) == ("Univ. of Ohio", ["Ohio State University"])


def test_another_spelling_of_the_same_name_needs_no_alias(imported: Organization, staff: Person) -> None:
    correct(imported, staff, name="The Univ. of Ohio")
    imported.refresh_from_db()
    assert (imported.name, imported.name_key, imported.aliases.count()) == ("The Univ. of Ohio", "univ. of ohio", 0)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"name": "two UNIVERSITY"}, "name", "“two UNIVERSITY” is a name of Two University already."),
        ({"name": "Second"}, "name", "“Second” is a name of Two University already."),
        ({"name": "Ohio Stat"}, "name", "Whether “Ohio Stat” is a name of another organization waits on the desk"),
        ({"name": " * "}, "name", "A name has 1 to 200 characters."),
        ({"name": "x" * 201}, "name", "A name has 1 to 200 characters."),
        ({"zone": "Mars/Olympus"}, "zone", "“Mars/Olympus” is not a time zone."),
        ({"name": "Ohio", "why": " "}, "why", "Say why"),
        ({}, "", "Name and zone are so already."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    imported: Organization, staff: Person, values: dict[str, str], field: str, said: str
) -> None:
    two = OrganizationFactory(name="Two University")
    actions.add_alias(organization=two, name="Second", by=None, now=NOW)
    actions.ask_name(name="Ohio Stat", near=two, source="a file", now=NOW)
    with pytest.raises(UnableToCorrectOrganization, match=said.replace("*", r"\*")) as caught:
        correct(imported, staff, **values)
    assert caught.value.field == field
    imported.refresh_from_db()
    assert (imported.name, imported.zone, OrganizationAlias.objects.count()) == ("Univ. of Ohio", "UTC", 1)
    assert not JournalEntry.objects.filter(what="organization_corrected").exists()


def test_a_name_that_another_took_a_moment_ago_is_refused_by_the_database(
    imported: Organization, staff: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    OrganizationFactory(name="Two University")
    monkeypatch.setattr("memberships.queries.find_organization", lambda name: None)  # as it was when we looked
    with pytest.raises(UnableToCorrectOrganization, match="was given to another organization a moment ago") as caught:
        correct(imported, staff, name="Two University", zone="Europe/Berlin")
    imported.refresh_from_db()
    assert (caught.value.field, imported.name, imported.zone, imported.aliases.count()) == ("name", "Univ. of Ohio", "UTC", 0)


# the button


def test_the_button_says_which_last_day_shifts_and_that_trainings_keep_theirs(desk: Client, imported: Organization) -> None:
    booking = BookingFactory(membership=MembershipFactory(organization=imported))
    gone = MembershipFactory(organization=imported, starts_on=date(2016, 1, 1), ends_on=date(2016, 12, 31))
    path = button(imported, "correct")
    form = desk.get(path).content.decode()
    assert path in desk.get(f"/admin/memberships/organization/{imported.pk}/change/").content.decode()
    assert "The file states no zone: set to UTC." in form
    assert 'value="Univ. of Ohio"' in form
    values = {"name": "Ohio State University", "zone": "America/New_York", "why": "Their letter says so."}
    page = desk.post(path, {**values, "once": token(form)}).content.decode()
    lines = told(page)
    assert lines[:3] == [
        "Its name is “Ohio State University”, no longer “Univ. of Ohio”.",
        "“Univ. of Ohio” stays as another name of it: files that write it so still find it.",
        "Its days are counted in New York time, no longer in UTC; also those of its timelines of before.",
    ]
    assert lines[3] == (
        f"Number {booking.membership_id} (gold): its last day, Mon 31 Dec 2018, ends at Tue 1 Jan 2019, 05:00 UTC (New York time),"
        " no longer at Tue 1 Jan 2019, 00:00 UTC."
    )
    assert lines[-1].startswith("Trainings and bookings keep their own zones")
    assert not any(f"Number {gone.pk} " in line for line in lines)
    imported.refresh_from_db()
    assert imported.zone == "UTC"  # only told so far
    zones = (booking.training.zone, booking.site_zone, booking.training.sign_up.ends_at)
    assert send(desk, path, **values)[0]
    imported.refresh_from_db()
    booking.refresh_from_db()
    assert (imported.name, imported.zone) == ("Ohio State University", "America/New_York")
    assert (booking.training.zone, booking.site_zone, booking.training.sign_up.ends_at) == zones


def test_a_year_that_ends_by_the_correction_or_goes_on_by_it_is_said(
    desk: Client, imported: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    MembershipFactory(organization=imported)
    path, west, east = button(imported, "correct"), "America/New_York", "Asia/Tokyo"
    for now, zone, said in [
        (MIDNIGHT.replace(hour=2), west, "So it has not ended yet; what the run took already stays taken."),
        (datetime(2018, 12, 31, 20, tzinfo=UTC), east, "So it has ended: the next run forfeits the seats that are left (R12)."),
    ]:
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        once = token(desk.get(path).content.decode())
        page = desk.post(path, {"name": imported.name, "zone": zone, "why": "x", "once": once}).content.decode()
        assert any(line.endswith(said) for line in told(page)), told(page)


def test_another_ones_name_is_refused_at_its_field(desk: Client, imported: Organization) -> None:
    OrganizationFactory(name="Two University")
    done, page = send(desk, button(imported, "correct"), name="Two University", zone="UTC", why="x")
    assert (done, "“Two University” is a name of Two University already." in page) == (False, True)
    assert "errornote" not in page


def test_a_zone_of_an_older_name_is_kept_by_the_form(desk: Client, staff: Person) -> None:
    row = actions.add_organization(name="Older", zone="US/Eastern", by=None, now=NOW)
    assert '<option value="US/Eastern" selected>' in desk.get(button(row, "correct")).content.decode()
    assert send(desk, button(row, "correct"), name="Old", zone="US/Eastern", why="x")[0]


def test_who_may_only_look_corrects_nothing(imported: Organization) -> None:
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_organization"))
    client = Client()
    client.force_login(reader, backend=BACKEND)
    path = button(imported, "correct")
    page = client.get(f"/admin/memberships/organization/{imported.pk}/change/").content.decode()
    assert path not in page
    assert client.get(path).status_code == 403
    assert client.post(path, {"name": "Mine", "zone": "UTC", "why": "x"}).status_code == 403
    imported.refresh_from_db()
    assert imported.name == "Univ. of Ohio"
