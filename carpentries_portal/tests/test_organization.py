"""Several coordinators: invited, removed, never nobody; who coordinates two organizations; who did what."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import delivery
from memberships.actions import UnableToChangeCoordinators, invite_coordinator, remove_coordinator
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import Coordinator, Organization
from trainees.factories import name_people
from trainings.factories import BookingFactory
from trainings.tests.test_races import at_once

pytestmark = pytest.mark.django_db

RUTH = "ruth.adeyemi@example.org"


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield", organization=OrganizationFactory(name="University of Florida"))


def client_of(person: Person, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: EPOCH)
    client = Client()
    client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    return client


def invite(dana: Coordinator, email: str = RUTH, name: str = "Ruth Adeyemi") -> Coordinator:
    return invite_coordinator(organization=dana.organization, email=email, name=name, by=dana.person, now=EPOCH)


def words(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def test_invitation_is_one_letter_that_says_from_whom_and_the_later_welcome_waits(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization)
    MembershipFactory(organization=dana.organization, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31))
    ruth = invite(dana)
    assert (ruth.added_by, ruth.person.email, ruth.person.name) == (dana.person, RUTH, "Ruth Adeyemi")
    owed = Notice.objects.filter(to_person=ruth.person).order_by("pk").values_list("letter", "due_at")
    assert list(owed) == [
        ("memberships.coordinator_invited", EPOCH),
        ("memberships.welcome", datetime(2018, 12, 2, 6, tzinfo=UTC)),
    ]
    delivery.deliver_due(now=EPOCH)
    letter = next(sent for sent in mail.outbox if sent.to == [RUTH])
    assert letter.subject == "Dana Whitfield asks you to coordinate instructor training for University of Florida"
    text = str(letter.body)
    assert "Dana Whitfield added you as a coordinator of University of Florida" in text
    assert "gold: 15 of 15 seats left to book, until Mon 31 Dec 2018, end of day New York time" in text
    assert re.search(r"http://\S+/enter/\S+", text)
    line = JournalEntry.objects.get(what="coordinator_added", by=dana.person)
    assert (line.by, line.why) == (dana.person, "Ruth Adeyemi coordinates for University of Florida.")


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("known", "Ruth Adeyemi coordinates for University of Florida already."),
        ("nobody", "Say whom you invite: a name."),
        ("stranger", "Only who coordinates here invites somebody."),
        ("crowd", "An organization has at most 20 coordinators: remove one first."),
    ],
)
def test_invitation_that_cannot_be(dana: Coordinator, case: str, sentence: str) -> None:
    if case == "known":
        invite(dana)
    elif case == "stranger":
        dana = Coordinator(organization=dana.organization, person=PersonFactory())
    elif case == "crowd":
        for n in range(19):
            CoordinatorFactory(organization=dana.organization, email=f"crowd{n}@example.org")
    before = Coordinator.objects.count(), Notice.objects.count(), Person.objects.count()
    with pytest.raises(UnableToChangeCoordinators, match="^" + re.escape(sentence) + "$"):
        invite(dana, name="\u200b " if case == "nobody" else "Ruth Adeyemi")
    assert (Coordinator.objects.count(), Notice.objects.count(), Person.objects.count()) == before


def test_removed_coordinator_sees_nothing_more_and_is_told(dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    membership = MembershipFactory(organization=dana.organization)
    ruth = invite(dana)
    theirs = client_of(ruth.person, monkeypatch)
    assert theirs.get(f"/memberships/{membership.pk}/").status_code == 200
    ours = client_of(dana.person, monkeypatch)
    path = f"/organizations/{dana.organization_id}/coordinators/{ruth.pk}/remove/"
    assert "Ruth Adeyemi will see and book nothing here any more, at once" in words(ours.get(path).content)
    assert ours.post(path).status_code == 302
    answers = [theirs.get(url).status_code for url in (f"/memberships/{membership.pk}/", f"/organizations/{dana.organization_id}/")]
    assert answers == [404, 404]
    assert ours.post(path).status_code == 404  # the same form twice
    delivery.deliver_due(now=EPOCH)
    assert [(sent.to, sent.subject) for sent in mail.outbox if sent.to == [RUTH]] == [  # the invitation had not left
        ([RUTH], "You coordinate for University of Florida no longer")
    ]


def test_last_coordinator_stays_until_there_is_another(dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(dana.person, monkeypatch)
    path = f"/organizations/{dana.organization_id}/coordinators/{dana.pk}/remove/"
    sentence = "Name another coordinator first: somebody must be there to ask."
    assert sentence in words(client.get(path).content)
    assert sentence in words(client.post(path, follow=True).content)
    assert Coordinator.objects.active().filter(pk=dana.pk).exists()
    invite(dana)
    answer = client.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert not Notice.objects.filter(letter="memberships.coordinator_removed").exists()  # nobody writes to who left by themselves


def test_page_says_who_did_what_and_leads_to_the_booking(dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    membership = MembershipFactory(organization=dana.organization)
    booking = BookingFactory(membership=membership, by=dana.person, seats=6)
    name_people(booking, 2, by=dana.person)
    other = BookingFactory(training=booking.training, seats=6)
    page = client_of(dana.person, monkeypatch).get(f"/organizations/{dana.organization_id}/").content
    text = words(page)
    assert "One person coordinates for University of Florida" in text
    assert "Team booked, 12–13 Mar 2018" in text
    assert "A list of names was accepted: 2 new, 0 changed, 0 taken off." in text
    assert f'href="/bookings/{booking.pk}/"' in page.decode()
    assert f"/bookings/{other.pk}/" not in page.decode()


def test_who_coordinates_two_organizations_switches_and_sees_each_alone(dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The organization stands in the URL; ended years come last."""
    other = CoordinatorFactory(email=dana.person.email, organization=OrganizationFactory(name="University of Miami"))
    florida = MembershipFactory(organization=dana.organization)
    miami = MembershipFactory(organization=other.organization, level="silver", ends_on=date(2018, 6, 30))
    old = MembershipFactory(organization=dana.organization, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    client = client_of(dana.person, monkeypatch)
    nav = client.get("/").content.decode().split('<details class="switch">')[1].split("</details>")[0]
    assert re.findall(r'href="([^"]+)"', nav) == [f"/memberships/{row.pk}/" for row in (miami, florida, old)]
    for row, name, not_this in ((dana, "University of Florida", "Miami"), (other, "University of Miami", "Florida")):
        page = client.get(f"/organizations/{row.organization_id}/").content.decode().split("<main")[1]
        assert (name in page, not_this in page) == (True, False)


def test_staff_look_on_and_act_in_admin(dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = client_of(StaffFactory(), monkeypatch)
    page = staff.get(f"/organizations/{dana.organization_id}/").content.decode()
    assert "Dana Whitfield" in page
    assert 'name="email"' not in page
    answer = staff.post(f"/organizations/{dana.organization_id}/", {"name": "Ruth", "email": RUTH})
    assert "Only who coordinates here invites somebody." in answer.content.decode()
    assert staff.get(f"/organizations/{dana.organization_id}/coordinators/{dana.pk}/remove/").status_code == 404


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_two_who_remove_each_other_leave_one() -> None:
    for _attempt in range(10):
        one = CoordinatorFactory()
        two = CoordinatorFactory(organization=one.organization)
        pairs = ((one, two), (two, one))
        at_once([lambda a=a, b=b: remove_coordinator(coordinator=a, by=b.person, now=EPOCH) for a, b in pairs])
        assert Organization.objects.get(pk=one.organization_id).coordinators.filter(removed_at__isnull=True).count() == 1
