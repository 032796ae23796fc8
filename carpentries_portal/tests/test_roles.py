"""Roles: what each may, on every page and button of admin; nobody decides an exception that they gain by; who says who has which."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.test import Client

from carpentries_portal.common import clock, exceptions
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.buttons import Button
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.models import ExceptionRecord, Hold, JournalEntry, Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.roles import GROUPS, READER, REVIEWER, SCHEDULER, SUPERUSER, UnableToGrant, roles_of, set_roles
from carpentries_portal.pages.roles import offer_roles, wanted
from certification.factories import Team
from certification.models import CheckoutException
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Membership, MembershipException
from trainees.actions import mark_team
from trainees.models import PlaceException, RosterRequest
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import TrainingException

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def of_role(role: str) -> Person:
    person = PersonFactory(is_staff=bool(role), is_superuser=role == SUPERUSER)
    if role in GROUPS:
        person.groups.add(Group.objects.get(name=role))
    return person


def desk(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def buttons() -> list[tuple[type[models.Model], Button]]:
    return [
        (model, button)
        for model, model_admin in admin.site._registry.items()
        if isinstance(model_admin, SeenOnlyAdmin)
        for button in model_admin.buttons
    ]


# permissions


def test_every_button_names_a_permission_that_there_is() -> None:
    known = {f"{row.content_type.app_label}.{row.codename}" for row in Permission.objects.select_related("content_type")}
    assert len(buttons()) > 40
    unknown = {(model.__name__, one.name) for model, one in buttons() if one.permission_on(model) not in known | {SUPERUSER}}
    assert unknown == set()


SCHEDULED = {
    "BrakedAction",
    "Booking",
    "Coordinator",
    "DataRequest",
    "Demand",
    "Hold",
    "Membership",
    "MembershipException",
    "NameQuestion",
    "Notice",
    "Organization",
    "OrganizationAlias",
    "StaffNote",
    "Person",
    "Place",
    "PlaceException",
    "RosterRequest",
    "Trainer",
    "Training",
    "TrainingException",
    "CheckoutException",
}
REVIEWED = {"Submission", "Checkout", "CheckoutException", "Certificate", "Reissue"}
NO_ROLE = {("Person", "reset-factors"), ("Person", "roles")}


def may(role: str, model: type[models.Model], button: Button) -> bool:
    """As the README says: written out here, so that a button that slips into a role is seen."""
    if role == SUPERUSER:
        return True
    if (model.__name__, button.name) in NO_ROLE or role in {READER, ""}:
        return False
    return model.__name__ in (SCHEDULED if role == SCHEDULER else REVIEWED)


@pytest.mark.parametrize("role", [SUPERUSER, SCHEDULER, REVIEWER, READER, ""])
def test_each_button_is_refused_without_its_permission_and_nothing_changes(role: str) -> None:
    """A row need not be there: who may not press learns nothing about rows either."""
    client = desk(of_role(role))
    journal = JournalEntry.objects.count()
    answers = {}
    for model, button in buttons():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/987654/do/{button.name}/"
        found = {client.get(path).status_code, client.post(path, {"once": "0" * 32, "why": "x", "note": "x"}).status_code}
        answers[model.__name__, button.name] = found
    refusal = 403 if role else 302  # who is no staff is led to log in
    expected = {(model.__name__, one.name): {404 if may(role, model, one) else refusal} for model, one in buttons()}
    assert {key: found for key, found in answers.items() if found != expected[key]} == {}
    assert JournalEntry.objects.count() == journal


@pytest.mark.parametrize("role", [SUPERUSER, SCHEDULER, REVIEWER, READER])
def test_each_page_of_admin_opens_for_each_role_and_adds_by_permission(role: str) -> None:
    client = desk(of_role(role))
    pages = {model: f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
    assert {path for path in pages.values() if client.get(path).status_code != 200} == set()
    added = {model.__name__ for model, path in pages.items() if client.get(f"{path}add/").status_code == 200}
    forms = {model.__name__ for model, one in admin.site._registry.items() if getattr(one, "add_form", None) is not None}
    planned = {
        name for name in forms if apps.get_model(app_of(name), name)._meta.app_label in {"memberships", "trainings", "trainees"}
    }
    assert added >= {SUPERUSER: forms, SCHEDULER: planned}.get(role, set())
    assert role in {SUPERUSER, SCHEDULER} or added & planned == set()


def app_of(name: str) -> str:
    return next(model._meta.app_label for model in admin.site._registry if model.__name__ == name)


def test_who_only_reads_is_offered_no_button() -> None:
    membership = MembershipFactory()
    path = f"/admin/memberships/membership/{membership.pk}/change/"
    offers = {
        role: "/do/grant/" in desk(of_role(role)).get(path).content.decode() for role in (SUPERUSER, SCHEDULER, REVIEWER, READER)
    }
    assert offers == {SUPERUSER: True, SCHEDULER: True, REVIEWER: False, READER: False}


def test_a_button_pressed_with_a_true_form_by_a_reader_changes_nothing() -> None:
    membership = MembershipFactory()
    path = f"/admin/memberships/membership/{membership.pk}/do/grant/"
    page = desk(of_role(SCHEDULER)).get(path).content.decode()
    once = page.split('name="once" value="')[1].split('"')[0]
    answer = desk(of_role(READER)).post(path, {"seats": 3, "why": "mine", "once": once})
    assert answer.status_code == 403
    assert Membership.objects.get().granted == membership.granted
    theirs, scheduler = {"seats": 3, "why": "theirs", "once": once}, desk(of_role(SCHEDULER))
    told = scheduler.post(path, theirs).content.decode()
    seen = told.split('name="seen" value="')[1].split('"')[0]
    assert scheduler.post(path, {**theirs, "seen": seen}).status_code == 302
    assert Membership.objects.get().granted == membership.granted + 3


def test_offering_again_changes_nothing_and_keeps_what_staff_changed() -> None:
    assert offer_roles() == 0
    group = Group.objects.get(name=READER)
    taken, given = Permission.objects.get(codename="view_journalentry"), Permission.objects.get(codename="change_notice")
    group.permissions.remove(taken)
    group.permissions.add(given)
    assert offer_roles() == 0
    names = set(group.permissions.values_list("codename", flat=True))
    assert ("view_journalentry" in names, "change_notice" in names) == (False, True)


def test_no_role_changes_editions_or_deletes() -> None:
    known = [f"{row.content_type.app_label}.{row.codename}" for row in Permission.objects.select_related("content_type")]
    all_of_them = set().union(*(wanted(role, known) for role in GROUPS))
    assert {
        name
        for name in all_of_them
        if ".delete_" in name or name in {"common.add_editionrecord", "common.change_editionrecord", "common.grant_role"}
    } == set()


# who has which role


def test_a_superuser_says_who_has_which_role() -> None:
    boss, person = StaffFactory(), PersonFactory(name="Rui", email="rui@example.org")
    path = f"/admin/common/person/{person.pk}/do/roles/"
    client = desk(boss)
    page = client.get(path).content.decode()
    assert "Scheduler: memberships, seats, trainings" in page
    once = page.split('name="once" value="')[1].split('"')[0]
    client.post(path, {"roles": [SCHEDULER, REVIEWER], "why": "New here.", "once": once})
    person = Person.objects.get(pk=person.pk)
    assert (person.is_staff, person.is_superuser, roles_of(person)) == (True, False, [SCHEDULER, REVIEWER])
    listed = client.get("/admin/common/person/?role=scheduler").content.decode()
    assert "rui@example.org" in listed
    assert "scheduler, reviewer" in listed
    assert boss.email not in listed.split('id="result_list"')[1]
    set_roles(person_id=person.pk, roles=[], why="Has left.", by=boss, now=NOW)
    person = Person.objects.get(pk=person.pk)
    assert (person.is_staff, roles_of(person)) == (False, [])
    assert [(line.old, line.new) for line in JournalEntry.objects.filter(what="roles_set").order_by("pk")] == [
        ({"roles": []}, {"roles": [SCHEDULER, REVIEWER]}),
        ({"roles": [SCHEDULER, REVIEWER]}, {"roles": []}),
    ]


def test_roles_that_cannot_be_given() -> None:
    boss, person = StaffFactory(), PersonFactory()
    for by, whom, roles, why, said in [
        (of_role(SCHEDULER), person, [SUPERUSER], "x", "Only a superuser says"),
        (boss, person, ["king"], "x", "There is no role king"),
        (boss, person, [READER], " ", "Say why"),
        (boss, boss, [READER], "x", "This is the last superuser"),
    ]:
        with pytest.raises(UnableToGrant, match=said):
            set_roles(person_id=whom.pk, roles=roles, why=why, by=by, now=NOW)
    assert roles_of(person) == []


def test_a_scheduler_does_not_touch_the_account_of_staff() -> None:
    boss = StaffFactory(email="boss@example.org", name="Boss")
    client = desk(of_role(SCHEDULER))
    path = f"/admin/common/person/{boss.pk}/do/correct/"
    page = client.get(path).content.decode()
    once = page.split('name="once" value="')[1].split('"')[0]
    client.post(path, {"name": "Boss", "email": "mine@example.org", "why": "x", "once": once})
    assert Person.objects.get(pk=boss.pk).email == "boss@example.org"


# nobody decides an exception that they gain by

SUBJECTS: dict[type[ExceptionRecord], Callable[[Any], dict[str, Any]]] = {
    MembershipException: lambda team: {"membership": team.booking.membership, "rule": "R12"},
    TrainingException: lambda team: {"training": team.training, "membership": team.booking.membership, "rule": "R6"},
    RosterRequest: lambda team: {"booking": team.booking, "rule": "P7"},
    PlaceException: lambda team: {"place": team.places[0], "rule": "R14"},
    CheckoutException: lambda team: {"checkout": team.checkout(), "rule": "R25", "to_date": date(2018, 8, 1)},
    Hold: lambda team: {
        "subject_label": "memberships.membership",
        "subject_id": team.booking.membership_id,
        "subject_words": "it",
        "subject_zone": "UTC",
        "rule": "R12",
    },
}
LATER = datetime(2018, 3, 1, 12, tzinfo=UTC)


def test_every_kind_of_exception_is_among_them() -> None:
    assert set(SUBJECTS) == set(ExceptionRecord.__subclasses__())


@pytest.mark.parametrize("kind", SUBJECTS, ids=lambda kind: kind.__name__)
def test_nobody_decides_or_enters_what_they_gain_by(kind: type[ExceptionRecord]) -> None:
    team = Team(6)
    gainers = [team.coordinator]
    if kind in {PlaceException, CheckoutException}:
        gainers.append(team.places[0].person)
    values = SUBJECTS[kind](team)
    record: Any = kind(**values, reason="because", state=ExceptionState.ASKED, asked_at=LATER)
    record.save()
    for person in gainers:
        Person.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
        until = LATER + timedelta(days=30)
        with pytest.raises(UnableToDecide, match="You gain by this yourself"):
            exceptions.approve(record, by=person, now=LATER, until=until)
        with pytest.raises(UnableToDecide, match="You gain by this yourself"):
            exceptions.enter(kind(**values, reason="because", until=until), by=person, now=LATER)
        path = f"/admin/{kind._meta.app_label}/{kind._meta.model_name}/{record.pk}/do/decline/"
        client = desk(Person.objects.get(pk=person.pk))
        page = client.get(path).content.decode()
        once = re.search(r'name="once" value="(\w+)"', page)
        assert once is not None
        assert "You gain by this yourself" in client.post(path, {"note": "no", "once": once[1]}).content.decode()
    record.refresh_from_db()
    assert record.state == ExceptionState.ASKED
    assert kind._default_manager.count() == 1


def test_the_gainer_in_bulk_is_told_and_the_rest_is_decided() -> None:
    ours, theirs = CoordinatorFactory(), CoordinatorFactory()
    training = TrainingFactory()
    rows = []
    for one in (ours, theirs):
        membership = MembershipFactory(organization=one.organization)
        row = TrainingException(
            training=training, membership=membership, rule="R6", reason="late", asked_by=one.person, asked_at=NOW
        )
        row.save()
        rows.append(row)
    Person.objects.filter(pk=ours.person_id).update(is_staff=True, is_superuser=True)
    client = desk(Person.objects.get(pk=ours.person_id))
    values = {
        "action": "approve_selected",
        "_selected_action": [row.pk for row in rows],
        "confirm": "yes",
        "until_0": "2018-02-01",
        "until_1": "12:00",
    }
    page = client.post("/admin/trainings/trainingexception/", values | {"until": "2018-02-01 12:00"}, follow=True).content.decode()
    assert "You gain by this yourself" in page
    assert [TrainingException.objects.get(pk=row.pk).state for row in rows] == ["asked", "approved"]


def test_a_hold_of_a_training_is_nobodys_gain() -> None:
    booking = BookingFactory()
    record = TrainingException(training=booking.training, rule="R7", reason="x")
    assert record.gainers() == set()


# outside admin


def test_who_only_reads_looks_on_at_a_roll_call_and_a_scheduler_confirms_it() -> None:
    team = Team(6, confirm=False)
    for day in (1, 2):
        mark_team(booking_id=team.booking.pk, marks={}, rest_on=day, by=team.trainer, now=team.training.ends_at)
    later = team.training.ends_at + timedelta(hours=1)
    base = f"/trainings/{team.training.code}"
    confirm = f"{base}/attendance/{team.booking.pk}/confirm/"
    reader, scheduler = desk(of_role(READER)), desk(of_role(SCHEDULER))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        pages = {path: reader.get(path).content.decode() for path in (f"{base}/attendance/", f"{base}/evidence/", confirm)}
        assert {path for path, page in pages.items() if "Your role looks on" not in page} == set()
        assert {
            path for path, page in pages.items() if re.search(r'<button[^>]* name="do"(?! value="save" tabindex)', page)
        } == set()
        seen = re.search(r'name="seen" value="(\w+)"', scheduler.get(confirm).content.decode())
        assert seen is not None
        assert reader.post(confirm, {"seen": seen[1]}).status_code == 403
        team.booking.refresh_from_db()
        assert team.booking.attendance_confirmed_at is None
        assert scheduler.post(confirm, {"seen": seen[1]}).status_code == 302
    team.booking.refresh_from_db()
    assert team.booking.attendance_confirmed_at == later
