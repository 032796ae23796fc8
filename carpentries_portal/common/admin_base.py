"""What every app's admin stands on: rows that are only seen, and buttons that call actions."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from carpentries_portal.common import once
from carpentries_portal.common.admin_adding import AddedByFormAdmin, put
from carpentries_portal.common.admin_lists import ListPaginator, as_kept
from carpentries_portal.common.beside import beside as sections_beside
from carpentries_portal.common.buttons import Button, Section, digest_of
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.notices import noting_owed
from carpentries_portal.common.requests import now_of
from carpentries_portal.common.why.kinds import kind_of_label


class UnableToPress(UnableTo):
    """The button is not offered for this row as it stands now."""


class SeenOnlyAdmin(AddedByFormAdmin):
    """Rows that nobody edits: seen and searched. What changes them is a button that calls an action."""

    buttons: ClassVar[Sequence[Button]] = ()
    others_beside: ClassVar[bool] = False
    """Whether a button's page leads to the others: where to accept is one way to answer, and to decline another."""
    gone_to_list: ClassVar[bool] = False
    """Whether a button may take the row away, so that the list comes after it."""
    one_select_related: ClassVar[Sequence[str]] = ()
    """What a row's page and its buttons need besides; a list would read it a hundred times."""
    change_form_template = "admin/portal/change_form.html"
    list_without: ClassVar[Sequence[str]] = ()
    """Fields of what is joined that a list leaves in the database."""
    list_per_page = 100
    show_full_result_count = False

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **options: Any) -> ListPaginator:
        return ListPaginator(queryset, per_page, now=now_of(request))

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))  # as Django's
    def action_checkbox(self, obj: Any) -> SafeString:
        """As Django's, whose form widget takes three templates for each row: a third of a list's time."""
        label = _("Select this object for an action - {}").format(obj)
        box = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
        return format_html(box, ACTION_CHECKBOX_NAME, obj.pk, label)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.defer(*self.list_without) if self.list_without else rows

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Each word in one of `search_fields`, as Django's; but each field by itself, so that its index finds the rows."""
        for word in search_term.split() if self.search_fields else ():
            fields = {name: text for name in self.search_fields if (text := as_kept(name, word))}
            found = [self.model._base_manager.filter(**{f"{name}__icontains": text}).values("pk") for name, text in fields.items()]
            queryset = queryset.filter(pk__in=found[0].union(*found[1:])) if found else queryset.none()
        return queryset, False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.model._meta.fields]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_press(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        opts = self.model._meta
        name = f"{opts.app_label}_{opts.model_name}_button"
        return [path("<int:pk>/do/<slug:button>/", self.admin_site.admin_view(self.button_view), name=name), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        offered = self._offered(request, row) if row is not None else []
        told = self.why_path(row) if row is not None else ""
        sections = sections_beside(request, row) if row is not None else []
        more: dict[str, Any] = {"portal_buttons": offered, "why_url": told, "sections": sections}
        more["enter_url"] = self.enter_url(request, row) if row is not None else ""
        if row is not None:  # the page is about this one; what it is stands under it
            more |= {"title": self.heading(row), "subtitle": str(self.opts.verbose_name), "beside": self.beside(request, row)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """As Django's; with `one_select_related` nothing is left out, and what it names is there."""
        if not self.one_select_related:
            return super().get_object(request, object_id, from_field)
        rows = self.get_queryset(request).defer(None).select_related(*self.one_select_related)
        try:
            return rows.get(pk=self.opts.pk.to_python(unquote(object_id)))
        except (self.model.DoesNotExist, ValidationError, ValueError):
            return None

    def heading(self, row: Any) -> str:
        """What a row's page is about."""
        return str(row)

    def why_path(self, row: Any) -> str:
        """The page with the timeline of a row; "" where its kind is not told."""
        kind = kind_of_label(row._meta.label_lower)
        return reverse("admin:why", args=[kind, row.pk]) if kind else ""

    def enter_url(self, request: HttpRequest, row: Any) -> str:
        """Where an exception for this row is entered, filled in as far as it is known; "" where there is none, or who asks may not."""
        return ""

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What stands under a row's page and its buttons' forms, for who decides."""
        return {}

    def _offered(self, request: HttpRequest, row: Any, *, but: Button | None = None) -> list[tuple[str, Any]]:
        """The buttons of a row as they stand now: address and title."""
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_button"
        mine = [one for one in self.buttons if one is not but and one.may_press(request, self.model)]
        shown = [one for one in mine if one.shown(request, row)]
        return [(reverse(name, args=[row.pk, one.name]), one.title) for one in shown]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """As Django's; a filter or a selection that no row can have leads back to the list, and says so."""
        try:
            answer = super().changelist_view(request, extra_context)
            return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer
        except (ValueError, OverflowError, DataError):
            messages.error(request, _("There is no such row or day: the list is shown from its beginning."))
            return redirect(request.path)

    def button_view(self, request: HttpRequest, pk: int, button: str) -> HttpResponse:
        """The form with its consequence; POST does it."""
        found = next((one for one in self.buttons if one.name == button), None)
        if found is None:
            raise Http404
        if not found.may_press(request, self.model):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            return self._gone(request, found)
        form = self._form(request, found, row)
        shown, told = found.shown(request, row), list[Section]()
        if request.method == "POST" and form.is_valid():
            ahead, seen = found.looks_ahead and shown, request.POST.get("seen", "")
            told = self._rehearsed(request, found, row, form) if ahead and not seen else []
            if not told and form.is_valid() and (done := self._pressed(request, found, row, form)):
                return self._after(request, found, done)
            if ahead and seen and all(name in form.cleaned_data for name in form.fields):  # what is wrong at a field is said there
                told = self._rehearsed(request, found, row, form)
        if request.method == "POST" and once.carried_out(request.POST.get("once", ""), form=request.path):
            return self._done_already(request, found, row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": row,
            "title": found.verb,
            "form": form,
            "shown": shown,
            "told": told,
            "seen": digest_of(told) if told else "",
            "first": found.looks_ahead and not told,
            "sections": sections_beside(request, row) if found.with_beside else [],
            "consequence": found.consequence(request, row),
            "others": self._offered(request, row, but=found) if self.others_beside else [],
            "once": request.POST.get("once") or once.new_token(request.path),
            **self.beside(request, row),
        }
        return render(request, "admin/portal/button.html", context)

    def _form(self, request: HttpRequest, button: Button, row: Any) -> forms.Form:
        form_class = button.form_for(row) if button.form_for is not None else button.form
        return form_class(request.POST or None, initial=button.initial(request, row), **button.form_about(row))

    def _gone(self, request: HttpRequest, button: Button) -> HttpResponse:
        """The row is not there: where this form took it away, that is said. Raises Http404 otherwise."""
        if not once.carried_out(request.POST.get("once", ""), form=request.path):
            raise Http404
        return self._done_already(request, button, None)

    def _done_already(self, request: HttpRequest, button: Button, row: models.Model | None) -> HttpResponse:
        """The same form again, where what it did took its row away, or what was chosen in it: it is said as `_pressed` says it."""
        messages.info(request, _("This was done already, a moment ago: %(title)s.") % {"title": button.verb})
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}"
        return redirect(f"{name}_changelist") if row is None else self._after(request, button, row)

    def _after(self, request: HttpRequest, button: Button, row: models.Model) -> HttpResponse:
        """To the row's page; or back to the page of admin that sent here (`?back=`), where the next one waits."""
        back = request.GET.get("back", "")
        if back.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            return redirect(back)
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}"
        return redirect(f"{name}_changelist") if button.ends_row or self.gone_to_list else redirect(f"{name}_change", row.pk)

    def _pressed(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> models.Model | None:
        """Call the action, once for this form; whose page comes then. None where it cannot be done, which then stands in the form."""
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                if not button.shown(request, row):
                    raise UnableToPress(_("This is not possible any more: it was done, or something has changed."))
                result, told = self._run(request, button, row, form)
                if told and digest_of(told) != request.POST.get("seen"):
                    raise UnableToPress(_("It is not what this page showed before: read it again. Nothing was done."))
        except once.DoneAlreadyError:
            messages.info(request, _("This was done already, a moment ago: %(title)s.") % {"title": button.verb})
            return self._row(row)
        except UnableTo as problem:
            put(form, problem)
            return None
        messages.success(request, _("Done: %(title)s.") % {"title": button.verb})
        return self._row(result if button.leads_on else row)

    def _row(self, row: Any) -> models.Model:
        assert isinstance(row, models.Model)
        return row

    def _run(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> tuple[Any, list[Section]]:
        """What the action returned, and what it did. In the caller's transaction; the row stays as it was read."""
        with noting_owed() as owed:
            result = button.run(request, copy.copy(row), form.cleaned_data)
        return result, button.told(request, row, form.cleaned_data, result, owed)

    def _rehearsed(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> list[Section]:
        """What pressing the button would do: done, told, and taken back whole. What it cannot do stands in the form."""
        told: list[Section] = []
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                _result, told = self._run(request, button, row, form)
                transaction.set_rollback(True)
        except once.DoneAlreadyError:
            return []  # pressing it says so
        except UnableTo as problem:
            if not form.errors:
                put(form, problem)
            return []
        return told
