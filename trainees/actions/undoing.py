"""Undoing the list that was accepted last (P13): without a trace of whom it added, and only where what stood before may stand again."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person
from carpentries_portal.common.notices import cancel, forget
from carpentries_portal.common.people import lock_known
from trainees import emails, policy, queries, request_queries
from trainees.actions.places import Listing, Named, correct_listings
from trainees.actions.rosters import UnableToChangeRoster, findings_for, record_list, refuse_own
from trainees.models import Place, PlaceException
from trainees.staff_list_emails import list_changed, take_back_word
from trainees.states import PlaceState
from trainings.actions import lock_booking
from trainings.models import Booking


def undo_roster(*, booking_id: int, by: Person, now: datetime, for_team: bool = False) -> None:
    """Undo the list that was accepted last, without a trace of the names it added (P13). Raises UnableToChangeRoster.

    `for_team`: staff do it; the team's coordinators are told where they may know of that list.
    """
    with transaction.atomic():
        booking, _training, _membership = lock_booking(booking_id)
        change = queries.last_change(booking.pk)
        places = queries.roster_of(booking)
        if change is None or not queries.can_undo(change, places, now=now):
            raise UnableToChangeRoster(_("Invitations have left, or the list was undone: change the list instead."))
        verdict = policy.take_names(queries.roster_facts(booking), now=now)
        if verdict.refused:
            raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
        if request_queries.change_waits(booking.pk):
            raise UnableToChangeRoster(_("A request about this list waits for staff: take it back first."))
        added = [place for place in places if place.pk in change.added]
        stay = [place for place in places if place.pk not in change.added]
        back = list(Place.objects.filter(pk__in=change.removed, state=PlaceState.REMOVED).select_related("person").order_by("pk"))
        _lock_each([*added, *back])
        if for_team:
            corrected = {one["place"] for one in change.changed}
            touched = [*added, *back, *(place for place in stay if place.pk in corrected)]
            refuse_own(booking, {place.person.email_key for place in touched}, by=by)
        _may_go(added)
        _may_stand_again(booking, stay, back)
        _forget(added)
        for place in back:
            _bring_back(place, now=now)
        by_id = {place.pk: place for place in places}
        before = [one for one in change.changed if one["place"] in by_id]
        correct_listings([(by_id[one["place"]], Listing(one["name"], one["location"], one["remote"])) for one in before])
        said = _("The last list was undone before invitations left.")
        known = not take_back_word(booking, occasion=f"list:{change.pk}")
        if for_team and known:
            list_changed(booking, occasion=f"undone:{change.pk}", lines=[said], why="", now=now)
        change.delete()
        record_list("roster_undone", booking, said, by=by, now=now)


def _lock_each(places: Sequence[Place]) -> None:
    """The places, and then their people, who are read anew: nobody asks about one, or adds the person elsewhere, meanwhile."""
    ids = [place.pk for place in places]
    list(Place.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    people = lock_known(place.person_id for place in places)
    for place in places:
        place.person = people[place.person_id]


def _may_go(added: Sequence[Place]) -> None:
    """A place that somebody asked about does not vanish with its list. Raises UnableToChangeRoster."""
    asked = PlaceException.objects.filter(place__in=[place.pk for place in added]).select_related("place").order_by("pk").first()
    if asked is not None:
        text = _("It was asked meanwhile that %(name)s may take part alone: change the list instead.")
        raise UnableToChangeRoster(text % {"name": asked.place.name})


def _may_stand_again(booking: Booking, stay: Sequence[Place], back: Sequence[Place]) -> None:
    """What happened since may stand against the list of before: seats given up, a place elsewhere (P11), somebody merged or forgotten.

    Raises UnableToChangeRoster. Needs the lock of who would come back, as accepting their list did.
    """
    if any(place.person.forgotten_at is not None for place in back):
        raise UnableToChangeRoster(_("Somebody whom that list took off was forgotten since: change the list instead."))
    people = Counter(place.person_id for place in (*stay, *back))
    twice = [place.name for place in back if people[place.person_id] > 1]
    if twice:
        text = _("It cannot be undone: %(name)s would stand on it twice, as two addresses turned out to be one person’s.")
        raise UnableToChangeRoster(text % {"name": twice[0]})
    listed = [
        Named(line, place.name, place.person.email, place.location, place.remote) for line, place in enumerate([*stay, *back], 1)
    ]
    blocking = [finding for finding in findings_for(booking, listed, places=stay) if finding.blocks]
    if blocking:
        names = {"name": listed[blocking[0].line - 1].name, "why": blocking[0].text}
        raise UnableToChangeRoster(_("It cannot be undone, because of %(name)s. %(why)s") % names, findings=blocking)


def _forget(places: Sequence[Place]) -> None:
    """Places that nobody was told of, and the people whom this list brought in, if the portal knows them from nowhere else."""
    for place in places:
        forget(about=place)
        person, new = place.person, queries.brought_in_by_list(place)
        place.delete()
        if new:
            with contextlib.suppress(ProtectedError), transaction.atomic():
                person.delete()


def _bring_back(place: Place, *, now: datetime) -> None:
    """A place that the undone list had taken away. Who was told so is invited again; word that has not left is taken back."""
    told = place.removed_at is not None and place.invited(place.removed_at)
    again = place.removed_at.isoformat() if told and place.removed_at else ""
    cancel(about=place)
    place.state, place.removed_at, place.removed_by, place.removed_why = PlaceState.ACTIVE, None, None, ""
    place.save(update_fields=["state", "removed_at", "removed_by", "removed_why"])
    emails.invitation(place, now=now, again=again)
