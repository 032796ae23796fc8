"""One reading of the clock a request, and the zone in which its reader wants the hours."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject

from carpentries_portal.common import clock
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.models import Person


def _reader_zone(request: HttpRequest) -> str:
    """The person's zone, else the cookie's, else UTC. Asks for the person only where there is a session."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, Person) and is_zone(request.user.zone):
        return request.user.zone
    chosen = request.COOKIES.get("zone", "")
    return chosen if is_zone(chosen) else "UTC"


class NowMiddleware:
    """Sets `request.now` (UTC) and `request.reader_zone` (IANA, lazily)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = clock.now()  # type: ignore[attr-defined]  # read by requests.now_of
        request.reader_zone = SimpleLazyObject(lambda: _reader_zone(request))  # type: ignore[attr-defined]  # as above
        answer = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not answer.has_header("Cache-Control"):
            patch_cache_control(answer, private=True, no_cache=True)  # nobody else's cache keeps a page of somebody
        return answer
