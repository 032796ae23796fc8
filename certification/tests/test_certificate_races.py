"""Races on PostgreSQL: a certificate issued and drawn by many at once, corrected while it is drawn, issued while its person is forgotten."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import transaction

from carpentries_portal.common import people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.merging import merge_people, preview
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.testing.waiting import until_somebody_waits
from certification import actions
from certification.actions import drawing
from certification.factories import Team, apply, certify, pass_exercises
from certification.models import Certificate, CertificateRevision
from memberships.factories import PersonFactory, StaffFactory
from trainings.tests.test_races import at_once

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)


def failures(results: list[object]) -> list[object]:
    """Whatever is no plain no."""
    return [result for result in results if isinstance(result, Exception) and not isinstance(result, UnableTo)]


def test_many_who_issue_at_once_make_one() -> None:
    team = Team()
    apply(team.places[0])
    pass_exercises(team.checkout(), by=team.trainer, now=NOW)
    checkout_id = team.checkout().pk
    results = at_once([lambda: actions.issue_certificate(checkout_id=checkout_id, by=None, now=NOW)] * 8)
    assert failures(results) == []
    assert (Certificate.objects.count(), CertificateRevision.objects.count()) == (1, 1)
    assert [str(finding) for finding in run_audits()] == []


def test_many_workers_draw_each_once_while_names_are_corrected() -> None:
    team, staff = Team(), StaffFactory()
    certificates = [certify(team, number, now=NOW) for number in range(6)]
    corrected = certificates[0].pk

    def correct() -> object:
        return actions.correct_certificate(certificate_id=corrected, name="Ana Souza", why="she married", by=staff, now=NOW)

    results = at_once([correct, *[lambda: drawing.draw_due(now=NOW)] * 7])
    drawing.draw_due(now=NOW)
    assert failures(results) == []
    newest = CertificateRevision.objects.current()
    assert newest.exclude(sha256="").count() == 6
    drawn = CertificateRevision.objects.exclude(sha256="").count()
    assert JournalEntry.objects.filter(what="certificate_drawn").count() == drawn
    assert Notice.objects.filter(letter="certification.certificate").count() == drawn
    assert [str(finding) for finding in run_audits()] == []


def test_who_is_forgotten_while_it_is_issued_is_named_nowhere() -> None:
    team, staff = Team(), StaffFactory()
    for number in range(4):
        apply(team.places[number], name="Ana Maria Silva")
        pass_exercises(team.checkout(number), by=team.trainer, now=NOW)
    ids = [(team.checkout(number).pk, team.places[number].person_id) for number in range(4)]

    def issue(checkout_id: int) -> object:
        return actions.issue_certificate(checkout_id=checkout_id, by=None, now=NOW)

    def forget(person_id: int) -> object:
        return people_requests.forget(person_id=person_id, keep_verifiable=False, why="as asked", by=staff, now=NOW)

    work = [job for checkout, person in ids for job in (lambda c=checkout: issue(c), lambda p=person: forget(p))]
    assert failures(at_once(work)) == []
    assert Person.objects.filter(forgotten_at__isnull=False).count() == 4
    assert not CertificateRevision.objects.exclude(name="").exists()
    assert not Certificate.objects.filter(forgotten_at__isnull=True).exists()
    drawing.draw_due(now=NOW)
    assert not Notice.objects.filter(letter="certification.certificate").exists()


def test_a_certificate_that_is_stored_while_its_holder_is_merged_goes_to_the_person_that_is_kept() -> None:
    team, staff = Team(1), StaffFactory()
    revision = certify(team, now=NOW).revisions.get()
    merged, kept = team.places[0].person, PersonFactory(email="kept@example.org")
    seen = preview(kept, merged).seen
    done = threading.Event()

    def merge() -> object:
        with transaction.atomic():
            merge_people(kept_id=kept.pk, merged_id=merged.pk, why="One.", seen=seen, by=staff, now=NOW)
            done.set()
            until_somebody_waits()
        return None

    def store() -> object:
        done.wait(timeout=20)
        return drawing.store({revision.pk: b"%PDF-"}, now=NOW)

    assert at_once([merge, store]) == [None, 1]
    letters = Notice.objects.filter(letter="certification.certificate")
    assert list(letters.values_list("to_address", "to_person")) == [("kept@example.org", kept.pk)]
