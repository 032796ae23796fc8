"""The people of a booking: named, looked at, accepted, undone, invited; as a file and as a sheet to sign."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from carpentries_portal.common import tables
from carpentries_portal.common.requests import now_of
from carpentries_portal.common.tablefile import UnreadableFileError
from trainees import documents, policy, queries
from trainees.access import listed_booking_or_404
from trainees.forms import ListForm
from trainees.models import Place
from trainees.roster_file import RosterRead, read_file, read_text
from trainees.sheets import sign_in_sheets
from trainees.views import roster_page
from trainees.views.preview import Preview, fixed, preview_of
from trainings.access import acts_for, booking_or_404
from trainings.models import Booking

CHANGED = gettext_lazy(
    "Nothing was saved: this list, or the one that stands, is not as you last saw it. Below is what it would do now."
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, booking_id: int) -> HttpResponse:
    """The team's list. Nothing is saved by checking; accepted, or asked for after its last day (P7), is what was shown."""
    booking = listed_booking_or_404(booking_id, person=request.user)
    places = queries.roster_of(booking)
    done, buttons = request.POST.get("do", ""), roster_page.BUTTONS if acts_for(booking) else roster_page.STAFF_BUTTONS
    if request.method == "POST" and done in buttons:
        return buttons[done](request, booking, places)
    if request.method != "POST":
        return roster_page.roster_page(request, booking, places)
    form = ListForm(request.POST, request.FILES)
    preview = _preview(form, booking, places, fix=done == "fix", now=now_of(request)) if form.is_valid() else None
    if preview is None:
        return roster_page.roster_page(request, booking, places, form=form)
    if preview.acceptable and request.POST.get("seen") == preview.seen:
        if done == "accept" and not preview.asks:
            return roster_page.accept(request, booking, places, preview)
        if done == "request" and preview.asks:
            change = roster_page.ask_changes if acts_for(booking) else roster_page.change_at_once
            return change(request, booking, places, preview)
    form = ListForm(initial={"listed": preview.text})
    more = {"problem": CHANGED} if done in {"accept", "request"} else {}
    return roster_page.roster_page(request, booking, places, form=form, preview=preview, **more)


def _preview(form: ListForm, booking: Booking, places: list[Place], *, fix: bool, now: datetime) -> Preview | None:
    """What the list would do; None where the whole is none, which then stands at the field."""
    try:
        read = _read(form, fix=fix)
    except UnreadableFileError as problem:
        form.add_error("file" if form.cleaned_data["file"] else "listed", str(problem))
        return None
    closed = policy.take_names(queries.facts_of(booking, names=len(places)), now=now).refused
    return preview_of(booking, read, places, closed=closed)


def _read(form: ListForm, *, fix: bool) -> RosterRead:
    """The list as the reader understands it, with its safe suggestions taken where that was asked. Raises UnreadableFileError."""
    file = form.cleaned_data["file"]
    read = read_file(file.read(), filename=file.name) if file else read_text(form.cleaned_data["listed"])
    return read_text(fixed(read)) if fix else read


@login_required
@require_safe
def download(request: HttpRequest, booking_id: int, kind: str) -> HttpResponse:
    """The list as CSV or XLSX, for the coordinators, the trainers and staff."""
    booking = booking_or_404(booking_id, person=request.user)
    if kind not in tables.KINDS:
        raise Http404
    mimetype, body = documents.roster_file(queries.roster_of(booking), kind=kind, now=now_of(request))
    answer = HttpResponse(body, content_type=mimetype)
    answer["Content-Disposition"] = f'attachment; filename="{booking.training.code}-people.{kind}"'
    return answer


@login_required
@require_safe
def sign_in(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Sheets to print, one for each site: who signs in on each day."""
    booking = booking_or_404(booking_id, person=request.user)
    sheets = sign_in_sheets(booking, queries.roster_of(booking))
    return render(request, "trainees/sign_in.html", {"booking": booking, "training": booking.training, "sheets": sheets})
