"""A turn is taken in a transaction, and kept to its end: whoever wants the same one waits, and whoever wants another does not."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from carpentries_portal.common import turns
from carpentries_portal.common.testing.waiting import until_somebody_waits
from trainings.tests.test_races import at_once


@pytest.mark.django_db(transaction=True)
def test_a_turn_is_taken_in_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError, match="in a transaction"):
        turns.take("calendar")
    with transaction.atomic():
        turns.take("calendar")
        turns.take("calendar")


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_the_second_waits_for_the_first_and_nobody_for_another() -> None:
    done, taken = list[str](), threading.Event()

    def first() -> None:
        with transaction.atomic():
            turns.take("calendar")
            taken.set()
            until_somebody_waits()
            done.append("first")

    def second() -> None:
        assert taken.wait(timeout=60)
        with transaction.atomic():
            turns.take("another")
            done.append("another")
            turns.take("calendar")
            done.append("second")

    assert at_once([first, second]) == [None, None]
    assert done == ["another", "first", "second"]
