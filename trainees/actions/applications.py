"""A trainee's application (R17): saved as one goes, finished when each required answer is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainees import policy
from trainees.models import Application, Place
from trainees.states import PlaceState

ANSWERS = (
    "certificate_name",
    "pronouns",
    "affiliation",
    "country",
    "occupation",
    "occupation_other",
    "expertise",
    "expertise_other",
    "involvement",
    "teaching_training",
    "teaching_experience",
    "accessibility",
)


class UnableToApply(UnableTo):
    """The place has ended, or the application can change no longer."""


def save_application(*, place_id: int, answers: Mapping[str, Any], agreed: bool, by: Person, now: datetime) -> Application:
    """Keep the answers; the first time that none is missing the application is finished. Raises UnableToApply.

    `answers`: the names of ANSWERS, checked by the form. What is sensitive (`accessibility`) stands in no journal.
    """
    with transaction.atomic():
        place = Place.objects.select_for_update(of=("self",), no_key=True).select_related("training", "booking").get(pk=place_id)
        application = Application.objects.filter(place=place).first() or Application(place=place)
        verdict = policy.may_change(
            finished=application.finished_at is not None,
            active=place.state == PlaceState.ACTIVE,
            begins_at=place.training.starts_at,
            now=now,
        )
        if verdict.refused:
            raise UnableToApply(verdict.sentence, verdicts=[verdict])
        for name in ANSWERS:
            setattr(application, name, answers[name])
        application.agreed_at = (application.agreed_at or now) if agreed else None
        missing = policy.missing({**answers, "agreed": agreed})
        if missing and application.finished_at is not None:
            raise UnableToApply(_("The application was complete: an answer that is needed cannot be taken out again."))
        application.saved_at = now
        if not missing and application.finished_at is None:
            application.finished_at = now
            why = _("%(person)s finished the application.") % {"person": place.name}
            journal.record(what="application_finished", now=now, by=by, rule="R17", why=why, about=[place, place.booking])
        application.save()
    return application
