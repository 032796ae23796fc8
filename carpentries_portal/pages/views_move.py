"""Moving a team to another training: where it fits, what that means, one button. It spans apps: seats are trainings', names are trainees'."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.requests import now_of, person_of
from trainees.overlaps import names_after_move
from trainees.policy import may_move
from trainees.queries import roster_of
from trainings import access, queries
from trainings.actions import move_booking
from trainings.models import Booking, Training
from trainings.states import BookingState
from trainings.views import fingerprint


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Without `to` the trainings that fit; with it what the move means, and the button. Confirmed is what was shown (`seen`)."""
    booking = access.own_booking_or_404(booking_id, person=request.user)
    if booking.state != BookingState.CONFIRMED or booking.training.has_begun(now_of(request)):
        messages.info(request, _("This booking has ended, or its training has begun: it cannot be moved."))
        return redirect("pages:booking", booking.pk)
    code = request.POST.get("to") or request.GET.get("to", "")
    target = access.training_or_404(code) if code else None
    if target is None:
        return _page(request, booking)
    verdicts = move_verdicts(request, booking, target)
    if request.method == "POST" and request.POST.get("seen") == _seen(verdicts, booking, target):
        return _do(request, booking, target)
    return _page(request, booking, target=target, verdicts=verdicts, unread=request.method == "POST")


def move_verdicts(request: HttpRequest, booking: Booking, target: Training) -> tuple[Verdict, ...]:
    """What the rules say to the move, the people on the list included (P11)."""
    names = names_after_move(booking, target, roster_of(booking))
    return (*queries.move_verdicts(booking, target, now=now_of(request)), may_move(names))


def _seen(verdicts: Sequence[Verdict], booking: Booking, target: Training) -> str:
    shown = [verdict.sentence for verdict in verdicts if verdict.rule in {"P4", "P11"}]
    return fingerprint.of(verdicts, booking.pk, target.pk, booking.reservation.reserved, *shown)


def _do(request: HttpRequest, booking: Booking, target: Training) -> HttpResponse:
    """Both, or nothing: somebody who was faster is told of, with what stands now."""
    try:
        moved = move_booking(booking_id=booking.pk, to_training_id=target.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        booking = access.own_booking_or_404(booking.pk, person=request.user)
        if booking.state != BookingState.CONFIRMED:  # the same form twice, or a colleague
            messages.info(request, str(problem))
            return redirect("pages:booking", booking.pk)
        target = access.training_or_404(target.code)
        verdicts = move_verdicts(request, booking, target)
        return _page(request, booking, target=target, verdicts=verdicts, problem=str(problem))
    done = _("Your team is at the training of %(days)s now. The letter is on its way.")
    messages.success(request, done % {"days": moved.training.days_text})
    return redirect("pages:booking", moved.pk)


def _page(
    request: HttpRequest,
    booking: Booking,
    *,
    target: Training | None = None,
    verdicts: Sequence[Verdict] = (),
    problem: str = "",
    unread: bool = False,
) -> HttpResponse:
    now = now_of(request)
    refusals = [verdict for verdict in verdicts if verdict.refused]
    leave = next((verdict for verdict in verdicts if verdict.rule == "P4"), None) or queries.leave_verdict(booking, now=now)
    context = {
        "booking": booking,
        "target": target,
        "offer": queries.offer_of(target, now=now) if target else None,
        "seats": booking.reservation.reserved,
        "leave": leave,
        "refusals": refusals,
        "said": [verdict for verdict in verdicts if verdict.warned or (verdict.allowed and verdict.exception)],
        "names": next((verdict for verdict in verdicts if verdict.rule == "P11"), None),
        "seen": _seen(verdicts, booking, target) if target and not refusals else "",
        "problem": problem if not refusals else "",
        "changed": unread and not refusals,
        "fits": queries.fits_for_move(booking, leave=leave, now=now, exclude=[target.pk] if target else ())
        if not target or refusals
        else [],
    }
    return render(request, "pages/move.html", context)
