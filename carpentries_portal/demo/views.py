"""The demo's post: every letter that left, readable in the browser. Routed only with PORTAL_DEMO=1."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carpentries_portal.demo import mailfolder


@never_cache
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The newest 200 letters."""
    return render(request, "demo/letters.html", {"letters": mailfolder.letters()[:200]})


@never_cache
@require_safe
def letter(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One letter as text, its links to press."""
    found = next((one for one in mailfolder.letters() if one.number == notice_id), None)
    if found is None:
        raise Http404
    return render(request, "demo/letter.html", {"letter": found})
