"""Forms of organizations, coordinators, memberships, names and notes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models, transaction

from carpentries_portal.common import exceptions
from carpentries_portal.tests.pressing.floor import NOTE, UNTIL, WHY
from carpentries_portal.tests.pressing.registry import NOW, add, bulk, button, numbers
from memberships import actions
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.ledger import Cause
from memberships.models import Membership, MembershipException

Made = tuple[models.Model, dict[str, Any]]


def ours(**more: Any) -> Membership:
    """A membership with somebody who is told."""
    row: Membership = MembershipFactory(organization=CoordinatorFactory().organization, **more)
    return row


@button("Organization", "correct")
def _organization() -> Made:
    return CoordinatorFactory().organization, {**WHY, "name": f"New name {next(numbers)}", "zone": "Europe/Paris"}


@button("Organization", "note")
def _noted() -> Made:
    return OrganizationFactory(), {"text": "They call in March."}


@add("Organization")
def _new_organization() -> dict[str, Any]:
    return {"name": f"College {next(numbers)}", "zone": "Europe/Paris"}


@button("Coordinator", "remove")
def _coordinator() -> Made:
    return CoordinatorFactory(), WHY


@add("Coordinator")
def _new_coordinator() -> dict[str, Any]:
    organization = ours().organization
    return {"organization": organization.pk, "name": "Dana", "email": f"dana{next(numbers)}@example.org"}


@add("Membership", warns=True)
def _new_membership() -> dict[str, Any]:
    organization = ours().organization
    return {"organization": organization.pk, "level": "silver", "starts_on": "2018-06-01", "ends_on": "2019-05-31"}


@button("Membership", "renew")
def _renewed() -> Made:
    return ours(), {"level": "gold", "starts_on": "2019-01-01", "ends_on": "2019-12-31"}


@button("Membership", "grant")
@button("Membership", "withdraw")
def _seats() -> Made:
    return ours(), {**WHY, "seats": 3}


@button("Membership", "restore")
def _forfeited() -> Made:
    with transaction.atomic():
        row = actions.take_over_membership(
            organization=CoordinatorFactory().organization,
            level="gold",
            starts_on=date(2017, 1, 1),
            ends_on=date(2017, 12, 31),
            source="test",
            source_key=f"test {next(numbers)}",
            by=None,
            now=EPOCH,
        )
    return row, {**WHY, "seats": 4, "until_on": "2018-06-30"}


@button("Membership", "returned")
def _came_back() -> Made:
    row = ours(starts_on=date(2017, 1, 21), ends_on=date(2018, 1, 20))
    with transaction.atomic():
        (row,) = actions.lock_memberships([row.pk])
        team = actions.new_reservation(row)
        actions.reserve(row, team, seats=6, cause=Cause(reason="Booked.", now=EPOCH))
        actions.release(row, team, seats=6, cause=Cause(reason="Left.", now=NOW))
    return row, {**WHY, "seats": 4, "give_back": "on", "until_on": "2018-06-30"}


@button("Membership", "move")
def _moved() -> Made:
    row = ours()
    to = MembershipFactory(organization=row.organization, starts_on=date(2018, 2, 1), ends_on=date(2019, 1, 31))
    return row, {**WHY, "seats": 4, "source": "available", "to": to.pk}


@button("Membership", "end")
def _ended() -> Made:
    return ours(), {**WHY, "on": "2018-06-30"}


@button("Membership", "note")
def _membership_noted() -> Made:
    return ours(), {"text": "They call in March."}


@button("StaffNote", "strike")
def _struck() -> Made:
    row = ours()
    return actions.add_note(organization=row.organization, membership=row, text="A note.", by=StaffFactory(), now=EPOCH), WHY


def asked() -> MembershipException:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    record = MembershipException(membership=membership, rule="R12", reason="We were ill.", asked_for="keep our seats")
    return exceptions.ask(record, by=coordinator.person, now=EPOCH)


@button("MembershipException", "approve")
def _asked() -> Made:
    return asked(), {**UNTIL, **NOTE}


@button("MembershipException", "decline")
def _asked_no() -> Made:
    return asked(), NOTE


@button("MembershipException", "revoke")
def _approved() -> Made:
    record = MembershipException(membership=ours(), rule="R12", reason="Ill.", until=NOW.replace(month=4))
    return exceptions.enter(record, by=StaffFactory(), now=EPOCH), WHY


@bulk("MembershipException", "approve_selected")
def _several() -> tuple[list[Any], dict[str, Any]]:
    return [asked(), asked()], {**UNTIL, **NOTE}


@bulk("MembershipException", "decline_selected")
def _several_no() -> tuple[list[Any], dict[str, Any]]:
    return [asked(), asked()], NOTE


@add("MembershipException")
def _entered() -> dict[str, Any]:
    return {"membership": ours().pk, "rule": "R12", "reason": "Ill.", **UNTIL}


@button("OrganizationAlias", "remove")
def _alias() -> Made:
    organization = OrganizationFactory()
    return actions.add_alias(organization=organization, name=f"Alias {next(numbers)}", by=StaffFactory(), now=EPOCH), WHY


@add("OrganizationAlias")
def _new_alias() -> dict[str, Any]:
    return {"organization": OrganizationFactory().pk, "name": f"Other name {next(numbers)}"}


@button("NameQuestion", "same")
@button("NameQuestion", "different")
def _question() -> Made:
    return actions.ask_name(name=f"Near name {next(numbers)}", near=OrganizationFactory(), source="file", now=EPOCH), WHY
