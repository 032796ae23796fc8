"""Staff's page of a season: paste lines or take a calendar's file, see every problem at its cell, announce all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import editions, once
from carpentries_portal.common.buttons import digest_of
from carpentries_portal.common.dates import day_text, days_text
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tablefile import MOST_BYTES, Refusal, UnreadableFileError
from trainings import actions, queries
from trainings.calendar_file import read_calendar
from trainings.models import Training
from trainings.season import MOST_LINES, SeasonLine, lines_of, read_season

ADD = "trainings.add_training"


class SeasonForm(forms.Form):
    """Lines, or a file that is put into them."""

    lines = forms.CharField(
        label=gettext_lazy("One training a line"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "First day, time zone, and if you like hours, capacity, title or address; from a spreadsheet, or with commas. "
            "For example: 2027-03-08, America/Chicago, 09:00-17:00, 30"
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or the calendar's file (CSV)"),
        required=False,
        help_text=gettext_lazy("Its trainings to come are put into the lines above, where you can change them."),
    )

    def clean_file(self) -> UploadedFile | None:  # type: ignore[type-arg]  # not subscriptable at run time
        given: UploadedFile | None = self.cleaned_data["file"]  # type: ignore[type-arg]  # as above
        if given is not None and (given.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than %(n)d MB.") % {"n": MOST_BYTES // 1024 // 1024})
        return given

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        text = values.get("lines", "")
        if not self.errors and not text.strip() and not values.get("file"):
            self.add_error("lines", _("Paste a line, or choose a file."))
        if len([line for line in text.splitlines() if line.strip()]) > MOST_LINES:
            self.add_error("lines", _("At most %(n)d trainings at once.") % {"n": MOST_LINES})
        return values


def season_view(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """GET: the form. POST: what the lines would announce; with `do=announce` and what was shown, it is done. `frame`: admin's context."""
    if not request.user.has_perm(ADD):
        raise PermissionDenied
    form = SeasonForm(request.POST or None, request.FILES or None)
    said: list[str] = []
    refused: list[Refusal] = []
    found: list[SeasonLine] = []
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["file"] is not None:
            form, said, refused = _from_file(form, request)
        found = _read(form, request) if form.is_valid() else []
        if request.POST.get("do") == "announce" and _announced(request, form, found):
            return redirect("admin:trainings_training_changelist")
    blocked = any(line.problems for line in found)
    context = {
        **frame,
        "title": _("Schedule a season"),
        "form": form,
        "said": said,
        "refused": refused,
        "found": found,
        "rows": [_row(line) for line in found],
        "blocked": blocked,
        "seen": "" if blocked or not found else _seen(found),
        "once": request.POST.get("once") or once.new_token(request.path),
    }
    return render(request, "admin/portal/season.html", context)


LABELS = {
    "day": gettext_lazy("Days"),
    "zone": gettext_lazy("Time zone"),
    "hours": gettext_lazy("Hours"),
    "capacity": gettext_lazy("Seats"),
    "more": gettext_lazy("Title or address"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the preview: what was read of it, or what was pasted where it cannot be read."""

    label: str
    text: str
    problem: str
    warning: str


def _row(line: SeasonLine) -> dict[str, Any]:
    texts = dict(line.cells)
    if line.planned is not None:
        one = line.planned
        texts |= {
            "day": f"{day_text(one.starts_on)[:3]} {days_text(one.starts_on, one.ends_on)}",
            "zone": one.zone,
            "hours": f"{one.starts:%H:%M}–{one.ends:%H:%M}",
            "capacity": str(one.capacity or _("as the edition says")),
        }
    cells = [
        Cell(str(label), texts[name][:200], line.problems.get(name, ""), line.warnings.get(name, ""))
        for name, label in LABELS.items()
    ]
    return {"line": line.line, "bad": bool(line.problems), "cells": cells}


def _read(form: SeasonForm, request: HttpRequest) -> list[SeasonLine]:
    now = now_of(request)
    text = form.cleaned_data["lines"]
    return read_season(text, edition=editions.in_force(now.date()), now=now, known=queries.scheduled_keys(now))


def _from_file(form: SeasonForm, request: HttpRequest) -> tuple[SeasonForm, list[str], list[Refusal]]:
    """The form with the file's trainings as lines, what was left out, and the rows that cannot be read."""
    now, upload = now_of(request), form.cleaned_data["file"]
    try:
        rows, refused = read_calendar(upload.read(MOST_BYTES + 1), edition=editions.in_force(now.date()))
    except UnreadableFileError as problem:
        form.add_error("file", str(problem))
        return form, [], []
    text, past, cancelled = lines_of(rows, now=now)
    said = [
        ngettext(
            "%(n)d row of the file lies in the past, and is left out.",
            "%(n)d rows of the file lie in the past, and are left out.",
            past,
        )
        % {"n": past}
        if past
        else "",
        ngettext("%(n)d row is cancelled, and is left out.", "%(n)d rows are cancelled, and are left out.", cancelled)
        % {"n": cancelled}
        if cancelled
        else "",
    ]
    if not text:
        form.add_error("file", _("No training of this file is still to come."))
        return form, [one for one in said if one], refused
    filled = SeasonForm({"lines": text})
    filled.is_valid()
    return filled, [one for one in said if one], refused


def _seen(found: list[SeasonLine]) -> str:
    return digest_of([(str(line.planned), list(line.warnings.values())) for line in found])


def _announced(request: HttpRequest, form: SeasonForm, found: list[SeasonLine]) -> bool:
    """All of them, once for this form; what cannot be done stands in the form."""
    if once.carried_out(request.POST.get("once", ""), form=request.path):
        messages.info(request, _("This was done already, a moment ago."))
        return True  # what it announced stands in the way of its own lines now
    if any(line.problems for line in found) or request.POST.get("seen") != _seen(found):
        form.add_error(None, _("This is not what the page showed before: read it again. Nothing was announced."))
        return False
    season = [line.planned for line in found if line.planned is not None]
    try:
        with transaction.atomic():
            once.claim(request.POST.get("once", ""), form=request.path, now=now_of(request))
            made: list[Training] = actions.announce_season(season=season, by=person_of(request), now=now_of(request))
    except once.DoneAlreadyError:
        messages.info(request, _("This was done already, a moment ago."))
        return True
    except UnableTo as problem:
        form.add_error(None, str(problem))
        return False
    done = ngettext("%(n)d training is announced.", "%(n)d trainings are announced.", len(made)) % {"n": len(made)}
    messages.success(request, done)
    return True
