"""Staff's pages of organizations, coordinators, memberships and the ledger: seen, and changed by buttons that call actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import exceptions
from carpentries_portal.common.admin_base import Button, NoteForm, SeenOnlyAdmin
from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.exception_admin import ExceptionAdmin, enter
from carpentries_portal.common.requests import now_of, person_of
from memberships import actions, policy
from memberships.admin_forms import (
    CoordinatorForm,
    EndEarlyForm,
    MembershipExceptionForm,
    MembershipForm,
    OrganizationForm,
    RestoreForm,
    ReturnedForm,
    SeatsWhyForm,
)
from memberships.models import Coordinator, LedgerEntry, Membership, MembershipException, Organization


@admin.register(Organization)
class OrganizationAdmin(SeenOnlyAdmin):
    list_display = ["name", "other_name", "zone", "zone_note"]
    search_fields = ["name", "other_name", "aliases__name"]
    ordering = ["name"]
    add_form = OrganizationForm
    add_title = gettext_lazy("Add an organization")

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Organization:
        return actions.add_organization(**values, by=person_of(request), now=now_of(request))


@admin.register(Coordinator)
class CoordinatorAdmin(SeenOnlyAdmin):
    list_display = ["person", "organization", "added_at", "removed_at"]
    list_select_related = ["person", "organization"]
    search_fields = ["person__name", "person__email_key", "organization__name"]
    add_form = CoordinatorForm
    add_title = gettext_lazy("Add a coordinator")
    buttons = (
        Button(
            "remove",
            gettext_lazy("Remove…"),
            form=NoteForm,
            run=lambda request, row, values: actions.remove_coordinator(
                coordinator=row, why=values["why"], by=person_of(request), now=now_of(request), by_staff=True
            ),
            consequence=lambda request, row: [_("%(row)s will see and book nothing any more.") % {"row": row}],
            shown=lambda request, row: row.removed_at is None,
        ),
    )

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Coordinator:
        return actions.add_coordinator(**values, by=person_of(request), now=now_of(request))


def _grant(request: HttpRequest, row: Membership, values: dict[str, Any]) -> None:
    actions.grant_extra(membership=row, seats=values["seats"], why=values["why"], by=person_of(request), now=now_of(request))


def _withdraw(request: HttpRequest, row: Membership, values: dict[str, Any]) -> None:
    actions.withdraw(membership=row, seats=values["seats"], why=values["why"], by=person_of(request), now=now_of(request))


def _exception(request: HttpRequest, row: Membership, why: str, until_on: Any) -> MembershipException:
    """Staff's own exception to R12, with its end in the organization's zone."""
    until = CutOff(on=until_on, zone=row.organization.zone).ends_at
    record = MembershipException(membership=row, rule="R12", reason=why, until=until, to_date=until_on)
    return exceptions.enter(record, by=person_of(request), now=now_of(request))


def _restore(request: HttpRequest, row: Membership, values: dict[str, Any]) -> None:
    record = _exception(request, row, values["why"], values["until_on"])
    actions.restore(
        membership=row, seats=values["seats"], exception=record, why=values["why"], by=person_of(request), now=now_of(request)
    )


def _returned(request: HttpRequest, row: Membership, values: dict[str, Any]) -> None:
    record = _exception(request, row, values["why"], values["until_on"]) if values["give_back"] else None
    actions.decide_returned(
        membership=row, seats=values["seats"], exception=record, why=values["why"], by=person_of(request), now=now_of(request)
    )


def _end_early(request: HttpRequest, row: Membership, values: dict[str, Any]) -> None:
    actions.end_early(membership=row, on=values["on"], why=values["why"], by=person_of(request), now=now_of(request))


def _seats(request: HttpRequest, row: Membership) -> list[str]:
    """How the seats stand: what a decision starts from."""
    text = _("%(row)s: %(all)d granted, %(left)d available, %(res)d reserved, %(used)d used, %(lost)d forfeited, %(ret)d returned.")
    numbers = {
        "row": row,
        "all": row.granted,
        "left": row.available,
        "res": row.reserved,
        "used": row.used,
        "lost": row.forfeited,
        "ret": row.returned,
    }
    return [text % numbers, _("The ledger keeps it with your name and the reason.")]


@admin.register(Membership)
class MembershipAdmin(SeenOnlyAdmin):
    list_display = [
        "organization",
        "level",
        "starts_on",
        "ends_on",
        "granted",
        "available",
        "reserved",
        "used",
        "forfeited",
        "returned",
    ]
    list_select_related = ["organization"]
    list_filter = ["level"]
    search_fields = ["organization__name"]
    date_hierarchy = "ends_on"
    add_form = MembershipForm
    add_title = gettext_lazy("Add a membership")
    buttons = (
        Button("grant", gettext_lazy("Grant extra seats…"), form=SeatsWhyForm, run=_grant, consequence=_seats),
        Button("withdraw", gettext_lazy("Withdraw seats…"), form=SeatsWhyForm, run=_withdraw, consequence=_seats),
        Button(
            "restore",
            gettext_lazy("Restore forfeited…"),
            form=RestoreForm,
            run=_restore,
            consequence=_seats,
            shown=lambda request, row: row.forfeited > 0,
        ),
        Button(
            "returned",
            gettext_lazy("Decide returned…"),
            form=ReturnedForm,
            run=_returned,
            consequence=_seats,
            shown=lambda request, row: row.returned > 0,
        ),
        Button("end", gettext_lazy("End early…"), form=EndEarlyForm, run=_end_early, consequence=_seats),
    )

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Membership:
        return actions.create_membership(**values, by=person_of(request), now=now_of(request))

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        verdict = policy.end_date_warning(starts_on=values["starts_on"], ends_on=values["ends_on"])
        return [verdict.sentence] if verdict.warned else []


@admin.register(LedgerEntry)
class LedgerAdmin(SeenOnlyAdmin):
    list_display = ["at", "membership", "event", "source", "target", "seats", "rule", "reason", "by", "why"]
    list_select_related = ["membership__organization", "by"]
    list_filter = ["event", "rule"]
    search_fields = ["membership__organization__name", "reason"]
    date_hierarchy = "at"

    def why_path(self, row: LedgerEntry) -> str:
        """The membership as of that day, where this movement stands among what led to it."""
        on = today_in(row.membership.organization.zone, row.at)
        return f"{reverse('admin:why', args=['membership', row.membership_id])}?on={on}#seats-{row.pk}"

    @admin.display(description=gettext_lazy("why"))
    def why(self, row: LedgerEntry) -> str:
        return format_html('<a href="{}">{}</a>', self.why_path(row), _("Why?"))


@admin.register(MembershipException)
class MembershipExceptionAdmin(ExceptionAdmin):
    list_select_related = ["membership__organization", "asked_by"]
    search_fields = ["membership__organization__name", "reason"]
    add_form = MembershipExceptionForm
    add_title = gettext_lazy("Enter an exception for a membership")

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> MembershipException:
        record = MembershipException(membership=values["membership"])
        return enter(request, record, values)  # type: ignore[no-any-return]  # the same record
