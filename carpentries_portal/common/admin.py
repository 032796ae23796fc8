"""Admin of the floor: editions, journal, runs; with letters, people and their own data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import audit_night, desk, edition_admin, letters_admin, own_data_admin, people_admin  # noqa: F401  # they register their own pages
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import by_rule, dated, named
from carpentries_portal.common.buttons import Button
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.enforcement import brake
from carpentries_portal.common.exception_admin import ExceptionAdmin
from carpentries_portal.common.journal_words import WORDS
from carpentries_portal.common.models import (
    AppliedAction,
    AuditFinding,
    AuditReport,
    BrakedAction,
    Hold,
    JournalEntry,
    Run,
)
from carpentries_portal.common.night_frame import named_url
from carpentries_portal.common.requests import now_of, person_of


class BrakedFilter(admin.SimpleListFilter):
    """Opens with what waits for a release."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        for value, title in [(None, _("waits for a release")), *self.lookup_choices]:
            query = changelist.get_query_string(
                {self.parameter_name: value} if value else None, remove=[] if value else [self.parameter_name]
            )
            yield {"selected": self.value() == value, "query_string": query, "display": title}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(released_at__isnull=True, closed_at__isnull=True)


@admin.register(JournalEntry)
class JournalAdmin(SeenOnlyAdmin):
    list_display = ["at", "what", "rule", "why", "by_name"]
    list_filter = [dated("at", gettext_lazy("day")), by_rule(), named("what", gettext_lazy("what"), lambda: WORDS.items())]
    search_fields = ["why", "by_name"]


@admin.register(Run)
class RunAdmin(SeenOnlyAdmin):
    """A run's page is its report."""

    list_display = ["as_of", "by", "started_at", "finished_at", "due", "applied", "unchanged", "held", "braked", "failed"]
    list_select_related = ["by"]
    ordering = ["-pk"]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return redirect("admin:run_report", row.pk)


@admin.register(Hold)
class HoldAdmin(ExceptionAdmin):
    """Holds that staff placed on the page of the night; revoked here."""


@admin.register(AppliedAction)
class AppliedActionAdmin(SeenOnlyAdmin):
    list_display = ["applied_at", "rule", "subject_label", "subject_id", "cut_off_on", "sentence"]
    list_filter = [dated("applied_at"), by_rule()]


def _waits(request: HttpRequest, row: BrakedAction) -> bool:
    return row.released_at is None and row.closed_at is None


def _release(request: HttpRequest, row: BrakedAction, values: dict[str, Any]) -> None:
    brake.release(rule=row.rule, on=row.cut_off_on, by=person_of(request), now=now_of(request))


def _released_together(request: HttpRequest, row: BrakedAction) -> list[str]:
    """What the release lets the run do: all of the rule and the day."""
    rows = list(brake.waiting(rule=row.rule, on=row.cut_off_on).order_by("pk")[: desk.SHOWN])
    count = brake.waiting(rule=row.rule, on=row.cut_off_on).count()
    said = ngettext(
        "%(n)d action of %(rule)s for the cut-off day %(day)s is released: the next run does it, if it still holds.",
        "%(n)d actions of %(rule)s for the cut-off day %(day)s are released together: the next run does them, if they still hold.",
        count,
    )
    lines = [said % {"n": count, "rule": row.rule, "day": day_text(row.cut_off_on)}]
    lines += [f"{one.subject_text}: {one.sentence}" for one in rows]
    return [*lines, _("… and %(n)d more.") % {"n": count - len(rows)}] if count > len(rows) else lines


@admin.register(BrakedAction)
class BrakedActionAdmin(SeenOnlyAdmin):
    list_display = ["cut_off_on", "rule", "subject_text", "sentence", "braked_at", "released_at", "closed_at"]
    list_filter = [BrakedFilter, "rule", dated("cut_off_on")]
    buttons = (
        Button("release", gettext_lazy("Release…"), form=forms.Form, run=_release, consequence=_released_together, shown=_waits),
    )


@admin.register(AuditReport)
class AuditReportAdmin(SeenOnlyAdmin):
    list_display = ["started_at", "night", "asked", "finished_at", "found"]
    ordering = ["-started_at"]
    add_form = forms.Form
    add_title = gettext_lazy("Audit everything now")
    add_template = "admin/portal/audit_now.html"

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> AuditReport:
        return audit_night.ask(by=person_of(request), now=now_of(request))


@admin.register(AuditFinding)
class AuditFindingAdmin(SeenOnlyAdmin):
    """Each mismatch by name, with the way to what it is about."""

    list_display = ["report", "audit", "subject", "sentence"]
    list_select_related = ["report"]
    list_filter = ["audit"]
    ordering = ["-report", "pk"]
    search_fields = ["subject", "sentence"]
    change_list_template = "admin/portal/findings.html"
    fields = ["report", "audit", "subject", "sentence", "expected", "found", "leads_to"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "leads_to"]

    @admin.display(description=gettext_lazy("leads to"))
    def leads_to(self, row: AuditFinding) -> str:
        url = named_url(row.subject) or f"{reverse('admin:search')}?{urlencode({'q': row.subject.rpartition(' ')[2]})}"
        return format_html('<a href="{}">{}</a>', url, row.subject)
