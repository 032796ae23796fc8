"""Handing in, taking back, reviewing (R26, R27): all under the checkout's lock."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from certification import emails, policy, queries
from certification.actions.checkouts import about_checkout, end, settle
from certification.actions.locks import lock_checkout, lock_submission
from certification.models import Checkout, Submission
from certification.policy.files import FileProblem, check_file, shown_name
from certification.states import CheckoutState, SubmissionState


class UnableToHandIn(UnableTo):
    """The date has passed, the exercise is not open, there is nothing in it, or the file is not taken."""


class UnableToTakeBack(UnableTo):
    """It was reviewed or taken back already."""


class UnableToReview(UnableTo):
    """It does not wait for a review, a reason is missing, or it is the reviewer's own work."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: its name, as the sender calls it, and its bytes."""

    name: str
    body: bytes


def hand_in(
    *,
    checkout_id: int,
    exercise: str,
    done_on: date,
    by: Person,
    now: datetime,
    link: str = "",
    notes: str = "",
    upload: Upload | None = None,
    as_staff: bool = False,
) -> Submission:
    """R26: hand in work for an exercise, as done on a day in the training's zone; `as_staff` records for the trainee (R27).

    A file is checked by what it holds, and kept under a name of ours. Raises UnableToHandIn; then nothing is kept.
    """
    if not (link.strip() or notes.strip() or upload):
        raise UnableToHandIn(_("Give a link, a few words, or a file: something that the reviewer can look at."))
    if upload is not None:
        try:
            check_file(upload.name, upload.body)
        except FileProblem as problem:
            raise UnableToHandIn(problem.sentence) from problem
    submission = Submission(exercise=exercise, done_on=done_on, link=link.strip(), notes=notes.strip(), submitted_by=by)
    submission.submitted_at = now
    try:
        with transaction.atomic():
            _keep(submission, checkout_id=checkout_id, upload=upload, by=by, now=now, as_staff=as_staff)
    except BaseException:
        if submission.file.name:  # the row is gone: so goes its file
            submission.file.storage.delete(submission.file.name)
        raise
    return submission


def _keep(submission: Submission, *, checkout_id: int, upload: Upload | None, by: Person, now: datetime, as_staff: bool) -> None:
    checkout = lock_checkout(checkout_id)
    verdict = policy.hand_in(
        queries.facts(checkout), exercise=submission.exercise, done_on=submission.done_on, now=now, as_staff=as_staff
    )
    if verdict.refused:
        raise UnableToHandIn(verdict.sentence, verdicts=[verdict])
    submission.checkout = checkout
    if upload is not None:
        submission.file_token, submission.file_name = secrets.token_hex(16), shown_name(upload.name)
        submission.file.save(submission.file_name, ContentFile(upload.body), save=False)
    submission.save()
    settle(checkout, now=now)
    entry = journal.record(
        what="work_handed_in",
        now=now,
        by=by,
        rule="R26",
        why=verdict.sentence,
        about=[submission, *about_checkout(checkout)],
        new={"exercise": submission.exercise, "done_on": submission.done_on.isoformat(), "file": bool(upload)},
    )
    emails.submission_received(submission, entry=entry, now=now)


def take_back(*, submission_id: int, by: Person, now: datetime) -> Submission:
    """R26: work that waits for its review is taken back; it stays in the history. Raises UnableToTakeBack."""
    with transaction.atomic():
        checkout, submission = lock_submission(submission_id)
        verdict = policy.take_back(queries.work_of(submission))
        if verdict.refused:
            raise UnableToTakeBack(verdict.sentence, verdicts=[verdict])
        submission.state, submission.withdrawn_at = SubmissionState.WITHDRAWN, now
        submission.save(update_fields=["state", "withdrawn_at"])
        settle(checkout, now=now)
        journal.record(
            what="work_taken_back",
            now=now,
            by=by,
            rule="R26",
            why=verdict.sentence,
            about=[submission, *about_checkout(checkout)],
            new={"exercise": submission.exercise},
        )
    return submission


