"""The audit names each planted inconsistency and nothing else, with what should stand there; it changes nothing."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import connection

from carpentries_portal.common.auditing import Mismatch, run_audits
from memberships import actions as membership_actions
from memberships.factories import EPOCH, MembershipFactory, StaffFactory
from memberships.ledger import Cause
from memberships.models import LedgerEntry
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Booking:
    """Nine seats of fifteen, beside teams that left in time, left late, shrank and lost seats by P6, R15 and P4; and one that was cancelled."""
    booking = BookingFactory()
    by = StaffFactory()
    early = BookingFactory(training=booking.training)
    actions.cancel_booking(booking_id=early.pk, why="ill", by=by, now=EPOCH)
    late = BookingFactory(training=TrainingFactory(starts_on=date(2018, 4, 9)), seats=15)
    actions.change_seats(booking_id=late.pk, seats=12, by=by, now=EPOCH)
    (membership,) = membership_actions.lock_memberships([late.membership_id])
    reservation = Booking.objects.select_related("reservation").get(pk=late.pk).reservation
    cause = Cause(reason="because", now=EPOCH)
    membership_actions.forfeit(membership, reservation, seats=2, rule="P6", cause=cause)
    membership_actions.forfeit(membership, reservation, seats=1, rule="R15", cause=cause)
    membership_actions.forfeit(membership, reservation, seats=4, rule="P4", cause=cause)
    Booking.objects.filter(pk=late.pk).update(seats=8)  # P4's are gone from it, P6's and R15's are not
    gone = BookingFactory(training=TrainingFactory(starts_on=date(2018, 5, 7)))
    actions.cancel_training(training_id=gone.training_id, why="No trainer.", by=by, now=EPOCH)
    booking.refresh_from_db()
    assert found() == []
    return booking


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1


def found() -> list[tuple[str, str, int | str, int | str]]:
    return [(row.audit, row.subject, row.expected, row.found) for row in mismatches()]


def mismatches() -> list[Mismatch]:
    """Of seats and bookings; whether people passed for the seats is trainees' to say, and nobody is named here."""
    return [row for row in run_audits() if row.audit != "used = passed"]


def test_membership_counter_that_is_not_its_ledgers(team: Booking) -> None:
    sql("UPDATE memberships_membership SET available = available + 2, granted = granted + 2 WHERE id = %s", team.membership_id)
    subject = f"membership {team.membership_id}"
    assert mismatches() == [
        Mismatch("membership = ledger", subject, 15, 17, "granted is 17; its ledger says 15"),
        Mismatch("membership = ledger", subject, 6, 8, "available is 8; its ledger says 6"),
    ]


def test_membership_without_any_entry() -> None:
    membership = MembershipFactory()
    sql("DELETE FROM memberships_ledgerentry WHERE membership_id = %s", membership.pk)
    subject = f"membership {membership.pk}"
    assert found() == [
        ("membership = ledger", subject, 0, 15),
        ("membership = ledger", subject, 0, 15),
        ("granted = level", subject, 15, 0),
    ]


def test_reservation_counter_that_is_not_its_ledgers(team: Booking) -> None:
    sql("UPDATE memberships_reservation SET reserved = 8, forfeited_p4 = 1 WHERE id = %s", team.reservation_id)
    subject = f"reservation {team.reservation_id}"
    assert found() == [
        ("reservation = ledger", subject, 9, 8),
        ("reservation = ledger", subject, 0, 1),
        ("booking = reservation", f"booking {team.pk}", 8, 9),
    ]


def test_seats_forfeited_by_another_rule_than_the_counter_says(team: Booking) -> None:
    entry = LedgerEntry.objects.get(forfeit_rule="P6")
    sql("UPDATE memberships_ledgerentry SET forfeit_rule = 'R15' WHERE id = %s", entry.pk)
    subject = f"reservation {entry.reservation_id}"
    assert [(row.subject, row.sentence) for row in run_audits()] == [
        (subject, "forfeited_p6 is 2; its ledger says 0"),
        (subject, "forfeited_r15 is 1; its ledger says 3"),
    ]


def test_movement_that_is_not_of_the_table(team: Booking) -> None:
    entry = LedgerEntry.objects.get(reservation=team.reservation_id)
    sql("UPDATE memberships_ledgerentry SET event = 'use' WHERE id = %s", entry.pk)
    sentence = "use: available -> reserved is no movement of the table"
    assert mismatches() == [
        Mismatch("ledger table", f"ledger entry {entry.pk}", "a movement of the table", "use: available -> reserved", sentence)
    ]


def test_event_that_nobody_knows(team: Booking) -> None:
    entry = LedgerEntry.objects.get(reservation=team.reservation_id)
    sql("UPDATE memberships_ledgerentry SET event = 'magic' WHERE id = %s", entry.pk)
    assert [(row.subject, row.found) for row in run_audits()] == [(f"ledger entry {entry.pk}", "magic: available -> reserved")]


def test_balance_after_an_entry_that_does_not_follow(team: Booking) -> None:
    entry = LedgerEntry.objects.get(reservation=team.reservation_id)
    sql("UPDATE memberships_ledgerentry SET available_after = 7 WHERE id = %s", entry.pk)
    assert found() == [("ledger order", f"ledger entry {entry.pk}", 6, 7)]


def test_entry_that_moves_seats_of_another_membership(team: Booking) -> None:
    other = MembershipFactory()
    sql("UPDATE memberships_reservation SET membership_id = %s WHERE id = %s", other.pk, team.reservation_id)
    sql("UPDATE trainings_booking SET membership_id = %s WHERE id = %s", other.pk, team.pk)
    entry = LedgerEntry.objects.get(reservation=team.reservation_id)
    expected, there = f"membership {other.pk}", f"membership {team.membership_id}"
    assert found() == [("entry = reservation", f"ledger entry {entry.pk}", expected, there)]


