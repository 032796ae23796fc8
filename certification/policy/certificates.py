"""Certificates (R29): when one is issued, and the number that it carries. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse
from carpentries_portal.common.lettering import why_not
from certification.states import Standing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none that is read as another
NUMBER_SIGNS = 16  # 80 bits: neither guessed nor counted
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One checkout as R29 sees it. `name`: as it shall stand on the certificate."""

    standing: str
    attended: bool
    applied: bool
    name: str
    holds_one: bool
    forgotten: bool = False
    hold: ExceptionUsed | None = None


def may_issue(facts: CertificateFacts) -> Verdict:
    """R29: attendance passed, application done, all exercises passed in time; one valid certificate a person; not held by staff."""
    if facts.forgotten:
        return refuse("R29", _("This person was forgotten: there is nobody to certify."))
    if facts.standing == Standing.CERTIFIED:
        return refuse("R29", _("The certificate was issued already."))
    if facts.standing != Standing.COMPLETE:
        return refuse("R29", _("The certificate follows once all exercises are passed in time."))
    if not facts.attended:
        return refuse("R29", _("The training does not count as attended: there is no certificate."))
    if facts.holds_one:
        return refuse("R29", _("Holds a valid certificate already: nobody holds two."))
    if not facts.applied:
        return refuse("R29", _("The exercises are passed; the certificate waits for the application."))
    if facts.hold is not None:
        return refuse("R29", _("All is done; staff hold the certificate for now."), exception=facts.hold)
    against = why_not(facts.name)
    if against:
        return refuse("R29", against, facts={"name": True})
    return allow("R29", _("Training attended, application done, all exercises passed in time."))


def grouped(signs: str) -> str:
    """A number as people read it: "7QX2-M4TN-9KDC-VH3R"."""
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def typed_number(text: str) -> str | None:
    """What somebody typed, as the number that they mean: in any case, with or without dashes, O for 0. None where it is none."""
    signs = re.sub(r"[\s\-\u2010-\u2015]", "", text[:100]).upper().translate(_ALIKE)
    return grouped(signs) if len(signs) == NUMBER_SIGNS and set(signs) <= set(ALPHABET) else None
