"""L14: the certificate with its file, to who holds it, and a word to the coordinators; and that one was revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, Owed, letter, queue, queue_each
from certification.models import Certificate, CertificateRevision, Checkout
from memberships.queries import coordinators_by_organization


def issued(revisions: Sequence[CertificateRevision], *, now: datetime) -> None:
    """L14 for each, in the transaction that stores the files. Coordinators hear of the first revision alone."""
    first = [revision for revision in revisions if revision.revision == 1]
    told = coordinators_by_organization(_organization_of(revision) for revision in first)
    holders = [_owed(revision, revision.certificate.checkout.place.person) for revision in revisions]
    teams = [_owed(revision, one.person) for revision in first for one in told[_organization_of(revision)]]
    queue_each(letter="certification.certificate", owed=holders, now=now)
    queue_each(letter="certification.certificate_team", owed=teams, now=now)


def _owed(revision: CertificateRevision, to: Person) -> Owed:
    return Owed(to=to, occasion=f"revision:{revision.pk}", about=revision.certificate, context={"revision": revision.pk})


def _organization_of(revision: CertificateRevision) -> int:
    return revision.certificate.checkout.place.booking.membership.organization_id


def revoked(certificate: Certificate, checkout: Checkout, *, entry: JournalEntry, now: datetime) -> None:
    """L14: why it is valid no longer."""
    queue(
        letter="certification.certificate_revoked",
        to=checkout.place.person,
        occasion=f"journal:{entry.pk}",
        about=certificate,
        context={"certificate": certificate.pk},
        now=now,
    )


def file_name(certificate: Certificate) -> str:
    """The file's name: never a person's."""
    return f"certificate-{certificate.number}.pdf"


def _context(certificate: Certificate, checkout: Checkout) -> dict[str, object]:
    place = checkout.place
    return {
        "certificate": certificate,
        "place": place,
        "training": place.training,
        "organization": place.booking.membership.organization,
        "support_link": place.training.edition.edition().support_link,
        "check_at": settings.SITE_URL + reverse("certification:verify_number"),
    }


def _revision(notice: Notice) -> tuple[CertificateRevision, Checkout]:
    rows = CertificateRevision.objects.select_related("certificate")
    revision = rows.get(pk=notice.context["revision"])
    if not revision.certificate.is_valid or revision.certificate.forgotten_at is not None:
        raise Obsolete("The certificate is valid no longer.")
    if not CertificateRevision.objects.current().filter(pk=revision.pk).exists():
        raise Obsolete("A newer revision has its own letter.")
    return revision, Checkout.objects.with_story().get(pk=revision.certificate.checkout_id)


@letter("L14", "certification.certificate", template="certification/emails/certificate")
def build_certificate(notice: Notice) -> Content:
    revision, checkout = _revision(notice)
    certificate = revision.certificate
    assert revision.pdf is not None, "the letter is owed with the file"
    file = Attachment(name=file_name(certificate), mimetype="application/pdf", body=bytes(revision.pdf))
    context = {
        **_context(certificate, checkout),
        "revision": revision,
        "again": revision.revision > 1,
        "verify_url": settings.SITE_URL + reverse("certification:verify", args=[revision.token]),
    }
    link = LinkTo(purpose="checkout", path=reverse("certification:checkout", args=[checkout.place_id]))
    return Content(context=context, zone=checkout.place.booking.site_zone, link=link, attachments=(file,))


@letter("L14", "certification.certificate_team", template="certification/emails/certificate_team")
def build_certificate_team(notice: Notice) -> Content:
    revision, checkout = _revision(notice)
    context = {**_context(revision.certificate, checkout), "name": checkout.place.name}
    link = LinkTo(purpose="booking", path=reverse("pages:booking", args=[checkout.place.booking_id]))
    return Content(context=context, zone=checkout.place.booking.site_zone, link=link)


@letter("L14", "certification.certificate_revoked", template="certification/emails/certificate_revoked")
def build_certificate_revoked(notice: Notice) -> Content:
    certificate = Certificate.objects.get(pk=notice.context["certificate"])
    checkout = Checkout.objects.with_story().get(pk=certificate.checkout_id)
    link = LinkTo(purpose="checkout", path=reverse("certification:checkout", args=[checkout.place_id]))
    return Content(context=_context(certificate, checkout), zone=checkout.place.booking.site_zone, link=link)
