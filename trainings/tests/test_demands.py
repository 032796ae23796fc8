"""Dates that a team waits for: what can be said, what meets it, who is told, how it ends, who sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.desk import cards
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import delivery
from memberships.actions import end_early
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainings import actions, policy, queries
from trainings.actions import UnableToSayDemand, UnableToWithdrawDemand, say_demand, withdraw_demand
from trainings.factories import BookingFactory, DemandFactory, TrainingFactory
from trainings.models import Demand, DemandDates
from trainings.policy import DemandFacts
from trainings.tests.policy_cast import a_membership, a_training

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
MARCH = ((date(2018, 3, 1), date(2018, 3, 31)),)
WANTED = DemandFacts(seats=6, zone="America/New_York", earliest=time(7), latest=time(20), spans=MARCH)
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@pytest.mark.parametrize(
    ("change", "suits"),
    [
        ({}, True),
        ({"spans": ((date(2018, 3, 12), date(2018, 3, 13)),)}, True),
        ({"spans": ((date(2018, 3, 13), date(2018, 3, 31)),)}, False),
        ({"spans": ((date(2018, 3, 1), date(2018, 3, 12)),)}, False),
        ({"spans": ((date(2018, 3, 1), date(2018, 3, 12)), (date(2018, 3, 13), date(2018, 3, 31)))}, False),
        ({"earliest": time(10), "latest": time(18)}, True),
        ({"earliest": time(10, 1)}, False),
        ({"latest": time(17, 59)}, False),
        ({"zone": "Europe/Paris"}, False),
        ({"zone": "Europe/Paris", "latest": time(23)}, True),
        ({"zone": "Asia/Tokyo", "earliest": time(0), "latest": time(23, 59)}, False),
    ],
)
def test_a_training_suits_with_all_its_days_and_hours(change: dict[str, Any], suits: bool) -> None:
    """9:00-17:00 in Chicago on 12-13 March is 10-18 in New York, 15-23 in Paris, 23-7 in Tokyo."""
    assert policy.suits(a_training(first_day=date(2018, 3, 12)), replace(WANTED, **change)) is suits


@pytest.mark.parametrize(
    ("training", "member", "seats", "has_one", "meets"),
    [
        ({}, {}, 6, False, True),
        ({}, {}, 6, True, False),
        ({"seats_booked": 24}, {}, 6, False, True),
        ({"seats_booked": 25}, {}, 6, False, False),
        ({"cancelled": True}, {}, 6, False, False),
        ({"sign_up_until": date(2018, 1, 9)}, {}, 6, False, False),
        ({}, {"available": 5}, 6, False, False),
        ({}, {"starts_on": date(2018, 3, 13)}, 6, False, False),
    ],
)
def test_a_training_meets_what_could_be_booked(
    training: dict[str, Any], member: dict[str, Any], seats: int, has_one: bool, meets: bool
) -> None:
    facts = a_training(first_day=date(2018, 3, 12), **training)
    member_facts = replace(a_membership(starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31)), **member)
    assert policy.meets(facts, replace(WANTED, seats=seats), member_facts, has_one=has_one, now=NOW) is meets


@pytest.fixture
def dana(monkeypatch: pytest.MonkeyPatch, db: None) -> Coordinator:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return CoordinatorFactory(email="dana@example.org", name="Dana Whitfield")


@pytest.fixture
def membership(dana: Coordinator) -> Membership:
    return MembershipFactory(organization=dana.organization)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seats": 16}, "15 seats are left in this membership; you ask for 16."),
        ({"seats": 5}, "At least 6 of a team attend at once; 5 are fewer."),
        ({"seats": 0}, "At least 6 of a team attend at once; 0 are fewer."),
        ({"earliest": time(12)}, None),
        ({"earliest": time(12, 1)}, "A training day takes 8 hours: give at least as much time"),
        ({"earliest": time(20)}, "The latest hour comes after the earliest one."),
        ({"zone": "Nowhere/Atall"}, "“Nowhere/Atall” is not a time zone."),
        ({"spans": ()}, "Give 1 to 6 spans of dates."),
        ({"spans": MARCH * 2}, "Two spans begin on the same day: make them one."),
        ({"spans": ((date(2018, 3, 2), date(2018, 3, 1)),)}, "2018-03-01 comes before 2018-03-02."),
        ({"spans": ((date(2018, 3, 1), date(2101, 3, 1)),)}, "Give days of the years 2012 to 2100."),
        ({"spans": ((date(2018, 3, 1), date(2018, 3, 1)),)}, "1 Mar 2018 is too short: a training takes 2 days in a row."),
        ({"spans": ((date(2018, 12, 31), date(2019, 1, 1)),)}, None),
        ({"spans": ((date(2019, 1, 1), date(2019, 1, 31)),)}, "lies outside the membership year (1 Jan – 31 Dec 2018)."),
        ({"spans": ((date(2018, 1, 15), date(2018, 2, 8)),)}, None),
        (
            {"spans": (*MARCH, (date(2018, 1, 15), date(2018, 2, 7)))},
            "15 Jan – 7 Feb 2018 comes too soon: a team signs up four weeks ahead, so that the last day to do so was Tue 9 Jan 2018.",
        ),
    ],
)
def test_what_can_be_waited_for(membership: Membership, dana: Coordinator, change: dict[str, Any], sentence: str | None) -> None:
    if sentence is None:
        demand = say_demand(membership_id=membership.pk, wanted=replace(WANTED, **change), note="", by=dana.person, now=NOW)
        assert demand.facts() == replace(WANTED, **change)
        return
    with pytest.raises(UnableToSayDemand) as problem:
        say_demand(membership_id=membership.pk, wanted=replace(WANTED, **change), note="", by=dana.person, now=NOW)
    assert sentence in str(problem.value)
    assert (Demand.objects.count(), JournalEntry.objects.filter(what__startswith="demand").count()) == (0, 0)


def test_it_is_changed_in_place_and_withdrawn_with_a_line_each(membership: Membership, dana: Coordinator) -> None:
    first = DemandFactory(membership=membership, by=dana.person, now=NOW)
    later = NOW + timedelta(days=1)
    second = say_demand(membership_id=membership.pk, wanted=replace(WANTED, seats=9), note=" x ", by=dana.person, now=later)
    assert (second.pk, second.seats, second.note, second.asked_at, second.changed_at) == (first.pk, 9, "x", NOW, later)
    assert [str(row) for row in DemandDates.objects.all()] == ["1–31 Mar 2018"]
    withdraw_demand(demand_id=first.pk, by=dana.person, now=later)
    with pytest.raises(UnableToWithdrawDemand, match="ended already: Withdrawn by its coordinator"):
        withdraw_demand(demand_id=first.pk, by=dana.person, now=later)
    lines = JournalEntry.objects.filter(what__startswith="demand").order_by("pk")
    assert [(line.what, line.old, line.new) for line in lines] == [
        ("demand_said", {}, {"seats": 6, "dates": ["1–31 May 2018"], "hours": "07:00-20:00 America/New_York"}),
        (
            "demand_changed",
            {"seats": 6, "dates": ["1–31 May 2018"], "hours": "07:00-20:00 America/New_York"},
            {"seats": 9, "dates": ["1–31 Mar 2018"], "hours": "07:00-20:00 America/New_York"},
        ),
        ("demand_withdrawn", {}, {"state": "withdrawn"}),
    ]
    assert DemandFactory(membership=membership, now=later).pk != first.pk


# who is told


def letters() -> list[tuple[str, str]]:
    return list(Notice.objects.filter(letter="trainings.training_suits").order_by("pk").values_list("to_address", "state"))


def test_coordinators_hear_once_of_a_training_that_suits(membership: Membership, dana: Coordinator) -> None:
    CoordinatorFactory(organization=dana.organization, email="ravi@example.org")
    DemandFactory(membership=membership, by=dana.person, seats=9, now=NOW)
    DemandFactory(membership=MembershipFactory(), zone="Asia/Tokyo", now=NOW)
    TrainingFactory(now=NOW)
    TrainingFactory(starts_on=date(2018, 5, 14), capacity=8, now=NOW)
    assert letters() == []
    training = TrainingFactory(starts_on=date(2018, 5, 14), now=NOW)
    assert actions.tell_who_waits(training, now=NOW) == 1
    assert letters() == [("dana@example.org", "queued"), ("ravi@example.org", "queued")]
    while delivery.deliver_due(now=NOW):
        continue
    notice = Notice.objects.filter(letter="trainings.training_suits").first()
    assert notice is not None
    assert (notice.state, notice.subject_line) == ("sent", "A training that suits your team: 14–15 May 2018, Chicago time")
    for words in (
        "Mon 14 May 2018, 9:00-17:00 Chicago time; for you 10:00-18:00 New York time",
        "Mon 16 Apr 2018, end of day Chicago time",
        "30 seats are free, and nothing is reserved for you",
        "See what 9 seats cost and leave",
    ):
        assert words in notice.body


def test_a_letter_that_is_true_no_longer_does_not_leave(membership: Membership, dana: Coordinator) -> None:
    demand = DemandFactory(membership=membership, by=dana.person, now=NOW)
    first = TrainingFactory(starts_on=date(2018, 5, 14), capacity=6, now=NOW)
    BookingFactory(training=first, seats=6, now=NOW)
    while delivery.deliver_due(now=NOW):
        continue
    assert letters() == [("dana@example.org", "cancelled")]
    TrainingFactory(starts_on=date(2018, 5, 21), now=NOW)
    withdraw_demand(demand_id=demand.pk, by=dana.person, now=NOW)
    assert letters() == [("dana@example.org", "cancelled")] * 2


def test_a_training_that_cannot_be_announced_tells_nobody(membership: Membership, dana: Coordinator) -> None:
    DemandFactory(membership=membership, by=dana.person, now=NOW)
    with pytest.raises(actions.UnableToAnnounce):
        TrainingFactory(starts_on=date(2018, 5, 14), now=datetime(2018, 6, 1, tzinfo=UTC))
    assert letters() == []


# how it ends


@pytest.mark.parametrize(
    ("starts_on", "seats", "state"),
    [(date(2018, 5, 14), 6, "met"), (date(2018, 3, 12), 6, "open"), (date(2018, 3, 12), 9, "open"), (date(2018, 3, 12), 10, "met")],
)
def test_a_booking_ends_it_if_it_suits_or_leaves_too_few_seats(
    membership: Membership, dana: Coordinator, starts_on: date, seats: int, state: str
) -> None:
    demand = DemandFactory(membership=membership, by=dana.person, now=NOW)
    training = TrainingFactory(starts_on=starts_on, now=NOW)
    BookingFactory(training=training, membership=membership, by=dana.person, seats=seats, now=NOW)
    demand.refresh_from_db()
    assert demand.state == state
    assert demand.ended_why == ("" if state == "open" else f"A team was booked for {training}.")


@pytest.mark.parametrize(
    ("now", "waits"),
    [
        (datetime(2018, 6, 1, 3, 59, tzinfo=UTC), True),  # 31 May is not over in New York
        (datetime(2018, 6, 1, 4, 1, tzinfo=UTC), False),
    ],
)
def test_it_ends_by_itself_after_its_last_day(membership: Membership, now: datetime, waits: bool) -> None:
    demand = DemandFactory(membership=membership, now=NOW)
    assert [row.pk for row in queries.waiting_demands(now)] == ([demand.pk] if waits else [])


def test_it_ends_by_itself_with_the_membership(membership: Membership, dana: Coordinator) -> None:
    DemandFactory(membership=membership, now=NOW)
    end_early(membership=membership, on=date(2018, 1, 11), why="The contract ended.", by=dana.person, now=NOW)
    assert len(queries.waiting_demands(datetime(2018, 1, 12, 4, 59, tzinfo=UTC))) == 1
    assert queries.waiting_demands(datetime(2018, 1, 12, 5, 1, tzinfo=UTC)) == []
    TrainingFactory(starts_on=date(2018, 5, 14), now=datetime(2018, 1, 13, tzinfo=UTC))
    assert letters() == []
    with pytest.raises(UnableToSayDemand, match="This membership has ended"):
        say_demand(membership_id=membership.pk, wanted=WANTED, note="", by=dana.person, now=datetime(2018, 2, 1, tzinfo=UTC))


# who sees it


def test_staff_see_it_by_month_where_they_plan_and_close_it(membership: Membership, dana: Coordinator, client: Client) -> None:
    spans = ((date(2018, 3, 20), date(2018, 4, 10)), (date(2018, 5, 1), date(2018, 5, 31)))
    demand = DemandFactory(membership=membership, by=dana.person, spans=spans, note="No <Fridays>.", now=NOW)
    other = DemandFactory(zone="Europe/Paris", seats=9, now=NOW)
    months = queries.by_month(queries.waiting_demands(NOW), now=NOW)
    assert [(month.first_on, month.seats, month.demands) for month in months] == [
        (date(2018, 3, 1), 6, [demand]),
        (date(2018, 4, 1), 6, [demand]),
        (date(2018, 5, 1), 15, [demand, other]),
    ]
    card = next(card for card in cards(StaffFactory(), now=NOW) if card.title == "Dates that teams wait for")
    assert [item.text for item in card.items] == ["Mar 2018: 6 seats", "Apr 2018: 6 seats", "May 2018: 15 seats"]
    client.force_login(StaffFactory(), backend=BACKEND)
    for path in ("/admin/trainings/demand/", "/admin/trainings/training/add/"):
        page = client.get(path).text
        assert "What teams wait for" in page
        assert f'6 seats for {dana.organization}</a>: <time datetime="2018-03-20">' in page
        assert "“No &lt;Fridays&gt;.”" in page
    path = f"/admin/trainings/demand/{demand.pk}/do/close/"
    page = client.get(path).text
    assert "get no letter about trainings that suit" in page
    once = page.split('name="once" value="')[1].split('"')[0]
    client.post(path, {"why": "They wrote that they wait no more.", "once": once})
    demand.refresh_from_db()
    assert (demand.state, demand.ended_why) == ("withdrawn", "They wrote that they wait no more.")


def test_the_page_keeps_changes_shows_what_suits_already_and_withdraws(
    membership: Membership, dana: Coordinator, client: Client
) -> None:
    client.force_login(dana.person, backend=BACKEND)
    path = f"/memberships/{membership.pk}/demand/"
    page = client.get(path).text
    assert "Nothing suits? Say which dates would" in page
    values = {"zone": "America/New_York", "seats": "9", "earliest": "07:00", "latest": "20:00", "do": "say"}
    training = TrainingFactory(now=NOW)
    page = client.post(path, {**values, "first_1": "2018-03-01", "last_1": "2018-03-31"}, follow=True).text
    assert "You wait for a training with 9 seats" in page
    assert "One training on the calendar suits already" in page
    assert f'/trainings/{training.code}/book/?membership={membership.pk}&amp;seats=9"' in page
    assert 'value="2018-03-31"' in page
    client.post(path, {**values, "first_1": "2018-05-01", "last_1": "2018-05-31", "first_3": "2018-06-01", "last_3": "2018-06-30"})
    demand = Demand.objects.with_all().get()
    assert demand.spans() == [(date(2018, 5, 1), date(2018, 5, 31)), (date(2018, 6, 1), date(2018, 6, 30))]
    assert "No training on the calendar suits yet" in client.get(path).text
    assert "Withdrawn: staff see it no more" in client.post(path, {"do": "withdraw"}, follow=True).text
    assert client.post(path, {"do": "withdraw"}).status_code == 302


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seats": "x"}, "Enter a whole number."),
        ({"seats": "99"}, "15 seats are left in this membership; you ask for 99."),
        ({"first_1": ""}, "This field is required."),
        ({"first_1": "2018-13-01"}, "Enter a valid date."),
        ({"first_1": "1018-03-01"}, "A day of the years 2012 to 2100."),
        ({"last_1": "2018-02-01"}, "This day comes before the first one."),
        ({"first_2": "2018-05-01"}, "Give the last day, too."),
        ({"last_2": "2018-05-01"}, "Give the first day, too."),
        ({"latest": "06:00"}, "This hour comes before the earliest one."),
        ({"earliest": "7 o'clock"}, "Enter a valid time."),
        ({"zone": "x\x00"}, "Select a valid choice."),
        ({"note": "x" * 1001}, "at most 1000 characters"),
        ({"note": "a\x00"}, "Null characters are not allowed."),
        ({"first_1": "2018-01-12", "last_1": "2018-01-20"}, "comes too soon"),
    ],
)
def test_a_wrong_form_says_the_field_and_the_reason(
    membership: Membership, dana: Coordinator, client: Client, values: dict[str, str], sentence: str
) -> None:
    client.force_login(dana.person, backend=BACKEND)
    good = {"zone": "America/New_York", "seats": "9", "earliest": "07:00", "latest": "20:00", "do": "say"}
    good |= {"first_1": "2018-03-01", "last_1": "2018-03-31"}
    answer = client.post(f"/memberships/{membership.pk}/demand/", {**good, **values})
    assert answer.status_code == 200
    assert sentence in answer.text
    assert Demand.objects.count() == 0
