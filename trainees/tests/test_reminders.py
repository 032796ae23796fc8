"""L3, L5, L8: each once for its day, the newest only, and never for nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import composing
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator
from trainees.actions import save_application
from trainees.actions.applications import ANSWERS
from trainees.factories import name_people
from trainees.models import Place
from trainings.actions import cancel_training, take_over_training
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
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


def test_the_reminder_of_the_day_on_which_the_booking_was_made_leaves() -> None:
    team(now=night(5))
    runs.run(now=night(5))
    assert reminders() == ["roster:2018-02-05:0"]


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


# L8, L5: around the training of 12-13 March, one week before is Mon 5 March


def complete(count: int = 3) -> tuple[Booking, list[Place]]:
    booking, who = team(TrainingFactory(trainers=[TrainerFactory(email="nora@example.org")]))
    return booking, list(name_people(booking, count, by=who.person))


def finish(place: Place, now: datetime) -> None:
    answers = dict.fromkeys(ANSWERS, "x") | {"country": "BR", "expertise": ["biology"], "involvement": []}
    save_application(place_id=place.pk, answers=answers, agreed=True, by=place.person, now=now)


def sent(letter: str) -> list[tuple[str, str]]:
    return list(
        Notice.objects.filter(letter=f"trainees.{letter}").order_by("to_address", "pk").values_list("to_address", "occasion")
    )


def test_one_week_to_go_tells_everybody_once() -> None:
    _booking, places = complete()
    runs.run(now=night(4, 3))
    assert sent("one_week") == []
    for day in (5, 6, 7):
        runs.run(now=night(day, 3))
    everybody = ["dana@example.org", "nora@example.org", *(place.person.email for place in places)]
    assert sent("one_week") == [(address, "week:2018-03-05:0") for address in sorted(everybody)]
    texts = {
        row.to_address: composing.preview(row, now=night(6, 3))[1] for row in Notice.objects.filter(letter="trainees.one_week")
    }
    assert "Is the room tested?" in texts["dana@example.org"]
    assert "The roll call opens" in texts["nora@example.org"]
    assert "more than 60 minutes of teaching" in texts[places[0].person.email]
    assert "Mon 12 Mar 2018" in texts[places[0].person.email]


def test_who_was_taken_off_or_whose_training_was_cancelled_gets_no_letter_of_the_week() -> None:
    booking, places = complete()
    runs.run(now=night(5, 3))
    row = Notice.objects.get(letter="trainees.one_week", to_address=places[0].person.email)
    cancel_training(training_id=booking.training_id, why="ill", by=StaffFactory(), now=night(6, 3))
    with pytest.raises(Exception, match="cancelled"):
        composing.preview(row, now=night(6, 3))


def test_missing_applications_are_reminded_of_a_week_before_and_the_day_after() -> None:
    booking, places = complete()
    finish(places[0], now=night(1, 3))
    for day in (4, 5, 6, 13, 14, 15):
        runs.run(now=night(day, 3))
    one, two = (f"application:{day}:{booking.pk}" for day in ("2018-03-05", "2018-03-14"))
    missing = sorted(place.person.email for place in places[1:])
    assert sent("application_missing") == [(address, occasion) for address in missing for occasion in (one, two)]
    assert sent("applications_missing") == [("dana@example.org", one), ("dana@example.org", two)]
    row = Notice.objects.filter(letter="trainees.applications_missing").order_by("pk")[0]
    subject, text = composing.preview(row, now=night(5, 3))
    assert subject == "2 applications are missing: training of 12–13 Mar 2018"
    assert [place.name in text for place in places] == [False, True, True]
    after = Notice.objects.filter(letter="trainees.application_missing", occasion=two)[0]
    assert "The training is over" in composing.preview(after, now=night(14, 3))[1]
    for place in places[1:]:
        finish(place, now=night(15, 3))
    for notice in (row, after):
        with pytest.raises(Exception, match=r"complete|missing any more"):
            composing.preview(notice, now=night(16, 3))


def test_a_missed_fortnight_sends_only_the_newest_reminder() -> None:
    booking, _places = complete(1)
    runs.run(now=night(20, 3))
    assert [occasion for _to, occasion in sent("application_missing")] == [f"application:2018-03-14:{booking.pk}"]
    assert sent("one_week") == []
