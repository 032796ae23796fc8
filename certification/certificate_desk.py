"""What of certificates lies on the desk: passes taken back, what cannot be drawn, what is complete and not issued."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import desk
from carpentries_portal.common.desk import SHOWN, Card, Item
from carpentries_portal.common.prepared import prepared
from certification import certificate_queries
from certification.models import Certificate, CertificateRevision
from certification.policy.certificates import may_issue


@prepared
def _doubtful() -> QuerySet[Certificate]:
    rows: QuerySet[Certificate] = desk.counted(certificate_queries.doubtful())[:SHOWN]
    return rows


def doubtful(now: datetime) -> Card:
    """R29: valid certificates whose pass was taken back: revoke or keep."""
    rows = _doubtful()
    items = [
        Item(
            str(row.checkout.place),
            _("Certified, but a pass was taken back. Revoke the certificate, or keep it."),
            reverse("admin:certification_certificate_change", args=[row.pk]),
        )
        for row in rows
    ]
    return Card(_("Certificates in doubt"), urgent=True, items=items, of=desk.of(rows))


@prepared
def _not_drawn(an_hour_ago: Any) -> QuerySet[CertificateRevision]:
    rows: QuerySet[CertificateRevision] = desk.counted(certificate_queries.not_drawn(an_hour_ago).defer("pdf"))[:SHOWN]
    return rows


def not_drawn(now: datetime) -> Card:
    """With the error; each is tried again by itself."""
    rows = _not_drawn(an_hour_ago=now - timedelta(hours=1))
    items = [
        Item(
            row.name,
            row.error or _("It was begun %(n)d times, and not finished. Does a worker run?") % {"n": row.attempts},
            reverse("admin:certification_certificate_change", args=[row.certificate_id]),
        )
        for row in rows
    ]
    return Card(_("Certificates that are not drawn"), urgent=True, items=items, of=desk.of(rows))


def held_back(now: datetime) -> Card:
    """Complete, and not issued: held by staff, or with a name that cannot be lettered. What waits for the person is not staff's."""
    items = []
    for checkout, facts in certificate_queries.complete_with_facts(now=now):
        verdict = may_issue(facts)
        if verdict.refused:
            url = reverse("admin:certification_checkout_change", args=[checkout.pk])
            items.append(Item(str(checkout.place), verdict.sentence, url))
    return Card(_("Complete, and not certified"), urgent=False, items=items[:SHOWN], of=len(items))


def register() -> None:
    """Called when the app is ready."""
    desk.add("certificates in doubt", doubtful, "certification.view_certificate")
    desk.add("certificates not drawn", not_drawn, "certification.view_certificate")
    desk.add("certificates held back", held_back, "certification.view_checkout")
