"""What every app's admin stands on: rows that are only seen, and buttons that call actions."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DataError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import once
from carpentries_portal.common.beside import beside
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of


class Button:
    """A button of a row's page: a form that is shown with its consequence, and an action that it calls.

    `consequence_of` says what follows for the values that were typed, and is confirmed before anything is done. It is called with the
    request, the row, the values and what `run` returned, while the database is as it would be afterwards: see `_rehearsed`.
    `form_about` gives the form what it needs to know of the row. `leads_on`: the page that comes then is that of what `run` returned;
    `ends_row`: it is the list, for the row is gone.
    """

    def __init__(
        self,
        name: str,
        title: Any,
        *,
        form: type[forms.Form],
        run: Callable[[HttpRequest, Any, dict[str, Any]], Any],
        consequence: Callable[[HttpRequest, Any], Sequence[str]],
        shown: Callable[[HttpRequest, Any], bool] = lambda request, row: True,
        initial: Callable[[HttpRequest, Any], dict[str, Any]] = lambda request, row: {},
        consequence_of: Callable[[HttpRequest, Any, dict[str, Any], Any], Sequence[str]] | None = None,
        form_about: Callable[[Any], dict[str, Any]] = lambda row: {},
        leads_on: bool = False,
        ends_row: bool = False,
        with_beside: bool = False,
    ) -> None:
        self.name, self.title, self.form, self.run = name, title, form, run
        self.consequence, self.shown, self.initial = consequence, shown, initial
        self.consequence_of, self.form_about, self.leads_on = consequence_of, form_about, leads_on
        self.ends_row, self.with_beside = ends_row, with_beside

    @property
    def verb(self) -> str:
        """The title without the dots that say a form comes first."""
        return str(self.title).rstrip("…")


def _digest(told: Sequence[str]) -> str:
    """Of what was shown before it is confirmed: where it reads otherwise now, it is shown again."""
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _put(form: forms.Form, problem: UnableTo) -> None:
    """What cannot be done, at its field where the problem names one."""
    field = getattr(problem, "field", "")
    form.add_error(field if field in form.fields else None, str(problem))


class UnableToPress(UnableTo):
    """The button is not offered for this row as it stands now."""


class SeenOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rows that nobody edits: seen and searched. What changes them is a button that calls an action."""

    buttons: ClassVar[Sequence[Button]] = ()
    others_beside: ClassVar[bool] = False
    """Whether a button's page leads to the others: where to accept is one way to answer, and to decline another."""
    add_form: ClassVar[type[forms.Form] | None] = None
    add_title: ClassVar[Any] = ""
    add_template: ClassVar[str] = "admin/portal/add.html"
    change_form_template = "admin/portal/change_form.html"
    list_per_page = 100
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_form is not None and super().has_add_permission(request)

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
        offered = self._offered(request, row) if row is not None and self.may_press(request) else []
        more = {"portal_buttons": offered, "beside": beside(request, row) if row is not None else []}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def _offered(self, request: HttpRequest, row: Any, *, but: Button | None = None) -> list[tuple[str, Any]]:
        """The buttons of a row as they stand now: address and title."""
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_button"
        shown = [one for one in self.buttons if one is not but and one.shown(request, row)]
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
        if not self.may_press(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        found = next((one for one in self.buttons if one.name == button), None)
        if row is None or found is None:
            raise Http404
        form = found.form(request.POST or None, initial=found.initial(request, row), **found.form_about(row))
        shown = found.shown(request, row)
        told: Sequence[str] = ()
        if request.method == "POST" and form.is_valid():
            told = self._rehearsed(request, found, row, form) if shown else ()
            read = not told or request.POST.get("seen") == _digest(told)
            if read and form.is_valid() and (done := self._pressed(request, found, row, form)):
                return self._after(request, found, done)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": row,
            "title": found.verb,
            "form": form,
            "shown": shown,
            "consequence": found.consequence(request, row),
            "told": told,
            "seen": _digest(told),
            "beside": beside(request, row) if found.with_beside else [],
            "others": self._offered(request, row, but=found) if self.others_beside else [],
            "once": request.POST.get("once") or once.new_token(request.path),
        }
        return render(request, "admin/portal/button.html", context)

    def _after(self, request: HttpRequest, button: Button, row: models.Model) -> HttpResponse:
        """To the row's page; or back to the page of admin that sent here (`?back=`), where the next one waits."""
        back = request.GET.get("back", "")
        if back.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            return redirect(back)
        opts = self.model._meta
        if button.ends_row:
            return redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        return redirect(f"admin:{opts.app_label}_{opts.model_name}_change", row.pk)

    def _rehearsed(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> Sequence[str]:
        """What follows for these values: it is done, looked at, and rolled back, so that it cannot differ from what will be done.

        Nothing for a button without `consequence_of`; what it cannot do stands in the form.
        """
        if button.consequence_of is None:
            return ()
        lines: Sequence[str] = ()
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                result = button.run(request, copy.copy(row), form.cleaned_data)
                lines = button.consequence_of(request, row, form.cleaned_data, result)
                transaction.set_rollback(True)
        except once.DoneAlreadyError:
            return ()  # pressing it says so
        except UnableTo as problem:
            form.add_error(None, str(problem))
        return lines

    def _pressed(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> models.Model | None:
        """Call the action, once for this form; whose page comes then. None where it cannot be done, which then stands in the form."""
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                if not button.shown(request, row):
                    raise UnableToPress(_("This is not possible any more: it was done, or something has changed."))
                result = button.run(request, row, form.cleaned_data)
        except once.DoneAlreadyError:
            messages.info(request, _("This was done already, a moment ago: %(title)s.") % {"title": button.verb})
            return self._row(row)
        except UnableTo as problem:
            form.add_error(None, str(problem))
            return None
        messages.success(request, _("Done: %(title)s.") % {"title": button.verb})
        return self._row(result if button.leads_on else row)

    def _row(self, row: Any) -> models.Model:
        assert isinstance(row, models.Model)
        return row

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
                _put(form, problem)
            if form.is_valid() and (not warnings or request.POST.get("seen") == _digest(warnings)):
                answer = self._added(request, form)
                if answer is not None:
                    return answer
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": self.add_title,
            "form": form,
            "warnings": warnings,
            "seen": _digest(warnings),
            "once": request.POST.get("once") or once.new_token(request.path),
            **self.add_context(request),
        }
        return render(request, self.add_template, context)

    def add_context(self, request: HttpRequest) -> dict[str, Any]:
        """What stands beside the form, for a template of its own."""
        return {}

    def _added(self, request: HttpRequest, form: forms.Form) -> HttpResponse | None:
        """Call the action, once for this form; None where it cannot be done, which then stands in the form."""
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}"
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                row = self.add_row(request, form.cleaned_data)
        except once.DoneAlreadyError:
            messages.info(request, _("This was added already, a moment ago."))
            return redirect(f"{name}_changelist")
        except UnableTo as problem:
            _put(form, problem)
            return None
        messages.success(request, _("Added: %(row)s.") % {"row": row})
        return redirect(f"{name}_change", row.pk)

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> models.Model:
        """Calls the action. Raises UnableTo…."""
        raise NotImplementedError

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        """What staff read before it is done (P10); none by default. Raises UnableTo…, which then stands in the form."""
        return ()


class NoteForm(forms.Form):
    """Why: the journal keeps it."""

    why = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
