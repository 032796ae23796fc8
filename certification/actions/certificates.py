"""Certificates (R29): issued once for a person, corrected under the same number, revoked with a reason, held back by staff."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, jobs, journal
from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.lettering import why_not
from carpentries_portal.common.models import Person
from carpentries_portal.common.texts import one_line
from certification import certificate_emails, certificate_queries
from certification.actions.checkouts import about_checkout, end, open_after_revocation
from certification.actions.locks import lock_checkout, lock_holder
from certification.models import Certificate, CertificateRevision, Checkout, CheckoutException, Reissue
from certification.policy.certificates import ALPHABET, NUMBER_SIGNS, grouped, may_issue
from certification.states import CertificateState, CheckoutState
from trainees.models import Place
from trainees.states import Outcome

DRAW = "certification.draw"


class UnableToIssue(UnableTo):
    """Something that R29 asks for is missing, staff hold it, or the person holds a certificate."""


class UnableToCorrectCertificate(UnableTo):
    """The name is the same or cannot be lettered, or the certificate is valid no longer."""


class UnableToRevoke(UnableTo):
    """It was revoked already, or no reason is given."""


class UnableToHold(UnableTo):
    """It was issued already, no reason is given, or the end is not to come."""


def about_certificate(certificate: Certificate, checkout: Checkout) -> list[models.Model]:
    """What the journal finds it from."""
    return [certificate, *about_checkout(checkout)]


def issue_certificate(*, checkout_id: int, by: Person | None, now: datetime) -> Certificate:
    """R29: a number, the data as they are now, and a first revision that a worker draws and mails. Raises UnableToIssue.

    Under the person's lock: nobody is forgotten, and nobody gets two, in between.
    """
    with transaction.atomic():
        checkout = lock_holder(checkout_id)
        facts = certificate_queries.certificate_facts(checkout, now=now)
        verdict = may_issue(facts)
        if verdict.refused:
            raise UnableToIssue(verdict.sentence, verdicts=[verdict])
        certificate = Certificate.objects.create(
            person=checkout.place.person,
            checkout=checkout,
            number=new_number(),
            issued_at=now,
            issued_on=today_in(checkout.place.training.zone, now),
        )
        data = certificate_queries.frozen_data(checkout)
        revise(certificate, name=one_line(facts.name), data=data, why="", by=by, now=now, tell=True)
        end(checkout, CheckoutState.CERTIFIED, why=verdict.sentence, by=by, now=now)
        about = about_certificate(certificate, checkout)
        journal.record(what="certificate_issued", now=now, by=by, rule="R29", why=verdict.sentence, about=about)
    return certificate


def new_number() -> str:
    """80 bits of chance: it can be neither guessed nor counted."""
    return grouped("".join(secrets.choice(ALPHABET) for _sign in range(NUMBER_SIGNS)))


def revise(
    certificate: Certificate,
    *,
    name: str,
    data: Mapping[str, Any],
    why: str,
    by: Person | None,
    now: datetime,
    tell: bool,
    reissue: Reissue | None = None,
) -> CertificateRevision:
    """A new revision under the same number, with a token of its own, for a worker to draw. In the caller's transaction, under the lock."""
    last = certificate.revisions.aggregate(last=models.Max("revision"))["last"] or 0
    revision = CertificateRevision.objects.create(
        certificate=certificate,
        revision=last + 1,
        token=secrets.token_urlsafe(24),
        name=name,
        data=dict(data),
        why=why,
        made_at=now,
        made_by=by,
        due_at=now,
        tell=tell,
        reissue=reissue,
    )
    jobs.enqueue(DRAW)
    return revision


def lock_certificate(certificate_id: int) -> tuple[Checkout, Certificate]:
    """A certificate and its checkout, read under their locks: the checkout's first."""
    checkout = lock_checkout(Certificate.objects.values_list("checkout", flat=True).get(pk=certificate_id))
    certificate = Certificate.objects.select_for_update(of=("self",), no_key=True).get(pk=certificate_id)
    return checkout, certificate


def correct_certificate(*, certificate_id: int, name: str, why: str, by: Person, now: datetime) -> CertificateRevision:
    """Another name, as a new revision under the same number: the old file's token says so and leads on; the new one is mailed (L14).

    Raises UnableToCorrectCertificate.
    """
    name = one_line(name)
    if not why.strip():
        raise UnableToCorrectCertificate(_("Say why: the journal keeps it."))
    if against := why_not(name):
        raise UnableToCorrectCertificate(against)
    with transaction.atomic():
        checkout, certificate = lock_certificate(certificate_id)
        if not certificate.is_valid or certificate.forgotten_at is not None:
            raise UnableToCorrectCertificate(_("This certificate is valid no longer."))
        last = certificate_queries.newest(certificate)
        if last.name == name:
            raise UnableToCorrectCertificate(_("This name stands on it already."))
        revision = revise(certificate, name=name, data=last.data, why=why.strip(), by=by, now=now, tell=True)
        journal.record(
            what="certificate_corrected",
            now=now,
            by=by,
            rule="R29",
            why=why.strip(),
            about=about_certificate(certificate, checkout),
            old={"name": last.name, "revision": last.revision},
            new={"name": name, "revision": revision.revision},
        )
    return revision