def test_booking_of_another_membership_than_its_reservation(team: Booking) -> None:
    other = MembershipFactory()
    sql("UPDATE trainings_booking SET membership_id = %s WHERE id = %s", other.pk, team.pk)
    expected, there = f"membership {team.membership_id}", f"membership {other.pk}"
    assert found() == [("booking = reservation", f"booking {team.pk}", expected, there)]


def test_booking_with_other_seats_than_its_reservation(team: Booking) -> None:
    sql("UPDATE trainings_booking SET seats = 10 WHERE id = %s", team.pk)
    assert mismatches() == [
        Mismatch("booking = reservation", f"booking {team.pk}", 9, 10, "it has 10 seats; its reservation says 9")
    ]


def test_cancelled_booking_that_still_reserves(team: Booking) -> None:
    sql("UPDATE trainings_booking SET state = 'cancelled', cancelled_at = booked_at, cancelled_why = 'x' WHERE id = %s", team.pk)
    assert mismatches() == [
        Mismatch("booking = reservation", f"booking {team.pk}", 0, 9, "it is cancelled, and 9 seats are reserved")
    ]


def test_seats_that_are_reserved_though_attendance_is_confirmed(team: Booking) -> None:
    sql("UPDATE trainings_booking SET attendance_confirmed_at = booked_at WHERE id = %s", team.pk)
    sentence = "its attendance is confirmed, and 9 seats are reserved"
    assert mismatches() == [Mismatch("booking = reservation", f"booking {team.pk}", 0, 9, sentence)]


def test_reservation_whose_booking_is_gone(team: Booking) -> None:
    sql("DELETE FROM trainings_booking WHERE id = %s", team.pk)
    assert mismatches() == [
        Mismatch(
            "booking = reservation", f"reservation {team.reservation_id}", "a booking", "none", "9 seats are held by no booking"
        )
    ]


def test_more_seats_than_the_training_holds(team: Booking) -> None:
    sql("UPDATE trainings_training SET capacity = 8 WHERE id = %s", team.training_id)
    assert mismatches() == [
        Mismatch("capacity", f"training {team.training.code}", "at most 8", 9, "9 seats are booked; it holds 8")
    ]


def test_team_at_a_cancelled_training(team: Booking) -> None:
    sql(
        "UPDATE trainings_training SET state = 'cancelled', cancelled_at = added_at, cancelled_why = 'x' WHERE id = %s",
        team.training_id,
    )
    sentence = f"it is confirmed at {team.training.code}, which is cancelled"
    assert mismatches() == [Mismatch("cancelled training", f"booking {team.pk}", "cancelled", "confirmed", sentence)]


def test_instants_that_do_not_follow_from_the_clock(team: Booking) -> None:
    sql("UPDATE trainings_training SET zone = 'America/New_York' WHERE id = %s", team.training_id)
    meant, there = (
        "2018-03-12 13:00:00+00:00 to 2018-03-13 21:00:00+00:00",
        "2018-03-12 14:00:00+00:00 to 2018-03-13 22:00:00+00:00",
    )
    assert found() == [("instants", f"training {team.training.code}", meant, there)]


def test_zone_that_is_none_is_named_and_hides_nothing_else(team: Booking) -> None:
    sql("UPDATE trainings_training SET zone = 'Nowhere/Atall' WHERE id = %s", team.training_id)
    other = Training.objects.exclude(pk=team.training_id).earliest("pk")
    sql("UPDATE trainings_training SET capacity = 1 WHERE id = %s", Training.objects.get(starts_on=date(2018, 4, 9)).pk)
    assert other is not None
    assert [(row.audit, row.sentence) for row in run_audits()] == [
        ("capacity", "8 seats are booked; it holds 1"),
        ("instants", "“Nowhere/Atall” is not a time zone"),
    ]


def audited(*arguments: str) -> tuple[str, int]:
    """What the command prints, and how it exits."""
    out = StringIO()
    try:
        call_command("audit", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def everything() -> str:
    rows = (row for model in apps.get_models() for row in model._default_manager.order_by("pk"))
    return serializers.serialize("json", rows)


def test_command_prints_each_mismatch_and_changes_nothing(team: Booking) -> None:
    assert audited() == ("All adds up.\n", 0)
    assert audited("--json") == ("[]\n", 0)
    sql("UPDATE trainings_booking SET seats = 10 WHERE id = %s", team.pk)
    before = everything()
    line = f"booking = reservation: booking {team.pk}: it has 10 seats; its reservation says 9\n"
    assert audited() == (f"{line}1 mismatch\n", 1)
    out, code = audited("--json")
    assert (json.loads(out), code) == (
        [
            {
                "audit": "booking = reservation",
                "subject": f"booking {team.pk}",
                "expected": 9,
                "found": 10,
                "sentence": "it has 10 seats; its reservation says 9",
            }
        ],
        1,
    )
    sql("UPDATE trainings_training SET capacity = 8 WHERE id = %s", team.training_id)
    assert audited()[0].endswith("\n2 mismatches\n")
    sql("UPDATE trainings_training SET capacity = 30 WHERE id = %s", team.training_id)
    assert everything() == before


def test_audit_asks_the_same_number_of_queries_whatever_there_is(team: Booking, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(57):
        assert mismatches() == []
    for _ in range(3):
        BookingFactory()
    with django_assert_num_queries(57):
        assert mismatches() == []
