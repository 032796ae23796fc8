"""Races on PostgreSQL: one person wanted by many teams at once, one roll call confirmed many times, a list and its closing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.factories import CoordinatorFactory, MembershipFactory
from memberships.models import Membership
from trainees import actions
from trainees.actions import Named
from trainees.factories import name_people
from trainees.models import Place
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training
from trainings.tests.test_races import at_once

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
TEAMS = 12


def team(training: Training) -> tuple[Booking, Person]:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    return BookingFactory(training=training, membership=membership, by=coordinator.person, seats=6), coordinator.person


def listing(booking: Booking, by: Person) -> Callable[[], object]:
    people = [Named(1, "Ana Silva", "ana@example.org")]
    return lambda: actions.accept_roster(booking_id=booking.pk, people=people, by=by, now=NOW)


def listed_in_many_trainings() -> list[object]:
    """Twelve trainings on the same days: each has another lock, so only the person's own holds the teams apart."""
    teams = [team(TrainingFactory()) for _ in range(TEAMS)]
    return at_once([listing(booking, by) for booking, by in teams])


def test_a_person_wanted_by_many_teams_gets_one_place() -> None:
    training = TrainingFactory(capacity=200)
    teams = [team(training) for _ in range(TEAMS)]
    results = at_once([listing(booking, by) for booking, by in teams])
    assert [type(result) for result in results if isinstance(result, Exception)] == [actions.UnableToChangeRoster] * (TEAMS - 1)
    assert Place.objects.active().count() == 1
    assert Person.objects.filter(email_key="ana@example.org").count() == 1


def test_a_person_gets_one_place_among_trainings_on_the_same_days() -> None:
    results = listed_in_many_trainings()
    assert all(isinstance(result, UnableTo) for result in results if isinstance(result, Exception)), results
    assert Place.objects.active().count() == 1


@contextmanager
def without_the_persons_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from trainees.actions import rosters

    def unlocked(people: list[Named], *, now: datetime) -> dict[str, Person]:
        found = [rosters.find_or_add_person(email=one.email, name=one.name, now=now)[0] for one in people]
        return {person.email_key: person for person in found}

    with monkeypatch.context() as patch:
        patch.setattr(rosters, "_lock_people", unlocked)
        yield


def test_the_race_is_seen_without_the_persons_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A race that nobody can see proves nothing: without the lock somebody gets two places, in one of a few tries."""
    with without_the_persons_lock(monkeypatch):
        for number in range(8):
            Person.objects.create_user("ana@example.org", "Ana") if number == 0 else None
            listed_in_many_trainings()
            if Place.objects.active().count() > 1:
                return
            Place.objects.all().delete()
    pytest.fail("the race was not seen")


def test_attendance_is_confirmed_once_by_many_at_once() -> None:
    booking, by = team(TrainingFactory())
    name_people(booking, 6, by=by, now=NOW)
    training = booking.training
    for day in (1, 2):
        actions.mark_team(booking_id=booking.pk, marks={}, rest_on=day, by=by, now=training.starts_at)
    results = at_once([lambda: actions.confirm_attendance(booking_id=booking.pk, by=by, now=training.ends_at)] * 8)
    assert sum(isinstance(result, Booking) for result in results) == 1
    assert all(isinstance(result, UnableTo) for result in results if isinstance(result, Exception)), results
    membership = Membership.objects.get(pk=booking.membership_id)
    assert (membership.reserved, membership.used) == (0, 6)
    assert list(run_audits()) == []


def test_four_nights_at_once_close_each_roster_once() -> None:
    bookings = [team(TrainingFactory(capacity=100)) for _ in range(6)]
    for number, (booking, by) in enumerate(bookings):
        name_people(booking, 5, by=by, now=NOW, start=20 * number)
    night = datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
    results = at_once([lambda: runs.run(now=night)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(row.forfeited for row in Membership.objects.all()) == 6
    assert list(run_audits()) == []
    assert night.date() > date(2018, 2, 19)
