"""Calendars to subscribe to: their addresses, and what a calendar program reads there. It sends no cookie, and asks again every few hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of, reader_zone_of
from memberships.queries import coordinates_something
from trainings import actions, feeds, queries
from trainings.finding_forms import CalendarFilter
from trainings.models import CalendarFeed
from trainings.views.calendar import calendar_filter

CARRIED = ("month", "until", "seats", "open", "suits")
"""The filters that an address carries: a membership's year is nobody else's to see."""


@require_safe
def feed(request: HttpRequest) -> HttpResponseBase:
    """The public calendar, with the filters of the query string. A wrong one is said: a program would never notice."""
    form = CalendarFilter(request.GET, zone="UTC")
    if not form.is_valid():
        lines = [f"{name}: {' '.join(str(one) for one in problems)}" for name, problems in form.errors.items()]
        return HttpResponse("\n".join(lines), status=400, content_type="text/plain; charset=utf-8")
    now = now_of(request)
    rows = queries.for_feed(queries.matching(form.wanted(), queries.in_feed(now), now=now))
    stamps = queries.training_stamps([row.pk for row in rows])
    changed = max((stamp.at for stamp in stamps.values()), default=None)
    answer = _unless_known(
        request, lambda: feeds.public_calendar(rows, stamps), etag=feeds.public_etag(rows, stamps), changed=changed
    )
    answer.headers.setdefault("Cache-Control", "public, max-age=900")
    return answer


@require_safe
def own_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """A coordinator's own calendar, opened by its address alone."""
    found = feeds.feed_of(token)
    if found is None:
        raise Http404
    body, changed = feeds.own_calendar(found.person, now=now_of(request))
    answer = _unless_known(request, lambda: body, etag=feeds.etag_of(body), changed=max(changed or found.made_at, found.made_at))
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _unless_known(request: HttpRequest, write: Callable[[], bytes], *, etag: str, changed: datetime | None) -> HttpResponseBase:
    """The calendar, or 304 to who has it. Where only a date is asked by, nothing newer than the last change is missed."""
    quoted, at = quote_etag(etag), int(changed.timestamp()) if changed else None
    answer: HttpResponseBase | None = get_conditional_response(request, etag=quoted, last_modified=at)
    if answer is None:
        answer = HttpResponse(write(), content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="trainings.ics"'
    answer["ETag"] = quoted
    if at is not None:
        answer["Last-Modified"] = http_date(at)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """The address of the public calendar, with the filters one came with; for coordinators that of their own, made, renewed, closed."""
    if request.method == "POST":
        return _change(request) if isinstance(request.user, Person) else redirect_to_login(request.get_full_path())
    context: dict[str, Any] = {"public": _addresses(_public_path(request))}
    if isinstance(request.user, Person):
        own = CalendarFeed.objects.filter(person=request.user, revoked_at__isnull=True).first()
        context["coordinates"] = coordinates_something(request.user)
        context["own_feed"] = own
        context["own"] = _addresses(reverse("trainings:own_feed", args=[feeds.token_of(own)])) if own else None
    return render(request, "trainings/subscribe.html", context)


def _public_path(request: HttpRequest) -> str:
    form = calendar_filter(request)
    query = {name: request.GET[name] for name in CARRIED if request.GET.get(name) and name not in form.errors}
    if "suits" in query:
        query["zone"] = reader_zone_of(request)
    return reverse("trainings:feed") + (f"?{urlencode(query)}" if query else "")


def _addresses(path: str) -> dict[str, str]:
    """As one copies it, and as programs on this machine open it."""
    url = settings.SITE_URL + path
    return {"url": url, "webcal": "webcal:" + url.split(":", 1)[1]}


def _change(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Person)
    try:
        if request.POST.get("do") == "revoke":
            actions.revoke_feed(person=request.user, now=now_of(request))
            messages.success(request, _("Your calendar is closed: its address opens no more."))
        elif request.POST.get("do") == "renew":
            actions.renew_feed(person=request.user, now=now_of(request))
            messages.success(request, _("Your calendar has a new address: it stands below."))
    except UnableTo as problem:
        messages.error(request, str(problem))
    return redirect("trainings:subscribe")
