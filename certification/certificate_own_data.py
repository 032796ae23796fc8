"""What certificates hold about a person. Forgotten, name and files go; the number can be checked only if the person wanted so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import models

from carpentries_portal.common.models import Person
from carpentries_portal.common.own_data import HELD, MASK, Holding, Kept, Row, row_of
from carpentries_portal.common.signals import person_forgotten
from certification.certificate_emails import file_name
from certification.models import Certificate, CertificateRevision


def _revisions(person: Person) -> models.QuerySet[CertificateRevision]:
    rows = CertificateRevision.objects.filter(certificate__person=person.pk).select_related("certificate")
    return rows.order_by("certificate", "revision")


def _rows(person: Person) -> dict[str, list[Row]]:
    certificate = ("number", "state", "issued_on", "revoked_at", "revoked_why")
    return {
        "certificates": [
            {**row_of(row.certificate, *certificate), **row_of(row, "revision", "name", "data", "why", "made_at", "sha256")}
            for row in _revisions(person).defer("pdf")
        ]
    }


def _files(person: Person) -> Iterator[Kept]:
    for row in _revisions(person).filter(pdf__isnull=False).iterator(chunk_size=10):
        yield Kept(f"revision-{row.revision}-{file_name(row.certificate)}", bytes(row.pdf or b""))


def _things(person: Person) -> Iterable[models.Model]:
    return Certificate.objects.filter(person=person.pk).order_by("pk")


def _words(person: Person) -> Iterable[str]:
    return _revisions(person).values_list("name", flat=True)


def forget_certificates(sender: Any, *, person: Person, keep_verifiable: bool, now: datetime, **more: Any) -> None:
    """The number stays, for counts; what named the person goes, the reasons too, which are about them."""
    _revisions(person).order_by().update(name="", pdf=None, why="")
    rows = Certificate.objects.filter(person=person.pk)
    rows.filter(revoked_at__isnull=False).update(revoked_why=MASK)
    rows.update(forgotten_at=now, verifiable=keep_verifiable)


def register() -> None:
    """Called when the app is ready. Listens after those who still look for the names that stand here."""
    person_forgotten.connect(forget_certificates)
    HELD.add("certificates", Holding(rows=_rows, files=_files, things=_things, words=_words))
