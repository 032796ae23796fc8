"""The demo's exercises: each person who passed a training goes a way of their own, so that each state of a checkout can be seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from carpentries_portal.common import exceptions
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from certification.actions import ask_extension, hand_in, review_submission
from certification.models import Checkout, CheckoutException
from certification.states import SubmissionState
from trainings.models import Booking

Step = Callable[[datetime], None]
LINK = "https://example.org/lessons/"
PRAISE = {
    "contribution": "A clear report, with a fix that works. Thank you: it went into the lesson the same week.",
    "discussion": "You listened well, and your question about pacing was the one everybody had.",
    "demonstration": "Calm voice, small steps, and you said what you were about to type. Well done.",
}
AGAIN = {
    "contribution": "A spelling mistake is a good start. Please find one thing that a learner would stumble over, and say how to mend it.",
    "discussion": "You had to leave after ten minutes. Join another session, to its end.",
    "demonstration": "Your pace was right and your voice calm. You typed the loop before you said why: say it first, then type.",
}
FAIL = "This is somebody else’s pull request, as its history shows."
WAYS = ("all", "review", "repeat", "asked", "some", "nothing", "fail")
WEIGHTS = (40, 14, 12, 9, 12, 10, 3)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan needs: its dice, who reviews, and where steps are put by day."""

    dice: random.Random
    reviewer: Person
    staff: Person
    today: date
    put: Callable[[date, Step], None]


def plan_exercises(booking: Booking, *, plan: Plan) -> None:
    """A way for each checkout of a team whose attendance was just confirmed."""
    rows = Checkout.objects.with_story().filter(place__booking=booking.pk).order_by("pk")
    for checkout in rows:
        _walk(checkout, plan.dice.choices(WAYS, WEIGHTS)[0], plan=plan)


def _walk(checkout: Checkout, way: str, *, plan: Plan) -> None:
    codes = [exercise.code for exercise in checkout.place.training.edition.edition().exercises]
    plan.dice.shuffle(codes)
    begins = checkout.place.training.ends_on
    days = sorted(plan.dice.sample(range(6, 80), 3))
    results: dict[str, list[SubmissionState | None]] = {
        "all": [SubmissionState.PASSED] * 3,
        "review": [SubmissionState.PASSED, None, None],
        "repeat": [SubmissionState.PASSED, SubmissionState.REPEAT],
        "asked": [SubmissionState.PASSED],
        "some": [SubmissionState.PASSED, SubmissionState.PASSED],
        "nothing": [],
        "fail": [SubmissionState.FAILED],
    }
    for code, after, result in zip(codes, days, results[way], strict=False):
        _work(checkout, code, begins + timedelta(days=after), result, plan=plan)
    if way == "asked":
        _ask(checkout, checkout.due_on - timedelta(days=plan.dice.randrange(3, 45)), plan=plan)


def _work(checkout: Checkout, code: str, on: date, result: SubmissionState | None, *, plan: Plan) -> None:
    reviewed = on + timedelta(days=plan.dice.randrange(2, 7))
    feedback = FAIL if result == SubmissionState.FAILED else (AGAIN if result == SubmissionState.REPEAT else PRAISE)[code]

    def bring(at: datetime) -> None:
        try:
            row = hand_in(
                checkout_id=checkout.pk,
                exercise=code,
                done_on=on,
                link=f"{LINK}{code}/{checkout.pk}",
                by=checkout.place.person,
                now=at,
            )
        except UnableTo:  # its way ended before
            return
        given = result or (SubmissionState.PASSED if reviewed < plan.today - timedelta(days=21) else None)
        if given is not None:  # the work of the last weeks waits for its review
            plan.put(reviewed, judge(row.pk, given))

    def judge(submission_id: int, given: SubmissionState) -> Step:
        def say(at: datetime) -> None:
            review_submission(
                submission_id=submission_id, result=given, confirmed_on=on, feedback=feedback, by=plan.reviewer, now=at
            )

        return say

    plan.put(on + timedelta(days=1), bring)


def _ask(checkout: Checkout, on: date, *, plan: Plan) -> None:
    """Asked for more time; staff have answered what was asked two weeks ago or more."""
    reason = "Our term began, and the next demonstration with a free place is after my date. Six more weeks would do."
    declined = plan.dice.random() < 0.3

    def ask(at: datetime) -> None:
        record = ask_extension(checkout_id=checkout.pk, reason=reason, by=checkout.place.person, now=at)
        if on < plan.today - timedelta(days=14):
            plan.put(on + timedelta(days=3), answer(record))

    def answer(record: CheckoutException) -> Step:
        def decide(at: datetime) -> None:
            if declined:
                note = "There are places in two demonstrations before your date: see the page where you sign up."
                exceptions.decline(record, by=plan.staff, now=at, note=note)
                return
            to = checkout.due_on + timedelta(days=42)
            until = CutOff(on=to, zone=record.zone()).ends_at
            exceptions.approve(record, by=plan.staff, now=at, until=until, to_date=to, note="Good luck with the term.")

        return decide

    plan.put(on, ask)
