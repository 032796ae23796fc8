"""The calendar's filters, list and month: whole results, exact at the days' ends of every zone; any query string gets an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from carpentries_portal.common import clock
from carpentries_portal.common.dates import known_zones, today_in, zones_by_day
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainings import queries
from trainings.actions import cancel_training
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Training
from trainings.queries import Wanted

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def codes(wanted: Wanted, *, now: datetime = NOW) -> list[str]:
    return [offer.training.code for offer in queries.find(wanted, now=now, page=None).offers]


@pytest.fixture
def some() -> dict[str, Training]:
    """Chicago in March with 9 of 30 seats taken, Paris in May, Auckland in June, Denver in February cancelled, London closed."""
    made = {
        "chicago": TrainingFactory(),
        "paris": TrainingFactory(starts_on=date(2018, 5, 14), zone="Europe/Paris"),
        "auckland": TrainingFactory(starts_on=date(2018, 6, 4), zone="Pacific/Auckland", capacity=6),
        "denver": TrainingFactory(starts_on=date(2018, 2, 19), zone="America/Denver"),
        "london": TrainingFactory(starts_on=date(2018, 2, 5), zone="Europe/London"),
    }
    BookingFactory(training=made["chicago"])
    cancel_training(training_id=made["denver"].pk, why="ill", by=None, now=NOW)
    return made


ALL = ["2018-02-05-london", "2018-02-19-denver", "2018-03-12-chicago", "2018-05-14-paris", "2018-06-04-auckland"]
LONDON, DENVER, CHICAGO, PARIS, AUCKLAND = ALL


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ALL),
        (Wanted(open=True), [CHICAGO, PARIS, AUCKLAND]),
        (Wanted(first_on=date(2018, 3, 12), last_on=date(2018, 5, 14)), [CHICAGO, PARIS]),
        (Wanted(year=(date(2018, 3, 13), date(2018, 6, 3))), [PARIS]),
        (Wanted(first_on=date(2018, 5, 1), year=(date(2018, 1, 1), date(2018, 5, 31))), [PARIS]),
        (Wanted(seats=21), [LONDON, CHICAGO, PARIS]),
        (Wanted(seats=22), [LONDON, PARIS]),
        (Wanted(seats=6), [LONDON, CHICAGO, PARIS, AUCKLAND]),
        (Wanted(suits="America/New_York"), [DENVER, CHICAGO]),
        (Wanted(suits="Europe/Paris", open=True), [PARIS]),
        (Wanted(suits="Australia/Sydney", open=True), [AUCKLAND]),
    ],
)
def test_what_is_wanted_is_found(some: dict[str, Training], wanted: Wanted, found: list[str]) -> None:
    assert codes(wanted) == found


class TheTwins(TestCase):
    @given(
        zone=st.sampled_from(sorted(known_zones())),
        minutes=st.integers(-2 * 24 * 60, 2 * 24 * 60),
    )
    def test_open_for_sign_up_as_the_database_and_as_one_training_say_it(self, zone: str, minutes: int) -> None:
        training = TrainingFactory(zone=zone)
        now = training.sign_up.ends_at + timedelta(minutes=minutes)
        offer = queries.offer_of(Training.objects.with_seats_booked().select_related("edition").get(), now=now)
        assert Training.objects.open(now).exists() == offer.open == (not training.sign_up.passed(now))

    @given(
        now=st.integers(0, 28 * 366 * 24 * 60).map(lambda minutes: datetime(2012, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
    )
    def test_zones_by_day_are_all_zones_on_their_days(self, now: datetime) -> None:
        days = zones_by_day(now)
        assert {zone: day for day, zones in days.items() for zone in zones} == {zone: today_in(zone, now) for zone in known_zones()}


def test_the_list_has_pages_and_any_page_is_one(client: Client) -> None:
    for n in range(30):
        TrainingFactory(starts_on=date(2018, 4, 1) + timedelta(days=n))
    first, second = client.get("/trainings/").text, client.get("/trainings/?page=2&open=on").text
    assert (first.count('scope="row"'), second.count('scope="row"')) == (20, 10)
    assert "30 trainings to come." in first
    assert 'href="?page=2"' in first
    assert 'href="?page=1&amp;open=on"' in second
    for page in ("0", "-3", "x", "99", "9" * 5000):
        assert client.get("/trainings/", {"page": page}).status_code == 200


def test_a_month_has_each_training_on_each_of_its_days() -> None:
    training = TrainingFactory(starts_on=date(2018, 3, 31))
    TrainingFactory(starts_on=date(2018, 5, 1))
    for month, days in ((3, {31: 1}), (4, {1: 2})):
        grid = queries.month_grid(date(2018, month, 1), Wanted(), now=NOW)
        found = {
            day.on.day: [(entry.offer.training, entry.number) for entry in day.entries]
            for week in grid.weeks
            for day in week.days
            if day.entries
        }
        assert found == {day: [(training, number)] for day, number in days.items()}
        assert (grid.count, grid.weeks[0].days[0].on.weekday()) == (1, 0)


def test_a_full_day_of_a_month_leads_to_the_list(client: Client) -> None:
    for _n in range(6):
        TrainingFactory()
    page = client.get("/trainings/?view=month&month=2018-03").text
    assert page.count("day 1</span>") == 3
    assert '<a href="?month=2018-03">3 more in the list</a>' in page


def test_the_month_begins_where_something_is_to_come(client: Client) -> None:
    assert "January 2018" in client.get("/trainings/?view=month").text
    TrainingFactory(starts_on=date(2018, 5, 14))
    page = client.get("/trainings/?view=month&seats=6").text
    assert '<h2 id="month">May 2018</h2>' in page
    assert "?view=month&amp;seats=6&amp;month=2018-04" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("month=2018-13", "Write a month as 2018-03."),
        ("until=x", "Write a month as 2018-03."),
        ("month=2018-05&until=2018-03", "This month comes before the first one."),
        ("seats=0", "Write a number from 1 to 500."),
        ("seats=six", "Write a number from 1 to 500."),
        ("seats=501", "Write a number from 1 to 500."),
        ("zone=Nowhere/Atall", "“Nowhere/Atall” is not a time zone."),
        ("zone=%00", "is not a time zone. Choose one of the list."),
    ],
)
@pytest.mark.parametrize("view", ["", "&view=month"])
def test_a_wrong_filter_is_said_and_the_others_hold(
    client: Client, some: dict[str, Training], query: str, sentence: str, view: str
) -> None:
    page = client.get(f"/trainings/?{query}&suits=on{view}")
    assert page.status_code == 200
    assert (sentence in page.text) == (not view or "until" not in query)  # a grid has one month


def test_only_ones_own_memberships_are_looked_within(client: Client, some: dict[str, Training]) -> None:
    dana = CoordinatorFactory()
    own = MembershipFactory(organization=dana.organization, starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31))
    late = MembershipFactory(organization=dana.organization, starts_on=date(2018, 5, 1), ends_on=date(2019, 4, 30))
    ended = MembershipFactory(organization=dana.organization, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    other = MembershipFactory()
    assert 'name="within"' not in client.get("/trainings/").text
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")

    def listed(value: str) -> list[str]:
        page = client.get(f"/trainings/?within={value}").text
        return [code for code in ALL if f'href="/trainings/{code}/"' in page]

    assert listed(f"year-{late.pk}") == [PARIS, AUCKLAND]
    assert listed(f"best-{own.pk}") == ALL  # up to 1 July
    assert "the recommended months, to Sun 1 Jul 2018" in client.get("/trainings/").text
    for wrong in (f"year-{other.pk}", f"year-{ended.pk}", "x"):
        assert "This is none of your memberships." in client.get(f"/trainings/?within={wrong}").text
        assert listed(wrong) == ALL


# the reader's zone


def test_hours_for_the_reader_with_the_day_and_odd_hours_pointed_out(client: Client) -> None:
    TrainingFactory(zone="Pacific/Auckland", starts=time(9), ends=time(17))
    page = " ".join(client.get("/trainings/?zone=America/New_York").text.split())
    assert "9:00–17:00</span> Auckland time" in page
    assert 'for you <span class="nb">16:00–0:00</span> New York time' in page
    assert "from Sun 11 Mar 2018, the day before" in page
    assert "outside 7:00–20:00 for you" in page
    assert "outside 7:00–20:00 for you" not in client.get("/trainings/?zone=Pacific/Auckland").text


def test_a_zone_in_the_address_holds_for_its_page_and_is_offered_for_all(client: Client) -> None:
    TrainingFactory()
    page = client.get("/trainings/?zone=Europe/Paris").text
    assert "This page shows hours in Paris time." in page
    assert '<option value="Europe/Paris" selected>' in page
    page = client.get("/trainings/").text
    assert "Times for you in UTC" in page
    assert '<option value="UTC" selected>' in page
    client.post("/zone/", {"zone": "Europe/Paris", "next": "/trainings/"})
    page = client.get("/trainings/").text
    assert "Times for you in Paris" in page
    assert "This page shows hours" not in page


@pytest.mark.parametrize(
    ("cookies", "own", "shown"),
    [
        ({}, "", ("UTC", "nobody")),
        ({"zone_guess": "Europe/Rome"}, "", ("Europe/Rome", "guess")),
        ({"zone_guess": "Europe/Rome", "zone": "Asia/Tokyo"}, "", ("Asia/Tokyo", "hand")),
        ({"zone_guess": "Europe/Rome", "zone": "Asia/Tokyo"}, "America/Denver", ("America/Denver", "hand")),
        ({"zone_guess": "<script>", "zone": "Nowhere/Atall"}, "", ("UTC", "nobody")),
    ],
)
def test_a_choice_by_hand_wins_over_the_browsers_guess(
    client: Client, cookies: dict[str, str], own: str, shown: tuple[str, str]
) -> None:
    if own:
        person = CoordinatorFactory().person
        person.zone = own
        person.save()
        client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    for name, value in cookies.items():
        client.cookies[name] = value
    assert '<html lang="en" data-zone="{}" data-zone-by="{}">'.format(*shown) in client.get("/trainings/").text


def test_a_page_in_another_zone_does_not_ask_about_a_choice(client: Client) -> None:
    client.cookies["zone"] = "Asia/Tokyo"
    assert 'data-zone="Asia/Tokyo" data-zone-by="hand"' in client.get("/trainings/").text
    page = client.get("/trainings/?zone=Europe/Paris").text
    assert 'data-zone="Europe/Paris" data-zone-by="page"' in page
    assert "zone-ask" not in page
