"""Rows that staff add in admin: by a form that calls an action, with what they read before, once for each form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from carpentries_portal.common import once
from carpentries_portal.common.buttons import digest_of
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exporting import ExportedAdmin
from carpentries_portal.common.requests import now_of


class UnableToAdd(UnableTo):
    """What the page said before is not so any more."""


def put(form: forms.Form, problem: UnableTo) -> None:
    """What cannot be done, at its field where the problem names one."""
    field = getattr(problem, "field", "")
    form.add_error(field if field in form.fields else None, str(problem))


class AddedByFormAdmin(ExportedAdmin):
    """Adds rows by `add_form`; without one there is nothing to add."""

    add_form: ClassVar[type[forms.Form] | None] = None
    add_title: ClassVar[Any] = ""
    add_template: ClassVar[str] = "admin/portal/add.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_form is not None and super().has_add_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new row by a form that calls the action: a default "add" would bypass the ledger."""
        if self.add_form is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = self.add_form(request.POST or None, initial=request.GET.dict())
        warnings: Sequence[str] = ()
        if request.method == "POST" and form.is_valid():
            try:
                warnings = self.add_warnings(request, form.cleaned_data)
            except UnableTo as problem:
                put(form, problem)
            if form.is_valid() and (not warnings or request.POST.get("seen") == digest_of([("", warnings)])):
                answer = self._added(request, form, warnings)
                if answer is not None:
                    return answer
        if request.method == "POST" and once.carried_out(request.POST.get("once", ""), form=request.path):
            return self._added_already(request)  # what was added stands in its own way
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": self.add_title,
            "form": form,
            "warnings": warnings,
            "seen": digest_of([("", warnings)]),
            "once": request.POST.get("once") or once.new_token(request.path),
            **self.add_context(request),
        }
        return render(request, self.add_template, context)

    def add_context(self, request: HttpRequest) -> dict[str, Any]:
        """What stands beside the form, for a template of its own."""
        return {}

    def _added(self, request: HttpRequest, form: forms.Form, warnings: Sequence[str]) -> HttpResponse | None:
        """Call the action, once for this form; None where it cannot be done, which then stands in the form."""
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}"
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                self.lock_for_add(form.cleaned_data)
                if list(self.add_warnings(request, form.cleaned_data)) != list(warnings):
                    raise UnableToAdd(_("It is not what this page showed before: send it again. Nothing was added."))
                row = self.add_row(request, form.cleaned_data)
        except once.DoneAlreadyError:
            return self._added_already(request)
        except UnableTo as problem:
            put(form, problem)
            return None
        messages.success(request, _("Added: %(row)s.") % {"row": row})
        return redirect(f"{name}_change", row.pk)

    def _added_already(self, request: HttpRequest) -> HttpResponse:
        messages.info(request, _("This was added already, a moment ago."))
        return redirect(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist")

    def lock_for_add(self, values: dict[str, Any]) -> None:
        """What is held while the warnings are read for the last time, so that two who add the same see each other's; nothing by default."""

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> models.Model:
        """Calls the action. Raises UnableTo…. Whoever sets `add_form` says it; without one nothing is added, so it has no default."""
        raise NotImplementedError

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        """What staff read before it is done (P10); none by default. Raises UnableTo…, which then stands in the form."""
        return ()
