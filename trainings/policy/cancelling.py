"""When an empty training is cancelled, and what a cancellation gives back (R7, P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from trainings.policy.facts import TrainingFacts, period_text


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

    `hold` is the hold of staff that ends last, whether it has ended or not. One that reached D(14) leaves the training to staff.
    `facts["due"]`: the run acts; `facts["for_staff"]`: goes to staff, who decide.
    """
    acts_on = CutOff(on=t.sign_up_until + timedelta(days=t.edition.cancel_after_days), zone=t.zone)
    if (stays := _stays(t, now=now)) is not None:
        return stays
    if (waits := _not_yet(t, now=now, acts_on=acts_on)) is not None:
        return waits
    for_staff = {"due": False, "for_staff": True}
    if had_booking_at_cut_off:
        return warn("R7", _("Its teams have left since sign-up closed: staff decide."), turns_on=t.sign_up, facts=for_staff)
    last_call = t.d(t.edition.hold_days)
    if hold is not None:
        ends_at = last_call.ends_at if hold.until is None else min(hold.until, last_call.ends_at)
        if now < ends_at:
            return allow("R7", _hold_sentence(hold, last_call), turns_on=last_call, exception=hold, facts=_calm())
        if ends_at == last_call.ends_at:
            sentence = _("It was held, and is still empty %(ahead)s ahead: staff decide.")
            return warn("R7", sentence % {"ahead": period_text(t.edition.hold_days)}, turns_on=last_call, facts=for_staff)
    if _request_keeps(t, requests, now=now):
        until = t.d(t.edition.late_request_days)
        sentence = _("A team asked to sign up late: it stays until that is settled, to %(until)s at the latest.")
        return allow("R7", sentence % {"until": t.day_here(until)}, turns_on=until, facts=_calm())
    sentence = _("No member had signed up by %(until)s, %(ahead)s ahead.") % {
        "until": t.day_here(t.sign_up),
        "ahead": period_text(t.edition.sign_up_days),
    }
    return refuse("R7", sentence, turns_on=t.sign_up, facts={"due": True, "for_staff": False})


def _calm() -> Mapping[str, bool]:
    return {"due": False, "for_staff": False}


def _stays(t: TrainingFacts, *, now: datetime) -> Verdict | None:
    """The trainings that R7 never touches."""
    if t.cancelled:
        return allow("R7", _("It was cancelled already."), facts=_calm())
    if t.held or t.starts_at <= now:
        return allow("R7", _("It has begun: an empty training is cancelled only before."), facts=_calm())
    if t.seats_booked:
        return allow("R7", _("A team is booked: it takes place."), turns_on=t.sign_up, facts=_calm())
    if t.announced_on > t.sign_up_until:
        return allow(
            "R7", _("It was announced after its own sign-up date: staff decide."), facts={"due": False, "for_staff": False}
        )
    if t.sign_up_until < t.enforced_from_on:
        return allow("R7", _("Its sign-up date lies before the portal took over."), turns_on=t.sign_up, facts=_calm())
    return None


def _not_yet(t: TrainingFacts, *, now: datetime, acts_on: CutOff) -> Verdict | None:
    """Before the run may act: fine, or at risk."""
    if not t.edition.cancel_empty:
        sentence = _("Nobody is booked; this edition cancels nothing by itself: staff decide.")
        if t.sign_up.passed(now):
            return warn("R7", sentence, turns_on=t.sign_up, facts={"due": False, "for_staff": True})
    if acts_on.passed(now):
        return None
    if t.d(t.edition.at_risk_days).days_left(now) > 0:
        return allow(
            "R7", _("Sign-up is open until %(until)s.") % {"until": t.day_here(t.sign_up)}, turns_on=t.sign_up, facts=_calm()
        )
    sentence = _("At risk: nobody is booked. If nobody signs up by %(until)s, it is cancelled after %(day)s.") % {
        "day": day_text(acts_on.on),
        "until": t.day_here(t.sign_up),
    }
    return warn("R7", sentence, turns_on=t.sign_up, facts=_calm())


def _hold_sentence(hold: ExceptionUsed, last_call: CutOff) -> str:
    until = last_call.on if hold.to_date is None else min(hold.to_date, last_call.on)
    return _("Staff hold it until %(day)s.") % {"day": day_text(until)}


def _request_keeps(t: TrainingFacts, requests: Sequence[SignUpRequest], *, now: datetime) -> bool:
    open_requests = [request for request in requests if not request.used]
    return bool(open_requests) and not t.d(t.edition.late_request_days).passed(now)
