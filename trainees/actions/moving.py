"""A team changed trainings: its people go along, with their links and applications, and hear the new dates."""

from __future__ import annotations

from datetime import datetime

from carpentries_portal.common.people import lock_known
from trainees import emails, overlaps, policy, queries
from trainees.actions.remote import alone_to_the_end
from trainees.actions.rosters import UnableToChangeRoster
from trainees.models import Place
from trainings.models import Booking


def move_places(old: Booking, new: Booking, *, now: datetime) -> list[Place]:
    """Put the places of a booking on the one that took its place: in the caller's transaction, which holds the locks.

    A place stays the same row, so that personal links and applications hold. Raises UnableToChangeRoster.
    """
    places = queries.roster_of(old)
    if not places:
        return []
    lock_known(place.person_id for place in places)  # P11, as for a list
    taken = policy.take_names(queries.roster_facts(new), now=now)
    goes = policy.may_move(overlaps.names_after_move(old, new.training, places))
    for verdict in (taken, goes):
        if verdict.refused:
            raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    for place in places:
        place.booking, place.training = new, new.training
        place.invite_at = min(place.invite_at, new.roster_cut_off().ends_at)
        place.save(update_fields=["booking", "training", "invite_at"])
        if place.invited(now):
            emails.place_moved(place, old=old, now=now)
    alone_to_the_end(places, new.training, now=now)
    return places
