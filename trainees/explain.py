"""How the rules about rosters are explained: R16, P6, P7."""

from __future__ import annotations

from carpentries_portal.common.explaining import EXPLAINERS, Subject
from carpentries_portal.common.handbook import Verdict
from trainees import policy, queries
from trainees.enforcement import verdict_for
from trainings.explain import booking_of


def explain_r16(subject: Subject) -> list[Verdict]:
    return [policy.take_names(queries.roster_facts(booking_of(subject)), now=subject.now)]


def explain_p6(subject: Subject) -> list[Verdict]:
    return [verdict_for(booking_of(subject), subject.now)]


def explain_p7(subject: Subject) -> list[Verdict]:
    return [policy.request_changes(queries.roster_facts(booking_of(subject)), now=subject.now)]


def register() -> None:
    """Called when the app is ready."""
    EXPLAINERS.add("R16", explain_r16)
    EXPLAINERS.add("P6", explain_p6)
    EXPLAINERS.add("P7", explain_p7)
