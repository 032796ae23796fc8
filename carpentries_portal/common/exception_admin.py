"""The base of each app's admin of exceptions: what waits first; approve, decline, revoke, one by one and in bulk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import asked, exceptions, why
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.fields import DayField, InstantField
from carpentries_portal.common.models import ExceptionRecord
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.requests import now_of, person_of

HISTORY = 8


class ApproveForm(forms.Form):
    """What an approval names: its end, and what it grants."""

    until = InstantField(label=gettext_lazy("Holds until (UTC)"))
    seats = forms.IntegerField(label=gettext_lazy("Seats (if it grants some)"), min_value=1, max_value=500, required=False)
    to_date = DayField(label=gettext_lazy("To the day (R16: names are taken until then)"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note to who asked"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


def in_bulk(form: forms.Form) -> forms.Form:
    """Several at once have no end in common: left empty, each is given the end that its own page offers."""
    if "until" in form.fields:
        form.fields["until"].required = False
        form.fields["until"].help_text = _("Empty: each for as long as it can help.")
    return form


class EnterForm(forms.Form):
    """An exception that staff enter directly: in force at once. Each app adds what its subject is, and the rules that it bends."""

    rule = forms.ChoiceField(label=gettext_lazy("Rule"))
    until = InstantField(label=gettext_lazy("Holds until (UTC)"))
    reason = forms.CharField(
        label=gettext_lazy("Why: the journal keeps it"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


def enter(request: HttpRequest, record: Any, values: dict[str, Any]) -> Any:
    """Enter an unsaved record, with rule, end and reason of the form."""
    record.rule, record.until, record.reason = values["rule"], values["until"], values["reason"]
    return exceptions.enter(record, by=person_of(request), now=now_of(request))


def enter_url(request: HttpRequest, model: type[ExceptionRecord], **filled: Any) -> str:
    """Where an exception is entered, with what it is about filled in; "" for who may not."""
    opts = model._meta
    if not person_of(request).has_perm(f"{opts.app_label}.{get_permission_codename('add', opts)}"):
        return ""
    return f"{reverse(f'admin:{opts.app_label}_{opts.model_name}_add')}?{urlencode(filled)}"


class DeclineForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("Why: who asked reads it"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class WaitingFilter(admin.SimpleListFilter):
    """Opens with what waits for a decision."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all")), *((state.value, state.label) for state in ExceptionState if state != ExceptionState.ASKED)]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": ExceptionState.ASKED.label,
        }
        for value, title in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": title}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or ExceptionState.ASKED)


def waits(request: HttpRequest, row: ExceptionRecord) -> bool:
    return row.state == ExceptionState.ASKED


def _approve(request: HttpRequest, row: ExceptionRecord, values: dict[str, Any]) -> None:
    by, now = person_of(request), now_of(request)
    until = values["until"] or row.default_until()
    if until is None:
        raise UnableToDecide(_("Say until when it holds."))
    exceptions.approve(
        row,
        by=by,
        now=now,
        until=until,
        note=values["note"],
        seats=values.get("seats"),
        to_date=values.get("to_date"),
    )


def decline_one(request: HttpRequest, row: ExceptionRecord, values: dict[str, Any]) -> None:
    exceptions.refuse_gainer(row, by=person_of(request))
    exceptions.decline(row, by=person_of(request), now=now_of(request), note=values["note"])


def _revoke(request: HttpRequest, row: ExceptionRecord, values: dict[str, Any]) -> None:
    exceptions.revoke(row, by=person_of(request), now=now_of(request), note=values["why"])


def story(request: HttpRequest, row: ExceptionRecord) -> list[str]:
    """What a decision needs: the subject, what was refused, and the reason."""
    use = _("It is used up once and reserves nothing.")
    return [
        row.subject_text(),
        _("Rule %(rule)s said: %(sentence)s") % {"rule": row.rule, "sentence": row.refusal or "–"},
        _("Asked: %(asked)s. Reason: %(reason)s") % {"asked": row.asked_for or "–", "reason": row.reason},
        *row.details(),
        *([] if row.done_by_approval else [use]),
        _("Who asked gets a letter."),
    ]


