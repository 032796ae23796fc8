"""Asking staff that one person may take part alone (R14)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from trainees import access, actions, request_queries
from trainees.forms import AloneForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alone(request: HttpRequest, place_id: int) -> HttpResponse:
    """What the rule says to this person, and the request."""
    place = access.team_place_or_404(place_id, person=request.user)
    form = AloneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_remote(place_id=place.pk, reason=form.cleaned_data["reason"], by=person_of(request), now=now_of(request))
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Asked. You get a letter when staff have decided; until then nothing changes."))
            return redirect("trainees:people", place.booking_id)
    verdict = request_queries.alone_verdict(place, now=now_of(request))
    asked = request_queries.alone_requests([place.pk]).get(place.pk)
    open_ = access.is_active(place) and not place.training.has_begun(now_of(request))
    context = {"place": place, "form": form, "verdict": verdict, "asked": asked, "open": open_}
    return render(request, "trainees/alone.html", context)
