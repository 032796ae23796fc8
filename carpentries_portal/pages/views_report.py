"""The year's report as page and CSV (L15), and the buttons that remind people of their application (L5)."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.pages import report as reports
from carpentries_portal.pages.views import safe_path
from memberships.access import may_act_for, membership_or_404
from trainees.actions import UnableToRemind, remind_applications
from trainees.models import Place
from trainings.access import own_booking_or_404
from trainings.queries import confirmed_bookings


@login_required
@require_safe
def report(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Seats, what is about to be lost, bookings, every person; made to be printed."""
    row = membership_or_404(membership_id, person=request.user)
    found = reports.report_of(row, now=now_of(request))
    return render(request, "pages/report.html", {"report": found, "membership": row})


@login_required
@require_safe
def report_csv(request: HttpRequest, membership_id: int) -> HttpResponse:
    """The same people, a row each."""
    row = membership_or_404(membership_id, person=request.user)
    body = reports.as_csv(reports.report_of(row, now=now_of(request)).people)
    answer = HttpResponse(body, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{reports.filename(row, now=now_of(request))}"'
    return answer


@login_required
@require_POST
def remind(request: HttpRequest, booking_id: int) -> HttpResponse:
    """One person of a team (`place`), or all of it."""
    booking = own_booking_or_404(booking_id, person=request.user)
    chosen = [int(pk) for pk in request.POST.getlist("place") if pk.isdecimal() and len(pk) <= 18] or None
    by, now = person_of(request), now_of(request)
    return _answer(
        request,
        lambda: remind_applications(booking_id=booking.pk, by=by, now=now, place_ids=chosen),
        back=f"/bookings/{booking.pk}/",
    )


@login_required
@require_POST
def remind_all(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Everybody of the membership who has not applied."""
    row = membership_or_404(membership_id, person=request.user)
    if not (isinstance(request.user, Person) and may_act_for(request.user, row)):
        return HttpResponse(status=404)
    return _answer(request, lambda: _each_team(request, row.pk), back=f"/memberships/{row.pk}/")


def _each_team(request: HttpRequest, membership_id: int) -> list[Place]:
    """Team by team, in one transaction; refused only where nobody at all is left to remind."""
    reminded: list[Place] = []
    refusals: list[str] = []
    with transaction.atomic():
        for booking in confirmed_bookings(membership_id):
            try:
                reminded += remind_applications(booking_id=booking.pk, by=person_of(request), now=now_of(request))
            except UnableToRemind as problem:
                refusals.append(str(problem))
    if not reminded:
        raise UnableToRemind(next((text for text in refusals if "today" in text), "") or _("Nobody has to be reminded."))
    return reminded


def _answer(request: HttpRequest, act: Callable[[], list[Place]], *, back: str) -> HttpResponse:
    try:
        places = act()
    except UnableTo as problem:
        messages.warning(request, str(problem))
    else:
        text = ngettext("%(n)d letter is on its way: %(names)s.", "%(n)d letters are on their way: %(names)s.", len(places))
        messages.success(request, text % {"n": len(places), "names": ", ".join(place.name for place in places)})
    return redirect(safe_path(request, request.POST.get("next") or back))
