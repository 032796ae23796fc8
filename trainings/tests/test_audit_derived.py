"""The audit of what is stored and follows from something else: cut-offs, a list's own day, the seats that a membership begins with."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from copy import copy
from datetime import UTC, date, datetime, time, timedelta

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.auditing import Mismatch
from carpentries_portal.common.errors import UnableTo
from memberships import actions as membership_actions
from memberships.factories import EPOCH, MembershipFactory, StaffFactory
from trainings import actions
from trainings.actions.trainings import Schedule
from trainings.audit import cut_offs_follow_from_the_dates
from trainings.factories import BookingFactory
from trainings.models import Booking, Training
from trainings.tests.test_audit import found, mismatches, sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Booking:
    """Nine seats of fifteen at a training."""
    booking: Booking = BookingFactory()
    assert mismatches() == []
    return booking


def test_sign_up_that_ends_on_another_day_than_the_edition_says(team: Booking) -> None:
    sql("UPDATE trainings_training SET sign_up_until = '2018-02-13' WHERE id = %s", team.training_id)
    sentence = "sign-up until 2018-02-13; its first day and its edition give 2018-02-12"
    assert mismatches() == [Mismatch("cut-offs", f"training {team.training.code}", "2018-02-12", "2018-02-13", sentence)]


def test_names_that_end_on_another_day_than_the_edition_says(team: Booking) -> None:
    sql("UPDATE trainings_training SET roster_until = '2018-02-18' WHERE id = %s", team.training_id)
    sentence = "names until 2018-02-18; its first day and its edition give 2018-02-19"
    assert mismatches() == [Mismatch("cut-offs", f"training {team.training.code}", "2018-02-19", "2018-02-18", sentence)]


@pytest.mark.parametrize("on", [date(2018, 2, 12), date(2018, 2, 19), date(2018, 5, 14)])
def test_cut_offs_of_a_moved_training_are_those_of_its_last_move(team: Booking, on: date) -> None:
    """P8: seven days after the move, the eve, or D(n): each adds up; and is named where it does not."""
    training, now = team.training, datetime(2018, 2, 11, 12, tzinfo=UTC)
    for first in (date(2018, 4, 2), on):
        dates = Schedule(starts_on=first, ends_on=first + timedelta(days=1), starts=time(10), ends=time(18), zone="Asia/Tokyo")
        actions.move_training(training_id=training.pk, schedule=dates, why="The trainer is ill.", by=StaffFactory(), now=now)
    assert mismatches() == []
    right = Training.objects.get(pk=training.pk).roster_until
    sql("UPDATE trainings_training SET roster_until = %s WHERE id = %s", right - timedelta(days=1), training.pk)
    assert found() == [("cut-offs", f"training {training.code}", str(right), str(right - timedelta(days=1)))]


def test_day_of_a_bookings_own_that_nobody_approved(team: Booking) -> None:
    by = StaffFactory()
    more = {"training": team.training, "membership": team.membership, "booking": team, "rule": "R16", "reason": "Slow."}
    record = actions.ask_exception(**more, by=by, now=EPOCH)
    exceptions.approve(record, by=by, now=EPOCH, until=EPOCH + timedelta(days=60), to_date=date(2018, 3, 1))
    assert mismatches() == []
    sql("UPDATE trainings_booking SET roster_until = '2018-03-02' WHERE id = %s", team.pk)
    assert found() == [("cut-offs", f"booking {team.pk}", "a day that was approved", "2018-03-02")]


def test_membership_of_another_level_or_contract_than_its_seats(team: Booking) -> None:
    subject = f"membership {team.membership_id}"
    sql("UPDATE memberships_membership SET level = 'silver' WHERE id = %s", team.membership_id)
    sentence = "it began with 15 seats; Silver, edition 2017: 6 seats for the year."
    assert mismatches() == [Mismatch("granted = level", subject, 6, 15, sentence)]
    sql("UPDATE memberships_membership SET contract_seats = 14 WHERE id = %s", team.membership_id)
    assert found() == [("granted = level", subject, 14, 15)]
    sql("UPDATE memberships_membership SET contract_seats = 15 WHERE id = %s", team.membership_id)
    assert found() == []


def test_seats_that_came_later_or_were_taken_over_are_no_mismatch(team: Booking) -> None:
    by, organization = StaffFactory(), team.membership.organization
    membership_actions.grant_extra(membership=team.membership, seats=3, why="A gift.", by=by, now=EPOCH)
    membership_actions.withdraw(membership=team.membership, seats=1, why="Less.", by=by, now=EPOCH)
    taken = {"organization": organization, "level": "gold", "source": "a file", "used_seats": 4, "by": by, "now": EPOCH}
    for year in (2016, 2018):
        dates = {"starts_on": date(year, 1, 1), "ends_on": date(year, 12, 31)}
        with suppress(UnableTo):  # no edition was in force in 2016
            membership_actions.take_over_membership(**taken, **dates, source_key=f"k{year}")
    MembershipFactory(level="bronze")
    assert mismatches() == []


def test_memory_stays_flat_whatever_the_number_of_trainings(team: Booking) -> None:
    """Each row is looked at and let go."""

    def peak() -> int:
        tracemalloc.start()
        try:
            assert list(cut_offs_follow_from_the_dates()) == []
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def many(first: int, count: int) -> None:
        row = Training.objects.get(pk=team.training_id)
        rows = []
        for n in range(first, first + count):
            row.pk, row.code = None, f"copy-{n}"
            rows.append(copy(row))
        Training.objects.bulk_create(rows, batch_size=500)

    many(0, 1000)
    few = peak()
    many(1000, 4000)
    assert peak() < 1.3 * few
