"""Drawing certificates in the worker: a row is claimed, drawn, and stored with the letter that carries it, in one transaction.

A worker that dies while drawing leaves a claim that ends by itself; what fails is kept with its error and tried again, each time later.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import jobs, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from certification import certificate_emails, documents
from certification.actions.certificates import DRAW, about_certificate, lock_certificate
from certification.actions.reissues import make_some
from certification.models import Certificate, CertificateRevision

log = logging.getLogger(__name__)

BACK_OFF_MINUTES = (5, 5, 15, 60, 180, 720)  # a claim holds as long as the wait after it would be
BATCH = 20


def draw_some(*, now: datetime) -> None:
    """One bit of what waits: revisions of a re-issue are made, and a batch is drawn; where more waits, the bell rings again."""
    made = make_some(now=now)
    if draw_due(now=now) == BATCH or made:
        jobs.enqueue(DRAW)


class UnableToDrawAgain(UnableTo):
    """It is drawn already, or nobody needs it any more."""


def draw_due(*, now: datetime, limit: int = BATCH) -> int:
    """Draw up to `limit` revisions that wait; one that fails stops no other. Returns how many were handled."""
    handled = 0
    with jobs.ringing_once():  # for the letters: once a batch, not once a certificate
        while handled < limit and (revision := claim(now=now)) is not None:
            _draw(revision, now=now)
            handled += 1
    return handled


def claim(*, now: datetime) -> CertificateRevision | None:
    """The next revision that is due, claimed by a conditional update: two workers never get the same."""
    while True:
        rows = CertificateRevision.objects.to_draw().filter(due_at__lte=now).order_by("due_at", "pk")
        row = rows.values_list("pk", "due_at", "attempts").first()
        if row is None:
            return None
        pk, due_at, attempts = row
        wait = BACK_OFF_MINUTES[min(attempts, len(BACK_OFF_MINUTES) - 1)]
        mine = CertificateRevision.objects.filter(pk=pk, drawn_at__isnull=True, due_at=due_at, attempts=attempts)
        if mine.update(due_at=now + timedelta(minutes=wait), attempts=F("attempts") + 1):
            return CertificateRevision.objects.select_related("certificate").defer("pdf").get(pk=pk)


def paper_of(revision: CertificateRevision, certificate: Certificate) -> documents.Paper:
    """What stands on the paper, of the data that were frozen."""
    data = revision.data
    return documents.Paper(
        name=revision.name,
        organization=data["organization"],
        starts_on=date.fromisoformat(data["starts_on"]),
        ends_on=date.fromisoformat(data["ends_on"]),
        zone=data["zone"],
        exercises=tuple(documents.Exercise(one["name"], date.fromisoformat(one["done_on"])) for one in data["exercises"]),
        issued_on=certificate.issued_on,
        number=certificate.number,
        address=settings.SITE_URL + reverse("certification:verify", args=[revision.token]),
        typed_at=settings.SITE_URL + reverse("certification:verify_number"),
        country=data["country"],
    )


def _draw(revision: CertificateRevision, *, now: datetime) -> None:
    try:
        pdf = documents.draw(paper_of(revision, revision.certificate))
    except Exception as problem:  # whatever is wrong with one is kept with it, shown to staff, and tried again
        log.exception("certificate revision %s cannot be drawn", revision.pk)
        said = str(problem) if isinstance(problem, UnableTo) else f"{type(problem).__name__}: {problem}"
        rows = CertificateRevision.objects.filter(pk=revision.pk, drawn_at__isnull=True)
        rows.update(error=said[:2000].replace("\0", ""))
        return
    store(revision_id=revision.pk, pdf=pdf, now=now)


def store(*, revision_id: int, pdf: bytes, now: datetime) -> bool:
    """The file goes in with its letter (L14): both or neither. False where it was stored already, or is not wanted any more."""
    with transaction.atomic():
        rows = Certificate.objects.select_for_update(
            of=("self",), no_key=True
        )  # the checkout stays as it is: its lock is not needed
        story = ("person", "training", "booking__membership")
        certificate = rows.select_related(*(f"checkout__place__{part}" for part in story)).get(revisions=revision_id)
        revision = CertificateRevision.objects.to_draw().filter(pk=revision_id).defer("pdf", "data").first()
        if revision is None:
            return False
        checkout = certificate.checkout
        revision.pdf, revision.sha256, revision.drawn_at, revision.error = pdf, hashlib.sha256(pdf).hexdigest(), now, ""
        revision.save(update_fields=["pdf", "sha256", "drawn_at", "error"])
        journal.record(
            what="certificate_drawn",
            now=now,
            rule="R29",
            why=_("Drawn and kept: the same file at each download."),
            about=about_certificate(certificate, checkout),
            new={"revision": revision.revision, "sha256": revision.sha256},
        )
        if revision.tell:
            certificate_emails.issued(revision, certificate, checkout, now=now)
    return True


def draw_again(*, revision_id: int, by: Person, now: datetime) -> None:
    """Staff do not wait for the next try. Raises UnableToDrawAgain."""
    with transaction.atomic():
        certificate_id = CertificateRevision.objects.values_list("certificate", flat=True).get(pk=revision_id)
        checkout, certificate = lock_certificate(certificate_id)
        rows = CertificateRevision.objects.to_draw().filter(pk=revision_id)
        if not rows.exists():
            raise UnableToDrawAgain(_("It is drawn already, or nobody needs it any more."))
        CertificateRevision.objects.filter(pk=revision_id).update(due_at=now, attempts=0, error="")
        why = _("Staff had it drawn again.")
        about = about_certificate(certificate, checkout)
        journal.record(what="certificate_draw_again", now=now, by=by, rule="R29", why=why, about=about)
        jobs.enqueue(DRAW)
