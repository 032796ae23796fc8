"""Who coordinates a member, or sits in a team, gives it no seats, time, marks or places as staff: superuser or not. Others do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from carpentries_portal.common import clock, exceptions
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.models import JournalEntry, Person
from certification import actions as certification
from certification.factories import Team
from certification.models import CheckoutException
from memberships import actions as memberships
from memberships.actions import remove_coordinator
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.ledger import UnableToMoveSeats
from memberships.models import Coordinator, MembershipException
from memberships.states import Account
from trainees import actions as trainees
from trainees.policy import DayMarks
from trainees.states import Ground
from trainings.actions import ask_exception, set_capacity
from trainings.actions.restoring import restore_seats
from trainings.factories import BookingFactory, TrainingFactory

pytestmark = pytest.mark.django_db

LATE = datetime(2018, 2, 21, 18, tzinfo=UTC)  # three weeks after the training
NOW = datetime(2018, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(days=30)
SAID = "You gain by this yourself"
WHY = {"why": "because", "now": NOW}


@pytest.fixture(autouse=True)
def _on_the_first_of_march(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def superuser(person: Person) -> Person:
    Person.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    return Person.objects.get(pk=person.pk)


def of_staff(team: Any) -> MembershipException:
    """An exception that somebody else decided: using it is a decision of its own."""
    record = MembershipException(membership=team.booking.membership, rule="R12", reason="because", until=SOON)
    return exceptions.enter(record, by=StaffFactory(), now=NOW)


def extension(team: Any) -> CheckoutException:
    values = {"checkout_id": team.checkout().pk, "to": date(2018, 8, 1)}
    return certification.extend_checkout(by=StaffFactory(), **values, **WHY)


def next_year(team: Any) -> Any:
    year = {"starts_on": date(2019, 1, 1), "ends_on": date(2019, 12, 31)}
    return MembershipFactory(organization=team.booking.membership.organization, now=NOW, **year)


Act = Callable[[Any], Callable[..., Any]]
"""What staff do about a team: prepared by others, then done by somebody."""


def act(function: Callable[..., Any], **values: Any) -> Callable[..., Any]:
    return lambda by: function(by=by, **values)


def seats(function: Callable[..., Any], team: Any, **more: Any) -> Callable[..., Any]:
    return act(function, membership=team.booking.membership, seats=2, **more, **WHY)


ABOUT_A_MEMBERSHIP: dict[str, Act] = {
    "grant": lambda team: seats(memberships.grant_extra, team),
    "decide what came back": lambda team: seats(memberships.decide_returned, team, exception=None),
    "restore": lambda team: seats(memberships.restore, team, exception=of_staff(team)),
    "move to another year": lambda team: seats(
        memberships.carry_over, team, to=next_year(team), source=Account.AVAILABLE, exception=of_staff(team)
    ),
    "a new year": lambda team: act(
        memberships.create_membership,
        organization=team.booking.membership.organization,
        level="gold",
        starts_on=date(2019, 1, 1),
        ends_on=date(2019, 12, 31),
        now=NOW,
    ),
    "restore what a booking lost": lambda team: act(
        restore_seats, booking_id=team.booking.pk, seats=1, rule="R15", to_reserved=False, until=SOON, **WHY
    ),
}
ABOUT_A_PERSON: dict[str, Act] = {
    "correct attendance": lambda team: act(
        trainees.correct_attendance, place_id=team.places[0].pk, day=1, marks=DayMarks(late=time(9, 10)), **WHY
    ),
    "let pass": lambda team: act(trainees.excuse, place_id=team.places[0].pk, ground=Ground.EMERGENCY, **WHY),
    "more time": lambda team: act(certification.extend_checkout, checkout_id=team.checkout().pk, to=date(2018, 8, 1), **WHY),
    "late time": lambda team: act(certification.extend_for_late_confirmation, checkout_id=team.checkout().pk, now=NOW),
    "no late time": lambda team: act(certification.decline_late_offer, checkout_id=team.checkout().pk, **WHY),
    "take time back": lambda team: act(certification.revoke_extension, record_id=extension(team).pk, note="because", now=NOW),
}
ALL = ABOUT_A_MEMBERSHIP | ABOUT_A_PERSON


def refused(do: Callable[..., Any], by: Person) -> bool:
    """Whether it is refused for who gains; what a ledger lacks is another matter."""
    try:
        with transaction.atomic():
            do(by)
    except UnableToDecide as problem:
        return SAID in str(problem)
    except UnableToMoveSeats:
        pass
    return False


@pytest.mark.parametrize("name", ALL)
def test_who_gains_does_not_do_it_and_others_do(name: str) -> None:
    team = Team(6, confirmed_at=LATE)
    do = ALL[name](team)
    gainers = [team.coordinator, *([team.places[0].person] if name in ABOUT_A_PERSON else [])]
    journal = JournalEntry.objects.count()
    assert [refused(do, superuser(person)) for person in gainers] == [True] * len(gainers)
    assert JournalEntry.objects.count() == journal
    assert not refused(do, superuser(CoordinatorFactory().person))  # who coordinates another member


def test_who_coordinates_no_longer_may() -> None:
    team = Team(6)
    row = Coordinator.objects.get(person=team.coordinator)
    CoordinatorFactory(organization=row.organization)
    remove_coordinator(coordinator=row, by=StaffFactory(), now=NOW)
    assert not refused(ALL["grant"](team), superuser(team.coordinator))


def test_the_capacity_is_not_raised_for_ones_own_team_and_lowered_by_anybody() -> None:
    training = TrainingFactory(starts_on=date(2018, 5, 7), capacity=30, now=NOW)
    ours, asking, elsewhere = CoordinatorFactory(), CoordinatorFactory(), CoordinatorFactory()
    BookingFactory(training=training, membership=MembershipFactory(organization=ours.organization), by=ours.person, now=NOW)
    request = {"training": training, "membership": MembershipFactory(organization=asking.organization), "rule": "P2"}
    ask_exception(**request, reason="We are many.", by=asking.person, now=NOW)
    MembershipFactory(organization=elsewhere.organization)

    def to(capacity: int) -> Callable[..., Any]:
        return act(set_capacity, training_id=training.pk, capacity=capacity, **WHY)

    answers = {
        who: refused(to(40 + n), superuser(one.person))
        for n, (who, one) in enumerate({"booked": ours, "asks": asking, "elsewhere": elsewhere}.items())
    }
    assert answers == {"booked": True, "asks": True, "elsewhere": False}
    assert not refused(to(35), superuser(ours.person))
    training.refresh_from_db()
    assert training.capacity == 35


@pytest.mark.parametrize("button", ["grant", "correct", "let-go", "revoke", "capacity"])
def test_the_desk_says_so_to_who_gains(button: str) -> None:
    team = Team(6, confirmed_at=LATE)
    coming = TrainingFactory(starts_on=date(2018, 5, 7), now=NOW)
    BookingFactory(training=coming, membership=team.booking.membership, by=team.coordinator, seats=6, now=NOW)
    path, values = {
        "grant": (f"memberships/membership/{team.booking.membership_id}", {"seats": 3}),
        "correct": (f"trainees/place/{team.places[0].pk}", {"day": 1, "how": "there"}),
        "let-go": (f"certification/checkout/{team.checkout().pk}", {}),
        "revoke": (f"certification/checkoutexception/{extension(team).pk}", {}),
        "capacity": (f"trainings/training/{coming.pk}", {"capacity": coming.capacity + 10}),
    }[button]
    client = Client()
    client.force_login(superuser(team.coordinator), backend="carpentries_portal.common.backends.PersonBackend")
    url, journal = f"/admin/{path}/do/{button}/", JournalEntry.objects.count()
    once = re.search(r'name="once" value="(\w+)"', client.get(url).content.decode())
    assert once is not None
    assert SAID in client.post(url, {**values, "why": "because", "once": once[1]}).content.decode()
    assert JournalEntry.objects.count() == journal
