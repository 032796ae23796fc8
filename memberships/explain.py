"""How rules about memberships are explained: R1, R10, R12."""

from __future__ import annotations

from carpentries_portal.common.explaining import EXPLAINERS, Subject, UnableToExplain
from carpentries_portal.common.handbook import Verdict
from memberships import policy
from memberships.models import Membership, MembershipException


def membership_of(subject: Subject) -> Membership:
    """The membership that the command names. Raises UnableToExplain."""
    if subject.membership is None:
        raise UnableToExplain("Name a membership: --membership ID.")
    membership = Membership.objects.select_related("organization", "edition").filter(pk=subject.membership).first()
    if membership is None:
        raise UnableToExplain(f"There is no membership {subject.membership}.")
    return membership


def explain_r1(subject: Subject) -> list[Verdict]:
    membership = membership_of(subject)
    facts = membership.facts()
    granted = policy.seats_granted(edition=facts.edition, level=facts.level, contract_seats=facts.contract_seats)
    return [granted, *([policy.has_seats(facts, seats=subject.seats)] if subject.seats else [])]


def explain_r10(subject: Subject) -> list[Verdict]:
    return [policy.may_book(membership_of(subject).facts())]


def explain_r12(subject: Subject) -> list[Verdict]:
    membership = membership_of(subject)
    rows = MembershipException.objects.in_force(subject.now).filter(membership=membership.pk, rule="R12")
    return [policy.year_end(membership.facts(), now=subject.now, exceptions=tuple(row.as_used() for row in rows))]


def register() -> None:
    """Called when the app is ready."""
    EXPLAINERS.add("R1", explain_r1)
    EXPLAINERS.add("R10", explain_r10)
    EXPLAINERS.add("R12", explain_r12)
