"""Staff's one queue of all that is asked of them, with what a decision needs beside it; decided one by one, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from carpentries_portal.common import asked, once
from carpentries_portal.common.asked import STATES, Asked, Entry, Wanted, seen_by
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exception_admin import DeclineForm, ExceptionAdmin, decline_one, in_bulk
from carpentries_portal.common.exporting import file_links, record_export, table_answer
from carpentries_portal.common.handbook import RULES
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.night_frame import frame
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tables import Cell
from carpentries_portal.common.why_admin import page_url

DAYS = [
    ("", gettext_lazy("any time")),
    ("1", gettext_lazy("a day or more")),
    ("3", gettext_lazy("three days or more")),
    ("7", gettext_lazy("a week or more")),
]


COLUMNS = (
    gettext_lazy("Asked at (UTC)"),
    gettext_lazy("About"),
    gettext_lazy("Subject"),
    gettext_lazy("Rule"),
    gettext_lazy("Asked for"),
    gettext_lazy("Reason"),
    gettext_lazy("Refused because"),
    gettext_lazy("Asked by"),
    gettext_lazy("Waits for days"),
    gettext_lazy("State"),
    gettext_lazy("Decided at (UTC)"),
    gettext_lazy("Decided by"),
    gettext_lazy("Until (UTC)"),
    gettext_lazy("Note"),
)


class QueueForm(forms.Form):
    """What the queue is narrowed to; nothing of it is needed."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=list(STATES.items()))
    kind = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    rule = forms.ChoiceField(
        label=gettext_lazy("Rule"), required=False, choices=[("", gettext_lazy("any")), *((code, code) for code in RULES)]
    )
    days = forms.ChoiceField(label=gettext_lazy("Waits"), required=False, choices=DAYS)
    organization = forms.CharField(label=gettext_lazy("Organization"), required=False, max_length=100)
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, kinds: Sequence[Asked]) -> None:
        super().__init__(data)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", gettext_lazy("everything")), *((kind.name, kind.title) for kind in kinds)]

    def wanted(self) -> Wanted:
        """What is narrowed to; a value that there is not narrows nothing, and is said at its place."""
        self.full_clean()
        values = self.cleaned_data
        return Wanted(
            kind=values.get("kind", ""),
            rule=values.get("rule", ""),
            organization=values.get("organization", ""),
            state=values.get("state") or ExceptionState.ASKED,
            days=int(values.get("days") or 0),
        )


def admin_of(kind: Asked) -> Any:
    return admin.site.get_model_admin(kind.model)


def queue_page(request: HttpRequest) -> HttpResponse:
    kinds = seen_by(person_of(request))
    if not kinds:
        raise PermissionDenied
    form = QueueForm(request.GET, kinds=kinds)
    wanted = form.wanted()
    page = form.cleaned_data.get("page") or 1
    entries, more = asked.queue(kinds, wanted, now=now_of(request), page=page)
    pressed = {kind.name for kind in kinds if kind.is_exception and admin_of(kind).may_press(request)}
    direct = [
        (kind.title, reverse(f"admin:{kind.label.replace('.', '_')}_add"))
        for kind in kinds
        if kind.is_exception and admin_of(kind).has_add_permission(request)
    ]
    context = frame(
        request,
        _("What is asked of you") if wanted.state == ExceptionState.ASKED else _("What was asked of you"),
        form=form,
        rows=[(entry, entry.waits and entry.kind.name in pressed) for entry in entries],
        selects=any(entry.waits and entry.kind.name in pressed for entry in entries),
        direct=direct,
        narrowed=wanted != Wanted(),
        files=file_links(request, "admin:exceptions"),
        newer_url=page_url(request, page - 1) if page > 1 else "",
        older_url=page_url(request, page + 1) if more else "",
    )
    return render(request, "admin/portal/exceptions.html", context)


