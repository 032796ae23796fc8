"""Reads of certificates, as actions, pages, the desk and the run need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import days_text, today_in, zone_city
from carpentries_portal.common.prepared import prepared
from certification import policy, queries
from certification.models import Certificate, CertificateRevision, Checkout, CheckoutException, Submission
from certification.policy.certificates import CertificateFacts
from certification.states import SubmissionState
from trainees.models import Application
from trainees.states import Outcome

HOLD = "R29"
PIECE = 500
COMPLETE = 40
"""At most so many complete checkouts are looked at for the desk."""


def hold_on(checkout_id: int, *, now: datetime) -> CheckoutException | None:
    """The hold that keeps a certificate back, where one is in force."""
    rows = CheckoutException.objects.in_force(now).filter(rule=HOLD, checkout=checkout_id)
    found = rows.order_by("-until").first()
    assert found is None or isinstance(found, CheckoutException)
    return found


def certificate_facts(checkout: Checkout, *, now: datetime) -> CertificateFacts:
    """A checkout as R29 sees it. Needs `with_story`; four queries."""
    application = Application.objects.filter(place=checkout.place_id).first()
    hold = hold_on(checkout.pk, now=now)
    return CertificateFacts(
        standing=queries.standing_of(checkout, now=now),
        attended=checkout.place.outcome == Outcome.PASSED,
        applied=application is not None and application.finished_at is not None,
        name=application.certificate_name if application is not None else "",
        holds_one=queries.is_certified(checkout.place.person_id),
        forgotten=checkout.place.person.forgotten_at is not None,
        hold=hold.as_used() if hold is not None else None,
    )


def _passed_all(rows: models.QuerySet[Checkout]) -> models.QuerySet[Checkout]:
    """Checkouts of which at least three pieces of work passed in time: what R29 looks at more closely."""
    works = Submission.objects.filter(checkout=OuterRef("pk"), state=SubmissionState.PASSED, confirmed_on__lte=OuterRef("due_on"))
    return rows.filter(Exists(works[2:3]))


def _without_certificate(rows: Any) -> models.QuerySet[Checkout]:
    """Of these, what is under way, of somebody who holds no valid certificate."""
    holds = Certificate.objects.valid().filter(person=OuterRef("place__person"))
    found: models.QuerySet[Checkout] = rows.with_story().under_way().filter(~Exists(holds), expired_on__isnull=True)
    return found


def complete_checkouts(now: datetime) -> models.QuerySet[Checkout]:
    """Under way, with all exercises passed, of somebody who holds no valid certificate."""
    return _passed_all(_without_certificate(Checkout.objects.all())).order_by("pk")


@prepared
def _complete(now: Any) -> models.QuerySet[Checkout]:
    """Read with what `certificate_facts` asks for one by one."""
    holds = CheckoutException.objects.filter(rule=HOLD).order_by("-until")
    rows = _without_certificate(Checkout.objects.filter(complete=True))  # as its last change left it: the night counts anew
    rows = rows.filter(place__application__finished_at__isnull=False).select_related("place__application")
    rows = rows.prefetch_related("submissions", models.Prefetch("exceptions", holds, to_attr="holds"))
    return rows.order_by("due_on", "pk")[:COMPLETE]


def complete_with_facts(*, now: datetime) -> list[tuple[Checkout, CertificateFacts]]:
    """Complete, with a finished application: each with its `certificate_facts`. Three queries for all."""
    return [(row, _facts_read(row, now=now)) for row in _complete(now=now)]


def _facts_read(checkout: Checkout, *, now: datetime) -> CertificateFacts:
    """Twin of `certificate_facts`, for who holds no valid certificate. No query."""
    hold = next((one for one in checkout.holds if one.is_in_force(now)), None)  # type: ignore[attr-defined]  # `_complete` reads them
    return CertificateFacts(
        standing=policy.standing(queries.facts_of(checkout, checkout.submissions.all()), now=now),
        attended=checkout.place.outcome == Outcome.PASSED,
        applied=True,
        name=checkout.place.application.certificate_name,
        holds_one=False,
        hold=hold.as_used() if hold is not None else None,
    )


def to_issue(now: datetime) -> models.QuerySet[Checkout]:
    """Complete, applied, and not held: what the night issues (R29)."""
    held = CheckoutException.objects.in_force(now).filter(rule=HOLD, checkout=OuterRef("pk"))
    return complete_checkouts(now).filter(
        ~Exists(held), place__outcome=Outcome.PASSED, place__application__finished_at__isnull=False
    )


def last_passed_on(checkout: Checkout) -> date:
    """The day, in the training's zone, on which the last exercise was recorded as passed: what the night acts on."""
    rows = Submission.objects.filter(checkout=checkout.pk, state=SubmissionState.PASSED)
    latest = rows.aggregate(at=models.Max("reviewed_at"))["at"]
    return today_in(checkout.place.training.zone, latest)


def frozen_data(checkout: Checkout) -> dict[str, Any]:
    """What a certificate attests, as kept with it: plain values. Needs `with_story`; two queries."""
    training, facts = checkout.place.training, queries.facts(checkout)
    days = {work.exercise: work.confirmed_on for work in reversed(facts.works) if work.counts(facts.due_on) and work.confirmed_on}
    return {
        "organization": checkout.place.booking.membership.organization.name,
        "training": training.code,
        "starts_on": training.starts_on.isoformat(),
        "ends_on": training.ends_on.isoformat(),
        "zone": training.zone,
        "country": Application.objects.values_list("country", flat=True).get(place=checkout.place_id),
        "exercises": [{"name": one.name, "done_on": days[one.code].isoformat()} for one in facts.exercises],
    }


