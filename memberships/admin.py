"""Staff's pages of organizations, coordinators, memberships and the ledger: seen, and changed by buttons that call actions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import by_rule, dated
from carpentries_portal.common.beside import Item, Section, stand_beside
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.dates import day_text, today_in
from carpentries_portal.common.exception_admin import ExceptionAdmin, enter, enter_url
from carpentries_portal.common.requests import now_of, person_of
from memberships import actions, queries
from memberships.admin_forms import CoordinatorForm, MembershipExceptionForm, MembershipForm, OrganizationForm
from memberships.models import Coordinator, LedgerEntry, Membership, MembershipException, Organization, StaffNote
from memberships.organization_buttons import CORRECT
from memberships.renewing import RENEW, warnings_of
from memberships.seat_buttons import BUTTONS, NOTE


@admin.register(Organization)
class OrganizationAdmin(SeenOnlyAdmin):
    list_display = ["name", "other_name", "zone", "zone_note"]
    search_fields = ["name", "other_name", "aliases__name"]
    ordering = ["name"]
    add_form = OrganizationForm
    add_title = gettext_lazy("Add an organization")
    buttons = (CORRECT, NOTE)

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


def _notes(request: HttpRequest, row: Any) -> Section:
    """Staff's notes, on the page of an organization and of each of its memberships."""
    items, may_strike = [], request.user.has_perm("memberships.change_staffnote")
    for one in queries.notes_of(row.organization_id if isinstance(row, Membership) else row.pk):
        about = f"{one.membership}: " if one.membership_id else ""
        signed = f"{about}{one.by or _('somebody')}, {day_text(one.at.date())}"
        if one.struck_at is not None:
            struck = _("Struck out by %(by)s on %(day)s: %(why)s")
            signed += ". " + struck % {
                "by": one.struck_by or _("somebody"),
                "day": day_text(one.struck_at.date()),
                "why": one.struck_why,
            }
        strike = (reverse("admin:memberships_staffnote_button", args=[one.pk, "strike"]), _("Strike out…"))
        links = [strike] if may_strike and one.struck_at is None else []
        items.append(Item(text=one.text, quiet=signed, links=links, struck=one.struck_at is not None))
    return Section(_("Notes of staff"), items)


stand_beside("memberships.organization", _notes)
stand_beside("memberships.membership", _notes)


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
    one_select_related = ["organization", "edition"]
    list_filter = ["level", dated("ends_on")]
    search_fields = ["organization__name"]
    add_form = MembershipForm
    add_title = gettext_lazy("Add a membership")
    buttons = (RENEW, *BUTTONS)

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Membership:
        return actions.create_membership(**values, by=person_of(request), now=now_of(request))

    def enter_url(self, request: HttpRequest, row: Any) -> str:
        return enter_url(request, MembershipException, membership=row.pk)

    def lock_for_add(self, values: dict[str, Any]) -> None:
        actions.lock_organization(values["organization"].pk)

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        return warnings_of(values["organization"].pk, values)


def _strike(request: HttpRequest, row: StaffNote, values: dict[str, Any]) -> None:
    actions.strike_note(note=row, why=values["why"], by=person_of(request), now=now_of(request))


@admin.register(StaffNote)
class StaffNoteAdmin(SeenOnlyAdmin):
    """A note stands on its organization's page; it is added there, and struck out here."""

    list_display = ["organization", "text", "at", "by", "struck_at"]
    list_select_related = ["organization", "by"]
    search_fields = ["organization__name", "text"]
    list_filter = [dated("at", gettext_lazy("day"))]
    buttons = (
        Button(
            "strike",
            gettext_lazy("Strike out…"),
            form=NoteForm,
            run=_strike,
            consequence=lambda request, row: [
                row.text,
                _("It stays readable, crossed out, with your reason. It cannot be undone: write a new note instead."),
            ],
            shown=lambda request, row: row.struck_at is None,
        ),
    )


@functools.cache
def _timelines() -> str:
    """The address of memberships' timelines, without the number: a list asks for a hundred."""
    return reverse("admin:why", args=["membership", 0]).removesuffix("0/")


@admin.register(LedgerEntry)
class LedgerAdmin(SeenOnlyAdmin):
    list_display = ["at", "membership", "event", "source", "target", "seats", "rule", "reason", "by", "why"]
    not_exported = ["why"]
    list_select_related = ["membership__organization", "by"]
    list_filter = ["event", by_rule(), dated("at", gettext_lazy("day"))]
    search_fields = ["membership__organization__name", "reason"]

    def why_path(self, row: LedgerEntry) -> str:
        """The membership as of that day, where this movement stands among what led to it."""
        on = today_in(row.membership.organization.zone, row.at)
        return f"{_timelines()}{row.membership_id}/?on={on}#seats-{row.pk}"

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
