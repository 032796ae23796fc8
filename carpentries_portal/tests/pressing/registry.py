"""What staff may press in admin: buttons, add forms, actions for many rows, pages of their own; each with a row and a true form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from itertools import count
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpResponse
from django.test import Client

from carpentries_portal.common.admin_base import SeenOnlyAdmin

NOW = datetime(2018, 2, 5, 12, tzinfo=UTC)
"""When all is pressed: a training of January is over, sign-up for one of 12 March is open."""
PAGES = {"merge", "season", "decide", "hold", "run", "export"}
"""Pages of admin that do something and are none of a model's buttons or forms."""

numbers = count(1)
"""For names, addresses and days that only one row has."""


@dataclass(frozen=True)
class Filled:
    """A form as somebody fills it in: where it is sent, and what is typed.

    `first`: what is sent before, so that the page says what follows; the answer's hidden fields go with the form. `row`: what it is about.
    `listed`: a page that who only reads may open, where what they may not press is left out.
    """

    path: str
    values: Mapping[str, Any]
    first: Mapping[str, Any] | None = None
    row: models.Model | None = None
    listed: bool = False


Key = tuple[str, str]
"""A model and its button, "add", or an action for many rows; or "page" and its name."""
FORMS: dict[Key, Callable[[], Filled]] = {}

Rows = Callable[[], tuple[models.Model, dict[str, Any]]]


def base(model: type[models.Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def model_of(name: str) -> type[models.Model]:
    return next(model for model in admin.site._registry if model.__name__ == name)


def button(name: str, button: str) -> Callable[[Rows], Rows]:
    """Register how to make a row on which a button is offered, and what is typed into its form."""

    def register(make: Rows) -> Rows:
        def form() -> Filled:
            row, values = make()
            pressed = next(one for one in _admin(name).buttons if one.name == button)
            return Filled(f"{base(type(row))}{row.pk}/do/{button}/", values, first=values if pressed.looks_ahead else None, row=row)

        FORMS[name, button] = form
        return make

    return register


def _admin(name: str) -> Any:
    return admin.site._registry[model_of(name)]


def add(name: str, *, warns: bool = False) -> Callable[[Callable[[], dict[str, Any]]], Any]:
    """Register what is typed into the form that adds a row; `warns`: it says something first, which is read and confirmed."""

    def register(make: Callable[[], dict[str, Any]]) -> Any:
        def form() -> Filled:
            values = make()
            return Filled(f"{base(model_of(name))}add/", values, first=values if warns else None)

        FORMS[name, "add"] = form
        return make

    return register


def bulk(name: str, action: str) -> Callable[[Callable[[], tuple[list[Any], dict[str, Any]]]], Any]:
    """Register rows for an action of the list, and what is typed for all of them."""

    def register(make: Callable[[], tuple[list[Any], dict[str, Any]]]) -> Any:
        def form() -> Filled:
            rows, values = make()
            chosen = {"action": action, "_selected_action": [row.pk for row in rows], "confirm": "1"}
            return Filled(base(type(rows[0])), {**chosen, **values}, row=rows[0], listed=True)

        FORMS[name, action] = form
        return make

    return register


def page(name: str) -> Callable[[Callable[[], Filled]], Callable[[], Filled]]:
    def register(make: Callable[[], Filled]) -> Callable[[], Filled]:
        FORMS["page", name] = make
        return make

    return register


def pressable() -> set[Key]:
    """All that there is to press, as admin's registry has it."""
    found = {("page", name) for name in PAGES}
    for model, one in admin.site._registry.items():
        if isinstance(one, SeenOnlyAdmin):
            found |= {(model.__name__, button.name) for button in one.buttons}
            found |= {(model.__name__, str(action)) for action in one.actions}
            found |= {(model.__name__, "add")} if one.add_form is not None else set()
    return found


def hidden(answer: HttpResponse) -> dict[str, str]:
    """The token of the form, and what it has shown."""
    found = re.findall(r'name="(once|seen)" value="([^"]*)"', answer.content.decode())
    return {name: unescape(value) for name, value in found if value}


def choices(page: str) -> dict[str, list[str]]:
    """What a page lets one choose, by the name of the field."""
    found = {
        name: re.findall(r'<option value="([^"]+)"', inner)
        for name, inner in re.findall(r'(?s)<select name="([^"]+)"[^>]*>(.*?)</select>', page)
    }
    for name, value in re.findall(r'<input type="checkbox" name="([^"]+)" value="([^"]+)"', page):
        found.setdefault(name, []).append(value)
    return found


def opened(desk: Client, filled: Filled) -> dict[str, Any]:
    """The form as a browser would send it, after whatever it shows first was read."""
    sent = hidden(desk.get(filled.path))
    if filled.first is not None:
        sent |= hidden(desk.post(filled.path, {**filled.first, **sent}))
    return {**filled.values, **sent}
