"""L1, the welcome: what it says, when it leaves, and when it no longer does."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import delivery
from memberships.actions import remove_coordinator
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory
from memberships.models import Coordinator

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> Coordinator:
    organization = OrganizationFactory(name="O'Hara & Sons <Institute>", zone="America/New_York")
    return CoordinatorFactory(organization=organization, name="Dana Whitfield", email="dana@example.org")


def _text(number: int = 0) -> str:
    return re.sub(r"/enter/[\w-]{43}/", "/enter/TOKEN/", str(mail.outbox[number].body))


def test_welcome_says_seats_and_how_to_book(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization)
    delivery.deliver_due(now=EPOCH)
    assert mail.outbox[0].to == ["dana@example.org"]
    assert mail.outbox[0].subject == "O'Hara & Sons <Institute>: 15 seats for instructor training"
    assert _text() == (
        """\
Welcome. Book a training for your 15 seats.
Best at a training up to Sun 1 Jul 2018, end of day New York time (in 180 days).

Open your membership:
http://localhost:8000/enter/TOKEN/

Hello Dana,

You coordinate the gold membership of O'Hara & Sons <Institute> with The Carpentries. It runs until Mon 31 Dec 2018, end of day New York time (in 363 days).

HOW IT GOES
  1. Choose a two-day online training on the calendar:
     http://localhost:8000/trainings/
  2. Book seats for a team that sits together in one room, of at least 6, at least 28 days ahead (rules R11, R6).
  3. Tell us the names and e-mails 21 days ahead (rule R16).

We advise to train in the first months of the year: then the exercises that follow end inside it. Seats that are left when the membership ends are forfeited (rules R5, R12).

The link above is your own way in: you need no password. Please do not pass this letter on.

--
Questions? Just reply. It goes to instructor.training@example.org.
Instructor training, for members of The Carpentries
"""
    )
    html = mail.outbox[0].alternatives[0][0]
    assert "O'Hara &amp; Sons &lt;Institute&gt;" in html


def test_welcome_before_the_year_leaves_thirty_days_ahead(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization, starts_on=date(2018, 3, 15), ends_on=date(2019, 3, 14))
    due = datetime(2018, 2, 13, 6, 0, tzinfo=UTC)
    assert Notice.objects.get().due_at == due
    assert delivery.deliver_due(now=due - timedelta(seconds=1)) == 0
    assert delivery.deliver_due(now=due) == 1
    assert "It begins on Thu 15 Mar 2018 and runs until Thu 14 Mar 2019" in _text()


def test_welcome_goes_to_each_coordinator_once_for_each_membership(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization)
    MembershipFactory(organization=dana.organization, starts_on=date(2018, 1, 3), ends_on=date(2019, 1, 2))
    CoordinatorFactory(organization=dana.organization, email="ben@example.org")
    delivery.deliver_due(now=EPOCH)
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "ben@example.org",
        "ben@example.org",
        "dana@example.org",
        "dana@example.org",
    ]


def test_welcome_without_seats_says_so(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization, level="bronze")
    delivery.deliver_due(now=EPOCH)
    assert mail.outbox[0].subject == "O'Hara & Sons <Institute>: your membership of The Carpentries"
    assert "This membership holds no seats in trainings at the moment (rule R10)." in _text()


def test_welcome_to_who_coordinates_no_longer_never_leaves(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization, starts_on=date(2018, 3, 15), ends_on=date(2019, 3, 14))
    remove_coordinator(coordinator=dana, by=PersonFactory(), now=EPOCH, by_staff=True)
    delivery.deliver_due(now=datetime(2018, 2, 13, 6, 0, tzinfo=UTC))
    assert [letter.subject for letter in mail.outbox] == ["You coordinate for O'Hara & Sons <Institute> no longer"]
    assert (Notice.objects.get(letter="memberships.welcome").state, Notice.objects.get(letter="memberships.welcome").error) == (
        "cancelled",
        "The person coordinates no longer.",
    )


def test_welcome_after_the_end_never_leaves(dana: Coordinator) -> None:
    MembershipFactory(organization=dana.organization)
    delivery.deliver_due(now=datetime(2019, 1, 1, 5, 0, tzinfo=UTC))
    assert mail.outbox == []
    assert Notice.objects.get().error == "The membership has ended."


def test_welcome_link_leads_to_the_membership(dana: Coordinator, client: object) -> None:
    membership = MembershipFactory(organization=dana.organization)
    delivery.deliver_due(now=EPOCH)
    (notice,) = Notice.objects.all()
    assert notice.to_person is not None
    assert notice.to_person.personal_links.get().leads_to == f"/memberships/{membership.pk}/"
