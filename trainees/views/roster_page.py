"""The page of a team's people as it is shown, and what its buttons do: one function for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.requests import now_of, person_of
from trainees import actions, documents, policy, queries, request_queries
from trainees.forms import ChangeReasonForm, ListForm, ReasonForm, StaffChangeForm
from trainees.models import Place, RosterRequest
from trainees.views.preview import Preview, text_of, text_of_request
from trainings.access import acts_for
from trainings.actions import ask_roster_date
from trainings.models import Booking


def _initial(record: RosterRequest | None, places: list[Place]) -> ListForm:
    """The list as it stands; where the team took its request back, as that had it."""
    back = record is not None and record.taken_back_at is not None
    return ListForm(initial={"listed": text_of_request(record, places) if back and record else text_of(places)})


def roster_page(
    request: HttpRequest, booking: Booking, places: list[Place], *, form: ListForm | None = None, **more: Any
) -> HttpResponse:
    """The page. `more`: a preview, a problem, a bound form."""
    now = now_of(request)
    asked = queries.roster_request_waits(booking)
    facts = queries.facts_of(booking, names=len(places), pending=asked)
    record = request_queries.change_request(booking.pk)
    context = {
        "booking": booking,
        "training": booking.training,
        "form": form or _initial(record, places),
        "people": documents.people_rows(
            places, now=now, may_ask=acts_for(booking) and not booking.training.has_begun(now), addresses=True
        ),
        "missing": max(booking.seats - len(places), 0),
        "verdict": policy.take_names(facts, now=now),
        "change": policy.request_changes(facts, now=now),
        "asked": asked,
        "waiting": sum(not place.invited(now) for place in places),
        "can_undo": queries.can_undo(queries.last_change(booking.pk), places, now=now),
        "reason_form": ReasonForm(),
        "why_form": _why_form(booking),
        "as_staff": not acts_for(booking),
        **_request(record),
        **more,
    }
    return render(request, "trainees/people.html", context)


def _why_form(booking: Booking, data: QueryDict | None = None) -> ChangeReasonForm:
    return ChangeReasonForm(data) if acts_for(booking) else StaffChangeForm(data)


def _request(record: RosterRequest | None) -> dict[str, object]:
    """The request that waits, or the one that staff declined last."""
    if record is None or record.taken_back_at is not None:
        return {}
    lines = [line.words() for line in record.lines.all()]
    name = {ExceptionState.ASKED: "record", ExceptionState.DECLINED: "declined"}.get(ExceptionState(record.state))
    return {name: record, "lines": lines} if name else {}


def accept(request: HttpRequest, booking: Booking, places: list[Place], preview: Preview) -> HttpResponse:
    """The list that was shown takes the place of the one that stands."""
    try:
        actions.accept_roster(
            booking_id=booking.pk,
            people=preview.named,
            by=person_of(request),
            now=now_of(request),
            for_team=not acts_for(booking),
        )
    except UnableTo as problem:
        return roster_page(request, booking, places, form=_again(preview), problem=str(problem), preview=preview)
    if preview.corrects:
        messages.success(request, _("The list is corrected."))
        return redirect("trainees:people", booking.pk)
    n = len(preview.named)
    text = ngettext("%(n)d person is on the list.", "%(n)d people are on the list.", n) % {"n": n}
    messages.success(request, text + " " + _("Invitations leave in an hour; until then you can undo this."))
    return redirect("trainees:people", booking.pk)


def ask_changes(request: HttpRequest, booking: Booking, places: list[Place], preview: Preview) -> HttpResponse:
    """P7: the list that was shown goes to staff, with the reason."""
    said = _("Asked. You get a letter when staff have decided; until then nothing changes.")
    return _with_reason(request, booking, places, preview, change=actions.ask_changes, said=said)


def change_at_once(request: HttpRequest, booking: Booking, places: list[Place], preview: Preview) -> HttpResponse:
    """P7, by staff: the list that was shown, at once."""
    said = _("The list is changed. Who comes, who leaves and the team’s coordinators get letters.")
    return _with_reason(request, booking, places, preview, change=actions.change_list, said=said)


def _with_reason(
    request: HttpRequest, booking: Booking, places: list[Place], preview: Preview, *, change: Callable[..., Any], said: str
) -> HttpResponse:
    form = _why_form(booking, request.POST)
    if form.is_valid():
        values = {"reason": form.cleaned_data["why"], "by": person_of(request), "now": now_of(request)}
        try:
            change(booking_id=booking.pk, people=preview.named, **values)
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, said)
            return redirect("trainees:people", booking.pk)
    return roster_page(request, booking, places, form=_again(preview), preview=preview, why_form=form)


def _again(preview: Preview) -> ListForm:
    return ListForm(initial={"listed": preview.text})


def take_back(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    try:
        actions.take_back(booking_id=booking.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return roster_page(request, booking, places, problem=str(problem))
    messages.success(request, _("Taken back. Below stands the list as you had asked for it: mend it, and ask again."))
    return redirect("trainees:people", booking.pk)


def undo(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    try:
        actions.undo_roster(booking_id=booking.pk, by=person_of(request), now=now_of(request), for_team=not acts_for(booking))
    except UnableTo as problem:
        return roster_page(request, booking, places, problem=str(problem))
    messages.success(request, _("Undone: the list is as it was before."))
    return redirect("trainees:people", booking.pk)


def invite(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    try:
        n = actions.send_invitations(booking_id=booking.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return roster_page(request, booking, places, problem=str(problem))
    messages.success(request, ngettext("%(n)d invitation is on its way.", "%(n)d invitations are on their way.", n) % {"n": n})
    return redirect("trainees:people", booking.pk)


def ask(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    """More time to name people (R16)."""
    form = ReasonForm(request.POST)
    verdict = policy.take_names(queries.roster_facts(booking), now=now_of(request))
    if form.is_valid():
        try:
            reason, by = form.cleaned_data["reason"], person_of(request)
            ask_roster_date(booking=booking, reason=reason, by=by, now=now_of(request), verdict=verdict)
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Asked. You get a letter when staff have decided."))
            return redirect("trainees:people", booking.pk)
    return roster_page(request, booking, places, reason_form=form)


BUTTONS = {"undo": undo, "invite": invite, "ask": ask, "back": take_back}
"""What is done without a list."""
STAFF_BUTTONS = {"undo": undo, "invite": invite}
"""Of these, what staff do for a team: they ask nobody."""
