"""R7 says the same of several trainings read at once as of each alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from memberships.factories import MembershipFactory, StaffFactory
from trainings import actions
from trainings.enforcement import verdict_for, verdicts_for
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Training

pytestmark = pytest.mark.django_db
NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)


def test_verdicts_of_all_are_those_of_each() -> None:
    staff, membership = StaffFactory(), MembershipFactory()
    _plain, held, asked, left, booked = (TrainingFactory(starts_on=date(2018, 2, 5) + timedelta(days=n)) for n in range(5))
    actions.hold_training(training_id=held.pk, until_on=date(2018, 1, 20), why="promised", by=staff, now=NOW)
    actions.ask_exception(training=asked, membership=membership, rule="R6", reason="late", by=None, now=NOW, booking=None, seats=6)
    BookingFactory(training=booked)
    BookingFactory(training=left)
    left.bookings.update(state="cancelled", booked_at=NOW - timedelta(days=60), cancelled_at=NOW, cancelled_why="x")
    rows = list(Training.objects.with_seats_booked().select_related("edition").order_by("pk"))
    assert len(rows) == 5
    for days in (0, 3, 12, 20):
        now = NOW + timedelta(days=days)
        assert verdicts_for(rows, now) == [(row, verdict_for(row, now)) for row in rows]
    assert len({str(verdict) for _row, verdict in verdicts_for(rows, NOW)}) > 2, "the cases differ"
    with CaptureQueriesContext(connection) as queries:
        verdicts_for(rows, NOW)
    assert len(queries) == 2
