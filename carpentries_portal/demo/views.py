"""The demo's post: every letter that left, readable in the browser. Routed only with PORTAL_DEMO=1."""

from __future__ import annotations

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carpentries_portal.demo.mailfolder import Letter, find_letter, newest_letters

SHOWN = 200


def _letter_or_404(name: str) -> Letter:
    found = find_letter(name)
    if found is None:
        raise Http404
    return found


@never_cache
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The letters that left last."""
    return render(request, "demo/letters.html", {"letters": newest_letters(SHOWN)})


@never_cache
@require_safe
def letter(request: HttpRequest, name: str) -> HttpResponse:
    """One letter as text, its links to press."""
    return render(request, "demo/letter.html", {"letter": _letter_or_404(name)})


@never_cache
@require_safe
@csp_replace({"default-src": [NONE], "style-src": [UNSAFE_INLINE], "sandbox": ["allow-top-navigation-by-user-activation"]})  # type: ignore[arg-type]  # typed for views without arguments
def letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """The letter's HTML as a mail reader shows it: its styles stand in its elements, everything else is shut off."""
    return HttpResponse(_letter_or_404(name).html)
