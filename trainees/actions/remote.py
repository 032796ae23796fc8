"""To take part alone (R14): a team asks for one of its people, staff approve or decline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions
from carpentries_portal.common.exceptions import UnableToAsk
from carpentries_portal.common.models import Person
from trainees import emails, request_queries
from trainees.models import Place, PlaceException
from trainees.states import PlaceState
from trainings.models import Training


def ask_remote(*, place_id: int, reason: str, by: Person, now: datetime) -> PlaceException:
    """A team asks that one of its people may take part alone, to the training's start (R14). Raises UnableToAsk."""
    with transaction.atomic():
        rows = Place.objects.select_for_update(of=("self",), no_key=True).select_related("training", "booking")
        place = rows.get(pk=place_id)
        if place.state != PlaceState.ACTIVE:  # a cancelled training has ended its places
            raise UnableToAsk(_("%(name)s is not on the list any more.") % {"name": place.name})
        if place.training.has_begun(now):
            raise UnableToAsk(_("The training has begun: where somebody sits cannot be asked for any more."))
        verdict = request_queries.alone_verdict(place, now=now)
        if not verdict.refused:
            raise UnableToAsk(verdict.sentence)
        record = PlaceException(place=place, rule="R14", reason=reason.strip()[:4000], refusal=verdict.sentence)
        record.asked_for = _("take part alone, from elsewhere")
        return exceptions.ask(record, by=by, now=now)


def alone_to_the_end(places: Sequence[Place], training: Training, *, now: datetime) -> int:
    """R14: who may take part alone does so for the whole training, whenever it is, and to whichever the team moves. Returns how many."""
    rows = PlaceException.objects.in_force(now).filter(place__in=[place.pk for place in places], rule="R14")
    return rows.filter(until__lt=training.ends_at).update(until=training.ends_at)


def tell_remote(record: PlaceException, *, now: datetime) -> None:
    """R14 was approved: the person is told that the link will stand on their own page. In the approval's transaction."""
    if record.place.state != PlaceState.ACTIVE:
        raise UnableToAsk(_("%(name)s is not on the list any more.") % {"name": record.place.name})
    emails.remote_granted(record, now=now)