@require_GET
def queue_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The queue as it is narrowed, as a file ("csv", "xlsx"); the journal keeps who took it out."""
    kinds = seen_by(person_of(request))
    if not kinds:
        raise PermissionDenied
    now, form = now_of(request), QueueForm(request.GET, kinds=kinds)
    rows = [_cells(entry) for entry in asked.whole_queue(kinds, form.wanted(), now=now)]
    title, narrowed = _("Exceptions"), sorted(name for name in form.fields if name != "page" and form.cleaned_data.get(name))
    record_export(title=title, kind=kind, rows=len(rows), narrowed_by=narrowed, by=person_of(request), now=now)
    return table_answer(kind, [str(name) for name in COLUMNS], rows, title=title, now=now)


def _cells(entry: Entry) -> list[Cell]:
    row, who = entry.row, getattr(entry.row, "decided_by", None)
    told = [str(entry.kind.title), entry.subject, entry.rule, entry.asked_for, entry.reason, entry.refusal, entry.who]
    decided = [str(entry.state), row.decided_at, str(who or ""), getattr(row, "until", None), getattr(row, "note", "")]
    return [row.asked_at, *told, entry.days if entry.waits else None, *decided]


def _selected(request: HttpRequest) -> list[tuple[Asked, list[Any]]]:
    """The rows that were ticked, still wait, and may be decided by this person, by kind; a row that there is not is none."""
    ids: dict[str, set[int]] = {}
    for key in request.POST.getlist("row")[: 10 * asked.SHOWN]:
        name, _colon, pk = key.partition(":")
        if pk.isascii() and pk.isdigit() and len(pk) < 19:
            ids.setdefault(name, set()).add(int(pk))
    found = []
    for kind in seen_by(person_of(request)):
        if kind.name in ids and kind.is_exception and admin_of(kind).may_press(request):
            rows = kind.model._default_manager.filter(pk__in=ids[kind.name], state=ExceptionState.ASKED)
            found.append((kind, list(rows.select_related(*kind.related).order_by("asked_at", "pk"))))
    return [(kind, rows) for kind, rows in found if rows]


def decide_page(request: HttpRequest) -> HttpResponse:
    """Several at once: what each is, one form a kind; each decided by itself, so that one that cannot be does not stop the others."""
    if not seen_by(person_of(request)):
        raise PermissionDenied
    chosen = _selected(request)
    do = "decline" if request.POST.get("do") == "decline" else "approve"
    if not chosen:
        messages.info(request, _("None of the selected waits for a decision."))
        return redirect("admin:exceptions")
    confirmed = "confirm" in request.POST
    parts = [(kind, rows, _form(kind, do, request.POST if confirmed else None)) for kind, rows in chosen]
    valid = [form.is_valid() for _kind, _rows, form in parts]  # each, so that every problem stands at its place
    if confirmed and all(valid):
        _decide_all(request, do, parts)
        return redirect("admin:exceptions")
    title = _("Approve the selected") if do == "approve" else _("Decline the selected")
    token = request.POST.get("once") or once.new_token(request.path)
    shown = [(kind, [asked.entry_of(kind, row, now=now_of(request)) for row in rows], form) for kind, rows, form in parts]
    return render(request, "admin/portal/decide.html", frame(request, title, parts=shown, do=do, once=token))


def _form(kind: Asked, do: str, data: QueryDict | None) -> forms.Form:
    model_admin: ExceptionAdmin = admin_of(kind)
    form: forms.Form = (DeclineForm if do == "decline" else model_admin.approve_form)(data, prefix=kind.name)
    return in_bulk(form)


def _decide_all(request: HttpRequest, do: str, parts: Sequence[tuple[Asked, list[Any], forms.Form]]) -> None:
    """Once for this form."""
    try:
        with transaction.atomic():
            once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
            for kind, rows, form in parts:
                run = decline_one if do == "decline" else admin_of(kind).approve_one
                for row in rows:
                    _decide(request, run, row, form.cleaned_data)
    except once.DoneAlreadyError:
        messages.info(request, _("This was decided already, a moment ago."))
    except UnableTo as problem:
        messages.error(request, str(problem))


def _decide(request: HttpRequest, run: Any, row: Any, values: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            run(request, row, values)
    except UnableTo as problem:
        messages.error(request, f"{row.subject_text()}: {problem}")
    else:
        messages.success(request, _("Decided: %(row)s.") % {"row": row.subject_text()})
