"""The audit: inconsistencies planted by raw SQL, each of another kind. It names each of them, and nothing else; and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection

from carpentries_portal.common import desk
from carpentries_portal.common.audit_night import audit_night, due, last_report
from carpentries_portal.common.auditing import Mismatch, run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import AppliedAction, AuditFinding, AuditReport, Notice, Run
from certification.factories import Team, certify
from certification.models import Certificate
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainees.factories import name_people
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import TrainingException

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
CHECKS = {  # a plant that the database itself refuses comes from a time, or a hand, that it did not watch
    "common_notice": "notice_sent_has_time",
    "trainings_trainingexception": "trainingexception_used_only_if_approved",
}


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1, statement


@pytest.fixture
def unwatched() -> Iterator[None]:
    """The database's own constraints stand aside for the test: PostgreSQL drops them in its transaction, SQLite ignores them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            for table, name in CHECKS.items():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


class World:
    """A team that passed, one of it certified; a team to come, with names and a request; a training without anybody."""

    def __init__(self) -> None:
        self.team = Team(6)
        self.certificate: Certificate = certify(self.team, 0, now=NOW)
        coordinator = CoordinatorFactory()
        self.membership = MembershipFactory(organization=coordinator.organization)
        self.training = TrainingFactory(starts_on=date(2018, 6, 4))
        self.booking = BookingFactory(training=self.training, membership=self.membership, by=coordinator.person, seats=6)
        name_people(self.booking, 6, by=coordinator.person, start=40)
        self.other = BookingFactory(
            training=TrainingFactory(starts_on=date(2018, 7, 2)), membership=self.membership, by=coordinator.person, seats=6
        )
        self.empty = TrainingFactory(starts_on=date(2018, 8, 6))
        more = {"training": self.empty, "membership": self.membership, "rule": "R6", "reason": "Late."}
        self.request: TrainingException = actions.ask_exception(**more, by=coordinator.person, now=NOW)


def plant(world: World) -> set[tuple[str, str]]:
    """Ten of them; returns how the audit is to name each."""
    team, spare = world.team, MembershipFactory()
    sql("UPDATE memberships_membership SET available = available + 1, granted = granted + 1 WHERE id = %s", spare.pk)
    sql("UPDATE memberships_reservation SET forfeited_p4 = forfeited_p4 + 1 WHERE id = %s", world.booking.reservation_id)
    sql("UPDATE trainings_booking SET seats = seats + 1 WHERE id = %s", world.other.pk)
    place = name_people(world.other, 6, by=world.booking.booked_by, start=60)[0]
    sql("UPDATE trainees_place SET booking_id = %s, training_id = %s WHERE id = %s", world.booking.pk, world.training.pk, place.pk)
    sql(
        "UPDATE trainees_place SET state = 'removed', removed_at = %s, removed_why = 'by hand' WHERE id = %s",
        NOW,
        team.places[5].pk,
    )
    passed = world.certificate.checkout.submissions.filter(state="passed")[0]
    sql("UPDATE certification_submission SET state = 'failed', feedback = 'by hand' WHERE id = %s", passed.pk)
    checkout = team.checkout(1)
    sql("UPDATE certification_checkout SET due_on = %s WHERE id = %s", checkout.due_on + timedelta(days=3), checkout.pk)
    letter = Notice.objects.order_by("pk")[0]
    sql("UPDATE common_notice SET state = 'sent', sent_at = NULL WHERE id = %s", letter.pk)
    sql("UPDATE trainings_trainingexception SET used_at = %s WHERE id = %s", NOW, world.request.pk)
    AppliedAction.objects.create(
        rule="R7",
        subject_label="trainings.training",
        subject_id=world.empty.pk,
        cut_off_on=date(2018, 7, 9),
        applied_at=NOW,
        sentence="It is cancelled.",
    )
    return {
        ("membership = ledger", f"membership {spare.pk}"),
        ("reservation = ledger", f"reservation {world.booking.reservation_id}"),
        ("booking = reservation", f"booking {world.other.pk}"),
        ("names <= seats", f"booking {world.booking.pk}"),
        ("used = passed", f"booking {team.booking.pk}"),
        ("certificate = exercises", world.certificate.number),
        ("due dates", f"checkout {checkout.pk}"),
        ("letters", f"letter {letter.pk}"),
        ("exceptions", f"training exception {world.request.pk}"),
        ("the night's actions", f"training {world.empty.pk}"),
    }


def found() -> list[Mismatch]:
    return list(run_audits())


