"""Audits of checkouts: who passed has one, its dates follow from its extensions, its files are there."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q

from carpentries_portal.common.audit import add_effect
from carpentries_portal.common.auditing import AUDITS, Mismatch
from certification import queries
from certification.actions.extensions import due_by_extensions
from certification.models import Certificate, Checkout, Submission
from certification.states import CheckoutState
from trainees.models import Place
from trainees.states import Outcome

BATCH = 500


def who_passed_has_a_checkout() -> Iterator[Mismatch]:
    """R25: each place that passed, unless its person is certified or was forgotten; and no checkout goes on where the pass was taken back."""
    certified = Certificate.objects.valid().filter(person=OuterRef("person"))
    passed = Place.objects.active().filter(outcome=Outcome.PASSED, person__forgotten_at__isnull=True)
    rows = passed.filter(checkout__isnull=True).exclude(Exists(certified))
    for place in rows.order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch("passed = checkout", f"place {place.pk}", "a checkout", "none", "it passed the training and has no checkout")
    lost = Checkout.objects.under_way().exclude(place__outcome=Outcome.PASSED)
    gone = Checkout.objects.filter(state=CheckoutState.WITHDRAWN, place__outcome=Outcome.PASSED)
    gone = gone.exclude(Exists(Certificate.objects.valid().filter(person=OuterRef("place__person"))))
    for checkout in [*lost.order_by("pk").iterator(chunk_size=BATCH), *gone.order_by("pk").iterator(chunk_size=BATCH)]:
        sentence = f"it is {checkout.state}, but the place says otherwise"
        yield Mismatch("passed = checkout", f"checkout {checkout.pk}", "as the place", checkout.state, sentence)


def due_dates_follow_from_extensions() -> Iterator[Mismatch]:
    """R25, R28: the first is the last day + 90, the one in force is the latest that was given; late days are the confirmation's."""
    rows = Checkout.objects.with_story().prefetch_related("exceptions").order_by("pk")
    for checkout in rows.iterator(chunk_size=BATCH):
        first = queries.first_due_of(checkout.place)
        if checkout.first_due_on != first:
            sentence = f"its first due date is {checkout.first_due_on}; last day and edition give {first}"
            yield Mismatch("due dates", f"checkout {checkout.pk}", str(first), str(checkout.first_due_on), sentence)
        given = due_by_extensions(checkout)
        if checkout.due_on != given:
            sentence = f"it is due on {checkout.due_on}; its extensions give {given}"
            yield Mismatch("due dates", f"checkout {checkout.pk}", str(given), str(checkout.due_on), sentence)
        late = queries.late_days_of(checkout.place)
        if checkout.late_days != late:
            sentence = f"it says that attendance was confirmed {checkout.late_days} days late; the confirmation gives {late}"
            yield Mismatch("due dates", f"checkout {checkout.pk}", str(late), str(checkout.late_days), sentence)


def complete_is_noted() -> Iterator[Mismatch]:
    """R29: what is under way is noted as complete where each exercise is passed in time, and only there."""
    rows = Checkout.objects.under_way().with_story().prefetch_related("submissions").order_by("pk")
    for checkout in rows.iterator(chunk_size=BATCH):
        facts = queries.facts_of(checkout, checkout.submissions.all())
        complete = facts.passed_count() == len(facts.exercises)
        if checkout.complete != complete:
            sentence = (
                "every exercise is passed, and it is not noted" if complete else "it is noted as complete, and something is missing"
            )
            yield Mismatch("complete", f"checkout {checkout.pk}", str(complete), str(checkout.complete), sentence)


def handed_in_files_are_there() -> Iterator[Mismatch]:
    for submission in Submission.objects.exclude(file="").order_by("pk").iterator(chunk_size=BATCH):
        if not submission.file.storage.exists(submission.file.name or ""):
            sentence = "the file that was handed in is not in the store"
            yield Mismatch("files", f"submission {submission.pk}", "a file", "none", sentence)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("checkouts", who_passed_has_a_checkout)
    AUDITS.add("due dates", due_dates_follow_from_extensions)
    AUDITS.add("complete", complete_is_noted)
    AUDITS.add("files", handed_in_files_are_there)
    missing = Q(expired_on__isnull=True)
    add_effect("R27", "certification.checkout", noun="checkout", expected="recorded as expired", missing=missing)
