"""L3: coordinators are reminded of missing names, each day of the edition once, the newest only, and never for nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import composing
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory
from memberships.models import Coordinator
from trainees.factories import name_people
from trainings.actions import take_over_training
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db


def team(training: Training | None = None, now: datetime = EPOCH) -> tuple[Booking, Coordinator]:
    """Nine seats at 12-13 March 2018 in Chicago; names until Mon 19 Feb: reminders on 5, 12, 16 and 19 February."""
    coordinator = CoordinatorFactory(email="dana@example.org")
    membership = MembershipFactory(organization=coordinator.organization)
    booking = BookingFactory(training=training or TrainingFactory(), membership=membership, by=coordinator.person, now=now)
    return booking, coordinator


def night(day: int, month: int = 2) -> datetime:
    return datetime(2018, month, day, 12, 30, tzinfo=UTC)


def reminders() -> list[str]:
    return list(Notice.objects.filter(letter="trainees.roster_wanted").order_by("pk").values_list("occasion", flat=True))


def test_each_day_of_the_edition_once() -> None:
    team()
    for day in range(1, 20):
        runs.run(now=night(day))
        runs.run(now=night(day))
    assert reminders() == [f"roster:2018-02-{day:02}:0" for day in (5, 12, 16, 19)]


def test_of_several_overdue_only_the_newest_leaves() -> None:
    team()
    runs.run(now=night(17))
    assert reminders() == ["roster:2018-02-16:0"]


def test_none_for_a_complete_list_a_closed_roster_or_one_that_is_older_than_the_booking() -> None:
    complete, who = team()
    name_people(complete, 9, by=who.person)
    team(TrainingFactory(starts_on=date(2018, 3, 13)), now=night(8))  # names until 20 Feb; the first reminder was due on 6 Feb
    runs.run(now=night(9))
    assert reminders() == []
    runs.run(now=night(13))
    assert reminders() == ["roster:2018-02-13:0"]
    runs.run(now=night(28))
    assert reminders() == ["roster:2018-02-13:0"]


def test_none_for_what_was_taken_over_before_its_day() -> None:
    schedule = TrainingFactory()
    taken = take_over_training(
        schedule=Schedule(schedule.starts_on, schedule.ends_on, schedule.starts, schedule.ends, schedule.zone),
        announced_on=date(2018, 1, 2),
        cancelled=False,
        source_key="x",
        source={},
        source_notes=[],
        by=None,
        now=night(5),
    )
    team(taken, now=night(5))
    runs.run(now=night(6))
    assert reminders() == []
    runs.run(now=night(12))
    assert reminders() == ["roster:2018-02-12:0"]


def test_the_letter_says_how_many_until_when_and_is_obsolete_once_they_are_named() -> None:
    booking, who = team()
    name_people(booking, 7, by=who.person)
    runs.run(now=night(12))
    notice = Notice.objects.get(letter="trainees.roster_wanted")
    subject, text = composing.preview(notice, now=night(12))
    assert subject.startswith("2 seats have no name yet.")
    assert notice.to_address == "dana@example.org"
    assert "Names and e-mails until Mon 19 Feb 2018, end of day Chicago time" in text
    name_people_again = name_people(booking, 9, by=who.person, now=night(12))
    assert len(name_people_again) == 9
    with pytest.raises(Exception, match="complete, or closed"):
        composing.preview(notice, now=night(12))
