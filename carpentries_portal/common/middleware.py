"""What cannot be read is refused first; one reading of the clock a request, and the zone in which its reader wants the hours."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject

from carpentries_portal.common import clock
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.models import Person

requests_log = logging.getLogger("portal.requests")


def _reader_zone(request: HttpRequest) -> tuple[str, str]:
    """A zone and who says so: a choice by "hand" (the person's, or the cookie's), the browser's "guess", else UTC and "nobody".

    Asks for the person only where there is a session.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, Person) and is_zone(request.user.zone):
        return request.user.zone, "hand"
    for cookie, by in (("zone", "hand"), ("zone_guess", "guess")):
        zone = request.COOKIES.get(cookie, "")
        if is_zone(zone):
            return zone, by
    return "UTC", "nobody"


class RequestLogMiddleware:
    """A line for each request: what was asked for, what came of it, how long it took (ms). Who asked is their number, never a name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin = time.perf_counter()
        answer = self.get_response(request)
        if requests_log.isEnabledFor(logging.INFO):
            took = round((time.perf_counter() - begin) * 1000, 1)
            facts = {
                "method": request.method,
                "path": request.path,
                "status": answer.status_code,
                "ms": took,
                "person": _known(request),
            }
            requests_log.info("%s %s %s", request.method, request.path, answer.status_code, extra=facts)
        return answer


def _known(request: HttpRequest) -> int | None:
    """Who asked, where the page asked for them too: the log costs no query."""
    person = getattr(request, "_cached_user", None)
    return person.pk if person is not None else None


class ReadableMiddleware:
    """No page has a NUL in its address, and PostgreSQL takes none: 404. A form is UTF-8: 400, before anybody asks for its fields.

    Django refuses such a form when its fields are asked for, and asks for them again while it writes the refusal: that would be a 500.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        form = request.content_type == "application/x-www-form-urlencoded"
        if form and (request.encoding or "utf-8").lower() != "utf-8":
            return render(None, "400.html", status=400)
        return self.get_response(request)


class NowMiddleware:
    """Sets `request.now` (UTC); `request.reader_zone` (IANA) and `request.zone_by` ("hand", "guess", "nobody"; a page may set "page"), lazily."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = clock.now()  # type: ignore[attr-defined]  # read by requests.now_of
        zone = SimpleLazyObject(lambda: _reader_zone(request))
        request.reader_zone = SimpleLazyObject(lambda: zone[0])  # type: ignore[attr-defined]  # as above
        request.zone_by = SimpleLazyObject(lambda: zone[1])  # type: ignore[attr-defined]  # as above
        answer = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not answer.has_header("Cache-Control"):
            patch_cache_control(answer, private=True, no_cache=True)  # nobody else's cache keeps a page of somebody
        return answer