def revoke_certificate(*, certificate_id: int, why: str, by: Person, now: datetime) -> Certificate:
    """Valid no longer, from now on, wherever it is checked; the holder reads the reason. The checkout closes with it, and can be reopened.

    What else the person passed meanwhile draws its checkout (R25). Raises UnableToRevoke.
    """
    if not why.strip():
        raise UnableToRevoke(_("Say why: the holder reads it."))
    with transaction.atomic():
        others = _passed_besides(certificate_id)
        checkout, certificate = lock_certificate(certificate_id)
        if not certificate.is_valid:
            raise UnableToRevoke(_("This certificate was revoked already."))
        certificate.state, certificate.revoked_at = CertificateState.REVOKED, now
        certificate.revoked_by, certificate.revoked_why = by, why.strip()
        certificate.save(update_fields=["state", "revoked_at", "revoked_by", "revoked_why"])
        closed = _("The certificate was revoked: %(why)s") % {"why": why.strip()}
        end(checkout, CheckoutState.CLOSED, why=closed, by=by, now=now)
        about = about_certificate(certificate, checkout)
        entry = journal.record(what="certificate_revoked", now=now, by=by, rule="R29", why=why.strip(), about=about)
        certificate_emails.revoked(certificate, checkout, entry=entry, now=now)
        for place_id in others:
            open_after_revocation(place_id, by=by, now=now)
    return certificate


def _passed_besides(certificate_id: int) -> list[int]:
    """The other places of a certificate's holder that passed, locked: places come before checkouts. Nobody's who was forgotten."""
    of = Certificate.objects.filter(pk=certificate_id, forgotten_at__isnull=True)
    places = Place.objects.active().filter(person__in=of.values("person"), outcome=Outcome.PASSED)
    places = places.exclude(checkout__in=of.values("checkout"))
    return list(places.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))


def hold_certificate(*, checkout_id: int, until: date, why: str, by: Person, now: datetime) -> CheckoutException:
    """R29: not issued by itself before a day is over, in the training's zone: an exception with an end. Raises UnableToHold."""
    if not why.strip():
        raise UnableToHold(_("Say why: the journal keeps it."))
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        if checkout.state != CheckoutState.UNDER_WAY:
            raise UnableToHold(_("There is nothing to hold: %(state)s.") % {"state": checkout.get_state_display()})
        end_of_hold = CutOff(on=until, zone=checkout.place.training.zone)
        if end_of_hold.passed(now):
            raise UnableToHold(_("A hold ends on a day that is still to come."))
        if certificate_queries.hold_on(checkout_id, now=now) is not None:
            raise UnableToHold(_("It is held already: release it first."))
        record = CheckoutException(
            checkout=checkout,
            rule=certificate_queries.HOLD,
            asked_for=_("hold the certificate"),
            reason=why.strip(),
            to_date=until,
            until=end_of_hold.ends_at,
        )
        return exceptions.enter(record, by=by, now=now)


def release_certificate(*, checkout_id: int, why: str, by: Person, now: datetime) -> Certificate | None:
    """The hold ends; what is complete is issued at once, else None. Raises UnableToHold."""
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        rows = CheckoutException.objects.in_force(now).filter(rule=certificate_queries.HOLD, checkout=checkout.pk)
        held = list(rows)
        if not held:
            raise UnableToHold(_("Nobody holds this certificate."))
        for record in held:
            exceptions.revoke(record, by=by, now=now, note=why)
    try:
        return issue_certificate(checkout_id=checkout_id, by=by, now=now)
    except UnableToIssue:
        return None


def keep_certificate(*, certificate_id: int, why: str, by: Person, now: datetime) -> CheckoutException:
    """Staff decide that it stands although a pass was taken back: an exception to R29, used at once. Raises UnableToHold."""
    if not why.strip():
        raise UnableToHold(_("Say why: the journal keeps it."))
    with transaction.atomic():
        checkout, certificate = lock_certificate(certificate_id)
        if not certificate.is_valid or certificate.forgotten_at is not None:
            raise UnableToHold(_("This certificate is valid no longer: there is nothing to keep."))
        if certificate.doubted_at is None:
            raise UnableToHold(_("Nothing is in doubt about it any more: somebody decided."))
        certificate.doubted_at = None
        certificate.save(update_fields=["doubted_at"])
        record = CheckoutException(
            checkout=checkout, rule=certificate_queries.HOLD, asked_for=_("keep the certificate"), reason=why.strip()
        )
        return exceptions.enter(record, by=by, now=now, used=True)


def record_export(*, first_on: date | None, last_on: date | None, by: Person, now: datetime) -> None:
    """The journal keeps who took the list of the certified out, and of which days."""
    days = {"first_on": first_on and first_on.isoformat(), "last_on": last_on and last_on.isoformat()}
    why = _("The list of the certified was taken out as CSV.")
    journal.record(what="certified_exported", now=now, by=by, rule="R29", why=why, about=[by], new=days)