def review_submission(
    *, submission_id: int, result: SubmissionState, confirmed_on: date, feedback: str, by: Person, now: datetime
) -> Submission:
    """R26, R27: pass, repeat or fail, with the day on which it was done, and reasons that the trainee reads (L12).

    A failed one closes the checkout. Raises UnableToReview.
    """
    if result not in {SubmissionState.PASSED, SubmissionState.REPEAT, SubmissionState.FAILED}:
        raise UnableToReview(_("Choose: passed, to repeat, or failed."))
    if result != SubmissionState.PASSED and not feedback.strip():
        raise UnableToReview(_("Say why: the trainee reads it, and learns from it."))
    with transaction.atomic():
        checkout, submission = lock_submission(submission_id)
        if by.pk == checkout.place.person_id:
            raise UnableToReview(_("This is your own work: somebody else reviews it."))
        verdict = policy.review(
            queries.facts(checkout), queries.work_of(submission), result=result, confirmed_on=confirmed_on, now=now
        )
        if verdict.refused:
            raise UnableToReview(verdict.sentence, verdicts=[verdict])
        submission.state, submission.feedback, submission.confirmed_on = result, feedback.strip(), confirmed_on
        submission.reviewed_at, submission.reviewed_by = now, by
        submission.save(update_fields=["state", "feedback", "confirmed_on", "reviewed_at", "reviewed_by"])
        _follow(checkout, submission, sentence=verdict.sentence, by=by, now=now)
    return submission


def _follow(checkout: Checkout, submission: Submission, *, sentence: str, by: Person, now: datetime) -> None:
    """What a review leads to: a failed one closes (R27); the trainee is told."""
    if submission.state == SubmissionState.FAILED:
        end(checkout, CheckoutState.FAILED, why=submission.feedback, by=by, now=now)
    settle(checkout, now=now)
    entry = journal.record(
        what=f"work_{submission.state}",
        now=now,
        by=by,
        rule="R26",
        why=sentence,
        about=[submission, *about_checkout(checkout)],
        new={"exercise": submission.exercise, "confirmed_on": submission.confirmed_on and submission.confirmed_on.isoformat()},
    )
    emails.submission_reviewed(submission, entry=entry, now=now)


def take_pass_back(*, submission_id: int, why: str, by: Person, now: datetime) -> Submission:
    """R26: staff take a pass back that was a mistake: it is to be repeated, and the trainee reads why (L12). Raises UnableToReview."""
    if not why.strip():
        raise UnableToReview(_("Say why: the trainee reads it, and learns from it."))
    with transaction.atomic():
        checkout, submission = lock_submission(submission_id)
        if by.pk == checkout.place.person_id:
            raise UnableToReview(_("This is your own work: somebody else reviews it."))
        verdict = policy.take_pass_back(queries.facts(checkout), queries.work_of(submission), now=now)
        if verdict.refused:
            raise UnableToReview(verdict.sentence, verdicts=[verdict])
        old = {"by": str(submission.reviewed_by or ""), "feedback": submission.feedback}
        submission.state, submission.feedback = SubmissionState.REPEAT, why.strip()
        submission.reviewed_at, submission.reviewed_by = now, by
        submission.save(update_fields=["state", "feedback", "reviewed_at", "reviewed_by"])
        settle(checkout, now=now)
        entry = journal.record(
            what="work_pass_taken_back",
            now=now,
            by=by,
            rule="R26",
            why=why.strip(),
            about=[submission, *about_checkout(checkout)],
            old=old,
            new={"exercise": submission.exercise},
        )
        emails.submission_reviewed(submission, entry=entry, now=now, taken_back=True)
    return submission


def record_result(*, checkout_id: int, exercise: str, done_on: date, feedback: str, by: Person, now: datetime) -> Submission:
    """R26: passed at a session that the reviewer led: what waits is passed; what was not handed in is recorded and passed at once.

    Raises UnableToHandIn, UnableToReview.
    """
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        waiting = Submission.objects.filter(checkout=checkout.pk, exercise=exercise, state=SubmissionState.SUBMITTED).first()
        if waiting is None:
            waiting = _recorded(checkout, exercise=exercise, done_on=done_on, by=by, now=now)
        return review_submission(
            submission_id=waiting.pk, result=SubmissionState.PASSED, confirmed_on=done_on, feedback=feedback, by=by, now=now
        )


def _recorded(checkout: Checkout, *, exercise: str, done_on: date, by: Person, now: datetime) -> Submission:
    """As if handed in, but no letter says it was received: the next one says that it is passed."""
    verdict = policy.hand_in(queries.facts(checkout), exercise=exercise, done_on=done_on, now=now, as_staff=True)
    if verdict.refused:
        raise UnableToHandIn(verdict.sentence, verdicts=[verdict])
    return Submission.objects.create(
        checkout=checkout,
        exercise=exercise,
        done_on=done_on,
        notes=_("Recorded by who led the session."),
        submitted_at=now,
        submitted_by=by,
    )
