"""Who could be asked to come: on the desk's card of trainings at risk, and on the training's page; with as many queries for ten as for one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from carpentries_portal.tests.test_admin import BACKEND
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.models import Membership
from trainings import desk
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Training
from trainings.queries import WhoToAsk, askable

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 2, 1, 12, tzinfo=UTC)  # D(39) of 12 March
RISK = "At risk: nobody is booked. If nobody signs up by Mon 12 Feb 2018, end of day Chicago time, it is cancelled after Wed 14 Feb 2018."


def member(name: str, zone: str = "America/New_York", **more: Any) -> Membership:
    return MembershipFactory(organization=OrganizationFactory(name=name, zone=zone), **more)


def asked(training: Training) -> list[str]:
    return [one.organization for one in WhoToAsk([training]).for_training(training)]


def last(day: date) -> dict[str, Any]:
    return {"starts_on": date(day.year - 1, day.month, day.day) + timedelta(days=1), "ends_on": day}


def test_members_with_seats_left_whose_day_it_suits_who_end_first_in_front() -> None:
    """9:00-17:00 in Chicago is 10-18 in New York, 7-15 in Los Angeles, 15-23 in Paris, 6-14 in Anchorage: the day is 7:00-20:00."""
    training = TrainingFactory()
    member("Late year", **last(date(2018, 11, 30)))
    member("West", "America/Los_Angeles", **last(date(2018, 3, 12)))  # its year's last day
    member("Too early there", "America/Anchorage")
    member("Too late there", "Europe/Paris")
    member("Over the day before", **last(date(2018, 3, 11)))
    member("Begins the day after", starts_on=date(2018, 3, 13), ends_on=date(2019, 3, 12))
    member("Begins that day", starts_on=date(2018, 3, 12), ends_on=date(2019, 3, 11))
    member("Not a team left", contract_seats=5)
    member("Just a team left", contract_seats=6, **last(date(2018, 5, 31)))
    BookingFactory(training=TrainingFactory(starts_on=date(2018, 6, 4)), membership=member("Booked elsewhere"), seats=9)
    BookingFactory(training=TrainingFactory(starts_on=date(2018, 6, 4)), membership=member("Booked too many"), seats=10)
    gone = member("Ended early")
    Membership.objects.filter(pk=gone.pk).update(ended_on=date(2018, 3, 11), ended_why="It left; seats were restored since.")
    assert asked(training) == ["West", "Just a team left", "Late year", "Booked elsewhere", "Begins that day"]


def test_hours_that_a_clock_change_moves_out_of_the_day_do_not_suit() -> None:
    """America changes its clocks on 11 March, Europe on 25 March: noon in Paris is 7:00 in New York in between, else 6:00."""
    late = {"starts": time(12), "ends": time(20), "zone": "Europe/Paris"}
    member("New York")
    between, after = TrainingFactory(starts_on=date(2018, 3, 19), **late), TrainingFactory(starts_on=date(2018, 4, 2), **late)
    assert (asked(between), asked(after)) == (["New York"], [])


def test_the_desk_says_seats_and_names_the_first_three() -> None:
    training = TrainingFactory()
    assert [item.more for item in desk.at_risk(NOW).items] == [
        f"0 of 30 seats are booked. {RISK} No member with seats left has its day then."
    ]
    for n in range(3):
        member(f"Member {n}", **last(date(2018, 6, 1 + n)))
    names = "Member 0 (15 left), Member 1 (15 left), Member 2 (15 left)"
    assert [item.more for item in desk.at_risk(NOW).items] == [f"0 of 30 seats are booked. {RISK} Could be asked: {names}."]
    member("Member 3")
    (item,) = desk.at_risk(NOW).items
    assert item.more.endswith(f"Could be asked: {names} and others.")
    assert item.url == f"/admin/trainings/training/{training.pk}/change/"


def test_who_was_not_looked_at_is_not_said_to_be_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if two rows were all that is read: the third could come."""
    TrainingFactory()
    for n in range(2):
        member(f"Too late there {n}", "Asia/Tokyo", **last(date(2018, 6, 1)))
    assert desk.at_risk(NOW).items[0].more.endswith("No member with seats left has its day then.")
    monkeypatch.setattr(askable, "LOOKED_AT", 2)
    assert desk.at_risk(NOW).items[0].more.endswith("it is cancelled after Wed 14 Feb 2018.")


def queries_of_card() -> int:
    with CaptureQueriesContext(connection) as asked:
        desk.at_risk(NOW)
    return len(asked)


def test_ten_trainings_and_many_members_take_as_many_queries_as_one() -> None:
    TrainingFactory()
    member("First")
    one = queries_of_card()
    for n in range(12):
        TrainingFactory(starts_on=date(2018, 3, 8) + timedelta(days=n % 5), zone="America/New_York")
        member(f"Member {n}", ("America/Denver", "Europe/Paris", "America/New_York")[n % 3])
    assert (one, queries_of_card()) == (4, 4)


# the training's page


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    client = Client()
    client.force_login(StaffFactory(), backend=BACKEND)
    return client


def section(client: Client, training: Training) -> list[tuple[str, str]]:
    """What stands beside a training about who could be asked."""
    answer = client.get(f"/admin/trainings/training/{training.pk}/change/")
    found = [one for one in answer.context["sections"] if one.title.startswith("Who could be asked")]
    return [(item.text, item.quiet) for one in found for item in one.items]


def test_the_page_has_them_all_with_whom_to_write_to_but_not_those_who_come(staff: Client) -> None:
    training = TrainingFactory()
    dana = CoordinatorFactory(name="Dana Whitfield", email="dana@example.org", organization=OrganizationFactory(name="Florida"))
    florida = MembershipFactory(organization=dana.organization)
    BookingFactory(training=training, membership=member("They come", contract_seats=30), seats=6)
    member("Nobody coordinates", **last(date(2018, 6, 1)))
    assert section(staff, training) == [
        ("Nobody coordinates: 15 left until Fri 1 Jun 2018", "New York time"),
        ("Florida: 15 left until Mon 31 Dec 2018", "New York time; Dana Whitfield <dana@example.org>"),
    ]
    page = staff.get(f"/admin/trainings/training/{training.pk}/change/").content.decode()
    assert f'href="/admin/memberships/membership/{florida.pk}/change/"' in page
    for n in range(20):
        member(f"Member {n}", **last(date(2018, 7, 1 + n)))
    shown = section(staff, training)
    assert (len(shown), shown[-1][0]) == (21, "and 2 more, whose year ends later.")


@pytest.mark.parametrize("case", ["full", "far off", "begun"])
def test_nobody_is_looked_for_where_no_new_team_could_come(staff: Client, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    member("Somebody")
    training = TrainingFactory(
        starts_on=date(2018, 3, 16) if case == "far off" else date(2018, 3, 12), capacity=11 if case == "full" else 30
    )
    if case == "full":
        BookingFactory(training=training, seats=6)
    if case == "begun":
        monkeypatch.setattr(clock, "now", lambda: training.starts_at)
    assert section(staff, training) == []
