"""Reads of checkouts and what was handed in, as actions, pages and the run need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import EditionRecord
from certification import policy
from certification.models import Certificate, Checkout, CheckoutException, Submission
from certification.policy import CheckoutFacts, Work
from certification.states import Standing
from trainees.models import Place
from trainees.states import Outcome


def work_of(submission: Submission) -> Work:
    """A submission as policy sees it."""
    return Work(
        exercise=submission.exercise,
        state=submission.state,
        done_on=submission.done_on,
        confirmed_on=submission.confirmed_on,
        submitted_at=submission.submitted_at,
        ended_at=submission.reviewed_at or submission.withdrawn_at,
    )


def facts_of(checkout: Checkout, submissions: Iterable[Submission]) -> CheckoutFacts:
    """A checkout as its rules see it. Needs `with_story`; no query."""
    training = checkout.place.training
    edition = training.edition.edition()
    return CheckoutFacts(
        state=checkout.state,
        exercises=edition.exercises,
        first_day=training.starts_on,
        due_on=checkout.due_on,
        zone=training.zone,
        late_hand_in_days=edition.late_hand_in_days,
        works=tuple(work_of(one) for one in sorted(submissions, key=lambda one: (one.submitted_at, one.pk))),
        ended_why=checkout.ended_why,
    )


def facts(checkout: Checkout) -> CheckoutFacts:
    """As `facts_of`, with the submissions read. One query."""
    return facts_of(checkout, Submission.objects.filter(checkout=checkout.pk))


def checkout_verdict(checkout: Checkout, *, now: datetime) -> Verdict:
    """How it stands (R27): the same for pages, desk, run and `explain`. One query."""
    return policy.finish_in_time(facts(checkout), now=now)


def standing_of(checkout: Checkout, *, now: datetime) -> Standing:
    return policy.standing(facts(checkout), now=now)


def first_due_of(place: Place) -> date:
    """R25. Needs the training's edition."""
    return policy.first_due(place.training.ends_on, place.training.edition.edition())


def late_days_of(place: Place) -> int:
    """By how many days staff are offered to extend (R25); the first confirmation counts. Needs the training's edition and the booking."""
    training = place.training
    return policy.late_days(training.ends_on, training.zone, place.booking.attendance_confirmed_at, training.edition.edition())


def exercise_name(checkout: Checkout, code: str) -> str:
    """What the edition calls an exercise. Needs the training's edition."""
    exercises = checkout.place.training.edition.edition().exercises
    return next((exercise.name for exercise in exercises if exercise.code == code), code)


def time_asked_for(checkout: Checkout) -> CheckoutException | None:
    """The request for more time that waits for staff. One query."""
    return checkout.exceptions.waiting().filter(rule="R25").select_related("asked_by").first()


def may_open(place: Place) -> Verdict:
    """R25: whether a place draws a checkout. One query; needs the person."""
    certified, forgotten = is_certified(place.person_id), place.person.forgotten_at is not None
    return policy.may_open(passed=place.outcome == Outcome.PASSED, certified=certified, forgotten=forgotten)


def is_certified(person_id: int) -> bool:
    """Whether the person holds a valid certificate (R29)."""
    return Certificate.objects.valid().filter(person=person_id).exists()


def checkouts_over(now: datetime) -> models.QuerySet[Checkout]:
    """Under way, due by yesterday at the latest (by a day's margin for zones), not recorded as expired: what R27 looks at."""
    soon = now.date() + timedelta(days=1)
    rows = Checkout.objects.under_way().with_story().prefetch_related("submissions")
    return rows.filter(due_on__lt=soon, expired_on__isnull=True).order_by("due_on", "pk")


def checkouts_running(now: datetime, *, within_days: int) -> models.QuerySet[Checkout]:
    """Under way, due within so many days (a day's margin for zones): what L11 looks at."""
    day = timedelta(days=1)
    rows = Checkout.objects.under_way().with_story().prefetch_related("submissions")
    rows = rows.filter(due_on__gte=now.date() - day, due_on__lte=now.date() + (within_days + 1) * day)
    return rows.order_by("due_on", "pk")


def to_review(*, exercise: str = "") -> models.QuerySet[Submission]:
    """What waits for a review, the oldest due date first."""
    rows = Submission.objects.waiting().select_related(
        "checkout__place__training__edition", "checkout__place__person", "checkout__place__booking__membership__organization"
    )
    if exercise:
        rows = rows.filter(exercise=exercise)
    return rows.order_by("checkout__due_on", "submitted_at", "pk")


@dataclass(frozen=True, slots=True)
class Word:
    """A state in words with its tone (good, warn, bad, now or empty), for components/state_tag.html."""

    word: str
    tone: str


TONES = {
    Standing.OPEN: "now",
    Standing.IN_REVIEW: "now",
    Standing.COMPLETE: "good",
    Standing.CERTIFIED: "good",
    Standing.EXPIRED: "bad",
    Standing.FAILED: "bad",
    Standing.CLOSED: "bad",
    Standing.WITHDRAWN: "",
}


def word_of(found: CheckoutFacts, *, now: datetime) -> Word:
    """How a checkout stands, in words: "open, 1 of 3 passed"."""
    standing = policy.standing(found, now=now)
    if standing in {Standing.COMPLETE, Standing.CERTIFIED, Standing.WITHDRAWN}:
        return Word(str(standing.label), TONES[standing])
    values = {"state": standing.label, "n": found.passed_count(), "all": len(found.exercises)}
    return Word(_("%(state)s, %(n)d of %(all)d passed") % values, TONES[standing])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person is with the exercises: the state in words, what is missing, the due date."""

    standing: Standing
    word: Word
    missing: str
    due: CutOff


def progress_of(place_ids: Iterable[int], *, now: datetime) -> dict[int, Progress]:
    """How far each of these places is, by place. Two queries."""
    rows = Checkout.objects.with_story().filter(place__in=list(place_ids)).prefetch_related("submissions")
    return {row.place_id: _progress(row, now=now) for row in rows}


def _progress(checkout: Checkout, *, now: datetime) -> Progress:
    found = facts_of(checkout, checkout.submissions.all())
    standing = policy.standing(found, now=now)
    missing = ", ".join(one.name for one in found.missing()) if standing in {Standing.OPEN, Standing.EXPIRED} else ""
    word = word_of(found, now=now)
    if standing in {Standing.OPEN, Standing.EXPIRED}:
        text = _("%(word)s; due %(day)s") if standing == Standing.OPEN else _("%(word)s; was due %(day)s")
        word = Word(text % {"word": word.word, "day": day_text(checkout.due_on)}, word.tone)
    return Progress(standing=standing, word=word, missing=missing, due=found.due)


def exercise_choices() -> list[tuple[str, str]]:
    """Each exercise of the editions by code, as the newest edition calls it. One query."""
    found: dict[str, str] = {}
    for record in EditionRecord.objects.order_by("-in_force_from"):
        for exercise in record.edition().exercises:
            found.setdefault(exercise.code, exercise.name)
    return list(found.items())
