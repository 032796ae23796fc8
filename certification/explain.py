"""How the rules about checkouts are explained: R25 to R29."""

from __future__ import annotations

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.explaining import EXPLAINERS, Subject, UnableToExplain
from carpentries_portal.common.handbook import Verdict
from certification import certificate_queries, policy, queries
from certification.models import Checkout
from certification.policy.certificates import may_issue
from trainees.models import Place


def _place(subject: Subject) -> Place:
    if subject.place is None:
        raise UnableToExplain("Name a place: --place ID.")
    place = Place.objects.filter(pk=subject.place).first()
    if place is None:
        raise UnableToExplain(f"There is no place {subject.place}.")
    return place


def checkout_of(subject: Subject) -> Checkout:
    """The checkout of the place that the command names. Raises UnableToExplain."""
    checkout = Checkout.objects.with_story().filter(place=_place(subject).pk).first()
    if checkout is None:
        raise UnableToExplain(f"Place {subject.place} has no checkout: {explain_r25(subject)[0].sentence}")
    return checkout


def explain_r25(subject: Subject) -> list[Verdict]:
    """Whether there is a checkout, and until when it takes work."""
    place = _place(subject)
    checkout = Checkout.objects.with_story().filter(place=place.pk).first()
    if checkout is None:
        return [queries.may_open(place)]
    return [policy.takes_work(queries.facts(checkout), now=subject.now)]


def explain_r26(subject: Subject) -> list[Verdict]:
    """What hand-in says of each exercise, done today."""
    found = queries.facts(checkout_of(subject))
    today = today_in(found.zone, subject.now)
    return [policy.hand_in(found, exercise=one.code, done_on=today, now=subject.now) for one in found.exercises]


def explain_r27(subject: Subject) -> list[Verdict]:
    return [queries.checkout_verdict(checkout_of(subject), now=subject.now)]


def explain_r28(subject: Subject) -> list[Verdict]:
    return [policy.ask_for_time(queries.facts(checkout_of(subject)), now=subject.now)]


def explain_r29(subject: Subject) -> list[Verdict]:
    """Whether the certificate is issued by itself, or what it waits for."""
    return [may_issue(certificate_queries.certificate_facts(checkout_of(subject), now=subject.now))]


def register() -> None:
    """Called when the app is ready."""
    EXPLAINERS.add("R25", explain_r25)
    EXPLAINERS.add("R26", explain_r26)
    EXPLAINERS.add("R27", explain_r27)
    EXPLAINERS.add("R28", explain_r28)
    EXPLAINERS.add("R29", explain_r29)
