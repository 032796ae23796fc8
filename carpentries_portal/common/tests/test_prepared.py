"""A query put into SQL once answers as one that is made anew each time."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.db.models import Count, Q
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import Prepared
from carpentries_portal.common.tests.made_up_rule import people

pytestmark = pytest.mark.django_db

BY_ID = Prepared(lambda pk: Person.objects.filter(pk=pk))
NOT_THAT_ONE = Prepared(lambda pk: Person.objects.filter(~Q(pk=pk), is_active=True).order_by("pk").only("pk", "email"))
COUNTED = Prepared(lambda pk: Person.objects.filter(pk=pk).annotate(n=Count("coordinations")).values_list("email", "n"))


def test_each_id_gets_its_own_row_read_now() -> None:
    first, second = people(2)
    assert [BY_ID.get(second.pk), BY_ID.get(first.pk)] == [second, first]
    Person.objects.filter(pk=first.pk).update(name="Read again")
    with CaptureQueriesContext(connection) as seen:
        assert BY_ID.get(first.pk).name == "Read again"
    assert len(seen) == 1


def test_a_row_that_is_not_there_is_the_models_own_error() -> None:
    with pytest.raises(Person.DoesNotExist):
        BY_ID.get(4711)


def test_all_rows_with_the_fields_that_were_asked_for() -> None:
    first, second, third = people(3)
    assert NOT_THAT_ONE.all(second.pk) == [first, third]
    assert NOT_THAT_ONE.all(first.pk)[0].get_deferred_fields() >= {"name"}
    assert COUNTED.get(first.pk) == (first.email, 0)


def test_each_thread_asks_over_its_own_connection() -> None:
    assert BY_ID.all(1) == BY_ID.all(1)
    made: list[object] = []
    for _n in range(2):
        thread = threading.Thread(target=lambda: made.append(BY_ID._made()[0]))
        thread.start()
        thread.join()
    assert len({id(one) for one in [*made, BY_ID._made()[0]]}) == 3
