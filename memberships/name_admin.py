"""Staff's pages of other names, and of the names that may be one organization."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.requests import now_of, person_of
from memberships import actions
from memberships.models import NameQuestion, Organization, OrganizationAlias


class AliasForm(forms.Form):
    organization = forms.ModelChoiceField(label=gettext_lazy("Organization"), queryset=Organization.objects.order_by("name"))
    name = forms.CharField(label=gettext_lazy("Another name of it"), max_length=200, help_text=gettext_lazy("As a file writes it."))


class AnswerForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Why"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(OrganizationAlias)
class AliasAdmin(SeenOnlyAdmin):
    list_display = ["name", "organization", "added_at", "added_by"]
    list_select_related = ["organization", "added_by"]
    search_fields = ["name", "organization__name"]
    ordering = ["name"]
    add_form = AliasForm
    add_title = gettext_lazy("Add another name of an organization")
    gone_to_list = True
    buttons = (
        Button(
            "remove",
            gettext_lazy("Remove…"),
            form=NoteForm,
            run=lambda request, row, values: actions.remove_alias(
                alias=row, why=values["why"], by=person_of(request), now=now_of(request)
            ),
            consequence=lambda request, row: [
                _("“%(name)s” finds %(organization)s no more.") % {"name": row.name, "organization": row.organization}
            ],
        ),
    )

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> OrganizationAlias:
        return actions.add_alias(**values, by=person_of(request), now=now_of(request))


def _answer(*, same: bool) -> Any:
    def run(request: HttpRequest, row: NameQuestion, values: dict[str, Any]) -> None:
        by, now = person_of(request), now_of(request)
        actions.answer_name(question_id=row.pk, same=same, why=values["why"], by=by, now=now)

    return run


def _waits(request: HttpRequest, row: NameQuestion) -> bool:
    return not row.answer


class AnsweredFilter(admin.SimpleListFilter):
    """Opens with what waits for an answer."""

    title = gettext_lazy("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        for value, title in [(None, _("waits for staff")), *self.lookup_choices]:
            query = changelist.get_query_string(
                {self.parameter_name: value} if value else None, remove=[] if value else [self.parameter_name]
            )
            yield {"selected": self.value() == value, "query_string": query, "display": title}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.value() == "all" else queryset.filter(answer="")


@admin.register(NameQuestion)
class NameQuestionAdmin(SeenOnlyAdmin):
    list_display = ["name", "near", "source", "asked_at", "answer"]
    list_select_related = ["near"]
    list_filter = [AnsweredFilter]
    search_fields = ["name", "near__name"]
    ordering = ["asked_at", "pk"]
    others_beside = True
    buttons = (
        Button(
            "same",
            gettext_lazy("The same…"),
            form=AnswerForm,
            run=_answer(same=True),
            consequence=lambda request, row: [
                _("“%(name)s” becomes another name of %(organization)s: imports find it.")
                % {"name": row.name, "organization": row.near}
            ],
            shown=_waits,
        ),
        Button(
            "different",
            gettext_lazy("Different…"),
            form=AnswerForm,
            run=_answer(same=False),
            consequence=lambda request, row: [
                _("“%(name)s” is added as an organization of its own, with the zone UTC until you know better.")
                % {"name": row.name}
            ],
            shown=_waits,
        ),
    )
