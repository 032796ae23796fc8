"""Asking staff for an exception, from the page that refused (R19)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import RULES, Verdict
from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of
from memberships.access import may_act_for, membership_or_404
from memberships.models import Membership
from trainings import access, actions, policy, queries
from trainings.forms import AskForm
from trainings.models import Training


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, code: str, rule: str) -> HttpResponse:
    """The request with rule and subject filled in; staff are told, and answer by letter."""
    training = access.training_or_404(code)
    membership = _membership(request)
    seats = request.GET.get("seats", "")
    initial = {"seats": int(seats) if seats.isdecimal() and len(seats) <= 3 else None}
    form = AskForm(request.POST or None, initial=initial)
    number = form.cleaned_data["seats"] if form.is_bound and form.is_valid() else initial["seats"]
    refusal = _refusal(request, training, membership, rule=rule, seats=number)
    if request.method == "POST" and form.is_valid():
        try:
            _ask(request, training, membership, rule=rule, form=form, refusal=refusal)
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Asked. You get a letter when staff have decided; until then nothing is reserved."))
            return redirect("pages:membership", membership.pk)
    asked = queries.request_for(training, membership, rule)
    context = {"training": training, "membership": membership, "rule": rule, "form": form, "refusal": refusal, "asked": asked}
    return render(request, "trainings/ask.html", context)


def _membership(request: HttpRequest) -> Membership:
    """The membership that the URL names, if the person may act for it."""
    named = request.GET.get("membership", "")
    if not named.isdecimal() or len(named) > 18 or not isinstance(request.user, Person):
        raise Http404
    membership = membership_or_404(int(named), person=request.user)
    if not may_act_for(request.user, membership):
        raise Http404
    return membership


def _refusal(request: HttpRequest, training: Training, membership: Membership, *, rule: str, seats: int | None) -> Verdict | None:
    """What the rule answers now, so that staff read the sentence that was refused."""
    if rule not in RULES:
        raise Http404
    verdicts = queries.booking_verdicts(
        training, membership, seats=seats or 1, site_zone=membership.organization.zone, now=now_of(request)
    )
    return next((verdict for verdict in verdicts if verdict.rule == rule and verdict.refused), None)


def _ask(
    request: HttpRequest, training: Training, membership: Membership, *, rule: str, form: AskForm, refusal: Verdict | None
) -> None:
    if refusal is None:
        raise actions.UnableToBook(_("This rule does not refuse you now."))
    if not policy.may_be_asked(refusal):
        raise actions.UnableToBook(_("There is no exception to this rule."))
    assert isinstance(request.user, Person)
    actions.ask_exception(
        training=training,
        membership=membership,
        rule=rule,
        reason=form.cleaned_data["reason"],
        seats=form.cleaned_data["seats"],
        by=request.user,
        now=now_of(request),
        verdict=refusal,
    )
