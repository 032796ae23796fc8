"""Reads that are compiled once answer as the queryset would, each time anew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared

pytestmark = pytest.mark.django_db
EARLY, LATE = datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 6, 1, tzinfo=UTC)


@prepared
def added_after(at: Any, name: Any) -> QuerySet[Person]:
    return Person.objects.filter(added_at__gt=at, name=name).order_by("pk")


@prepared
def among(keys: Any, zone: Any) -> QuerySet[Person, Any]:
    return Person.objects.filter(pk__in=keys, zone=zone).order_by("pk").values_list("email", flat=True)


@prepared
def on_day(on: Any) -> QuerySet[Person]:
    return Person.objects.filter(added_at__date=on)


@prepared
def by_id(pk: Any) -> QuerySet[Person]:
    return Person.objects.filter(pk=pk)


def person(number: int, **fields: Any) -> Person:
    given = {"name": "Ana", "added_at": LATE, "zone": "UTC", **fields}
    return Person.objects.create(email=f"p{number}@example.org", email_key=f"p{number}@example.org", **given)


def test_each_call_has_its_own_values_and_asks_anew() -> None:
    one, other = person(1), person(2, name="Bo")
    assert added_after(at=EARLY, name="Ana") == [one]
    assert added_after(at=EARLY, name="Bo") == [other]
    assert added_after(at=LATE, name="Ana") == []
    third = person(3)
    with CaptureQueriesContext(connection) as asked:
        assert added_after(at=EARLY, name="Ana") == [one, third]
    assert len(asked) == 1


def test_what_was_read_is_whole_and_its_own() -> None:
    person(1)
    before, again = first(added_after(at=EARLY, name="Ana")), first(added_after(at=EARLY, name="Ana"))
    assert before is not None
    assert again is not None
    assert before is not again
    assert not before.get_deferred_fields()
    before.name = "Eva"
    before.save()
    assert added_after(at=EARLY, name="Ana") == []
    assert first(added_after(at=EARLY, name="Ana")) is None


def test_a_list_has_any_length() -> None:
    rows = [person(number) for number in range(1, 5)]
    keys = [row.pk for row in rows]
    assert among(keys=keys[:1], zone="UTC") == ["p1@example.org"]
    assert among(keys=keys[1:], zone="UTC") == ["p2@example.org", "p3@example.org", "p4@example.org"]
    assert among(keys=keys, zone="Europe/Berlin") == []
    with CaptureQueriesContext(connection) as asked:
        assert among(keys=[], zone="UTC") == []
    assert len(asked) == 0


def test_days_and_injections_are_values() -> None:
    row = person(1, name="'; DROP TABLE x; --")
    assert on_day(on=date(2018, 6, 1)) == [row]
    assert on_day(on=date(2018, 6, 2)) == []
    assert added_after(at=EARLY, name="'; DROP TABLE x; --") == [row]


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(TypeError, match="at, name"):
        added_after(at=EARLY)


@prepared
def locked(pk: Any) -> QuerySet[Person]:
    return Person.objects.filter(pk=pk).select_for_update()


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_each_time() -> None:
    one = person(1)
    with transaction.atomic():
        assert locked(pk=one.pk) == [one]
    with pytest.raises(transaction.TransactionManagementError):
        locked(pk=one.pk)


def asked_as(call: Any) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        call()
    return [one["sql"] for one in asked.captured_queries]


@pytest.mark.pg
def test_postgresql_plans_once_a_connection_and_again_on_a_new_one() -> None:
    one = person(1)

    def call() -> None:
        assert added_after(at=EARLY, name="Ana") == [one]

    prepared_anew = added_after.forget  # type: ignore[attr-defined]  # `prepared` puts it on the function
    prepared_anew()
    for _n in range(7):  # from the sixth on the plan is anybody's
        call()
    (sql,) = asked_as(call)
    assert sql.startswith("EXECUTE portal_")
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans > 0 FROM pg_prepared_statements WHERE name = %s", [sql.split()[1]])
        ((statement, planned),) = cursor.fetchall()
    assert "> ($1)" in statement
    assert planned
    assert added_after(at=LATE, name="'; DROP TABLE x; --") == []


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew_and_a_pooled_one_never(monkeypatch: pytest.MonkeyPatch) -> None:
    one = person(1)
    assert added_after(at=EARLY, name="Ana") == [one]
    connection.close()
    assert added_after(at=EARLY, name="Ana") == [one]
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    (sql,) = asked_as(lambda: added_after(at=EARLY, name="Ana"))
    assert sql.startswith("SELECT")


@pytest.mark.pg
def test_a_connection_keeps_only_so_many_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    one = person(1)
    monkeypatch.setattr("carpentries_portal.common.prepared.PLANS", 0)
    added_after.forget()  # type: ignore[attr-defined]  # as above
    (sql,) = asked_as(lambda: added_after(at=EARLY, name="Ana"))
    assert sql.startswith("SELECT")
    assert added_after(at=EARLY, name="Ana") == [one]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**20])
def test_a_number_that_no_column_holds_has_no_row(number: int) -> None:
    """PostgreSQL and SQLite both refuse it as a value: an address that somebody made up was a fault of ours."""
    assert by_id(pk=number) == []


def test_the_largest_number_that_a_column_holds_is_asked_for() -> None:
    assert by_id(pk=2**63 - 1) == []
    one = person(1)
    assert by_id(pk=one.pk) == [one]
