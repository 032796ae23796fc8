"""P11: who stands on another list of a training, or takes part in another one at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Q

from carpentries_portal.common.models import email_key
from trainees.models import Place
from trainees.policy import Known
from trainings.models import Booking, Training
from trainings.states import TrainingState


def known_of(booking: Booking, emails: Iterable[str]) -> Mapping[str, Known]:
    """What stands in the way of these addresses at this booking's training (P11), by key. One query."""
    return _known_at(booking.training, emails, besides=[booking.pk])


def names_after_move(old: Booking, target: Training, places: Iterable[Place]) -> list[tuple[str, Known]]:
    """The names of a team with what stands in their way at another training, once they have left this one (P11). One query."""
    places = list(places)
    known = _known_at(target, (place.person.email for place in places), besides=[old.pk])
    return [(place.name, known.get(place.person.email_key, Known())) for place in places]


def names_at_new_dates(training: Training, places: Iterable[Place]) -> list[tuple[str, Known]]:
    """The names of a training whose dates have changed, with what stands in their way on these days (P11). One query."""
    places = list(places)
    besides = {place.booking_id for place in places}
    known = _known_at(training, (place.person.email for place in places), besides=besides)
    return [(place.name, known.get(place.person.email_key, Known())) for place in places]


def _known_at(training: Training, emails: Iterable[str], *, besides: Iterable[int]) -> Mapping[str, Known]:
    keys = {email_key(email) for email in emails if email}
    rows = (
        Place.objects.active()
        .filter(person__email_key__in=keys)
        .filter(Q(training=training.pk) | Q(training__starts_at__lt=training.ends_at, training__ends_at__gt=training.starts_at))
        .exclude(booking__in=besides)
        .exclude(training__state=TrainingState.CANCELLED)
        .select_related("person", "training")
        .order_by("training__starts_at", "pk")
    )
    known: dict[str, Known] = {}
    for place in rows:
        here = place.training_id == training.pk
        found = Known(here=True) if here else Known(overlaps=place.training.days_text)
        if here or place.person.email_key not in known:
            known[place.person.email_key] = found
    return known
