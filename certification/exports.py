"""The certified as CSV for the community's other systems; no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from carpentries_portal.common.tables import csv_bits
from certification.models import Certificate, CertificateRevision

HEADER = (
    "number",
    "revision",
    "state",
    "name",
    "email",
    "organization",
    "training",
    "training_first_day",
    "training_last_day",
    "training_zone",
    "exercises",
    "issued_on",
    "revoked_at",
)


def certified_csv(rows: Iterable[tuple[Certificate, CertificateRevision]]) -> Iterator[bytes]:
    """The file bit by bit: a header, then a line for each. UTF-8 with the mark by which Excel knows it. Instants are UTC."""
    return csv_bits(HEADER, (_cells(certificate, revision) for certificate, revision in rows))


def _cells(certificate: Certificate, revision: CertificateRevision) -> tuple[str, ...]:
    data = revision.data
    return (
        certificate.number,
        str(revision.revision),
        certificate.state,
        revision.name,
        certificate.person.email,
        data["organization"],
        data["training"],
        data["starts_on"],
        data["ends_on"],
        data["zone"],
        "; ".join(f"{one['name']} {one['done_on']}" for one in data["exercises"]),
        certificate.issued_on.isoformat(),
        certificate.revoked_at.isoformat() if certificate.revoked_at else "",
    )
