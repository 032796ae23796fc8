"""Nothing suits us: a coordinator says which dates and hours would, changes it, withdraws it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from memberships.models import Membership
from trainings import access, actions, queries
from trainings.finding_forms import DemandForm
from trainings.models import Demand


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def demand(request: HttpRequest, membership_id: int) -> HttpResponse:
    """What a membership's team waits for, and the trainings that meet it already."""
    membership = access.own_membership_or_404(membership_id, person=request.user)
    said = queries.open_demand(membership)
    if request.method == "POST" and request.POST.get("do") == "withdraw":
        return _withdraw(request, membership, said)
    form = DemandForm(request.POST or None, membership=membership, said=said)
    if form.is_bound and form.is_valid() and _say(request, membership, form):
        return redirect("trainings:demand", membership.pk)
    waits = said is not None and said.waits(now_of(request))
    offers = queries.meeting(said, now=now_of(request)) if said and waits else []
    context = {"membership": membership, "demand": said, "waits": waits, "form": form, "offers": offers}
    return render(request, "trainings/demand.html", context)


def _say(request: HttpRequest, membership: Membership, form: DemandForm) -> bool:
    """Keep what is filled in; what cannot be kept stands in the form."""
    try:
        actions.say_demand(
            membership_id=membership.pk,
            wanted=form.facts(),
            note=form.cleaned_data["note"],
            by=person_of(request),
            now=now_of(request),
        )
    except UnableTo as problem:
        for sentence in [verdict.sentence for verdict in problem.verdicts if verdict.refused] or [str(problem)]:
            form.add_error(None, sentence)
        return False
    messages.success(request, _("Staff see this when they plan. You get a letter when a training suits."))
    return True


def _withdraw(request: HttpRequest, membership: Membership, said: Demand | None) -> HttpResponse:
    try:
        if said is not None:
            actions.withdraw_demand(demand_id=said.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Withdrawn: staff see it no more, and no letter comes."))
    return redirect("pages:membership", membership.pk)
