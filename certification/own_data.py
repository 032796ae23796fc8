"""What checkouts hold about a person: dates, work with its files, extensions. Forgotten, what was done stays as counted, without its words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data import HELD, MASK, Holding, Kept, Redactor, Row, row_of, words_of
from carpentries_portal.common.people_requests import UnableToForget
from carpentries_portal.common.signals import person_forgotten
from certification.actions import lock_checkout
from certification.actions.checkouts import end as end_checkout
from certification.models import Checkout, CheckoutException, Submission
from certification.states import CheckoutState, SubmissionState

WORK = (
    "exercise",
    "state",
    "done_on",
    "confirmed_on",
    "link",
    "notes",
    "file_name",
    "submitted_at",
    "withdrawn_at",
    "reviewed_at",
    "feedback",
)


def _checkouts(person: Person) -> models.QuerySet[Checkout]:
    return Checkout.objects.of_person(person.pk).with_story().order_by("pk")


def _work(person: Person) -> models.QuerySet[Submission]:
    return Submission.objects.filter(checkout__place__person=person).select_related("checkout__place__training").order_by("pk")


def _rows(person: Person) -> dict[str, list[Row]]:
    dates = ("state", "opened_at", "first_due_on", "due_on", "ended_at", "ended_why")
    asked = CheckoutException.objects.filter(checkout__place__person=person).order_by("pk")
    reviewed = Submission.objects.filter(reviewed_by=person).exclude(checkout__place__person=person).order_by("pk")
    return {
        "checkouts": [{"training": str(row.place.training), **row_of(row, *dates)} for row in _checkouts(person)],
        "submissions": [{"training": str(row.checkout.place.training), **row_of(row, *WORK)} for row in _work(person)],
        "extensions": [
            row_of(row, "rule", "state", "asked_for", "to_date", "reason", "note", "asked_at", "decided_at") for row in asked
        ],
        "reviews": [row_of(row, "exercise", "state", "reviewed_at", "feedback") for row in reviewed],
    }


def _files(person: Person) -> Iterator[Kept]:
    for row in _work(person).exclude(file=""):
        with row.file.open("rb") as held:
            yield Kept(name=f"submission-{row.pk}-{row.file_name}", body=held.read())


def _things(person: Person) -> Iterator[models.Model]:
    for checkout in _checkouts(person):
        yield checkout
        yield from checkout.exceptions.all()
    yield from _work(person)


@receiver(person_forgotten)
def forget_work(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """Link, notes, feedback and file go; that it was done, and how it ended, stays. What is under way ends. Not while work waits. Raises UnableToForget."""
    if _work(person).filter(state=SubmissionState.SUBMITTED).exists():
        raise UnableToForget(_("Has handed in work that waits for its review: review it first, or let them take it back."))
    for checkout in Checkout.objects.under_way().of_person(person.pk).order_by("pk"):
        end_checkout(lock_checkout(checkout.pk), CheckoutState.CLOSED, why=MASK, by=None, now=now)
    redactor = Redactor(words_of(person))
    _redact_reviews(person, redactor)
    for row in _work(person).exclude(file=""):
        transaction.on_commit(partial(row.file.storage.delete, row.file.name or ""))
    _work(person).update(link="", notes="", file="", file_name="", file_token="")
    _work(person).exclude(feedback="").update(feedback=MASK)
    Checkout.objects.of_person(person.pk).filter(~Q(ended_why="")).update(ended_why=MASK)


def _redact_reviews(person: Person, redactor: Redactor) -> None:
    """What others read of the person, where the person reviewed and signed."""
    for row in Submission.objects.filter(reviewed_by=person).exclude(checkout__place__person=person).exclude(feedback=""):
        row.feedback = redactor.text(row.feedback)
        row.save(update_fields=["feedback"])


def register() -> None:
    """Called when the app is ready."""
    HELD.add("certification", Holding(rows=_rows, files=_files, things=_things))
