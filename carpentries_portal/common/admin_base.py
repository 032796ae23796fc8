"""What every app's admin stands on: rows that are only seen, and buttons that call actions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import DataError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import once
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import noting_owed
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.roles import SUPERUSER
from carpentries_portal.common.why.kinds import kind_of_label

Section = tuple[str, Sequence[str]]
"""A heading, and the sentences under it."""


def digest_of(sections: Sequence[Section]) -> str:
    """What a page has shown, in short: who confirms has read this, and nothing else is done. A browser changes line ends, so not the text itself."""
    return hashlib.sha256(repr([(str(title), [str(line) for line in lines]) for title, lines in sections]).encode()).hexdigest()[
        :32
    ]


class Button:
    """A button of a row's page: a form that is shown with its consequence, and an action that it calls.

    `tells`: what the action has done, from its result and the letters that it owes. Such a button is pressed twice: first the action is done and
    taken back, and the page says all that it did; then it is done, if it does the same.
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
        tells: Callable[[HttpRequest, Any, Sequence[Notice]], Sequence[Section]] | None = None,
        permission: str = "",
        form_for: Callable[[Any], type[forms.Form]] | None = None,
    ) -> None:
        self.name, self.title, self.form, self.run = name, title, form, run
        self.consequence, self.shown, self.initial, self.tells = consequence, shown, initial, tells
        self.permission, self.form_for = permission, form_for

    def permission_on(self, model: type[models.Model]) -> str:
        """The permission that the button asks for ("app.codename"): its own, or to change the model's rows; SUPERUSER stands for no role at all."""
        opts = model._meta
        return self.permission or f"{opts.app_label}.{get_permission_codename('change', opts)}"

    def may_press(self, request: HttpRequest, model: type[models.Model]) -> bool:
        person, needed = person_of(request), self.permission_on(model)
        return person.is_active and (person.is_superuser if needed == SUPERUSER else person.has_perm(needed))

    @property
    def verb(self) -> str:
        """The title without the dots that say a form comes first."""
        return str(self.title).rstrip("…")


class UnableToPress(UnableTo):
    """The button is not offered for this row as it stands now."""


class SeenOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rows that nobody edits: seen and searched. What changes them is a button that calls an action."""

    buttons: ClassVar[Sequence[Button]] = ()
    others_beside: ClassVar[bool] = False
    """Whether a button's page leads to the others: where to accept is one way to answer, and to decline another."""
    gone_to_list: ClassVar[bool] = False
    """Whether a button may take the row away, so that the list comes after it."""
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
        offered = self._offered(request, row) if row is not None else []
        told = self.why_path(row) if row is not None else ""
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "portal_buttons": offered, "why_url": told}
        )

    def why_path(self, row: Any) -> str:
        """The page with the timeline of a row; "" where its kind is not told."""
        kind = kind_of_label(row._meta.label_lower)
        return reverse("admin:why", args=[kind, row.pk]) if kind else ""

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What stands beside a button's form, for who decides."""
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
            raise Http404
        form_class = found.form_for(row) if found.form_for is not None else found.form
        form = form_class(request.POST or None, initial=found.initial(request, row))
        shown, told = found.shown(request, row), list[Section]()
        if request.method == "POST" and form.is_valid():
            if (found.tells is None or request.POST.get("seen")) and self._pressed(request, found, row, form):
                opts = self.model._meta
                name = f"admin:{opts.app_label}_{opts.model_name}"
                return redirect(f"{name}_changelist") if self.gone_to_list else redirect(f"{name}_change", row.pk)
            told = self._rehearsed(request, found, row, form) if found.tells is not None and shown else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": row,
            "title": found.verb,
            "form": form,
            "shown": shown,
            "told": told,
            "seen": digest_of(told) if told else "",
            "first": found.tells is not None and not told,
            "consequence": found.consequence(request, row),
            "others": self._offered(request, row, but=found) if self.others_beside else [],
            "once": request.POST.get("once") or once.new_token(request.path),
            **self.beside(request, row),
        }
        return render(request, "admin/portal/button.html", context)

    def _pressed(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> bool:
        """Call the action, once for this form; what it cannot do stands in the form."""
        try:
            with transaction.atomic():
                once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
                if not button.shown(request, row):
                    raise UnableToPress(_("This is not possible any more: it was done, or something has changed."))
                self._done(request, button, row, form)
        except once.DoneAlreadyError:
            messages.info(request, _("This was done already, a moment ago: %(title)s.") % {"title": button.verb})
            return True
        except UnableTo as problem:
            form.add_error(None, str(problem))
            return False
        messages.success(request, _("Done: %(title)s.") % {"title": button.verb})
        return True

    def _done(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> None:
        """In the caller's transaction. Raises UnableToPress where it did something else than was shown."""
        if button.tells is None:
            button.run(request, row, form.cleaned_data)
            return
        with noting_owed() as owed:
            result = button.run(request, row, form.cleaned_data)
        if digest_of(button.tells(request, result, owed)) != request.POST.get("seen"):
            raise UnableToPress(_("It is not what this page showed before: read it again. Nothing was done."))

    def _rehearsed(self, request: HttpRequest, button: Button, row: Any, form: forms.Form) -> list[Section]:
        """What pressing the button would do: done, told, and taken back whole. What it cannot do stands in the form."""
        assert button.tells is not None
        try:
            with transaction.atomic():
                with noting_owed() as owed:
                    result = button.run(request, row, form.cleaned_data)
                told = list(button.tells(request, result, owed))
                transaction.set_rollback(True)
        except UnableTo as problem:
            if not form.non_field_errors():
                form.add_error(None, str(problem))
            return []
        return told

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new row by a form that calls the action: a default "add" would bypass the ledger."""
        if self.add_form is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = self.add_form(request.POST or None, initial=request.GET.dict())
        warnings: Sequence[str] = ()
        if request.method == "POST" and form.is_valid():
            warnings = self.add_warnings(request, form.cleaned_data)
            if not warnings or request.POST.get("seen") == digest_of([("", warnings)]):
                answer = self._added(request, form)
                if answer is not None:
                    return answer
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
            form.add_error(None, str(problem))
            return None
        messages.success(request, _("Added: %(row)s.") % {"row": row})
        return redirect(f"{name}_change", row.pk)

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> models.Model:
        """Calls the action. Raises UnableTo…."""
        raise NotImplementedError

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        """What staff read before it is done (P10); none by default."""
        return ()


class NoteForm(forms.Form):
    """Why: the journal keeps it."""

    why = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
