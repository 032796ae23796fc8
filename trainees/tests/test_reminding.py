"""L5 by a button: to whom it goes, not twice a day, and what it says when asked again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common.models import JournalEntry, Notice
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory
from memberships.models import Coordinator
from trainees.actions import UnableToRemind, remind_applications, send_invitations
from trainees.factories import name_people
from trainees.models import Application, Place
from trainees.reminders import applications_missing
from trainings.actions import cancel_booking
from trainings.factories import BookingFactory
from trainings.models import Booking

pytestmark = pytest.mark.django_db

LATE = datetime(2018, 1, 3, 4, 30, tzinfo=UTC)  # 23:30 on 2 January in New York, where the site is


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield")


@pytest.fixture
def team(dana: Coordinator) -> Booking:
    """Three are invited; the first has applied."""
    membership = MembershipFactory(organization=dana.organization)
    booking = BookingFactory(membership=membership, by=dana.person, seats=6)
    first, *_others = name_people(booking, 3, by=dana.person)
    send_invitations(booking_id=booking.pk, by=dana.person, now=EPOCH)
    Application.objects.create(place=first, certificate_name="Ana Silva", agreed_at=EPOCH, saved_at=EPOCH, finished_at=EPOCH)
    return booking


def letters() -> Counter[str]:
    rows = Notice.objects.filter(letter="trainees.application_missing")
    return Counter(rows.values_list("to_address", flat=True))


def test_all_who_have_not_applied_are_reminded_and_not_twice_a_day(team: Booking, dana: Coordinator) -> None:
    reminded = remind_applications(booking_id=team.pk, by=dana.person, now=EPOCH)
    assert [place.name for place in reminded] == ["Björn Åkesson", "Chidi Okafor"]
    assert letters() == {"trainee-1@example.org": 1, "trainee-2@example.org": 1}
    entry = JournalEntry.objects.get(what="people_reminded")
    assert (entry.by, entry.rule, entry.why) == (
        dana.person,
        "R17",
        "Reminded of their applications: Björn Åkesson, Chidi Okafor.",
    )
    again = r"^Reminded today already: Björn Åkesson, Chidi Okafor\. A letter a day is enough; try again tomorrow\.$"
    with pytest.raises(UnableToRemind, match=again):
        remind_applications(booking_id=team.pk, by=dana.person, now=LATE)
    assert letters().total() == 2
    remind_applications(booking_id=team.pk, by=dana.person, now=LATE + timedelta(minutes=30))  # midnight at the site
    assert letters() == {"trainee-1@example.org": 2, "trainee-2@example.org": 2}


def test_one_is_reminded_and_all_then_means_the_others(team: Booking, dana: Coordinator) -> None:
    chidi = Place.objects.get(name="Chidi Okafor")
    remind_applications(booking_id=team.pk, by=dana.person, now=EPOCH, place_ids=[chidi.pk])
    assert letters() == {"trainee-2@example.org": 1}
    remind_applications(booking_id=team.pk, by=dana.person, now=EPOCH)
    assert letters() == {"trainee-1@example.org": 1, "trainee-2@example.org": 1}


def test_the_letter_of_the_clock_counts(team: Booking, dana: Coordinator) -> None:
    applications_missing(team, on=date(2018, 1, 2), now=EPOCH)
    with pytest.raises(UnableToRemind, match=r"^Reminded today already"):
        remind_applications(booking_id=team.pk, by=dana.person, now=EPOCH)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("applied", "^Nobody to remind: the application is complete, or the invitation has not left yet"),
        ("another team", "^Nobody to remind"),
        ("cancelled", "^This booking was cancelled"),
        ("not invited", "^Nobody to remind"),
    ],
)
def test_nobody_to_remind(team: Booking, dana: Coordinator, case: str, sentence: str) -> None:
    booking, wanted, now = team, None, EPOCH
    if case == "applied":
        wanted = [Place.objects.get(name="Ana Silva").pk]
    elif case == "cancelled":
        cancel_booking(booking_id=team.pk, why="", by=dana.person, now=EPOCH)
    else:
        booking = BookingFactory(membership=MembershipFactory(organization=dana.organization), training=team.training, seats=6)
        if case == "another team":
            wanted = list(Place.objects.values_list("pk", flat=True))
        else:
            name_people(booking, 1, by=dana.person, start=8)
    with pytest.raises(UnableToRemind, match=sentence):
        remind_applications(booking_id=booking.pk, by=dana.person, now=now, place_ids=wanted)
    assert letters().total() == 0
