"""Booking a team, changing a booking, cancelling it: each says its consequence before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from memberships.models import Membership
from memberships.queries import memberships_of
from trainings import access, actions, policy, queries
from trainings.actions.bookings import Site, change_verdicts
from trainings.forms import BookingForm, CancelForm, SeatsForm
from trainings.models import Booking, Training
from trainings.states import BookingState
from trainings.views import fingerprint, second_choice
from trainings.views.prefill import booking_prefill


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, code: str) -> HttpResponse:
    """Choose seats and site, read what the rules say, confirm. Nothing is saved by checking."""
    training = access.training_or_404(code)
    person = person_of(request)
    memberships = [row for row in memberships_of(person) if not row.has_ended(now_of(request))]
    if not memberships:
        return render(request, "trainings/book_nothing.html", {"training": training})
    posted = request.method == "POST"
    prefill = {} if posted else booking_prefill(request.GET, training=training, memberships=memberships)
    others = partial(second_choice.choices, training, request.POST, prefill, memberships, now=now_of(request))
    form = BookingForm(request.POST or None, initial=prefill, memberships=memberships, others=others)
    if not posted:
        return _book_page(request, training, form, values=prefill, memberships=memberships)
    if not form.is_valid():
        return _book_page(request, training, form, values=None, memberships=memberships)
    if request.POST.get("do") != "book":
        return _book_page(request, training, form, values=form.cleaned_data, memberships=memberships)
    return _do_book(request, training, form, memberships=memberships)


def _do_book(request: HttpRequest, training: Training, form: BookingForm, *, memberships: list[Membership]) -> HttpResponse:
    values = form.cleaned_data
    site = Site(name=values["site"], room=values["room"], zone=values["site_zone"])
    try:
        booking = actions.book(
            training_id=training.pk,
            membership_id=values["membership"].pk,
            seats=values["seats"],
            site=site,
            by=person_of(request),
            now=now_of(request),
            as_shown=lambda verdicts: request.POST.get("seen") == fingerprint.of_booking(verdicts, values),
        )
    except UnableTo as problem:
        return _not_booked(request, training, form, problem, memberships=memberships)
    done = ngettext(
        "%(n)d seat is booked. The letter is on its way.", "%(n)d seats are booked. The letter is on its way.", booking.seats
    )
    messages.success(request, done % {"n": booking.seats})
    return redirect("pages:booking", booking.pk)


def _booked_already(request: HttpRequest, booking: Booking) -> HttpResponse:
    """A form sent twice, or a colleague who was faster: there is one booking, and this is it (P3)."""
    messages.info(request, _("This membership is booked here already: this is the booking."))
    return redirect("pages:booking", booking.pk)


def _not_booked(
    request: HttpRequest, training: Training, form: BookingForm, problem: UnableTo, *, memberships: list[Membership]
) -> HttpResponse:
    """Somebody was faster, or the same form was sent twice: said with what stands now, not with what was read before."""
    training = access.training_or_404(training.code)
    membership = queries.membership_again(form.cleaned_data["membership"])
    booking = queries.active_booking(training, membership)
    if booking is not None:
        return _booked_already(request, booking)
    if not isinstance(problem, actions.UnableToBookUnread):  # else the page itself says what the rules say now
        form.add_error(None, str(problem))
    return _book_page(request, training, form, values={**form.cleaned_data, "membership": membership}, memberships=memberships)


def _verdicts(request: HttpRequest, training: Training, values: dict[str, Any]) -> tuple[policy.Verdict, ...]:
    return queries.booking_verdicts(
        training, values["membership"], seats=values["seats"], site_zone=values["site_zone"], now=now_of(request)
    )


def _book_page(
    request: HttpRequest, training: Training, form: BookingForm, *, values: dict[str, Any] | None, memberships: list[Membership]
) -> HttpResponse:
    """The form with what the rules say to its values; refused, with the ways out."""
    context: dict[str, Any] = {"training": training, "form": form, "offer": queries.offer_of(training, now=now_of(request))}
    if values and values.get("membership") and values.get("seats"):
        membership = values["membership"]
        verdicts = _verdicts(request, training, values)
        refusals = [verdict for verdict in verdicts if verdict.refused]
        context |= {
            "membership": membership,
            "seats": values["seats"],
            "left": membership.available - values["seats"],
            "warnings": [verdict for verdict in verdicts if verdict.warned],
            "exceptions": [verdict for verdict in verdicts if verdict.exception and verdict.allowed],
            "refusals": refusals,
            "seen": fingerprint.of_booking(verdicts, values),
            "too_late_to_leave": training.sign_up.passed(now_of(request)),
            "booking": queries.active_booking(training, membership) if refusals else None,
        }
        if refusals:
            context |= _ways_out(request, training, values, refusals)
    return render(request, "trainings/book.html", context)


def _ways_out(
    request: HttpRequest, training: Training, values: dict[str, Any], refusals: Sequence[policy.Verdict]
) -> dict[str, Any]:
    """What to do instead: ask for an exception, where one would help; another number of seats; another training that fits."""
    membership = values["membership"]
    minimum = training.edition.edition().minimum_for(membership.edition.edition().seats_of(membership.level))
    fitting = max(values["seats"], minimum) if values["seats"] <= membership.available else minimum
    helps = all(policy.may_be_asked(verdict) for verdict in refusals)
    return {
        "can_ask": helps,
        "ask_rule": refusals[0].rule,
        "asked": queries.request_for(training, membership, refusals[0].rule),
        "fitting": fitting,
        "second": second_choice.second(values, now=now_of(request)),
        "alternatives": queries.alternatives(
            membership=membership,
            seats=fitting,
            site_zone=values["site_zone"],
            now=now_of(request),
            exclude=[training.pk],
        ),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Enlarge or shrink: the consequence first, then the button."""
    booking = access.own_booking_or_404(booking_id, person=request.user)
    if booking.state != BookingState.CONFIRMED:
        return _ended(request, booking)
    form = SeatsForm(request.POST or None, initial={"seats": booking.seats})
    seats = form.cleaned_data["seats"] if form.is_bound and form.is_valid() else None
    verdicts = change_verdicts(booking, seats=seats, now=now_of(request)) if seats not in (None, booking.seats) else ()
    leave = _leave_verdict(request, booking, seats)
    seen = fingerprint.of([*verdicts, *leave.values()], seats, *(verdict.sentence for verdict in leave.values()))
    if seats is not None and request.POST.get("do") == "change" and request.POST.get("seen") == seen:
        try:
            booking = actions.change_seats(booking_id=booking.pk, seats=seats, by=person_of(request), now=now_of(request))
        except UnableTo as problem:
            form.add_error("seats", str(problem))
        else:
            messages.success(request, _("The booking has %(n)d seats now.") % {"n": booking.seats})
            return redirect("pages:booking", booking.pk)
    refused = any(verdict.refused for verdict in verdicts)
    context = {"booking": booking, "form": form, "seats": seats, "verdicts": verdicts, "refused": refused, "seen": seen}
    return render(request, "trainings/change_booking.html", {**context, **({} if refused else leave)})


