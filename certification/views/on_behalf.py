"""More time for one of a team, asked for by its coordinators (R28)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from certification import access, actions, policy, queries
from certification.forms import MoreTimeForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def more_time_for(request: HttpRequest, place_id: int) -> HttpResponse:
    """Ask staff on a trainee's behalf: the same queue and rules as their own request, and letters to both."""
    checkout = access.team_checkout_or_404(place_id, person=request.user)
    place, facts = checkout.place, queries.facts(checkout)
    form = MoreTimeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {"reason": form.cleaned_data["reason"], "to": form.cleaned_data["to"]}
        try:
            actions.ask_extension(checkout_id=checkout.pk, by=person_of(request), now=now_of(request), **values)
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            said = _("Asked. You and %(name)s get a letter when staff have decided; until then the date stays.")
            messages.success(request, said % {"name": place.name})
            return redirect("pages:booking", place.booking_id)
    verdict = policy.ask_for_time(facts, now=now_of(request))
    context = {"place": place, "training": place.training, "form": form, "verdict": verdict, "due": facts.due}
    waiting = queries.time_asked_for(checkout)
    return render(request, "certification/more_time_for.html", {**context, "booking": place.booking, "waiting": waiting})
