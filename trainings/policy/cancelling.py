"""When an empty training is cancelled, and what a cancellation gives back (R7, P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, day_text, last_day_before
from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from trainings.policy.facts import TrainingFacts, period_text

CALM: Mapping[str, bool] = {"due": False, "for_staff": False}
FOR_STAFF: Mapping[str, bool] = {"due": False, "for_staff": True}
DUE: Mapping[str, bool] = {"due": True, "for_staff": False}


@dataclass(frozen=True, slots=True)
class SignUpRequest:
    """A request to sign up late (R6) at this training."""

    approved: bool
    used: bool


def cancelled_training(t: TrainingFacts, *, why: str) -> Verdict:
    """P5: every reserved seat goes back, whatever the date."""
    sentence = _("The training of %(days)s, %(city)s time, is cancelled: %(why)s All its seats go back.")
    return allow("P5", sentence % {"days": t.days_text, "city": t.city, "why": why})


def cancel_empty(
    t: TrainingFacts,
    *,
    now: datetime,
    had_booking_at_cut_off: bool,
    hold: ExceptionUsed | None,
    requests: Sequence[SignUpRequest],
) -> Verdict:
    """R7. REFUSED: the run cancels it now. WARNED: at risk, or for staff to decide. ALLOWED: it stays.

    `hold` is the hold of staff that ends last, whether it has ended or not. What is still empty after D(14) goes to staff, held or not.
    `facts["due"]`: the run acts; `facts["for_staff"]`: goes to staff, who decide.
    """
    if (stays := _stays(t, now=now)) is not None:
        return stays
    last_call = t.d(t.edition.hold_days)
    if hold is not None and now < _hold_until(hold, last_call):
        until = CutOff(on=last_day_before(_hold_until(hold, last_call), t.zone), zone=t.zone)
        sentence = _("Staff hold it until %(until)s.") % {"until": t.day_here(until)}
        return allow("R7", sentence, turns_on=until, exception=hold, facts=CALM)
    if not t.sign_up.passed(now):
        return _while_open(t, now=now)
    if had_booking_at_cut_off:
        return warn("R7", _("Its teams have left since sign-up closed: staff decide."), turns_on=t.sign_up, facts=FOR_STAFF)
    if not t.edition.cancel_empty:
        sentence = _("Nobody is booked; this edition cancels nothing by itself: staff decide.")
        return warn("R7", sentence, turns_on=t.sign_up, facts=FOR_STAFF)
    if last_call.passed(now):
        sentence = _("It is still empty, less than %(ahead)s ahead: staff decide.")
        return warn("R7", sentence % {"ahead": period_text(t.edition.hold_days)}, turns_on=last_call, facts=FOR_STAFF)
    return _empty_at_cut_off(t, now=now, requests=requests)


def _stays(t: TrainingFacts, *, now: datetime) -> Verdict | None:
    """The trainings that R7 never touches."""
    if t.cancelled:
        return allow("R7", _("It was cancelled already."), facts=CALM)
    if t.held or t.starts_at <= now:
        return allow("R7", _("It has begun: an empty training is cancelled only before."), facts=CALM)
    if t.seats_booked:
        return allow("R7", _("A team is booked: it takes place."), turns_on=t.sign_up, facts=CALM)
    if t.announced_on > t.sign_up_until:
        return allow("R7", _("It was announced after its own sign-up date: only staff cancel it."), turns_on=t.sign_up, facts=CALM)
    if t.sign_up_until < t.enforced_from_on:
        sentence = _("Its sign-up date lies before the portal took over: only staff cancel it.")
        return allow("R7", sentence, turns_on=t.sign_up, facts=CALM)
    return None


def _while_open(t: TrainingFacts, *, now: datetime) -> Verdict:
    """Until sign-up closes: fine, and at risk from D(42) on."""
    until = t.day_here(t.sign_up)
    if t.d(t.edition.at_risk_days).days_left(now) > 0:
        return allow("R7", _("Sign-up is open until %(until)s.") % {"until": until}, turns_on=t.sign_up, facts=CALM)
    if not t.edition.cancel_empty:
        sentence = _("At risk: nobody is booked. Sign-up is open until %(until)s; then staff decide.") % {"until": until}
        return warn("R7", sentence, turns_on=t.sign_up, facts=CALM)
    sentence = _("At risk: nobody is booked. If nobody signs up by %(until)s, it is cancelled after %(day)s.")
    return warn("R7", sentence % {"until": until, "day": day_text(_acts_on(t).on)}, turns_on=t.sign_up, facts=CALM)


def _empty_at_cut_off(t: TrainingFacts, *, now: datetime, requests: Sequence[SignUpRequest]) -> Verdict:
    """Nobody had signed up: the run waits two days and for requests, then cancels."""
    if _request_keeps(t, requests, now=now):
        until = t.d(t.edition.late_request_days)
        sentence = _("A team asked to sign up late: it stays until that is settled, to %(until)s at the latest.")
        return allow("R7", sentence % {"until": t.day_here(until)}, turns_on=until, facts=CALM)
    named = {"until": t.day_here(t.sign_up), "day": day_text(_acts_on(t).on), "ahead": period_text(t.edition.sign_up_days)}
    if not _acts_on(t).passed(now):
        sentence = _("At risk: no member had signed up by %(until)s. It is cancelled after %(day)s, unless staff hold it.")
        return warn("R7", sentence % named, turns_on=t.sign_up, facts=CALM)
    sentence = _("No member had signed up by %(until)s, %(ahead)s ahead.")
    return refuse("R7", sentence % named, turns_on=t.sign_up, facts=DUE)


def _acts_on(t: TrainingFacts) -> CutOff:
    """The run cancels when this day is over."""
    return CutOff(on=t.sign_up_until + timedelta(days=t.edition.cancel_after_days), zone=t.zone)


def _hold_until(hold: ExceptionUsed, last_call: CutOff) -> datetime:
    return last_call.ends_at if hold.until is None else min(hold.until, last_call.ends_at)


def _request_keeps(t: TrainingFacts, requests: Sequence[SignUpRequest], *, now: datetime) -> bool:
    open_requests = [request for request in requests if not request.used]
    return bool(open_requests) and not t.d(t.edition.late_request_days).passed(now)
