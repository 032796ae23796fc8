"""Confirming a team's attendance (P9): what follows for each person is read before it is done. For trainers and staff."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.requests import now_of, person_of
from memberships.queries import coordinators_of
from trainees import access, actions, evidence_queries, policy, queries
from trainees.models import Place, RollCall, RollCallMark
from trainees.views.roll_rows import saved_clock


@dataclass(frozen=True, slots=True)
class Said:
    """A mark, as it is read: what, by whom, when."""

    text: str
    who: str
    role: str
    clock: str


@dataclass(frozen=True, slots=True)
class DayLine:
    day: int
    stands: Said | None
    before: list[Said]
    """What somebody else had said before, newest first."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    place: Place
    days: list[DayLine]
    minutes: int
    verdict: Verdict | None
    """None where a day has no mark yet."""
    against: str = ""
    """What videoconference reports say, where it differs."""

    @property
    def order(self) -> int:
        return 0 if self.verdict is None else 1 if self.verdict.refused else 2


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str, booking_id: int) -> HttpResponse:
    """What confirming means for each person of a team; POST does it, if the roll call is still the one that was shown."""
    team, confirms = _team_or_404(request, code, booking_id)
    if request.method != "POST":
        return _page(request, team, confirms=confirms)
    try:
        actions.confirm_attendance(
            booking_id=booking_id, seen=request.POST.get("seen", ""), by=person_of(request), now=now_of(request)
        )
    except UnableTo as problem:
        team, confirms = _team_or_404(request, code, booking_id)
        return _page(request, team, confirms=confirms, problem=str(problem))
    messages.success(request, _("Confirmed. Everybody is told by letter."))
    return redirect("trainees:attendance", code)


def _team_or_404(request: HttpRequest, code: str, booking_id: int) -> tuple[queries.Team, bool]:
    """A team with people at this training, and whether who asks may confirm it. Raises Http404, PermissionDenied."""
    keeper = access.roll_call_or_404(code, person=request.user, acting=request.method == "POST")
    teams = queries.roll_call(keeper.training, bookings=[booking_id], history=True)
    if not teams or not teams[0].places:
        raise Http404
    return teams[0], keeper.confirms


def _page(request: HttpRequest, team: queries.Team, *, confirms: bool, problem: str = "") -> HttpResponse:
    now, training = now_of(request), team.places[0].training
    coordinators = {row.person_id for row in coordinators_of(team.booking.membership.organization_id)}
    against = evidence_queries.against(training, [team])
    lines = [
        replace(_line(place, team, now=now, coordinators=coordinators), against=against.get(place.pk, "")) for place in team.places
    ]
    people = sorted(lines, key=lambda one: one.order)  # what needs a look comes first; else by name, as the team is
    passing = sum(1 for one in people if one.verdict is not None and not one.verdict.refused)
    unmarked = [one.place.name for one in people if one.verdict is None]
    context = {
        "training": training,
        "booking": team.booking,
        "confirms": confirms,
        "people": people,
        "passing": passing,
        "failing": len(people) - passing - len(unmarked),
        "unmarked": unmarked,
        "never_named": policy.never_named(reserved=team.booking.reservation.reserved, people=len(people)),
        "over": training.ends_at <= now,
        "seen": queries.fingerprint_of(team.places),
        "problem": problem,
        "edition": training.edition.edition(),
    }
    return render(request, "trainees/confirm_attendance.html", context)


def _line(place: Place, team: queries.Team, *, now: datetime, coordinators: set[int]) -> PersonLine:
    numbers = range(1, len(place.training.hours()) + 1)
    days = [_day(place, number, coordinators) for number in numbers]
    verdict = queries.verdict_of(place, team.given.get(place.pk, []), now=now)
    marked = all(day.stands for day in days)
    minutes = int(str(verdict.facts["minutes"]))
    return PersonLine(place=place, days=days, minutes=minutes, verdict=verdict if marked else None)


def _day(place: Place, day: int, coordinators: set[int]) -> DayLine:
    """The first of a day's marks, newest first, is the one that stands (the query orders them)."""
    marks = [row for row in place.roll_call_marks.all() if row.day == day]
    stands = next((row for row in place.roll_calls.all() if row.day == day), None)
    if stands is None:
        return DayLine(day=day, stands=None, before=[])
    others = [row for row in marks[1:] if row.saved_by_id != stands.saved_by_id and row.marks() != stands.marks()]
    return DayLine(
        day=day,
        stands=_said(stands, place, coordinators),
        before=[_said(row, place, coordinators) for row in others],
    )


def _said(row: RollCall | RollCallMark, place: Place, coordinators: set[int]) -> Said:
    return Said(
        text=policy.words_of(row.marks()),
        who=str(row.saved_by) if row.saved_by else "",
        role=_("coordinator") if row.saved_by_id in coordinators else "",
        clock=saved_clock(row, place.training),
    )