def doubtful() -> models.QuerySet[Certificate]:
    """Valid certificates whose pass was taken back later, and about which staff have not decided since (R29)."""
    rows = Certificate.objects.valid().filter(forgotten_at__isnull=True, doubted_at__isnull=False)
    return rows.select_related("checkout__place__training", "person").order_by("pk")


def not_drawn(an_hour_ago: Any) -> models.QuerySet[CertificateRevision]:
    """Revisions whose drawing failed, or whose worker stopped each time: shown to staff, and tried again."""
    late = Q(error__gt="") | Q(attempts__gte=2) | Q(made_at__lt=an_hour_ago)
    return CertificateRevision.objects.to_draw().filter(late).select_related("certificate").order_by("pk")


def newest(certificate: Certificate) -> CertificateRevision:
    """The revision that counts, without its file."""
    return CertificateRevision.objects.filter(certificate=certificate.pk).defer("pdf").order_by("-revision")[0]


@prepared
def _held(person_id: Any) -> models.QuerySet[Certificate]:
    return Certificate.objects.filter(person=person_id, forgotten_at__isnull=True).order_by("-issued_at", "-pk")


def certificates_of(person_id: int) -> list[Certificate]:
    """A person's certificates, the newest first. `revised`: their newest revision."""
    return with_newest(_held(person_id=person_id))


def with_newest(certificates: Iterable[Certificate]) -> list[Certificate]:
    """The same with `newest`, their newest revision without its file. One query for all."""
    rows = list(certificates)
    if not rows:
        return rows
    revisions = CertificateRevision.objects.filter(certificate__in=rows).current().defer("pdf")
    found = {revision.certificate_id: revision for revision in revisions}
    for row in rows:
        row.newest = found[row.pk]  # type: ignore[attr-defined]  # what the page shows
    return rows


@dataclass(frozen=True, slots=True)
class Checked:
    """What `/verify/` says: no more than this. `kind`: valid, revised, revoked or forgotten."""

    kind: str
    number: str
    issued_on: date
    name: str = ""
    data: dict[str, Any] | None = None
    on: date | None = None
    """When it was revised or revoked, in the training's zone."""
    current_token: str = ""
    """Of a revised one: where the valid file is checked."""

    @property
    def days(self) -> str:
        """The days of the training, and whose clock they are: "12–13 Mar 2018, Chicago time"."""
        assert self.data is not None, "only of what attests something"
        days = days_text(self.data["starts_on"], self.data["ends_on"])
        return _("%(days)s, %(city)s time") % {"days": days, "city": zone_city(self.data["zone"])}


def check_token(token: str) -> Checked | None:
    """What a token of ours attests; None where it is none, or the person wanted not to be found. Two queries."""
    rows = CertificateRevision.objects.select_related("certificate__checkout__place__training").defer("pdf")
    revision = rows.filter(token=token).first()
    return _checked(revision) if revision is not None else None


def token_of(number: str) -> str | None:
    """The token of the certificate with a number; None where there is none that can be shown."""
    row = Certificate.objects.filter(number=number).first()
    if row is None or (row.forgotten_at is not None and not row.verifiable):
        return None
    return newest(row).token


def _checked(revision: CertificateRevision) -> Checked | None:
    certificate = revision.certificate
    zone = certificate.checkout.place.training.zone
    number, issued_on = certificate.number, certificate.issued_on
    if certificate.forgotten_at is not None and not certificate.verifiable:
        return None
    if certificate.revoked_at is not None:
        return Checked("revoked", number, issued_on, on=today_in(zone, certificate.revoked_at))
    if certificate.forgotten_at is not None:
        return Checked("forgotten", number, issued_on, data=_public(revision.data))
    current = newest(certificate)
    if current.pk != revision.pk:
        return Checked("revised", number, issued_on, on=today_in(zone, current.made_at), current_token=current.token)
    return Checked("valid", number, issued_on, name=revision.name, data=_public(revision.data))


def _public(data: dict[str, Any]) -> dict[str, Any]:
    """The part of the frozen data that stands on the paper, with days as days."""
    return {
        "organization": data["organization"],
        "starts_on": date.fromisoformat(data["starts_on"]),
        "ends_on": date.fromisoformat(data["ends_on"]),
        "zone": data["zone"],
        "exercises": [{"name": one["name"], "done_on": date.fromisoformat(one["done_on"])} for one in data["exercises"]],
    }


def _between(rows: models.QuerySet[Certificate], first_on: date | None, last_on: date | None) -> models.QuerySet[Certificate]:
    if first_on is not None:
        rows = rows.filter(issued_on__gte=first_on)
    return rows.filter(issued_on__lte=last_on) if last_on is not None else rows


def valid_between(*, first_on: date | None, last_on: date | None) -> models.QuerySet[Certificate]:
    """Valid certificates of people who were not forgotten, issued from one day to another; None: without an end."""
    return _between(Certificate.objects.valid().filter(forgotten_at__isnull=True), first_on, last_on)


def certified(*, first_on: date | None, last_on: date | None) -> Iterator[tuple[Certificate, CertificateRevision]]:
    """The certified, the revoked among them, by the day of issue, with their newest revision; read in pieces. Who was forgotten is not there."""
    rows = _between(Certificate.objects.filter(forgotten_at__isnull=True), first_on, last_on)
    ids = list(rows.order_by("issued_on", "pk").values_list("pk", flat=True))
    for at in range(0, len(ids), PIECE):
        piece = Certificate.objects.filter(pk__in=ids[at : at + PIECE]).select_related("person").order_by("issued_on", "pk")
        for certificate in with_newest(piece):
            yield certificate, certificate.newest  # type: ignore[attr-defined]  # set there
