"""Reads of checkouts and what was handed in, as actions, pages and the run need them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from carpentries_portal.common.handbook import Verdict
from certification import policy
from certification.models import Certificate, Checkout, Submission
from certification.policy import CheckoutFacts, Work
from certification.states import Standing
from trainees.models import Place


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


def late_days_of(checkout: Checkout) -> int:
    """By how many days staff are offered to extend (R25); the first confirmation counts. Needs `with_story`."""
    place = checkout.place
    training = place.training
    return policy.late_days(training.ends_on, training.zone, place.booking.attendance_confirmed_at, training.edition.edition())


def is_certified(person_id: int) -> bool:
    """Whether the person holds a valid certificate (R29)."""
    return Certificate.objects.valid().filter(person=person_id).exists()
