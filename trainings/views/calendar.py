"""The public calendar and a training's page (R3: no login to look)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of
from memberships.queries import current_or_coming, memberships_of
from trainings import access, documents, queries, timeline
from trainings.forms import CalendarFilter


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All trainings that are still to come, with the filters of the query string."""
    form = CalendarFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_bound and form.is_valid() else {}
    offers = queries.upcoming(now=now_of(request))
    first = next(iter(offers), None)
    if wanted.get("month"):
        month = date.fromisoformat(wanted["month"] + "-01")
        offers = [offer for offer in offers if offer.training.starts_on >= month]
    if wanted.get("places"):
        offers = [offer for offer in offers if offer.seats_free >= wanted["places"]]
    if wanted.get("open"):
        offers = [offer for offer in offers if offer.open]
    context = {"offers": offers, "form": form, "open_count": sum(offer.open for offer in offers), "first": first}
    return render(request, "trainings/index.html", context)


@require_safe
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One training; a coordinator also sees which of their memberships can book it, and their booking."""
    training = access.training_or_404(code)
    offer = queries.offer_of(training, now=now_of(request))
    rows = memberships_of(request.user) if isinstance(request.user, Person) else []
    context = {
        "training": training,
        "offer": offer,
        "state": timeline.state_of(training, now=now_of(request), full=offer.full),
        "dates": timeline.training_dates(training, now=now_of(request)),
        "agenda": queries.agenda_days(training),
        "memberships": current_or_coming(rows, now=now_of(request)),
        "bookings": queries.own_bookings(training, rows),
        "granted": queries.sign_up_granted(training, rows, now=now_of(request)) if rows and not offer.open else None,
    }
    return render(request, "trainings/detail.html", context)


@require_safe
def ics(request: HttpRequest, code: str) -> HttpResponse:
    """The training as an iCalendar file."""
    training = access.training_or_404(code)
    body = documents.ics_for_training(training, now=now_of(request))
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{training.code}.ics"'
    return answer
