"""The form of a new edition: every number, grouped by rule, prefilled from the newest; each problem at its field. Saves nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from carpentries_portal.common import edition_words as words
from carpentries_portal.common.edition_json import (
    FLAGS,
    KINDS,
    LINKS,
    LISTS,
    MOST,
    TEXTS,
    TIMES,
    EditionProblem,
    contradictions,
    read_json,
    to_json,
)
from carpentries_portal.common.fields import DayField
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord


class WholesField(forms.CharField):
    """Whole numbers with commas between them; empty: none."""

    def clean(self, value: Any) -> list[int]:
        text = super().clean(value)
        try:
            return [int(part) for part in text.split(",") if part.strip()]
        except ValueError:
            raise forms.ValidationError(_("Whole numbers with commas between them, such as 14, 7, 3, 0.")) from None


class LinesField(forms.CharField):
    """A line each, with semicolons between its parts; every line that does not hold is named."""

    def __init__(self, *, read: Callable[[list[str]], dict[str, Any]], parts: str, rows: int, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "class": "wide-lines"})
        super().__init__(widget=widget, help_text=lazy("A line each: %(parts)s") % {"parts": parts}, max_length=20_000, **kwargs)
        self.read, self.count = read, parts.count(";") + 1

    def clean(self, value: Any) -> list[dict[str, Any]]:
        text, found, wrong = super().clean(value), [], []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                found.append(self._read(line))
            except ValueError as problem:
                wrong.append(_("Line %(n)d: %(why)s") % {"n": number, "why": problem})
        if wrong:
            raise forms.ValidationError(wrong)
        return found

    def _read(self, line: str) -> dict[str, Any]:
        parts = [part.strip() for part in line.split(";", self.count - 1)]
        if len(parts) != self.count or not all(parts):
            raise ValueError(_("it has %(n)d parts with semicolons between them.") % {"n": self.count})
        return self.read(parts)


def _agenda(parts: list[str]) -> dict[str, Any]:
    """Raises ValueError with what is wrong."""
    day, after, minutes, kind, title = parts
    offset = re.fullmatch(r"(\d{1,2}):([0-5]\d)", after, re.ASCII)
    if not offset:
        raise ValueError(_("“%(given)s” is not hours and minutes after the start, such as 01:45.") % {"given": after[:20]})
    for given in (day, minutes):
        if not re.fullmatch(r"[1-9]\d{0,3}", given, re.ASCII):
            raise ValueError(_("“%(given)s” is not a whole number of at least 1.") % {"given": given[:20]})
    if kind not in KINDS:
        raise ValueError(_("“%(given)s” is none of: %(kinds)s.") % {"given": kind[:20], "kinds": ", ".join(KINDS)})
    return {
        "day": int(day),
        "starts_after": int(offset[1]) * 60 + int(offset[2]),
        "minutes": int(minutes),
        "kind": kind,
        "title": title,
    }


def _exercise(parts: list[str]) -> dict[str, Any]:
    """Raises ValueError with what is wrong."""
    code, name, link = parts
    if not link.startswith(("https://", "http://")):
        raise ValueError(_("“%(given)s” is not a link that begins with https://.") % {"given": link[:40]})
    return {"code": code, "name": name, "link": link}


def _field(name: str, label: Any) -> forms.Field:
    """The field of one number of an edition."""
    if name == "agenda":
        return LinesField(label=label, read=_agenda, parts=_("day; HH:MM after the start; minutes; kind; title"), rows=24)
    if name == "exercises":
        return LinesField(label=label, read=_exercise, parts=_("code; name; link"), rows=4)
    if name in TIMES:
        return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    if name in LISTS:
        return WholesField(label=label, required=False, max_length=200, help_text=lazy("With commas between them."))
    if name in FLAGS:
        return forms.BooleanField(label=label, required=False)
    if name in LINKS:
        return forms.URLField(label=label, assume_scheme="https", max_length=500)
    if name in TEXTS:
        return forms.CharField(label=label, max_length=254)
    return forms.IntegerField(label=label, min_value=0, max_value=MOST)


class EditionForm(forms.Form):
    """`cleaned_data["edition"]` is the edition."""

    name = forms.CharField(label=lazy("Name"), max_length=40, help_text=lazy("Such as the year."))
    in_force_from = DayField(label=lazy("In force from"), help_text=lazy("Tomorrow at the earliest."))

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        newest = EditionRecord.objects.order_by("-in_force_from")[:1].get().edition()
        super().__init__(data, initial={**_initial(newest), **(initial or {})})
        self.levels = list(newest.level_seats)
        for _title, fields in words.GROUPS:
            for name, rule, label in fields:
                self.fields.update(self._seats() if name == words.SEATS else {name: _field(name, f"{label} ({rule})")})

    def _seats(self) -> dict[str, forms.Field]:
        return {
            f"{words.SEATS}_{level}": forms.IntegerField(
                label=_("Seats of %(level)s (R1)") % {"level": level},
                min_value=0,
                max_value=MOST,
                required=False,
                help_text=_("Empty: the contract states the number. 0: no seats (R10)."),
            )
            for level in self.levels
        }

    @property
    def grouped(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """The fields as they stand on the page."""
        yield _("The edition"), [self["name"], self["in_force_from"]]
        for title, fields in words.GROUPS:
            names = [name for field, _rule, _label in fields for name in self._names(field)]
            yield title, [self[name] for name in names]

    def _names(self, field: str) -> list[str]:
        return [f"{field}_{level}" for level in self.levels] if field == words.SEATS else [field]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        try:
            edition = read_json(self._plain(values))
        except EditionProblem as problem:
            self._put(problem)
            return values
        for contradiction in contradictions(edition):
            self._put(contradiction)
        return {**values, "edition": edition}

    def _plain(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values as an edition's JSON."""
        plain = {name: value for name, value in values.items() if not name.startswith(f"{words.SEATS}_")}
        plain |= {name: values[name].isoformat() for name in ("in_force_from", *TIMES)}
        plain[words.SEATS] = {level: values[f"{words.SEATS}_{level}"] for level in self.levels}
        return plain

    def _put(self, problem: EditionProblem) -> None:
        """At its field; of the seats of a level, at the level's."""
        name = problem.field.split(" ")[0]
        if name == words.SEATS:
            name = next(
                (f"{name}_{level}" for level in self.levels if problem.reason.startswith(level)), f"{name}_{self.levels[0]}"
            )
        self.add_error(name if name in self.fields else None, f"{problem.reason[:1].upper()}{problem.reason[1:]}.")


def _initial(newest: Edition) -> dict[str, Any]:
    """The newest edition's numbers as the form shows them; a name and a day are new."""
    plain = to_json(newest)
    shown = {name: words.value_text(getattr(newest, name)) for name in (*LISTS, "agenda", "exercises")}
    seats = {f"{words.SEATS}_{level}": number for level, number in plain.pop(words.SEATS).items()}
    kept = {name: value for name, value in plain.items() if name not in ("name", "in_force_from")}
    return {**kept, **shown, **seats}
