"""Certification's part of merging two people: work and certificates. One valid certificate a person (R29): two are put before staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.merging import PARTS, Part, move
from carpentries_portal.common.models import Person
from carpentries_portal.common.signals import person_merged
from certification.models import Certificate, CertificateRevision, Checkout, CheckoutException, Reissue, Submission

PART = "certification"


def _conflicts(kept: Person, merged: Person) -> Iterator[str]:
    valid = list(Certificate.objects.valid().filter(person__in=[kept.pk, merged.pk]).order_by("issued_at", "pk"))
    if len(valid) > 1:
        first, second = valid[0], valid[1]
        text = _(
            "Both hold a valid certificate: %(first)s of %(first_on)s and %(second)s of %(second_on)s. A person has one (R29): the first stays, revoke the second first."
        )
        yield text % {
            "first": first.number,
            "first_on": day_text(first.issued_on),
            "second": second.number,
            "second_on": day_text(second.issued_on),
        }


def _notes(kept: Person, merged: Person) -> Iterator[str]:
    checkouts = Checkout.objects.of_person(merged.pk).count()
    if checkouts:
        yield _("Checkouts move with their places: %(n)d.") % {"n": checkouts}
    certificate = Certificate.objects.valid().filter(person__in=[kept.pk, merged.pk]).first()
    if certificate is not None and Checkout.objects.under_way().filter(place__person__in=[kept.pk, merged.pk]).exists():
        text = _("%(number)s stays their certificate: a checkout that is under way beside it gives no second one (R29).")
        yield text % {"number": certificate.number}


def _lock(kept: Person, merged: Person) -> None:
    """The checkouts of both: nothing is issued meanwhile."""
    rows = Checkout.objects.filter(place__person__in=[kept.pk, merged.pk]).values("pk")
    list(Checkout.objects.locked().filter(pk__in=rows))


@receiver(person_merged)
def move_certificates(sender: Any, *, kept: Person, merged: Person, now: datetime, **more: Any) -> None:
    """A certificate keeps its number and its name: another name is a revision, which is an act of its own."""
    move(PART, kept, merged)


def register() -> None:
    """Called when the app is ready."""
    moves = (
        (Certificate, "person"),
        (Certificate, "revoked_by"),
        (CertificateRevision, "made_by"),
        (Reissue, "asked_by"),
        (Checkout, "ended_by"),
        (Submission, "submitted_by"),
        (Submission, "reviewed_by"),
        (CheckoutException, "asked_by"),
        (CheckoutException, "decided_by"),
    )
    PARTS.add(PART, Part(moves=moves, conflicts=_conflicts, notes=_notes, lock=_lock))
