"""Forms of the floor: letters, people, their data, editions, holds, what the brake holds back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models
from django.test import Client

from carpentries_portal.common import editions, links, people_requests
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.models import AuditReport, BrakedAction, DataRequest, Hold, Notice, Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.models.own_data import DataRequestKind
from carpentries_portal.common.roles import REVIEWER
from carpentries_portal.tests.pressing.registry import NOW, add, bulk, button, numbers
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory

Made = tuple[models.Model, dict[str, Any]]
BACKEND = "carpentries_portal.common.backends.PersonBackend"
WHY = {"why": "They wrote to us."}
NOTE = {"note": "We looked at it."}
UNTIL = {"until": "2018-03-01T12:00"}


@button("EditionRecord", "withdraw")
def _edition() -> Made:
    n = next(numbers)
    edition = replace(builtin_2017(), name=f"Edition {n}", in_force_from=date(2040, 1, 1) + timedelta(days=n))
    return editions.publish_edition(edition, by=StaffFactory(), now=EPOCH), WHY


@add("AuditReport")
def _audit() -> dict[str, Any]:
    """One before it has ended."""
    AuditReport.objects.filter(asked=True).update(finished_at=NOW)
    return {}


def letter(state: str) -> Notice:
    """A welcome, in a state."""
    coordinator = CoordinatorFactory()
    MembershipFactory(organization=coordinator.organization)
    row = Notice.objects.filter(to_person=coordinator.person).latest("pk")
    sent_at = NOW if state == NoticeState.SENT else None
    Notice.objects.filter(pk=row.pk).update(state=state, sent_at=sent_at)
    return row


@button("Notice", "again")
@button("Notice", "test")
def _gone() -> Made:
    return letter(NoticeState.SENT), {}


@button("Notice", "back")
def _queued() -> Made:
    return letter(NoticeState.QUEUED), WHY


def _request(kind: DataRequestKind) -> DataRequest:
    return people_requests.ask(person=PersonFactory(), kind=kind, text="My name is Ana.", now=EPOCH)


@button("DataRequest", "done")
@button("DataRequest", "decline")
def _correct_me() -> Made:
    return _request(DataRequestKind.CORRECT), NOTE


@button("DataRequest", "forget")
def _forget_me() -> Made:
    row = _request(DataRequestKind.FORGET)
    return row, {**WHY, "typed": row.person.email}


@button("Person", "correct")
def _person() -> Made:
    return PersonFactory(), {**WHY, "name": "Ana Marić", "email": f"corrected{next(numbers)}@example.org"}


@button("Person", "end-sessions")
def _logged_in() -> Made:
    person = PersonFactory()
    Client().force_login(person, backend=BACKEND)
    return person, WHY


@button("Person", "end-links")
def _with_link() -> Made:
    person = PersonFactory()
    links.make_link(person=person, purpose="test", leads_to="/", now=EPOCH + timedelta(days=30))
    return person, {**WHY, "links": list(person.personal_links.values_list("pk", flat=True))}


@button("Person", "reset-factors")
def _with_factor() -> Made:
    person = PersonFactory()
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return person, WHY


@button("Person", "roles")
def _no_role() -> Made:
    return PersonFactory(), {**WHY, "roles": [REVIEWER]}


@button("Person", "forget")
def _nobody() -> Made:
    person: Person = PersonFactory()
    return person, {**WHY, "typed": person.email}


def hold(state: str = ExceptionState.ASKED) -> Hold:
    membership = MembershipFactory()
    row = Hold(rule="R12", state=state, reason="Because.", asked_at=EPOCH, decided_at=EPOCH if state != "asked" else None)
    row.subject_label, row.subject_id = "memberships.membership", membership.pk
    row.subject_words, row.subject_zone = str(membership), "UTC"
    row.until = NOW + timedelta(days=30) if state != "asked" else None
    row.save()
    return row


@button("Hold", "approve")
def _hold() -> Made:
    return hold(), {**UNTIL, **NOTE}


@button("Hold", "decline")
def _hold_no() -> Made:
    return hold(), NOTE


@button("Hold", "revoke")
def _held() -> Made:
    return hold(ExceptionState.APPROVED), WHY


@bulk("Hold", "approve_selected")
def _holds() -> tuple[list[Any], dict[str, Any]]:
    return [hold(), hold()], {**UNTIL, **NOTE}


@bulk("Hold", "decline_selected")
def _holds_no() -> tuple[list[Any], dict[str, Any]]:
    return [hold(), hold()], NOTE


@button("BrakedAction", "release")
def _braked() -> Made:
    membership, n = MembershipFactory(), next(numbers)
    on = date(2018, 1, 1) - timedelta(days=n)
    rows = [
        BrakedAction(
            rule="R12",
            subject_label="memberships.membership",
            subject_id=membership.pk,
            subject_text=str(membership),
            cut_off_on=on,
            round=round_,
            sentence="The year is over.",
            seats=9,
            braked_at=EPOCH,
        )
        for round_ in range(2)
    ]
    for row in rows:
        row.save()
    return rows[0], {}
