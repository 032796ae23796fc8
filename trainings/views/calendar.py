"""The public calendar and a training's page (R3: no login to look)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of, reader_zone_of, show_in_zone
from memberships.queries import current_or_coming, memberships_of
from trainings import access, documents, queries, timeline
from trainings.finding_forms import CalendarFilter


def calendar_filter(request: HttpRequest, *, grid: bool = False) -> CalendarFilter:
    """The filter of the query string, already checked; from then on the page shows hours in the zone that it names."""
    now = now_of(request)
    rows = current_or_coming(memberships_of(request.user), now=now) if isinstance(request.user, Person) else []
    zones = queries.zones_to_come(now)
    form = CalendarFilter(request.GET, zone=reader_zone_of(request), zones=zones, memberships=rows, grid=grid)
    form.is_valid()
    show_in_zone(request, form.shown_zone)
    return form


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The trainings to come as a list, or a month of them as a grid, with the filters of the query string."""
    remembered = reader_zone_of(request)
    grid = request.GET.get("view") == "month"
    form = calendar_filter(request, grid=grid)
    wanted, now = form.wanted(), now_of(request)
    context: dict[str, Any] = {"form": form, "narrows": wanted.narrows, "remembered": remembered}
    if grid:
        context["grid"] = _grid(wanted, request)
    else:
        context["found"] = queries.find(wanted, now=now, page=request.GET.get("page"))
        context["pages"] = context["found"].page.paginator.get_elided_page_range(context["found"].page.number, on_each_side=1)
    context["open_count"] = queries.count_open(now)
    return render(request, "trainings/index.html", context)


def _grid(wanted: queries.Wanted, request: HttpRequest) -> queries.MonthGrid:
    """The month that is named, or the first with something in it; in a grid the months bound nothing else."""
    now, rest = now_of(request), replace(wanted, first_on=None, last_on=None)
    return queries.month_grid(wanted.first_on or queries.first_month(rest, now=now), rest, now=now)


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
