"""The people of a booking: named, looked at, accepted, undone, invited; as a file and as a sheet to sign."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tablefile import UnreadableFileError
from trainees import actions, documents, policy, queries
from trainees.forms import ListForm, ReasonForm
from trainees.models import Place
from trainees.roster_file import RosterRead, read_file, read_text
from trainees.views.preview import Preview, fixed, preview_of, text_of
from trainings.access import booking_or_404, own_booking_or_404
from trainings.actions import ask_roster_date
from trainings.models import Booking


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, booking_id: int) -> HttpResponse:
    """The team's list. Nothing is saved by checking; accepted is what was shown."""
    booking = own_booking_or_404(booking_id, person=request.user)
    places = queries.roster_of(booking)
    form = ListForm(request.POST or None, request.FILES or None, initial={"listed": text_of(places)})
    done = request.POST.get("do", "")
    if request.method == "POST" and done in {"undo", "invite", "ask"}:
        return {"undo": _undo, "invite": _invite, "ask": _ask}[done](request, booking, places)
    if request.method != "POST" or not form.is_valid():
        return _page(request, booking, places, form=form)
    try:
        read = _read(form, fix=done == "fix")
    except UnreadableFileError as problem:
        form.add_error("file" if form.cleaned_data["file"] else "listed", str(problem))
        return _page(request, booking, places, form=form)
    preview = preview_of(booking, read, places)
    if done == "accept" and preview.acceptable and request.POST.get("seen") == preview.seen:
        return _accept(request, booking, places, preview)
    return _page(request, booking, places, form=ListForm(initial={"listed": preview.text}), preview=preview)


def _read(form: ListForm, *, fix: bool) -> RosterRead:
    """The list as the reader understands it, with its safe suggestions taken where that was asked. Raises UnreadableFileError."""
    file = form.cleaned_data["file"]
    read = read_file(file.read(), filename=file.name) if file else read_text(form.cleaned_data["listed"])
    return read_text(fixed(read)) if fix else read


def _accept(request: HttpRequest, booking: Booking, places: list[Place], preview: Preview) -> HttpResponse:
    try:
        actions.accept_roster(booking_id=booking.pk, people=preview.named, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        form = ListForm(initial={"listed": preview.text})
        return _page(request, booking, places, form=form, problem=str(problem), preview=preview)
    n = len(preview.named)
    text = ngettext("%(n)d person is on the list.", "%(n)d people are on the list.", n) % {"n": n}
    messages.success(request, text + " " + _("Invitations leave in an hour; until then you can undo this."))
    return redirect("trainees:people", booking.pk)


def _undo(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    try:
        actions.undo_roster(booking_id=booking.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return _page(request, booking, places, form=ListForm(initial={"listed": text_of(places)}), problem=str(problem))
    messages.success(request, _("Undone: the list is as it was before."))
    return redirect("trainees:people", booking.pk)


def _invite(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    try:
        n = actions.send_invitations(booking_id=booking.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return _page(request, booking, places, form=ListForm(initial={"listed": text_of(places)}), problem=str(problem))
    messages.success(request, ngettext("%(n)d invitation is on its way.", "%(n)d invitations are on their way.", n) % {"n": n})
    return redirect("trainees:people", booking.pk)


def _ask(request: HttpRequest, booking: Booking, places: list[Place]) -> HttpResponse:
    """After the roster's last day: a request (R16, P7)."""
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
    return _page(request, booking, places, form=ListForm(initial={"listed": text_of(places)}), reason_form=form)


def _page(request: HttpRequest, booking: Booking, places: list[Place], *, form: ListForm, **more: Any) -> HttpResponse:
    now = now_of(request)
    asked = queries.roster_request_waits(booking)
    facts = queries.facts_of(booking, names=len(places), pending=asked)
    context = {
        "booking": booking,
        "training": booking.training,
        "form": form,
        "people": documents.people_rows(places, now=now),
        "missing": max(booking.seats - len(places), 0),
        "verdict": policy.take_names(facts, now=now),
        "asked": asked,
        "waiting": sum(not place.invited(now) for place in places),
        "can_undo": queries.can_undo(queries.last_change(booking.pk), places, now=now),
        "reason_form": ReasonForm(),
        **more,
    }
    return render(request, "trainees/people.html", context)


@login_required
@require_safe
def download(request: HttpRequest, booking_id: int, kind: str) -> HttpResponse:
    """The list as CSV or XLSX, for the coordinators, the trainers and staff."""
    booking = booking_or_404(booking_id, person=request.user)
    if kind not in documents.KINDS:
        raise Http404
    mimetype, body = documents.roster_file(queries.roster_of(booking), kind=kind, now=now_of(request))
    answer = HttpResponse(body, content_type=mimetype)
    answer["Content-Disposition"] = f'attachment; filename="{booking.training.code}-people.{kind}"'
    return answer


@login_required
@require_safe
def sign_in(request: HttpRequest, booking_id: int) -> HttpResponse:
    """A sheet to print: who signs in on each day."""
    booking = booking_or_404(booking_id, person=request.user)
    places = queries.roster_of(booking)
    context = {
        "booking": booking,
        "training": booking.training,
        "places": places,
        "spare": range(max(booking.seats - len(places), 0)),
    }
    return render(request, "trainees/sign_in.html", context)
