"""L11: checkouts that run out. L12: work received and reviewed. And what staff change of a checkout, told to the trainee."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import reverse

from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, letter, queue
from certification import policy, queries
from certification.models import Checkout, Submission
from certification.states import CheckoutState, Standing, SubmissionState


def submission_received(submission: Submission, *, entry: JournalEntry, now: datetime) -> None:
    """L12: it is there, and waits for its review."""
    queue(
        letter="certification.received",
        to=submission.checkout.place.person,
        occasion=f"journal:{entry.pk}",
        about=submission,
        context={"submission": submission.pk},
        now=now,
    )


def submission_reviewed(submission: Submission, *, entry: JournalEntry, now: datetime, taken_back: bool = False) -> None:
    """L12: passed, to repeat with reasons (`taken_back`: it was passed until now), or failed."""
    queue(
        letter="certification.reviewed",
        to=submission.checkout.place.person,
        occasion=f"journal:{entry.pk}",
        about=submission,
        context={"submission": submission.pk, "state": submission.state, "taken_back": taken_back},
        now=now,
    )


def checkout_changed(checkout: Checkout, *, what: str, occasion: str, why: str, now: datetime) -> None:
    """L13: staff gave more time, closed or reopened it (`what`: extended, closed, reopened)."""
    queue(
        letter="certification.changed",
        to=checkout.place.person,
        occasion=occasion,
        about=checkout,
        context={"checkout": checkout.pk, "what": what, "why": why},
        now=now,
    )


def checkout_reminder(checkout: Checkout, *, on: date, now: datetime, sentence: str) -> None:
    """L11: so many days are left."""
    queue(
        letter="certification.reminder",
        to=checkout.place.person,
        occasion=f"checkout:{checkout.pk}:{on.isoformat()}:{checkout.round}",
        about=checkout,
        context={"checkout": checkout.pk, "sentence": sentence},
        now=now,
    )


def checkout_expired(checkout: Checkout, *, on: date, now: datetime, sentence: str) -> None:
    """L11: the time is over."""
    queue(
        letter="certification.expired",
        to=checkout.place.person,
        occasion=f"expired:{checkout.pk}:{on.isoformat()}:{checkout.round}",
        about=checkout,
        context={"checkout": checkout.pk, "sentence": sentence},
        now=now,
    )


def _content(checkout: Checkout, *, notice: Notice, **more: object) -> Content:
    found = queries.facts(checkout)
    place = checkout.place
    context = {
        "checkout": checkout,
        "place": place,
        "training": place.training,
        "due": checkout.due(),
        "grace": found.grace,
        "exercises": [(exercise, _word(found, exercise.code)) for exercise in found.exercises],
        "passed": found.passed_count(),
        "count": len(found.exercises),
        "verdict": policy.finish_in_time(found, now=notice.claimed_at or notice.queued_at),
        **more,
    }
    link = LinkTo(purpose="checkout", path=reverse("certification:checkout", args=[place.pk]))
    return Content(context=context, zone=place.booking.site_zone, link=link)


def _word(found: policy.CheckoutFacts, code: str) -> str:
    """ "passed", "waits" or "missing"."""
    if found.passed(code):
        return "passed"
    return "waits" if found.covered(code) else "missing"


def _checkout(notice: Notice) -> Checkout:
    return Checkout.objects.with_story().get(pk=notice.context["checkout"])


def _submission_content(notice: Notice) -> Content:
    submission = Submission.objects.select_related("reviewed_by").get(pk=notice.context["submission"])
    if submission.state != notice.context.get("state", SubmissionState.SUBMITTED):
        raise Obsolete("It was reviewed, or taken back, meanwhile.")
    checkout = Checkout.objects.with_story().get(pk=submission.checkout_id)
    name = queries.exercise_name(checkout, submission.exercise)
    taken_back = bool(notice.context.get("taken_back"))
    return _content(checkout, notice=notice, submission=submission, exercise=name, taken_back=taken_back)


@letter("L12", "certification.received", template="certification/emails/received")
def build_received(notice: Notice) -> Content:
    return _submission_content(notice)


@letter("L12", "certification.reviewed", template="certification/emails/reviewed")
def build_reviewed(notice: Notice) -> Content:
    return _submission_content(notice)


@letter("L13", "certification.changed", template="certification/emails/changed")
def build_changed(notice: Notice) -> Content:
    return _content(_checkout(notice), notice=notice, what=notice.context["what"], why=notice.context["why"])


def _running_out(notice: Notice, *, standing: Standing) -> Content:
    checkout = _checkout(notice)
    now = notice.claimed_at or notice.queued_at
    if checkout.state != CheckoutState.UNDER_WAY or queries.standing_of(checkout, now=now) != standing:
        raise Obsolete("It stands otherwise now.")
    return _content(checkout, notice=notice, sentence=notice.context["sentence"])


@letter("L11", "certification.reminder", template="certification/emails/reminder")
def build_reminder(notice: Notice) -> Content:
    return _running_out(notice, standing=Standing.OPEN)


@letter("L11", "certification.expired", template="certification/emails/expired")
def build_expired(notice: Notice) -> Content:
    return _running_out(notice, standing=Standing.EXPIRED)