def rows_by_table() -> dict[str, list[tuple[object, ...]]]:
    tables = [model for model in apps.get_models() if model not in (AuditReport, AuditFinding)]
    return {model._meta.label: sorted(model._default_manager.values_list(), key=repr) for model in tables}


def test_ten_planted_inconsistencies_are_named_and_nothing_else(unwatched: None) -> None:
    world = World()
    assert found() == []
    planted = plant(world)
    assert len(planted) == 10
    told = found()
    # the counter of a membership stands in two accounts: granted, and where the seat is
    assert {(one.audit, one.subject) for one in told} == planted
    assert len(told) == 11
    assert sorted(one.sentence for one in told if one.audit == "membership = ledger") == [
        "available is 16; its ledger says 15",
        "granted is 16; its ledger says 15",
    ]


def test_the_audit_of_the_night_follows_the_run_once_names_each_and_changes_nothing(unwatched: None) -> None:
    world = World()
    planted = plant(world)
    assert due(now=NOW) is None
    Run.objects.create(as_of=NOW, night=NOW, started_at=NOW, planned_at=NOW, finished_at=NOW)
    before = rows_by_table()
    report = audit_night(now=NOW)
    assert report is not None
    assert {(row.audit, row.subject) for row in report.findings.all()} == planted
    assert (report.found, report.finished_at, last_report()) == (11, NOW, report)
    assert rows_by_table() == before
    assert audit_night(now=NOW) is None
    card = desk.audited(NOW)
    assert [item.text for item in card.items] == [row.subject for row in report.findings.order_by("pk")[:10]]


def test_an_audit_that_lost_its_worker_is_made_anew_two_hours_later() -> None:
    Run.objects.create(as_of=NOW, night=NOW, started_at=NOW, planned_at=NOW, finished_at=NOW)
    broken = AuditReport.objects.create(night=NOW, started_at=NOW)
    assert audit_night(now=NOW + timedelta(hours=1)) is None
    again = audit_night(now=NOW + timedelta(hours=3))
    assert again is not None
    assert (again.found, list(AuditReport.objects.all())) == (0, [again])
    assert again.pk != broken.pk or again.started_at != NOW


def test_a_run_by_hand_has_no_audit_of_its_own() -> None:
    runs.run(now=NOW)
    assert due(now=NOW) is None


def test_what_people_and_attendance_say_of_each_other_is_looked_at_too() -> None:
    """Three more plants: a certificate of somebody else, an outcome before the confirmation, a confirmed team with one undecided."""
    world = World()
    team = world.team
    named = world.booking.places.order_by("pk")[0]
    sql("UPDATE certification_certificate SET person_id = %s WHERE id = %s", named.person_id, world.certificate.pk)
    sql("UPDATE trainees_place SET outcome = 'not_passed', outcome_at = %s, minutes_missed = 90 WHERE id = %s", NOW, named.pk)
    undecided = team.places[4]
    sql("UPDATE trainees_place SET outcome = '', outcome_at = NULL, minutes_missed = NULL WHERE id = %s", undecided.pk)
    told = {(one.audit, one.subject) for one in found()}
    assert told >= {
        ("certificate = place", world.certificate.number),
        ("confirmed = outcomes", f"place {named.pk}"),
        ("confirmed = outcomes", f"place {undecided.pk}"),
    }
    assert {audit for audit, _subject in told} == {
        "certificate = place",
        "confirmed = outcomes",
        "used = passed",  # of the undecided one, whose seat was used and whose checkout is open
        "passed = checkout",
    }


def test_what_is_stored_and_follows_from_something_else_is_looked_at_too() -> None:
    """Four more plants: a cut-off for teams, one for names, a list's own day, a level; each named once, and nothing else."""
    world = World()
    sql("UPDATE trainings_training SET sign_up_until = '2018-05-06' WHERE id = %s", world.training.pk)
    sql("UPDATE trainings_training SET roster_until = '2018-07-10' WHERE id = %s", world.empty.pk)
    sql("UPDATE trainings_booking SET roster_until = '2018-06-20' WHERE id = %s", world.other.pk)
    sql("UPDATE memberships_membership SET level = 'silver' WHERE id = %s", world.membership.pk)
    before = rows_by_table()
    assert sorted((one.audit, one.subject) for one in found()) == [
        ("cut-offs", f"booking {world.other.pk}"),
        ("cut-offs", f"training {world.training.code}"),
        ("cut-offs", f"training {world.empty.code}"),
        ("granted = level", f"membership {world.membership.pk}"),
    ]
    assert rows_by_table() == before
