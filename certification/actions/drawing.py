"""Drawing certificates in the worker: a batch is claimed, drawn, and stored with the letters that carry them, in one transaction.

A worker that dies while drawing leaves a claim that ends by itself; what fails is kept with its error and tried again, each time later.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
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
BATCH = 20  # claimed and stored together: alone, a certificate's statements take a tenth of the time that it is drawn in


def draw_some(*, now: datetime) -> None:
    """One bit of what waits: revisions of a re-issue are made, and a batch is drawn; where more waits, the bell rings again."""
    made = make_some(now=now)
    if draw_due(now=now) == BATCH or made:
        jobs.enqueue(DRAW)


class UnableToDrawAgain(UnableTo):
    """It is drawn already, or nobody needs it any more."""


def draw_due(*, now: datetime, limit: int = BATCH) -> int:
    """Draw up to `limit` revisions that wait; one that fails stops no other. Returns how many were handled."""
    claimed = claim(now=now, limit=limit)
    with jobs.ringing_once():  # for the letters: once a batch, not once a certificate
        _draw(claimed, now=now)
    return len(claimed)


def claim(*, now: datetime, limit: int = BATCH) -> list[CertificateRevision]:
    """The next revisions that are due, claimed under their locks: two workers never get the same."""
    with transaction.atomic():
        rows = CertificateRevision.objects.to_draw().filter(due_at__lte=now).order_by("due_at", "pk")
        rows = rows.select_related("certificate").defer("pdf")
        claimed = list(rows.select_for_update(of=("self",), no_key=True, skip_locked=True)[:limit])
        for attempts in {revision.attempts for revision in claimed}:
            mine = [revision.pk for revision in claimed if revision.attempts == attempts]
            wait = BACK_OFF_MINUTES[min(attempts, len(BACK_OFF_MINUTES) - 1)]
            again_at = now + timedelta(minutes=wait)
            CertificateRevision.objects.filter(pk__in=mine).update(due_at=again_at, attempts=attempts + 1)
    return claimed


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


def _draw(claimed: Sequence[CertificateRevision], *, now: datetime) -> None:
    files: dict[int, bytes] = {}
    for revision in claimed:
        with _kept(revision.pk):
            files[revision.pk] = documents.draw(paper_of(revision, revision.certificate))
    try:
        store(files, now=now)
    except Exception:  # one of them: it alone is to wait, so each has a transaction of its own
        log.exception("certificate revisions %s cannot be stored together", list(files))
        for pk, pdf in files.items():
            with _kept(pk):
                store({pk: pdf}, now=now)


@contextmanager
def _kept(revision_id: int) -> Iterator[None]:
    """Whatever is wrong with one revision is kept with it, shown to staff, and tried again."""
    try:
        yield
    except Exception as problem:
        log.exception("certificate revision %s cannot be drawn", revision_id)
        said = str(problem) if isinstance(problem, UnableTo) else f"{type(problem).__name__}: {problem}"
        rows = CertificateRevision.objects.filter(pk=revision_id, drawn_at__isnull=True)
        rows.update(error=said[:2000].replace("\0", ""))


def store(files: Mapping[int, bytes], *, now: datetime) -> int:
    """Files, by their revision's id, go in with their letters (L14): all or none. Returns how many; one stored before or not wanted any more is left out."""
    with transaction.atomic():
        rows = Certificate.objects.filter(revisions__in=list(files)).order_by("pk")
        locked = list(
            rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)
        )  # the checkout's lock is not needed
        story = ("person", "training", "booking__membership")
        rows = Certificate.objects.select_related(*(f"checkout__place__{part}" for part in story))
        certificates = rows.in_bulk(locked)  # read anew: the person may have been merged meanwhile
        drawn = list(CertificateRevision.objects.to_draw().filter(pk__in=files).order_by("pk").defer("pdf", "data"))
        for revision in drawn:
            revision.certificate, pdf = certificates[revision.certificate_id], files[revision.pk]
            revision.pdf, revision.sha256, revision.drawn_at, revision.error = pdf, hashlib.sha256(pdf).hexdigest(), now, ""
        CertificateRevision.objects.bulk_update(drawn, ["pdf", "sha256", "drawn_at", "error"])
        journal.record_each(what="certificate_drawn", lines=[_line(revision) for revision in drawn], now=now)
        certificate_emails.issued([revision for revision in drawn if revision.tell], now=now)
    return len(drawn)


def _line(revision: CertificateRevision) -> journal.Line:
    return journal.Line(
        why=_("Drawn and kept: the same file at each download."),
        about=about_certificate(revision.certificate, revision.certificate.checkout),
        rule="R29",
        new={"revision": revision.revision, "sha256": revision.sha256},
    )


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
