"""Who coordinates for two teams hears of each: a letter is owed once for its occasion and what it is about, not once for a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import Notice
from memberships.actions import add_coordinator
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from trainings import actions
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 3, 12, tzinfo=UTC)


@pytest.fixture(params=["two years of one organization", "two organizations"])
def teams(request: pytest.FixtureRequest) -> list[Booking]:
    """Two teams of one coordinator at one training."""
    first = CoordinatorFactory()
    other = first.organization if "years" in request.param else OrganizationFactory()
    if other != first.organization:
        add_coordinator(organization=other, email=first.person.email, name=first.person.name, by=None, now=NOW)
    training = TrainingFactory()
    memberships = [MembershipFactory(organization=organization) for organization in (first.organization, other)]
    return [BookingFactory(training=training, membership=one, by=first.person, seats=6, now=NOW) for one in memberships]


def about(letter: str) -> list[int | None]:
    """Which bookings the letters of a kind speak of."""
    return list(Notice.objects.filter(letter=letter).order_by("pk").values_list("subject_id", flat=True))


def test_a_training_with_two_teams_of_one_coordinator_can_be_cancelled(teams: list[Booking]) -> None:
    actions.cancel_training(training_id=teams[0].training_id, why="No trainer.", by=StaffFactory(), now=NOW)
    assert about("trainings.training_cancelled") == [team.pk for team in teams]
    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}


def test_both_teams_are_told_of_new_dates(teams: list[Booking]) -> None:
    training = teams[0].training
    on = training.starts_on + timedelta(days=7)
    dates = Schedule(starts_on=on, ends_on=on + timedelta(days=1), starts=training.starts, ends=training.ends, zone=training.zone)
    actions.move_training(training_id=training.pk, schedule=dates, why="The trainer is ill.", by=StaffFactory(), now=NOW)
    assert about("trainings.training_moved") == [team.pk for team in teams]


def test_both_teams_are_reminded_of_names_on_the_same_night_and_once(teams: list[Booking]) -> None:
    """L3: its occasion is a day."""
    night = datetime(2018, 2, 5, 12, tzinfo=UTC)
    runs.run(now=night)
    assert about("trainees.roster_wanted") == [team.pk for team in teams]
    runs.run(now=night + timedelta(hours=5))
    assert about("trainees.roster_wanted") == [team.pk for team in teams]


def test_staff_are_told_of_each_training_at_risk_that_has_the_same_cut_off() -> None:
    trainings = [TrainingFactory(), TrainingFactory()]
    runs.run(now=datetime(2018, 2, 6, 12, tzinfo=UTC))
    assert about("trainings.training_at_risk") == [training.pk for training in trainings]
    assert {training.starts_on for training in trainings} == {date(2018, 3, 12)}
