"""Audits of certificates: each has its revision and its checkout, and each file is the one that was drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Prefetch, Q

from carpentries_portal.common.auditing import AUDITS, Mismatch
from carpentries_portal.common.models import EditionRecord
from certification.models import Certificate, CertificateRevision, Checkout, CheckoutException, Submission
from certification.states import CheckoutState, SubmissionState
from trainees.states import Outcome

BATCH = 100


def certified_means_certificate() -> Iterator[Mismatch]:
    """R29: a certified checkout has a valid certificate, a valid certificate a certified checkout, and each a revision."""
    valid = Certificate.objects.valid().filter(checkout=OuterRef("pk"))
    for checkout in Checkout.objects.filter(state=CheckoutState.CERTIFIED).exclude(Exists(valid)).order_by("pk"):
        yield Mismatch(
            "certificates", f"checkout {checkout.pk}", "a certificate", "none", "it is certified, and has no valid certificate"
        )
    rows = Certificate.objects.valid().exclude(checkout__state=CheckoutState.CERTIFIED).select_related("checkout").order_by("pk")
    for certificate in rows.iterator(chunk_size=BATCH):
        found = certificate.checkout.state
        yield Mismatch(
            "certificates", certificate.number, "a certified checkout", found, f"it is valid, but its checkout is {found}"
        )
    revisions = CertificateRevision.objects.filter(certificate=OuterRef("pk"))
    for certificate in Certificate.objects.exclude(Exists(revisions)).order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch("certificates", certificate.number, "a revision", "none", "it says nothing: it has no revision")


def certificates_are_of_who_passed() -> Iterator[Mismatch]:
    """A certificate is its checkout's person's."""
    rows = Certificate.objects.exclude(person=F("checkout__place__person")).annotate(of=F("checkout__place__person"))
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        found = vars(row)["of"]
        sentence = f"it is held by person {row.person_id}; person {found} did the exercises"
        yield Mismatch("certificate = place", row.number, found, row.person_id, sentence)


def certified_passed_each_exercise() -> Iterator[Mismatch]:
    """R29: who holds a valid certificate passed each exercise of the training's edition."""
    exercises = {row.pk: {one.code for one in row.edition().exercises} for row in EditionRecord.objects.all()}
    passed = Prefetch("checkout__submissions", Submission.objects.filter(state=SubmissionState.PASSED), to_attr="passed")
    rows = Certificate.objects.valid().select_related("checkout__place__training").prefetch_related(passed).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        wanted = exercises[row.checkout.place.training.edition_id]
        missing = wanted - {one.exercise for one in vars(row.checkout)["passed"]}
        if missing:
            sentence = f"it is valid, and not passed: {', '.join(sorted(missing))}"
            yield Mismatch("certificate = exercises", row.number, len(wanted), len(wanted) - len(missing), sentence)


def taken_back_means_doubt() -> Iterator[Mismatch]:
    """R29: a valid certificate whose pass was taken back lies before staff, unless they kept it; no other does."""
    kept = CheckoutException.objects.filter(rule="R29", checkout=OuterRef("checkout"), used_at__isnull=False)
    passed, valid = Q(checkout__place__outcome=Outcome.PASSED), Certificate.objects.valid().filter(forgotten_at__isnull=True)
    for row in valid.filter(~passed, ~Exists(kept), doubted_at__isnull=True).order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch("certificate = pass", row.number, "a doubt", "none", "its pass was taken back, and it is not before staff")
    for row in valid.filter(passed, doubted_at__isnull=False).order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch("certificate = pass", row.number, "none", "a doubt", "it is before staff, and its training is passed")


def files_are_as_drawn() -> Iterator[Mismatch]:
    """The same bytes at each download: the sum of each file is the one that was kept when it was drawn."""
    for revision in CertificateRevision.objects.filter(pdf__isnull=False).order_by("pk").iterator(chunk_size=BATCH):
        found = hashlib.sha256(revision.pdf or b"").hexdigest()
        if found != revision.sha256:
            sentence = "the file in the database is not the one that was drawn"
            yield Mismatch("certificate files", f"revision {revision.pk}", revision.sha256, found, sentence)


def register() -> None:
    """Called when the app is ready."""
    AUDITS.add("certificates", certified_means_certificate)
    AUDITS.add("certificate holders", certificates_are_of_who_passed)
    AUDITS.add("certificate exercises", certified_passed_each_exercise)
    AUDITS.add("certificate passes", taken_back_means_doubt)
    AUDITS.add("certificate files", files_are_as_drawn)
