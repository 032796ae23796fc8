"""Announcing a season: all of its trainings, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import turns
from carpentries_portal.common.models import Person
from trainings import queries
from trainings.actions.trainings import CALENDAR, Schedule, UnableToAnnounce, announce_training
from trainings.models import Training
from trainings.season import Planned


@transaction.atomic
def announce_season(*, season: Sequence[Planned], by: Person, now: datetime) -> list[Training]:
    """Each training as `announce_training` does it, so that who waits for such dates is told. Raises UnableToAnnounce; then there is none.

    Two who announce one season: the second waits, and reads what is there already.
    """
    if not season:
        raise UnableToAnnounce(_("There is no training in it."))
    turns.take(CALENDAR)
    known = queries.scheduled_keys(now)
    for one in season:
        if one.key in known:
            raise UnableToAnnounce(_("It is on the calendar already: %(code)s.") % {"code": known[one.key]})
    return [
        announce_training(
            schedule=Schedule(one.starts_on, one.ends_on, one.starts, one.ends, one.zone),
            capacity=one.capacity,
            link=one.link,
            note=one.note,
            by=by,
            now=now,
        )
        for one in season
    ]
