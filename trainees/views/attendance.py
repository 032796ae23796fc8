"""The roll call of a training, for its trainers: people by team, each day marked, minutes counted, confirmed team by team (P9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.requests import now_of, person_of
from trainees import access, actions, queries
from trainees.forms import DayForm
from trainees.models import Place, RollCall
from trainings.models import Booking, Training


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in the roll call: a form for each day, and what R15 says to what is saved."""

    place: Place
    days: list[DayForm]
    marked: bool
    minutes: int
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class TeamCard:
    booking: Booking
    people: list[PersonLine]
    complete: bool


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance(request: HttpRequest, code: str) -> HttpResponse:
    """Who was there. POST saves one team's marks, marks everybody present on a day, or confirms a team."""
    training = access.roll_call_or_404(code, person=request.user)
    teams = queries.roll_call(training)
    if request.method != "POST":
        return _page(request, training, teams)
    team = next((team for team in teams if str(team.booking.pk) == request.POST.get("team")), None)
    if team is None:
        return _page(request, training, teams, problem=_("This team is not at this training any more."))
    return _do(request, training, teams, team)


def _do(request: HttpRequest, training: Training, teams: list[queries.Team], team: queries.Team) -> HttpResponse:
    """Every button keeps what was typed: saving, marking the rest present on a day, confirming."""
    done = request.POST.get("do", "")
    day = int(done[4:]) if re.fullmatch(r"all-[1-9][0-9]?", done) else None
    forms = {(place.pk, day): form for place in team.places for day, form in enumerate(_forms(training, place, request), start=1)}
    if not all(form.is_valid() for form in forms.values()):
        return _page(request, training, teams, sent=forms)
    marked = {key: marks for key, form in forms.items() if (marks := form.marks()) is not None}
    by, now = person_of(request), now_of(request)
    try:
        if done == "confirm":
            actions.confirm_attendance(booking_id=team.booking.pk, marks=marked, by=by, now=now)
        else:
            actions.mark_team(booking_id=team.booking.pk, marks=marked, rest_on=day, by=by, now=now)
    except UnableTo as problem:
        return _page(request, training, teams, problem=str(problem), sent=forms)
    messages.success(request, _("Confirmed. Everybody is told by letter.") if done == "confirm" else _("Saved."))
    return redirect("trainees:attendance", training.code)


def _forms(training: Training, place: Place, request: HttpRequest | None = None) -> list[DayForm]:
    """A form for each day of a place, filled with what was sent, else with what is saved."""
    saved = {row.day: row for row in place.roll_calls.all()}
    sent = request.POST if request is not None else None
    days = range(1, len(training.hours()) + 1)
    return [DayForm(sent, prefix=f"p{place.pk}d{day}", initial=_initial(saved.get(day))) for day in days]


def _initial(row: RollCall | None) -> dict[str, object]:
    if row is None:
        return {}
    marks = row.marks()
    part = bool(marks.late or marks.left or marks.away)
    out, back = marks.away[0] if marks.away else (None, None)
    how = "absent" if marks.absent else "part" if part else "there"
    return {"how": how, "late": marks.late, "left": marks.left, "out": out, "back": back}


def _page(
    request: HttpRequest,
    training: Training,
    teams: list[queries.Team],
    *,
    problem: str = "",
    sent: dict[tuple[int, int], DayForm] | None = None,
) -> HttpResponse:
    context = {
        "training": training,
        "teams": [_card(training, team, sent or {}, request) for team in teams],
        "problem": problem,
        "begun": training.has_begun(now_of(request)),
        "over": training.ends_at <= now_of(request),
        "edition": training.edition.edition(),
    }
    return render(request, "trainees/attendance.html", context)


def _card(training: Training, team: queries.Team, sent: dict[tuple[int, int], DayForm], request: HttpRequest) -> TeamCard:
    people = []
    for place in team.places:
        days = [sent.get((place.pk, day), form) for day, form in enumerate(_forms(training, place), start=1)]
        marked = len(place.roll_calls.all()) == len(days)
        verdict = queries.verdict_of(place, team.given.get(place.pk, []), now=now_of(request)) if place.roll_calls.all() else None
        minutes = int(str(verdict.facts["minutes"])) if verdict is not None else 0
        people.append(PersonLine(place=place, days=days, marked=marked, minutes=minutes, verdict=verdict if marked else None))
    return TeamCard(booking=team.booking, people=people, complete=all(one.marked for one in people) and bool(people))
