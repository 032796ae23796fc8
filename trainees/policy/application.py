"""The application form (R17): what must be answered, and until when it can change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import Verdict, allow, refuse

REQUIRED = (
    "certificate_name",
    "affiliation",
    "country",
    "occupation",
    "expertise",
    "teaching_training",
    "teaching_experience",
    "agreed",
)
"""What a finished application has. Nothing of it decides whether somebody may come (R4)."""


def missing(answers: Mapping[str, object]) -> list[str]:
    """The required answers that are empty, in the form's order. `expertise` may be answered in one's own words."""
    given = {name: answers.get(name) for name in REQUIRED}
    given["expertise"] = answers.get("expertise") or answers.get("expertise_other")
    return [name for name in REQUIRED if not given[name]]


def may_change(*, finished: bool, active: bool, begins_at: datetime, now: datetime) -> Verdict:
    """R17: unfinished it can always be filled in; finished it can change until the training begins."""
    if not active:
        return refuse("R17", _("You are not on the list of this training any more."), facts={"hard": True})
    if finished and now >= begins_at:
        return refuse("R17", _("The application is complete; it could change until the training began. Write to us to correct it."))
    if finished:
        return allow("R17", _("The application is complete; it can change until the training begins."))
    return allow("R17", _("The application can be filled in, also after the training."))
