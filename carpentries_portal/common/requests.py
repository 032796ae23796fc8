"""What a request carries here: one reading of the clock, and a person."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from carpentries_portal.common.models import Person


def now_of(request: HttpRequest) -> datetime:
    """The instant of the request, read once by the middleware. UTC."""
    now: datetime = request.now  # type: ignore[attr-defined]  # set by NowMiddleware
    return now


def reader_zone_of(request: HttpRequest) -> str:
    """The zone in which the reader's hours are shown. IANA."""
    return str(request.reader_zone)  # type: ignore[attr-defined]  # set by NowMiddleware


def show_in_zone(request: HttpRequest, zone: str) -> None:
    """This page alone shows the reader's hours in another zone: its address says so."""
    if zone != reader_zone_of(request):
        request.reader_zone, request.zone_by = zone, "page"  # type: ignore[attr-defined]  # as above


def person_of(request: HttpRequest) -> Person:
    """Who is logged in. Raises PermissionDenied where nobody is: the guard before it was forgotten."""
    if not isinstance(request.user, Person):
        raise PermissionDenied
    return request.user
