"""Places put on a roster, taken off, corrected: many at once, in a few statements. Within an action's transaction, which holds the locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions
from carpentries_portal.common.links import revoke_links
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.notices import cancel_each
from carpentries_portal.common.people import addresses_in_use
from trainees import emails, queries
from trainees.models import Place, PlaceException, RosterLine, RosterRequest
from trainees.policy import Change, Standing, Wanted
from trainees.states import PlaceState
from trainings.models import Booking

BATCH = 500


@dataclass(frozen=True, slots=True)
class Named:
    """A person as the coordinator lists them. `line`: where in the list."""

    line: int
    name: str
    email: str
    location: str = ""
    remote: bool = False

    def wanted(self) -> Wanted:
        """As policy compares it."""
        return Wanted(self.line, email_key(self.email), self.name, self.email, self.location, self.remote)


@dataclass(frozen=True, slots=True)
class Listing:
    """How somebody stands on a list."""

    name: str
    location: str
    remote: bool


def as_known(people: Sequence[Named]) -> list[Named]:
    """The list with the addresses that are in use: one of before two people were merged is the kept person's. One query."""
    current = addresses_in_use(one.email for one in people)
    return [replace(one, email=current.get(email_key(one.email), one.email)) for one in people]


def standing(places: Iterable[Place]) -> list[Standing]:
    """A roster as policy compares it. Needs people and applications loaded."""
    return [
        Standing(
            place=place.pk,
            key=place.person.email_key,
            name=place.name,
            location=place.location,
            remote=place.remote,
            applied=queries.has_applied(place),
        )
        for place in places
    ]


def add_places(
    booking: Booking,
    people: Sequence[Wanted],
    persons: Mapping[str, Person],
    *,
    by: Person | None,
    now: datetime,
    invite_at: datetime,
) -> list[Place]:
    """A place and an invitation for each, in the list's order."""
    rows = [
        Place(
            booking=booking,
            training=booking.training,
            person=persons[one.key],
            name=one.name,
            location=one.location,
            remote=one.remote,
            added_at=now,
            added_by=by,
            invite_at=invite_at,
        )
        for one in people
    ]
    places = Place.objects.bulk_create(rows, batch_size=BATCH)
    emails.invitations(places, now=now)
    return places


def remove_places(places: Sequence[Place], *, why: str, by: Person | None, now: datetime, readdressed: bool = False) -> list[int]:
    """Take places off the roster; what has not left for them is taken back, who was invited is told why.

    `readdressed`: the same person has another address, so the links to this one end.
    """
    ids = [place.pk for place in places]
    values = {"state": PlaceState.REMOVED, "removed_at": now, "removed_by": by, "removed_why": why}
    Place.objects.filter(pk__in=ids).update(**values)
    for place in places:
        for name, value in values.items():
            setattr(place, name, value)
    cancel_each(about=places)
    for record in PlaceException.objects.waiting().filter(place__in=ids):
        exceptions.decline(record, by=by, now=now, note=_("The place ended: %(why)s") % {"why": why})
    told = [place for place in places if place.invited(now)]
    if readdressed:
        for place in told:
            _end_address(place, place.person, now=now)
    else:
        emails.places_ended(told, now=now, sentence=why)
    return ids


def readdress(place: Place, person: Person, *, now: datetime) -> None:
    """The place of somebody who has applied goes to another address, with the application. Its old links end, a new one leaves."""
    before = place.person
    cancel_each(about=[place])
    _end_address(place, before, now=now)
    place.person, place.invite_at = person, now
    place.save(update_fields=["person", "invite_at"])
    emails.invitation(place, now=now, again=now.isoformat())


def _end_address(place: Place, person: Person, *, now: datetime) -> None:
    revoke_links(person=person, leads_to=reverse("trainees:place", args=[place.pk]), now=now)
    emails.address_corrected(place, person=person, now=now)


def correct_listings(pairs: Sequence[tuple[Place, Listing]]) -> None:
    """How people are listed. Whom the list brought in is greeted by the new name; nobody else is renamed by a list."""
    renamed = []
    for place, to in pairs:
        if queries.brought_in_by_list(place) and place.person.name == place.name != to.name:
            place.person.name = to.name
            renamed.append(place.person)
        place.name, place.location, place.remote = to.name, to.location, to.remote
    Person.objects.bulk_update(renamed, ["name"], batch_size=BATCH)
    Place.objects.bulk_update([place for place, _to in pairs], ["name", "location", "remote"], batch_size=BATCH)


def decline_requests(booking: Booking, *, why: str, now: datetime) -> None:
    """The booking ended: nothing of its list can be changed any more."""
    for record in RosterRequest.objects.waiting().filter(booking=booking.pk):
        exceptions.decline(record, by=None, now=now, note=_("The booking ended: %(why)s") % {"why": why})


def line_of(one: Change) -> RosterLine:
    """One change of a list as a line, unsaved and of no request yet: what is kept of a request, and what a letter says."""
    line = RosterLine(kind=one.kind)
    if one.before is not None:
        line.place_id, line.was = one.before.place, one.before.name
    if one.after is not None:
        line.name, line.location, line.remote = one.after.name, one.after.location, one.after.remote
        line.email = one.after.email if one.before is None or one.readdressed else ""
    return line
