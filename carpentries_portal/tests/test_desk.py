"""The desk: whom it shows what, how many there are, names that are due, in constant queries; each item leads to a page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock, desk
from carpentries_portal.common.models import DataRequest, Notice, Person
from carpentries_portal.common.models.notices import NoticeState
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import NameQuestion
from trainees.desk import rosters_due
from trainees.factories import name_people
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
MOST = 45


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def logged_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    return client


def with_permissions(*names: str) -> Person:
    person = PersonFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


class World:
    """Some of many kinds at once."""

    def __init__(self) -> None:
        self.coordinator = CoordinatorFactory(organization=OrganizationFactory(name="Universität Zürich"))
        self.membership = MembershipFactory(organization=self.coordinator.organization)
        self.grown = 0

    def grow(self, times: int) -> None:
        by = self.coordinator.person
        for _time in range(times):
            self.grown += 1
            n, due = self.grown, date(2018, 1, 15) + timedelta(days=self.grown % 9)
            late = TrainingFactory(starts_on=date(2018, 1, 12) + timedelta(days=n))
            ask = {"training": late, "membership": self.membership, "rule": "R6", "seats": 6, "reason": f"Late {n}."}
            actions.ask_exception(**ask, by=by, now=NOW)
            Notice.objects.create(
                code="L4",
                letter="trainees.invitation",
                to_address=f"gone{n}@example.org",
                to_key=f"gone{n}@example.org",
                occasion=f"o{n}",
                state=NoticeState.FAILED,
                queued_at=NOW,
                due_at=NOW,
                error="550 no such user",
            )
            DataRequest.objects.create(person=PersonFactory(), kind="correct", text=f"My name is Bo {n}.", asked_at=NOW)
            NameQuestion.objects.create(
                name=f"Uni Zurich {n}", name_key=f"uni zurich {n}", near=self.coordinator.organization, source="list", asked_at=NOW
            )
            BookingFactory(training=TrainingFactory(starts_on=due + timedelta(days=21)), seats=6, now=NOW - timedelta(days=40))


def test_a_card_says_how_many_there_are_and_leads_to_all_of_them() -> None:
    World().grow(desk.SHOWN + 2)
    page = logged_in(StaffFactory()).get("/admin/").content.decode()
    assert "<title>36 things wait for a decision" in page
    said = dict(re.findall(r'<h2>([^<]+?) <span class="count">(\d+)</span></h2>', page))
    assert said == {
        "People who ask about their own data": "12",
        "Names that may be one organization": "12",
        "Exceptions to decide": "12",
        "Letters that failed": "12",
        "Names that are due": "12",
    }
    assert page.count("The first 10 of 12.") == 5
    assert page.index("Late 1.") < page.index("Late 10.")
    assert "Late 11." not in page
    for path in ("/admin/exceptions/", "/admin/common/notice/?state__exact=failed", "/admin/memberships/namequestion/"):
        assert f'href="{path}"' in page


def test_everybody_sees_what_they_may_see_elsewhere() -> None:
    World().grow(1)
    names = {"own data": "My name is Bo 1.", "letters": "gone1@example.org", "exceptions": "Late 1.", "names": "Uni Zurich 1"}

    def seen(person: Person) -> set[str]:
        page = logged_in(person).get("/admin/").content.decode()
        return {name for name, text in names.items() if text in page}

    assert seen(StaffFactory()) == set(names)
    assert seen(with_permissions("view_journalentry")) == set()
    assert seen(with_permissions("view_notice")) == {"letters"}
    assert seen(with_permissions("view_trainingexception")) == set()  # the card is of both kinds
    assert seen(with_permissions("view_trainingexception", "view_membershipexception")) == {"exceptions"}
    page = logged_in(with_permissions("view_notice")).get("/admin/").content.decode()
    assert "Nothing waits for a decision" in page
    assert "It has not run yet." not in page


def test_each_card_asks_for_permissions_that_there_are() -> None:
    known = {f"{one.content_type.app_label}.{one.codename}" for one in Permission.objects.select_related("content_type")}
    assert all(query.needs for query in desk.QUERIES)
    assert {name for query in desk.QUERIES for name in query.needs} - known == set()


def test_its_queries_are_constant() -> None:
    world, client = World(), logged_in(StaffFactory())
    counts = []
    for more in (1, 1, desk.SHOWN):
        world.grow(more)
        client.get("/admin/")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/admin/").status_code == 200
        counts.append(len(caught))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= MOST


def test_each_item_leads_to_a_page() -> None:
    World().grow(2)
    staff = StaffFactory()
    client = logged_in(staff)
    urls = {item.url for card in desk.cards(staff, now=NOW) for item in card.items}
    assert len(urls) == 10
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2018, 2, 5, 5, 59, tzinfo=UTC), None),  # 4 February in Chicago: fifteen days
        (datetime(2018, 2, 5, 6, tzinfo=UTC), "7 of 9 named; the list closes on Mon 19 Feb 2018 (in 14 days)."),
        (datetime(2018, 2, 19, 12, tzinfo=UTC), "7 of 9 named; the list closes on Mon 19 Feb 2018 (today)."),
        (datetime(2018, 2, 20, 5, 59, tzinfo=UTC), "7 of 9 named; the list closes on Mon 19 Feb 2018 (today)."),
        (datetime(2018, 2, 20, 6, tzinfo=UTC), None),
    ],
)
def test_names_are_due_for_two_weeks_by_the_trainings_clock(now: datetime, said: str | None) -> None:
    booking = BookingFactory(training=TrainingFactory(), now=NOW)  # 12 March 2018: names until 19 February
    name_people(booking, 7, by=booking.booked_by)
    full = BookingFactory(training=TrainingFactory(starts_on=date(2018, 3, 14)), now=NOW, seats=6)
    name_people(full, 6, by=full.booked_by)
    card = rosters_due(now)
    assert [(item.more, item.url) for item in card.items] == (
        [(said, f"/admin/trainings/booking/{booking.pk}/change/")] if said else []
    )


def test_a_list_with_a_day_of_its_own_is_due_by_it() -> None:
    booking = BookingFactory(training=TrainingFactory(), now=NOW)
    type(booking).objects.filter(pk=booking.pk).update(roster_until=date(2018, 3, 1))
    assert rosters_due(datetime(2018, 2, 14, 12, tzinfo=UTC)).items == []
    (item,) = rosters_due(datetime(2018, 2, 20, 12, tzinfo=UTC)).items
    assert item.more == "0 of 9 named; the list closes on Thu 1 Mar 2018 (in 9 days)."
