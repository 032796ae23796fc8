"""A button of a row's page in admin: what it asks, what it says follows, and the action that it calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_permission_codename
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from carpentries_portal.common.models import Notice
from carpentries_portal.common.requests import person_of
from carpentries_portal.common.roles import SUPERUSER

Section = tuple[str, Sequence[str]]
"""A heading, and the sentences under it."""


def digest_of(sections: Sequence[Section]) -> str:
    """What a page has shown, in short: who confirms has read this, and nothing else is done. A browser changes line ends, so not the text itself."""
    return hashlib.sha256(repr([(str(title), [str(line) for line in lines]) for title, lines in sections]).encode()).hexdigest()[
        :32
    ]


class Button:
    """A button of a row's page: a form that is shown with its consequence, and an action that it calls.

    Such a button with `tells` or `consequence_of` is pressed twice: first the action is done and taken back, and the page says what it did; then
    it is done, if it does the same. `tells` gets what the action returned and the letters that it owes; `consequence_of` the row as it was, the
    values that were typed and what the action returned, and has nothing to confirm where it says nothing.
    `form_for` chooses the form by the row, `form_about` gives the form what it needs to know of it. `leads_on`: the page that comes then is that of
    what `run` returned; `ends_row`: it is the list, for the row is gone. `with_beside`: what stands beside the row stands beside the form too.
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
        consequence_of: Callable[[HttpRequest, Any, dict[str, Any], Any], Sequence[str]] | None = None,
        form_about: Callable[[Any], dict[str, Any]] = lambda row: {},
        leads_on: bool = False,
        ends_row: bool = False,
        with_beside: bool = False,
    ) -> None:
        self.name, self.title, self.form, self.run = name, title, form, run
        self.consequence, self.shown, self.initial, self.tells = consequence, shown, initial, tells
        self.permission, self.form_for = permission, form_for
        self.consequence_of, self.form_about, self.leads_on = consequence_of, form_about, leads_on
        self.ends_row, self.with_beside = ends_row, with_beside

    @property
    def looks_ahead(self) -> bool:
        return self.tells is not None or self.consequence_of is not None

    def told(self, request: HttpRequest, row: Any, values: dict[str, Any], result: Any, owed: Sequence[Notice]) -> list[Section]:
        """What the action did, while the database is as it left it."""
        if self.tells is not None:
            return list(self.tells(request, result, owed))
        lines = self.consequence_of(request, row, values, result) if self.consequence_of is not None else ()
        return [("", lines)] if lines else []

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


class NoteForm(forms.Form):
    """Why: the journal keeps it."""

    why = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
