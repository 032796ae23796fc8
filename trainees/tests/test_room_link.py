"""R24, L6: the videoconference link: never public, a team's from D(14), its trainers' always; the letter once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.dates import instant
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import composing
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from trainees.factories import name_people
from trainings import actions, policy
from trainings.actions import cancel_training
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking
from trainings.tests.policy_cast import a_training

TICK = timedelta(microseconds=1)
LINK = "https://meet.example.org/room-7"


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland", "America/Chicago"])
def test_the_link_is_given_from_the_first_minute_of_d14(zone: str) -> None:
    t = a_training(zone)
    first = instant(t.first_day - timedelta(days=14), time(0), zone)
    before, after = policy.room_link(t, now=first - TICK), policy.room_link(t, now=first)
    assert (before.answer, after.answer) == ("refused", "allowed")
    assert before.sentence == f"The link to test the room is given on Mon 12 Mar 2018, {t.city} time."
    assert policy.room_link(a_training(zone, cancelled=True), now=first).refused


@pytest.fixture
def booking(db: None) -> Booking:
    """12-13 March 2018 in Chicago: the link is given on 26 February."""
    coordinator = CoordinatorFactory(email="dana@example.org")
    membership = MembershipFactory(organization=coordinator.organization)
    training = TrainingFactory(trainers=[TrainerFactory(email="nora@example.org")], link=LINK)
    booking = BookingFactory(training=training, membership=membership, by=coordinator.person)
    name_people(booking, 9, by=coordinator.person)  # else its roster would close without a name, and the booking end
    return booking


def page(booking: Booking, email: str, path: str = "") -> str:
    from carpentries_portal.common.models import Person

    client = Client()
    person = Person.objects.with_email(email) or StaffFactory(email=email)
    client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    return client.get(path or f"/bookings/{booking.pk}/").content.decode()


def test_who_sees_the_link_and_when(booking: Booking, monkeypatch: pytest.MonkeyPatch) -> None:
    for now, team_sees in ((datetime(2018, 2, 26, 5, 59, tzinfo=UTC), False), (datetime(2018, 2, 26, 6, 0, tzinfo=UTC), True)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        assert (LINK in page(booking, "dana@example.org")) is team_sees
        assert LINK in page(booking, "nora@example.org")
        assert LINK in page(booking, "staff-7@example.org")
        for email in ("dana@example.org", "nora@example.org"):
            assert LINK not in page(booking, email, f"/trainings/{booking.training.code}/")
        assert LINK not in Client().get(f"/trainings/{booking.training.code}/calendar.ics").content.decode()


def night(day: int, month: int = 2) -> datetime:
    return datetime(2018, month, day, 12, 30, tzinfo=UTC)


def letters() -> list[tuple[str, str]]:
    return list(Notice.objects.filter(letter="trainings.room_link").values_list("to_address", "occasion"))


def test_the_letter_leaves_once_on_d14_or_with_the_next_run(booking: Booking) -> None:
    runs.run(now=night(25))
    assert letters() == []
    for day in (26, 27, 28):
        runs.run(now=night(day))
    assert letters() == [("dana@example.org", "link:2018-02-26:0")]
    subject, text = composing.preview(Notice.objects.get(letter="trainings.room_link"), now=night(26))
    assert subject.startswith("Test your room now: training of 12–13 Mar 2018")
    assert LINK in text


def test_no_letter_without_a_link_for_a_late_booking_or_once_it_is_cancelled(booking: Booking) -> None:
    BookingFactory(training=TrainingFactory(starts_on=date(2018, 3, 13)), seats=6)
    late = CoordinatorFactory()
    BookingFactory(
        training=booking.training,
        membership=MembershipFactory(organization=late.organization),
        by=StaffFactory(),
        seats=6,
        now=night(27),
        staff_reason="Agreed.",
    )
    runs.run(now=night(28))
    assert letters() == [("dana@example.org", "link:2018-02-26:0")]
    cancel_training(training_id=booking.training_id, why="ill", by=StaffFactory(), now=night(28))
    with pytest.raises(Exception, match="does not come"):
        composing.preview(Notice.objects.get(letter="trainings.room_link"), now=night(28))
    assert night(28) > EPOCH


def test_a_link_set_late_reaches_the_team_once_and_a_changed_one_again(booking: Booking) -> None:
    staff = StaffFactory()
    d14 = datetime(2018, 2, 26, 6, 30, tzinfo=UTC)
    actions.set_link(training_id=booking.training_id, link="", by=staff, now=EPOCH)
    runs.run(now=d14)
    assert not Notice.objects.filter(letter="trainings.room_link").exists()
    actions.set_link(training_id=booking.training_id, link=LINK, by=staff, now=d14)
    runs.run(now=d14 + timedelta(days=1))
    runs.run(now=d14 + timedelta(days=2))
    assert Notice.objects.filter(letter="trainings.room_link").count() == 1
    for _click in range(2):
        other = "https://meet.example.org/room-8"
        actions.set_link(training_id=booking.training_id, link=other, by=staff, now=d14 + timedelta(days=3))
    newest = Notice.objects.filter(letter="trainings.room_link").order_by("-pk")[0]
    assert Notice.objects.filter(letter="trainings.room_link").count() == 2
    assert other in composing.preview(newest, now=d14 + timedelta(days=3))[1]
    begins = booking.training.starts_at
    actions.set_link(training_id=booking.training_id, link=LINK, by=staff, now=begins)  # the teams are in the room
    assert Notice.objects.filter(letter="trainings.room_link").count() == 2
    assert list(JournalEntry.objects.filter(what="link_set").order_by("pk").values_list("why", flat=True)) == [
        "The videoconference link was changed.",
        "The videoconference link was set.",
        *["The videoconference link was changed."] * 2,
    ]
    with pytest.raises(actions.UnableToSetLink, match="cancelled, or over"):
        actions.set_link(training_id=booking.training_id, link="", by=staff, now=booking.training.ends_at)