def _ended(request: HttpRequest, booking: Booking) -> HttpResponse:
    messages.info(request, _("This booking was cancelled: there is nothing to change."))
    return redirect("pages:booking", booking.pk)


def _leave_verdict(request: HttpRequest, booking: Booking, seats: int | None) -> dict[str, policy.Verdict]:
    """Where the seats go that leave the booking (P4)."""
    leaving = booking.seats - seats if seats is not None else 0
    if leaving <= 0:
        return {}
    return {"leave": _leave(request, booking, leaving)}


def _leave(request: HttpRequest, booking: Booking, seats: int) -> policy.Verdict:
    granted = queries.exceptions_for(booking.training, booking.membership, now=now_of(request))
    return policy.leave(queries.facts_of(booking.training), seats=seats, now=now_of(request), exceptions=granted)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Cancel a booking: where its seats go stands above the button (P4)."""
    booking = access.own_booking_or_404(booking_id, person=request.user)
    if booking.state != BookingState.CONFIRMED:
        return _ended(request, booking)
    form = CancelForm(request.POST or None)
    leave = _leave(request, booking, booking.reservation.reserved)
    seen = fingerprint.of([leave], booking.seats, leave.sentence)
    if request.method == "POST" and form.is_valid() and request.POST.get("seen") == seen:
        try:
            actions.cancel_booking(booking_id=booking.pk, why=form.cleaned_data["why"], by=person_of(request), now=now_of(request))
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("The booking is cancelled. The letter is on its way."))
            return redirect("pages:booking", booking.pk)
    return render(request, "trainings/cancel_booking.html", {"booking": booking, "form": form, "leave": leave, "seen": seen})


@login_required
@require_POST
def room(request: HttpRequest, booking_id: int) -> HttpResponse:
    """The room's checklist (R20-R24): what is ticked is kept, and the booking's page shows it."""
    booking = access.own_booking_or_404(booking_id, person=request.user)
    try:
        actions.tick_room(booking_id=booking.pk, items=request.POST.getlist("item"), by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The checklist is saved."))
    return redirect("pages:booking", booking.pk)
