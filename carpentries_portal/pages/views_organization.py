"""An organization for its coordinators: who they are, inviting and removing one, who did what."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.pages.forms import InviteForm
from carpentries_portal.pages.history import happened
from memberships import access
from memberships.actions import invite_coordinator, remove_coordinator
from memberships.models import Coordinator, Organization
from memberships.queries import coordinators_of, memberships_at


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Who coordinates, and the form that invites another; staff look on, and act in admin."""
    row = access.organization_or_404(organization_id, person=request.user)
    form = InviteForm(request.POST or None)
    people = coordinators_of(row.pk)
    if request.method == "POST" and form.is_valid() and (done := _invite(request, row, form)) is not None:
        return done
    memberships = memberships_at(row.pk)
    context = {
        "organization": row,
        "form": form,
        "people": people,
        "memberships": memberships,
        "happened": happened(row, [membership.pk for membership in memberships]),
        "may_change": person_of(request).pk in {one.person_id for one in people},
    }
    return render(request, "pages/organization.html", context)


def _invite(request: HttpRequest, row: Organization, form: InviteForm) -> HttpResponse | None:
    try:
        added = invite_coordinator(organization=row, **form.cleaned_data, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        form.add_error(None, str(problem))
        return None
    messages.success(request, _("%(name)s is invited: a letter with a personal link is on its way.") % {"name": added.person})
    return redirect("pages:organization", row.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, organization_id: int, coordinator_id: int) -> HttpResponse:
    """What it means that somebody coordinates no longer, and the button."""
    row = access.own_coordinator_or_404(organization_id, coordinator_id, person=request.user)
    if request.method == "POST":
        try:
            remove_coordinator(coordinator=row, by=person_of(request), now=now_of(request))
        except UnableTo as problem:
            messages.error(request, str(problem))
            return redirect("pages:organization", organization_id)
        messages.success(request, _("%(name)s coordinates for you no longer.") % {"name": row.person})
        return redirect("home") if _is_me(request, row) else redirect("pages:organization", organization_id)
    context = {"row": row, "me": _is_me(request, row), "last": len(coordinators_of(organization_id)) == 1}
    return render(request, "pages/remove_coordinator.html", context)


def _is_me(request: HttpRequest, row: Coordinator) -> bool:
    return row.person_id == person_of(request).pk
