"""A person's own page: what is held about them, to download, to correct, to have forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from carpentries_portal.common import people_requests
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models.own_data import DataRequestKind, DataRequestState
from carpentries_portal.common.own_data import archive, held
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.pages.forms import CorrectionForm, ForgetMeForm, OwnNameForm

PARTS = {
    "account": _("Your name, address and time zone"),
    "merged_with": _("Rows of yours that were merged into this one"),
    "second_factors": _("Your second factors"),
    "sessions": _("Where you are logged in"),
    "personal_links": _("Links by which you can enter"),
    "letters": _("Letters that we sent you"),
    "requests_about_own_data": _("What you asked about your data"),
    "journal": _("What was done by you or about you, line by line"),
    "coordinates_for": _("Organizations that you coordinate for"),
    "notes_written": _("Notes of staff that you wrote"),
    "named_in_notes": _("Notes of staff that name you"),
    "trains_at": _("Trainings where you train"),
    "booked": _("Teams that you booked"),
    "waits_for_dates": _("Dates that you said would suit your team"),
    "calendar_feed": _("Your private calendar"),
    "asked_about_trainings": _("What you asked about trainings"),
    "places": _("Trainings where you are on a list"),
    "applications": _("Your applications, with every answer"),
    "roll_calls": _("When you were there, day by day"),
    "requests_that_name_you": _("Changes of a list that were asked for, and name you"),
    "roll_call_marks": _("Each mark of the roll call about you, also those that were changed"),
    "exceptions": _("Exceptions that concern you"),
    "connections": _("Your connections in videoconference reports"),
    "reports_imported": _("Videoconference reports that you imported"),
    "checkouts": _("Your exercises and their dates"),
    "submissions": _("What you handed in, and the feedback"),
    "extensions": _("More time that you asked for"),
    "reviews": _("What you said of other people’s work"),
    "certificates": _("Your certificates"),
}
"""What each part of the archive is, as its owner would call it."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """The name is corrected at once; everything else is asked of staff, who confirm."""
    done = request.POST.get("do", "")
    forms = {
        "name": OwnNameForm(request.POST if done == "name" else None, initial={"name": person_of(request).name}),
        "correct": CorrectionForm(request.POST if done == "correct" else None),
        "forget": ForgetMeForm(request.POST if done == "forget" else None),
    }
    form = forms.get(done)
    if form is not None and form.is_valid():
        try:
            _do(request, done, form.cleaned_data)
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("pages:me")
    return _page(request, forms)


def _do(request: HttpRequest, done: str, values: dict[str, object]) -> None:
    person, now = person_of(request), now_of(request)
    if done == "name":
        people_requests.correct_own_name(person=person, name=str(values["name"]), now=now)
        messages.success(request, _("Saved."))
        return
    kind = DataRequestKind.CORRECT if done == "correct" else DataRequestKind.FORGET
    keep = bool(values.get("keep_verifiable"))
    people_requests.ask(person=person, kind=kind, text=str(values["text"]), keep_verifiable=keep, now=now)
    messages.success(request, _("Asked. You get a letter when staff have answered."))


def _page(request: HttpRequest, forms: Mapping[str, Form]) -> HttpResponse:
    person = person_of(request)
    asked = list(person.data_requests.order_by("-pk"))
    waiting = {row.kind for row in asked if row.state == DataRequestState.ASKED}
    parts = [(PARTS.get(title, title), len(rows)) for title, rows in held(person).items() if rows]
    context = {"forms": forms, "asked": asked, "waiting": waiting, "parts": parts}
    return render(request, "pages/me.html", context)


@login_required
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """All that is held about who is logged in, as a ZIP."""
    answer = HttpResponse(archive(person_of(request), now=now_of(request)), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    answer["Cache-Control"] = "no-store"
    return answer
