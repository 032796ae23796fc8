"""The roll call of a training (P9), a day at a time: its page, which works as a plain form, and the marks that a device sends one by one."""

from __future__ import annotations

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from trainees import access, actions, evidence_queries, queries
from trainees.access import Keeper
from trainees.actions import UnableToMark, UnableToOvertake
from trainees.forms import DayForm, MarkForm
from trainees.models import Place
from trainees.views import roll_rows
from trainings.models import Training


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance(request: HttpRequest, code: str) -> HttpResponse:
    """Who was there on a day. POST keeps one team's marks, and marks whoever has none as present."""
    keeper = access.keeper_or_404(code, person=request.user, acting=request.method == "POST")
    teams = queries.roll_call(keeper.training, bookings=keeper.bookings)
    if request.method != "POST":
        return _page(request, keeper, teams)
    team = next((team for team in teams if str(team.booking.pk) == request.POST.get("team")), None)
    if team is None:
        return _page(request, keeper, teams, problem=_("This team is not at this training any more."))
    return _save(request, keeper, teams, team)


def _save(request: HttpRequest, keeper: Keeper, teams: list[queries.Team], team: queries.Team) -> HttpResponse:
    done, days = request.POST.get("do", ""), range(1, len(keeper.training.hours()) + 1)
    rest_on = int(done[4:]) if re.fullmatch(r"all-[1-9][0-9]?", done) else None
    forms = {(place.pk, day): DayForm(request.POST, prefix=f"p{place.pk}d{day}") for place in team.places for day in days}
    wrong = [day for (_place, day), form in forms.items() if not form.is_valid()]
    if wrong:
        return _page(request, keeper, teams, sent=forms, day=min(wrong))
    marks = {cell: one for cell, form in forms.items() if (one := form.marks()) is not None}
    seen = {cell: request.POST.get(f"p{cell[0]}d{cell[1]}-was", "") for cell in marks}
    if rest_on not in {None, *days}:
        rest_on = None
    try:
        actions.mark_team(
            booking_id=team.booking.pk, marks=marks, rest_on=rest_on, seen=seen, by=person_of(request), now=now_of(request)
        )
    except UnableTo as problem:
        overtaken = problem.cells if isinstance(problem, UnableToOvertake) else frozenset()
        typed = {cell: form for cell, form in forms.items() if cell in marks and cell not in overtaken}
        teams = queries.roll_call(keeper.training, bookings=keeper.bookings)
        return _page(request, keeper, teams, problem=str(problem), sent=typed)
    messages.success(request, _("Saved."))
    return redirect(f"{reverse('trainees:attendance', args=[keeper.training.code])}?day={_day(request, keeper.training)}")


def _day(request: HttpRequest, training: Training) -> int:
    """The day that is shown: the one asked for, else today's by the training's zone, else the first."""
    hours = training.hours()
    asked = request.GET.get("day", "")
    if re.fullmatch(r"[1-9][0-9]?", asked) and int(asked) <= len(hours):
        return int(asked)
    today = today_in(training.zone, now_of(request))
    return next((number for number, day in enumerate(hours, start=1) if day.on == today), 1)


def _page(
    request: HttpRequest,
    keeper: Keeper,
    teams: list[queries.Team],
    *,
    problem: str = "",
    sent: roll_rows.Sent | None = None,
    day: int | None = None,
) -> HttpResponse:
    training, now = keeper.training, now_of(request)
    day = day or _day(request, training)
    hours = training.hours()
    against = evidence_queries.against(training, teams) if keeper.sees_all else {}
    context = {
        "keeper": keeper,
        "training": training,
        "teams": [roll_rows.card(training, team, day=day, now=now, sent=sent or {}, against=against) for team in teams],
        "day": day,
        "days": list(enumerate(hours, start=1)),
        "hours": hours[day - 1],
        "problem": problem,
        "begun": training.has_begun(now),
        "open": training.has_begun(now) and keeper.acts,
        "over": training.ends_at <= now,
        "edition": training.edition.edition(),
        "now_ms": int(now.timestamp() * 1000),
    }
    return render(request, "trainees/attendance.html", context)


@login_required
@require_POST
def mark(request: HttpRequest, code: str) -> HttpResponse:
    """One mark of a device, which sends it again until it has an answer: saved, older than what stands, or refused with a sentence.

    JSON: `state`, `why` where it is refused, `row` (the person's row as it is now), `now` (milliseconds since 1970).
    """
    keeper = access.keeper_or_404(code, person=request.user, acting=True)
    form = MarkForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"state": "refused", "why": form.problems()}, status=422)
    place = access.marked_place_or_404(keeper, form.cleaned_data["place"])
    try:
        state = _keep(request, place, form)
    except UnableToMark as problem:
        why = str(problem) if place.name in str(problem) else f"{place.name}: {problem}"
        return JsonResponse({"state": "refused", "why": why}, status=409)
    now = now_of(request)
    row = _row(request, keeper.training, place, form.cleaned_data["day"])
    return JsonResponse({"state": state, "row": row, "now": int(now.timestamp() * 1000)})


def _keep(request: HttpRequest, place: Place, form: MarkForm) -> str:
    now, marks = now_of(request), form.marks()
    assert marks is not None  # a mark says how
    kept = actions.mark(
        place_id=place.pk, day=form.cleaned_data["day"], marks=marks, by=person_of(request), now=now, stamp=form.stamp()
    )
    return "saved" if kept.stands else "older"


def _row(request: HttpRequest, training: Training, place: Place, day: int) -> str:
    """The person's row as HTML; empty where they have just left the list."""
    for team in queries.roll_call(training, bookings=[place.booking_id], place_id=place.pk):
        for one in team.places:
            row = roll_rows.row(one, team.given.get(one.pk, []), day=day, now=now_of(request))
            return render_to_string("trainees/_roll_row.html", {"row": row, "open": True}, request)
    return ""
