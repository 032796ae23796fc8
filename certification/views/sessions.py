"""Results of one discussion session or demonstration: paste who passed, look at the matches, confirm."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from certification import access, actions, queries
from certification.forms import SessionForm
from certification.models import Checkout
from certification.sessions import Line, match_people, possible


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """First the matches, each with its reason; what is ticked then is recorded as passed."""
    access.reviewer_or_404(request.user)
    exercises = queries.exercise_choices()
    form = SessionForm(request.POST or None, exercises=exercises, initial={"exercise": request.GET.get("exercise", "discussion")})
    lines: list[Line] = []
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        lines = match_people(values["people"], exercise=values["exercise"], done_on=values["done_on"], now=now_of(request))
        if request.POST.get("do") == "record" and _recorded(request, form, lines):
            return redirect("certification:queue")
    ready = sum(line.certain for line in lines)
    context = {"form": form, "lines": lines, "ready": ready, "exercise": dict(exercises).get(form.data.get("exercise", ""), "")}
    return render(request, "certification/session.html", context)


def _recorded(request: HttpRequest, form: SessionForm, lines: list[Line]) -> bool:
    """Each who is ticked by itself: one that cannot be recorded stops nobody else. Whether all could be."""
    ticked = {int(given) for given in request.POST.getlist("checkout") if given.isdecimal() and len(given) < 19}
    chosen = sorted(ticked & possible(lines))
    if not chosen:
        form.add_error(None, _("Nobody is ticked: tick who passed."))
        return False
    values = {name: form.cleaned_data[name] for name in ("exercise", "done_on", "feedback")}
    done, problems = 0, []
    for checkout_id in chosen:
        try:
            actions.record_result(checkout_id=checkout_id, by=person_of(request), now=now_of(request), **values)
        except UnableTo as problem:
            problems.append(f"{Checkout.objects.select_related('place').get(pk=checkout_id).place.name}: {problem}")
        else:
            done += 1
    if done:
        messages.success(request, ngettext("%(n)d person passed.", "%(n)d people passed.", done) % {"n": done})
    for text in problems:
        messages.error(request, text)
    return True
