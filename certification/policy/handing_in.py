"""Handing in and reviewing (R26, R27), more time (R28), closing and reopening. Pure."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, day_text, today_in
from carpentries_portal.common.handbook import Verdict, allow, refuse, warn
from certification.policy.checkouts import FORGOTTEN, CheckoutFacts, Work, finish_in_time, here, standing
from certification.states import CheckoutState, Standing, SubmissionState

NO = {SubmissionState.REPEAT, SubmissionState.FAILED}


def hand_in(c: CheckoutFacts, *, exercise: str, done_on: date, now: datetime, as_staff: bool = False) -> Verdict:
    """R26, R27: whether work for an exercise is taken, as done on a day. Staff can record what was done in time at any time."""
    against = _closed(c, now=now) or _exercise_taken(c, exercise) or _no_such_day(c, done_on, now=now)
    if against is not None:
        return against
    if done_on > c.due_on:
        text = _("It was done on %(done)s; the exercises were due by %(due)s. Ask for more time: with an extension it counts.")
        return refuse("R25", text % {"done": day_text(done_on), "due": here(c.due)}, turns_on=c.due)
    if not c.due.passed(now):
        return allow("R26", _("Work is taken until %(due)s.") % {"due": here(c.due)}, turns_on=c.due)
    if as_staff:
        return allow("R27", _("Done in time; staff record it after the date."), turns_on=c.due)
    if c.grace.passed(now):
        text = _("Work that was done in time could be handed in until %(grace)s. Answer the letter: staff can still record it.")
        return refuse("R27", text % {"grace": here(c.grace)}, turns_on=c.grace)
    text = _("The date has passed; work that was done in time is taken until %(grace)s.")
    return allow("R27", text % {"grace": here(c.grace)}, turns_on=c.grace)


def takes_work_for(c: CheckoutFacts, *, exercise: str, now: datetime, as_staff: bool = False) -> Verdict:
    """The same for a page: whether work for an exercise can be handed in now at all, done on the best of days."""
    return hand_in(c, exercise=exercise, done_on=min(c.due_on, today_in(c.zone, now)), now=now, as_staff=as_staff)


def takes_work(c: CheckoutFacts, *, now: datetime) -> Verdict:
    """Whether anything can be handed in now."""
    open_ones = [exercise.code for exercise in c.missing()]
    return takes_work_for(c, exercise=open_ones[0], now=now) if open_ones else finish_in_time(c, now=now)


def _closed(c: CheckoutFacts, *, now: datetime) -> Verdict | None:
    if c.under_way:
        return None
    if c.state == CheckoutState.CERTIFIED:
        return refuse("R27", _("The certificate was issued: there is nothing left to hand in."))
    return finish_in_time(c, now=now)


def _exercise_taken(c: CheckoutFacts, code: str) -> Verdict | None:
    if code not in {exercise.code for exercise in c.exercises}:
        return refuse("R26", _("There is no such exercise."))
    states = {work.state for work in c.of(code)}
    if SubmissionState.PASSED in states:
        if c.passed(code):
            return refuse("R26", _("This exercise is passed already."))
        text = _("This exercise is passed, but was done after %(due)s: it counts once you have more time. Ask for it.")
        return refuse("R25", text % {"due": here(c.due)}, turns_on=c.due)
    if SubmissionState.SUBMITTED in states:
        return refuse(
            "R26", _("This exercise was handed in, and waits for its review. Take that back first to hand in something else.")
        )
    return None


def _no_such_day(c: CheckoutFacts, on: date, *, now: datetime) -> Verdict | None:
    if on > today_in(c.zone, now):
        text = _("%(day)s is still to come where the training counts its days.")
        return refuse("R26", text % {"day": day_text(on)}, turns_on=CutOff(on=today_in(c.zone, now), zone=c.zone))
    if on < c.first_day:
        text = _("%(day)s is before the training, which began on %(first)s: the exercises come after it.")
        return refuse("R26", text % {"day": day_text(on), "first": day_text(c.first_day)})
    return None


def take_back(work: Work) -> Verdict:
    """R26: what was handed in can be taken back until it is reviewed."""
    if work.state == SubmissionState.WITHDRAWN:
        return refuse("R26", _("This was taken back already."))
    if work.state != SubmissionState.SUBMITTED:
        return refuse("R26", _("This was reviewed already: what was said of it stays."))
    return allow("R26", _("It waits for its review, and can be taken back."))


def take_pass_back(c: CheckoutFacts, work: Work, *, now: datetime) -> Verdict:
    """R26: staff put a pass right that was a mistake: it counts as to repeat. A certificate that rests on it is revoked first (R29).

    Also where the checkout has ended, so that one which is reopened does not end in the same certificate once more.
    """
    if work.state != SubmissionState.PASSED:
        return refuse("R26", _("This does not count as passed: there is nothing to take back."))
    if c.state == CheckoutState.CERTIFIED:
        return refuse("R29", _("The certificate rests on it: revoke that first."))
    if c.under_way and c.due.passed(now):
        return warn("R27", _("The due date has passed: to repeat it an extension is needed."), turns_on=c.due)
    return allow("R26", _("It counts as to repeat, and can be handed in again."))


def review(c: CheckoutFacts, work: Work, *, result: str, confirmed_on: date, now: datetime) -> Verdict:
    """R26, R27: a result for work that waits, and what follows from it. Warned where it ends the checkout or does not count."""
    if work.state != SubmissionState.SUBMITTED:
        return refuse("R26", _("This does not wait for a review any more: somebody reviewed it, or it was taken back."))
    against = _closed(c, now=now) or _no_such_day(c, confirmed_on, now=now)
    if against is not None:
        return against
    if result == SubmissionState.PASSED and confirmed_on > c.due_on:
        text = _("Done on %(done)s, after the due date, %(due)s: it counts only with an extension.")
        return warn("R27", text % {"done": day_text(confirmed_on), "due": here(c.due)}, turns_on=c.due)
    if result == SubmissionState.FAILED:
        return warn("R27", _("A failed exercise closes the checkout; only staff can reopen it, by an exception."))
    if result == SubmissionState.REPEAT and c.due.passed(now):
        return warn("R27", _("The due date has passed: to repeat it an extension is needed."), turns_on=c.due)
    return allow("R26", _("The day on which it was done decides."))


def ask_for_time(c: CheckoutFacts, *, now: datetime) -> Verdict:
    """R28: more time can be asked for while something is open, after the due date too."""
    found = standing(c, now=now)
    if found == Standing.COMPLETE:
        return refuse("R28", _("All exercises were passed in time: no more time is needed."))
    against = _closed(c, now=now)
    if against is not None:
        return refuse("R28", against.sentence)
    if found == Standing.IN_REVIEW:
        return allow("R28", _("Everything was handed in: more time is needed only if something is to be repeated."))
    if c.due.passed(now):
        return allow("R28", _("The date has passed. Staff may still give more time: say why, and until when."), turns_on=c.due)
    return allow("R28", _("Staff may give more time. Ask best before %(due)s.") % {"due": here(c.due)}, turns_on=c.due)


def extend(c: CheckoutFacts, *, to: date, now: datetime) -> Verdict:
    """R28: a new date, later than the one in force; more than once; it revives what has expired."""
    against = _closed(c, now=now)
    if against is not None:
        return refuse("R28", against.sentence)
    if to <= c.due_on:
        text = _("The exercises are due by %(due)s: an extension names a later day.")
        return refuse("R28", text % {"due": here(c.due)}, turns_on=c.due)
    new = CutOff(on=to, zone=c.zone)
    return allow("R28", _("The exercises are now due by %(due)s.") % {"due": here(new)}, turns_on=new)


def reopen(c: CheckoutFacts, *, passed: bool, forgotten: bool) -> Verdict:
    """R27: a failed checkout, or one that staff closed, is reopened by an exception only: of somebody who passed, and is known still (R25)."""
    if forgotten:
        return refuse("R25", str(FORGOTTEN))
    if not passed:
        return refuse("R25", _("The training does not count as passed any more: correct the attendance first."))
    if c.state not in {CheckoutState.FAILED, CheckoutState.CLOSED}:
        return refuse("R27", _("Only a checkout that was failed, or that staff closed, can be reopened."))
    return allow("R27", _("Reopened by an exception."))


def close(c: CheckoutFacts) -> Verdict:
    """Staff close a checkout that is under way."""
    if not c.under_way:
        return refuse("R27", _("Only a checkout that is under way can be closed."))
    return allow("R27", _("Closed by staff."))