DECLINE = Button("decline", gettext_lazy("Decline…"), form=DeclineForm, run=decline_one, consequence=story, shown=waits)


def approve_button(form: type[forms.Form]) -> Button:
    """The button that approves: its form asks for what the rules of that table can be granted."""
    return Button(
        "approve",
        gettext_lazy("Approve…"),
        form=form,
        run=_approve,
        consequence=story,
        shown=waits,
        initial=lambda request, row: {"until": row.default_until(), "seats": row.seats},
    )


REVOKE = Button(
    "revoke",
    gettext_lazy("Revoke…"),
    form=NoteForm,
    run=_revoke,
    consequence=lambda request, row: [row.subject_text(), _("What was done under it stands; it cannot be used any more.")],
    shown=lambda request, row: row.state == ExceptionState.APPROVED and row.used_at is None,
)


class ExceptionAdmin(SeenOnlyAdmin):
    """Concrete admins say how a row's approval ends by default (`default_until`)."""

    others_beside = True
    approve_form: type[forms.Form] = ApproveForm
    approve_one: Callable[[HttpRequest, Any, dict[str, Any]], None] = staticmethod(_approve)
    list_filter = [WaitingFilter, "rule", dated("asked_at")]
    list_display = ["rule", "subject", "asked_for", "asked_by", "asked_at", "state", "until", "used_at"]
    actions = ["approve_selected", "decline_selected"]
    buttons: ClassVar[Sequence[Button]] = (approve_button(ApproveForm), DECLINE, REVOKE)

    def heading(self, row: Any) -> str:
        return f"{row.rule}: {row.subject_text()}"

    def _after(self, request: HttpRequest, button: Button, row: models.Model) -> HttpResponse:
        """What is decided leads to what waits next."""
        queue = button.name != REVOKE.name and not request.GET.get("back")
        return redirect("admin:exceptions") if queue else super()._after(request, button, row)

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """How long it waits, what happened to its subject, and what the same member was granted or refused before."""
        kind, now, person = asked.kind_of(row), now_of(request), person_of(request)
        if kind is None:
            return {}
        subject = kind.subject(row)
        told = why.KINDS.get(subject[0]) if subject is not None else None
        if told is not None and not person.has_perm(told.permission):  # as the timeline's own page
            told = None
        story = told.story(subject[1]) if told is not None and subject is not None else None
        before = asked.earlier(row, now=now, kinds=asked.seen_by(person))
        lines = why.timeline(story, shown=HISTORY).lines if story is not None else []
        url = reverse("admin:why", args=subject) if story is not None else ""
        return {"entry": asked.entry_of(kind, row, now=now), "earlier": before, "history": lines, "why_url": url}

    @admin.display(description=gettext_lazy("about"))
    def subject(self, row: ExceptionRecord) -> str:
        return row.subject_text()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if self.may_press(request) else {}

    @admin.action(description=gettext_lazy("Approve the selected…"))
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._bulk(request, queryset, name="approve_selected", form_class=self.approve_form, run=self.approve_one)

    @admin.action(description=gettext_lazy("Decline the selected…"))
    def decline_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._bulk(request, queryset, name="decline_selected", form_class=DeclineForm, run=decline_one)

    def _bulk(self, request: HttpRequest, queryset: QuerySet[Any], *, name: str, form_class: Any, run: Any) -> HttpResponse | None:
        """The same form for all; each decided by itself, so that one that cannot be does not stop the others."""
        rows = list(queryset.filter(state=ExceptionState.ASKED))
        form = in_bulk(form_class(request.POST if "confirm" in request.POST else None))
        if "confirm" in request.POST and form.is_valid():
            for row in rows:
                try:
                    run(request, row, form.cleaned_data)
                except UnableTo as problem:
                    messages.error(request, f"{row.subject_text()}: {problem}")
                else:
                    messages.success(request, _("Decided: %(row)s.") % {"row": row.subject_text()})
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": self.get_actions(request)[name][2],
            "form": form,
            "rows": rows,
            "action": name,
            "consequence": [line for row in rows for line in (row.subject_text(), *row.details())],
        }
        return render(request, "admin/portal/bulk.html", context)
