"""A trainee's own checkout: what is done, what is left and until when."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carpentries_portal.common.requests import now_of
from certification import access, queries


@login_required
@require_safe
def checkout(request: HttpRequest, place_id: int) -> HttpResponse:
    """The exercises of a place, how each stands, and what to do next."""
    place, row = access.own_checkout_or_404(place_id, person=request.user)
    verdict = queries.checkout_verdict(row, now=now_of(request)) if row is not None else None
    context = {"place": place, "training": place.training, "checkout": row, "verdict": verdict}
    return render(request, "certification/checkout.html", context)
