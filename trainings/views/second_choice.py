"""The optional second choice of a booking: offered in one click where the first is refused at that moment. It is not stored: it holds for this form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from carpentries_portal.common.handbook import Verdict
from memberships.models import Membership
from trainings import queries
from trainings.models import Training
from trainings.queries import Offer
from trainings.views import fingerprint

MOST = 12


@dataclass(frozen=True, slots=True)
class Second:
    """The second choice as it can be booked now. `seen`: what the button confirms."""

    offer: Offer
    warnings: list[Verdict]
    seen: str


def choices(
    training: Training, given: QueryDict, prefill: dict[str, Any], memberships: Sequence[Membership], *, now: datetime
) -> list[tuple[str, str]]:
    """What the form offers besides this training: code and words; empty where no membership is chosen or nothing fits. One query."""
    named = given.get("membership", "")
    chosen = next((row for row in memberships if str(row.pk) == named), prefill.get("membership"))
    if chosen is None:
        return []
    minimum = training.edition.edition().minimum_for(chosen.edition.edition().seats_of(chosen.level))
    zone = chosen.organization.zone
    offers = queries.alternatives(membership=chosen, seats=minimum, site_zone=zone, now=now, exclude=[training.pk], limit=MOST)
    found = [offer.training for offer in offers]
    if (code := given.get("second", "")) not in {"", *(other.code for other in found)}:
        found += Training.objects.scheduled().filter(code=code)  # it fitted when it was chosen: no reason to stop the first choice
    return [(other.code, f"{other.days_text}, {other.city}") for other in found]


def second(values: dict[str, Any], *, now: datetime) -> Second | None:
    """The second choice, if one was made and no rule refuses it now."""
    if not values.get("second"):
        return None
    training = Training.objects.with_seats_booked().select_related("edition").filter(code=values["second"]).first()
    if training is None:
        return None
    verdicts = queries.booking_verdicts(
        training, values["membership"], seats=values["seats"], site_zone=values["site_zone"], now=now
    )
    if any(verdict.refused for verdict in verdicts):
        return None
    return Second(
        offer=queries.offer_of(training, now=now),
        warnings=[verdict for verdict in verdicts if verdict.warned],
        seen=fingerprint.of_booking(verdicts, values),
    )
