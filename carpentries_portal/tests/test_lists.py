"""Admin's lists at any size: filters by year and month, a count that is kept, a search that finds by each field's index."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import admin_lists, clock
from carpentries_portal.common.models import Person
from memberships.factories import OrganizationFactory, PersonFactory, StaffFactory
from trainees.factories import name_people
from trainees.models import Place
from trainings.factories import BookingFactory, TrainingFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    client = Client()
    client.force_login(StaffFactory(name="Stan"), backend="carpentries_portal.common.backends.PersonBackend")
    return client


def listed(staff: Client, path: str) -> list[str]:
    """The first column of each row."""
    page = staff.get(f"/admin/{path}").content.decode()
    return re.findall(r'<th class="field-\w+">.*?>([^<]+)</a></th>', page)


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("2018", ["2018-12-31-chicago", "2018-04-02-chicago", "2018-03-31-chicago"]),
        ("2018-", ["2018-12-31-chicago", "2018-04-02-chicago", "2018-03-31-chicago"]),
        ("2018-03", ["2018-03-31-chicago"]),
        ("2018-04", ["2018-04-02-chicago"]),
        ("2018-12", ["2018-12-31-chicago"]),
        ("2019", ["2019-01-01-chicago"]),
        ("2017", []),
    ],
)
def test_a_list_is_narrowed_to_a_year_or_one_of_its_months(staff: Client, chosen: str, shown: list[str]) -> None:
    for day in (date(2018, 3, 31), date(2018, 4, 2), date(2018, 12, 31), date(2019, 1, 1)):
        TrainingFactory(starts_on=day)
    assert sorted(listed(staff, f"trainings/training/?starts_on={chosen}"), reverse=True) == shown


def test_the_months_are_offered_of_the_year_that_is_chosen(staff: Client) -> None:
    page = staff.get("/admin/trainings/training/?starts_on=2018-03").content.decode()
    offered = re.findall(r'href="\?starts_on=([0-9-]+)"', page)
    first = offered.index("2020")
    assert offered[first : first + 3] == ["2020", "2019", "2018"]
    assert offered[first + 3 : first + 15] == [f"2018-{month:02}" for month in range(1, 13)]
    assert "2013" in offered
    assert not any(one.startswith(("2017-", "2019-")) for one in offered)


def test_instants_belong_to_a_month_by_utc(staff: Client) -> None:
    for at in (datetime(2018, 1, 31, 23, 59, tzinfo=UTC), datetime(2018, 2, 1, tzinfo=UTC)):
        BookingFactory(training=TrainingFactory(starts_on=date(2018, 5, at.day % 28 + 1)), now=at)
    january, february = (staff.get(f"/admin/trainings/booking/?booked_at=2018-{month}").content.decode() for month in ("01", "02"))
    assert [page.count('class="field-seats"') for page in (january, february)] == [1, 1]
    assert "31 Jan 2018, 23:59" in january


@pytest.mark.parametrize("odd", ["20188", "2018-13", "x", "-", "0", "9999", "9999-12", "²018", "2018-1-1"])
def test_what_is_no_year_leads_back_to_the_list_and_says_so(staff: Client, odd: str) -> None:
    for kind in ("", "list.csv"):
        answer = staff.get(f"/admin/trainings/training/{kind}?starts_on={odd}", follow=True)
        page = answer.content.decode()
        assert "There is no such row or day" in page, kind
        assert answer.status_code == 200


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(admin_lists, "MANY", 3)
    admin_lists._counts.clear()
    yield
    admin_lists._counts.clear()


def counts(staff: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        staff.get(f"/admin/{path}")
    return sum("COUNT(*)" in one["sql"] and "common_person" in one["sql"] for one in caught.captured_queries)


def test_a_long_table_is_counted_once_a_minute_and_a_short_or_narrowed_one_each_time(
    staff: Client, few_are_many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "common/person/"
    assert [counts(staff, path), counts(staff, path)] == [1, 1]  # two people at most
    for _n in range(3):
        PersonFactory()
    assert [counts(staff, path), counts(staff, path)] == [1, 0]
    assert [counts(staff, f"{path}?is_staff__exact=1"), counts(staff, f"{path}?q=Stan")] == [1, 1]
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=59))
    assert counts(staff, path) == 0
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=60))
    assert [counts(staff, path), counts(staff, path)] == [1, 0]


def test_a_file_says_how_many_there_are_now(staff: Client, few_are_many: None) -> None:
    from carpentries_portal.common.models import JournalEntry

    for _n in range(4):
        PersonFactory()
    staff.get("/admin/common/person/")
    PersonFactory()
    assert len(b"".join(staff.get("/admin/common/person/list.csv")).splitlines()) == 1 + Person.objects.count()  # type: ignore[arg-type]  # a stream is bytes
    assert JournalEntry.objects.get(what="list_exported").new["rows"] == Person.objects.count()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("strasse", {"Jörg Straße"}),
        ("JORG", {"Jörg Straße"}),
        ("jörg straße", {"Jörg Straße"}),
        ("straße j", {"Jörg Straße"}),
        ("ORG@EXAMPLE", {"Jörg Straße"}),
        ("jörg nobody", set()),
        ("100%", set()),
        ("_", {"Under_Score"}),
        ("\\", set()),
        ("´", set()),
        ("ÜMIT@", {"Under_Score"}),
    ],
)
def test_people_are_found_by_each_word_in_name_or_address(staff: Client, typed: str, found: set[str]) -> None:
    PersonFactory(name="Jörg Straße", email="j.org@example.org")
    PersonFactory(name="Under_Score", email="ümit@example.net")
    answer = staff.get("/admin/common/person/", {"q": typed})
    assert {name for name in ("Jörg Straße", "Under_Score") if name in answer.content.decode()} == found


def test_places_are_found_by_name_address_training_and_organization(staff: Client) -> None:
    booking = BookingFactory(training=TrainingFactory(starts_on=date(2018, 6, 4)), now=NOW)
    name_people(booking, 2, by=booking.booked_by)
    place = Place.objects.earliest("pk")
    organization = booking.membership.organization
    OrganizationFactory(name="Elsewhere")
    for typed, many in (
        (place.name.split()[-1], 1),
        (place.person.email, 1),
        (f"{booking.training.code} {place.person.email}", 1),
        (booking.training.code, 2),
        (organization.name.split()[0], 2),
        ("Elsewhere", 0),
    ):
        page = staff.get("/admin/trainees/place/", {"q": typed}).content.decode()
        assert page.count('class="field-person') == many, typed


@pytest.mark.pg
@pytest.mark.parametrize("query", ["admin/common/person/?q=nobodyinparticular", "admin/search/?q=nobodyinparticular"])
def test_postgresql_finds_text_in_the_middle_of_a_name_by_an_index(staff: Client, query: str) -> None:
    """That it can; among few people it reads them all."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as caught:
            assert staff.get(f"/{query}").status_code == 200
        sqls = [one["sql"] for one in caught.captured_queries if "NOBODYINPARTICULAR" in one["sql"].upper()]
        asked = [sql for sql in sqls if 'FROM "common_person"' in sql]
        assert asked
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            said = "\n".join(line for (line,) in cursor.fetchall())
            assert "common_person_name_key_trigrams" in said, said
            assert "Seq Scan on common_person" not in said, said


def test_the_zones_to_choose_from_are_read_once_a_minute(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_lists, "_values", {})

    def offered(now: datetime) -> set[str]:
        monkeypatch.setattr(clock, "now", lambda: now)
        return set(re.findall(r"\?zone=([A-Za-z_%/0-9]+)", staff.get("/admin/trainings/training/").content.decode()))

    start = datetime(2018, 1, 10, 12, tzinfo=UTC)
    TrainingFactory(zone="America/Chicago")
    assert offered(start) == {"America%2FChicago"}
    TrainingFactory(zone="Europe/London")
    assert offered(start + timedelta(seconds=59)) == {"America%2FChicago"}
    assert offered(start + timedelta(seconds=60)) == {"America%2FChicago", "Europe%2FLondon"}
    page = staff.get("/admin/trainings/training/?zone=Europe/London").content.decode()
    assert page.count('class="field-code"') == 1
