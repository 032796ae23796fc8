"""Staff's page of a person: correct, merge, forget; sessions, links and second factors seen and ended; roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import clock, people_requests, roles, ways_in
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.merge_admin import merge_view
from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data_admin import FORGET
from carpentries_portal.common.requests import now_of, person_of


class CorrectPersonForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254)
    why = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


def _correct(request: HttpRequest, row: Person, values: dict[str, Any]) -> None:
    by, now = person_of(request), now_of(request)
    people_requests.correct_person(person_id=row.pk, name=values["name"], email=values["email"], why=values["why"], by=by, now=now)


class EndLinksForm(NoteForm):
    """Which of the links that still open."""

    links = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Links"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )
    field_order = ["links", "why"]


class RoleForm(NoteForm):
    """Staff by role. None: no staff."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), choices=roles.CHOICES, widget=forms.CheckboxSelectMultiple, required=False
    )
    field_order = ["roles", "why"]


def _end_sessions(request: HttpRequest, row: Person, values: dict[str, Any]) -> None:
    ways_in.end_sessions(person_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _end_links(request: HttpRequest, row: Person, values: dict[str, Any]) -> None:
    ways_in.end_links(person_id=row.pk, links=values["links"], why=values["why"], by=person_of(request), now=now_of(request))


def _reset(request: HttpRequest, row: Person, values: dict[str, Any]) -> None:
    ways_in.reset_factors(person_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _grant(request: HttpRequest, row: Person, values: dict[str, Any]) -> None:
    roles.set_roles(person_id=row.pk, roles=values["roles"], why=values["why"], by=person_of(request), now=now_of(request))


def _links_form(row: Person) -> type[forms.Form]:
    """The form with the links of this person, each masked: what for, where to, until when, when it was last used."""
    choices = [(link.pk, link_text(link)) for link in ways_in.open_links(row, now=clock.now())[:200]]

    class Form(EndLinksForm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields["links"].choices = choices  # type: ignore[attr-defined]  # a choice field

    return Form


def link_text(link: Any) -> str:
    used = _("last used %(day)s") % {"day": day_text(link.last_used_at.date())} if link.last_used_at else _("never used")
    values = {"purpose": link.purpose, "page": link.leads_to, "day": day_text(link.expires_at.date()), "used": used}
    return _("/enter/····/ for “%(purpose)s”, to %(page)s, until %(day)s, %(used)s") % values


def _alive(row: Person) -> bool:
    return row.forgotten_at is None and row.merged_into_id is None


def _may_touch(request: HttpRequest, row: Person) -> bool:
    return _alive(row) and not ways_in.staff_by_superuser(row, by=person_of(request))


BUTTONS: Sequence[Button] = (
    Button(
        "correct",
        gettext_lazy("Correct name or address…"),
        form=CorrectPersonForm,
        run=_correct,
        consequence=lambda request, row: [
            f"{row} <{row.email}>",
            _("Lists and certificates have names of their own: another name on a certificate is a revision of it, made there."),
            _("A new address ends the links and sessions of before. Both the new and the old address get a letter."),
        ],
        shown=_may_touch,
        initial=lambda request, row: {"name": row.name, "email": row.email},
    ),
    Button(
        "end-sessions",
        gettext_lazy("End sessions…"),
        form=NoteForm,
        run=_end_sessions,
        permission="common.end_access",
        consequence=lambda request, row: [
            ngettext("%(row)s is logged in at %(n)d place: it ends.", "%(row)s is logged in at %(n)d places: they end.", n)
            % {"row": row, "n": n}
            for n in [ways_in.open_sessions(row, now=now_of(request)).count()]
        ],
        shown=lambda request, row: _may_touch(request, row) and ways_in.open_sessions(row, now=now_of(request)).exists(),
    ),
    Button(
        "end-links",
        gettext_lazy("End links…"),
        form=EndLinksForm,
        form_for=_links_form,
        run=_end_links,
        permission="common.end_access",
        consequence=lambda request, row: [_("A link that ended says so to whoever opens it. A later letter brings a new one.")],
        shown=lambda request, row: _may_touch(request, row) and ways_in.open_links(row, now=now_of(request)).exists(),
    ),
    Button(
        "reset-factors",
        gettext_lazy("Reset second factors…"),
        form=NoteForm,
        run=_reset,
        permission=roles.SUPERUSER,
        consequence=lambda request, row: [
            _("Passkeys, app and recovery codes of %(row)s end, and every session. They get a letter, and set up another.")
            % {"row": row},
            _("Be sure that it is they who ask: call them."),
        ],
        shown=lambda request, row: _alive(row) and Authenticator.objects.filter(user=row).exists(),
    ),
    Button(
        "roles",
        gettext_lazy("Say which role…"),
        form=RoleForm,
        run=_grant,
        permission=roles.SUPERUSER,
        consequence=lambda request, row: [f"{row} <{row.email}>", *roles.descriptions(), _("Without any, the person is no staff.")],
        shown=lambda request, row: _alive(row),
        initial=lambda request, row: {"roles": roles.roles_of(row)},
    ),
    FORGET,
)


class RoleFilter(admin.SimpleListFilter):
    """Who has which role."""

    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(roles.CHOICES)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        role = self.value()
        return roles.having(queryset, role) if role else queryset


@admin.register(Person)
class PersonAdmin(SeenOnlyAdmin):
    list_display = ["name", "email", "zone", "is_staff", "role", "merged_into"]
    list_select_related = ["merged_into"]
    search_fields = ["name_key", "email_key"]
    list_filter = ["is_staff", RoleFilter]
    fields = [
        "name",
        "email",
        "zone",
        "is_staff",
        "role",
        "is_active",
        "added_at",
        "last_login",
        "forgotten_at",
        "merged_into",
        "merged_at",
        "other_addresses",
        "factors",
        "sessions",
        "links",
    ]
    buttons = BUTTONS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "role", "other_addresses", "factors", "sessions", "links"]

    def get_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/merge/", self.admin_site.admin_view(self.merge), name="common_person_merge"), *super().get_urls()]

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another person is this one: named first, then shown with all that moves, then done."""
        return merge_view(self, request, pk)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        may = person_of(request).has_perm("common.merge_people")
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_merge": may})

    change_form_template = "admin/portal/person.html"

    @admin.display(description=gettext_lazy("role"))
    def role(self, row: Person) -> str:
        return ", ".join(roles.words_of(row)) or "–"

    @admin.display(description=gettext_lazy("addresses of before"))
    def other_addresses(self, row: Person) -> str:
        return ", ".join(one.email for one in row.merged_here.order_by("pk")) or "–"

    @admin.display(description=gettext_lazy("second factors"))
    def factors(self, row: Person) -> str:
        return ", ".join(str(one) for one in Authenticator.objects.filter(user=row).order_by("pk")) or "–"

    @admin.display(description=gettext_lazy("sessions"))
    def sessions(self, row: Person) -> str:
        rows = ways_in.open_sessions(row, now=clock.now())
        days = ", ".join(day_text(one.expire_date.date()) for one in rows[:5])
        count = rows.count()
        text = ngettext("%(n)d, ends on %(days)s", "%(n)d, end on %(days)s", count)
        return text % {"n": count, "days": days} if count else _("logged in nowhere")

    @admin.display(description=gettext_lazy("links"))
    def links(self, row: Person) -> str:
        rows = ways_in.open_links(row, now=clock.now())[:20]
        return format_html_join("", "<div>{}</div>", ((link_text(link),) for link in rows)) or "–"
