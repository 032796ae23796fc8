"""Naming the people of a team: a whole list at once, undone until invitations leave (P13), and what ends with the booking."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.notices import cancel, forget
from carpentries_portal.common.people import find_or_add_person
from carpentries_portal.common.texts import one_line
from trainees import emails, policy, queries
from trainees.models import Place, RosterChange
from trainees.policy import INVITE_AFTER, Finding, Known, Listed
from trainees.states import PlaceState
from trainings.actions import lock_booking
from trainings.models import Booking


class UnableToChangeRoster(UnableTo):
    """The roster is closed, the list does not hold, or invitations have left. `findings` say what is wrong at which line."""

    def __init__(self, sentence: str, *, findings: Sequence[Finding] = (), **more: object) -> None:
        super().__init__(sentence, **more)  # type: ignore[arg-type]  # the keywords are UnableTo's own
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Named:
    """A person as the coordinator lists them. `line`: where in the list."""

    line: int
    name: str
    email: str
    location: str = ""
    remote: bool = False


def findings_for(booking: Booking, people: Sequence[Named], *, others: int = 0) -> list[Finding]:
    """What stands against a list at this booking: asked by the page before, and by the action again under the locks."""
    known = queries.known_of(booking, (one.email for one in people))
    listed = [Listed(one.line, one.location, one.remote, known.get(email_key(one.email), Known())) for one in people]
    return policy.check_list(queries.facts_of(booking, names=0), listed, site=booking.site, others=others)


def accept_roster(*, booking_id: int, people: Sequence[Named], by: Person, now: datetime) -> RosterChange:
    """Store the whole list of a team: who is new gets a place, who is missing loses it (R16). Raises UnableToChangeRoster; then nothing has changed.

    Invitations leave in an hour, at the roster's cut-off at the latest (P13); until then the list can be undone without a trace.
    """
    people = [replace(one, name=one_line(one.name), location=one_line(one.location)) for one in people]
    with transaction.atomic():
        booking, _training, _membership = lock_booking(booking_id)
        verdict = policy.take_names(queries.roster_facts(booking), now=now)
        if verdict.refused:
            raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
        _each_once(people)
        persons = _lock_people(people, now=now)
        blocking = [finding for finding in findings_for(booking, people) if finding.blocks]
        if blocking:
            raise UnableToChangeRoster(blocking[0].text, findings=blocking)
        change = _change(booking, people, persons, by=by, now=now)
        if not (change.added or change.removed or change.changed):
            raise UnableToChangeRoster(_("The list is the one that stands already."))
        change.save()
        _record("roster_accepted", booking, _summary(change), by=by, now=now)
    return change


def _each_once(people: Sequence[Named]) -> None:
    seen: set[str] = set()
    for one in people:
        if not one.name.strip() or len(one.name) > 200 or len(one.location) > 200:
            raise UnableToChangeRoster(_("Line %(line)d: each person has a name of at most 200 characters.") % {"line": one.line})
        if email_key(one.email) in seen:
            raise UnableToChangeRoster(_("%(email)s stands twice in the list.") % {"email": one.email})
        seen.add(email_key(one.email))


def _lock_people(people: Sequence[Named], *, now: datetime) -> dict[str, Person]:
    """The people of a list by key, known or new, locked: nobody gets two places at one time (P11). Locked after training and membership."""
    found = {email_key(one.email): find_or_add_person(email=one.email, name=one.name, now=now)[0] for one in people}
    ids = sorted(person.pk for person in found.values())
    locked = Person.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    return {person.email_key: person for person in locked}


def _change(booking: Booking, people: Sequence[Named], persons: dict[str, Person], *, by: Person, now: datetime) -> RosterChange:
    """Bring the places in line with the list; what was done, unsaved."""
    places = {place.person.email_key: place for place in queries.roster_of(booking)}
    change = RosterChange(booking=booking, accepted_at=now, by=by)
    change.removed = _remove(
        [place for key, place in places.items() if key not in persons], why=_("Taken off the list."), by=by, now=now
    )
    for one in people:
        place = places.get(email_key(one.email))
        if place is None:
            change.added.append(_add(booking, one, persons[email_key(one.email)], by=by, now=now).pk)
        elif (place.name, place.location, place.remote) != (one.name, one.location, one.remote):
            before = {"place": place.pk, "name": place.name, "location": place.location, "remote": place.remote}
            change.changed.append(before)
            place.name, place.location, place.remote = one.name, one.location, one.remote
            place.save(update_fields=["name", "location", "remote"])
    return change


def _add(booking: Booking, one: Named, person: Person, *, by: Person, now: datetime) -> Place:
    place = Place.objects.create(
        booking=booking,
        training=booking.training,
        person=person,
        name=one.name,
        location=one.location,
        remote=one.remote,
        added_at=now,
        added_by=by,
        invite_at=min(now + INVITE_AFTER, booking.roster_cut_off().ends_at),
    )
    emails.invitation(place, now=now)
    return place


def _remove(places: Iterable[Place], *, why: str, by: Person | None, now: datetime) -> list[int]:
    """Take places off the roster; what has not left for them is taken back."""
    removed = []
    for place in places:
        place.state, place.removed_at, place.removed_by, place.removed_why = PlaceState.REMOVED, now, by, why
        place.save(update_fields=["state", "removed_at", "removed_by", "removed_why"])
        cancel(about=place)
        if place.invited(now):
            emails.place_ended(place, now=now, sentence=why)
        removed.append(place.pk)
    return removed


def undo_roster(*, booking_id: int, by: Person, now: datetime) -> None:
    """Undo the list that was accepted last, without a trace of the names it added (P13). Raises UnableToChangeRoster."""
    with transaction.atomic():
        booking, _training, _membership = lock_booking(booking_id)
        change = queries.last_change(booking.pk)
        places = queries.roster_of(booking)
        if change is None or not queries.can_undo(change, places, now=now):
            raise UnableToChangeRoster(_("Invitations have left, or the list was undone: change the list instead."))
        verdict = policy.take_names(queries.roster_facts(booking), now=now)
        if verdict.refused:
            raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
        _forget([place for place in places if place.pk in change.added])
        for place in Place.objects.filter(pk__in=change.removed, state=PlaceState.REMOVED):
            _bring_back(place, now=now)
        for before in change.changed:
            Place.objects.filter(pk=before["place"]).update(
                name=before["name"], location=before["location"], remote=before["remote"]
            )
        change.delete()
        _record("roster_undone", booking, _("The last list was undone before invitations left."), by=by, now=now)


def _forget(places: Sequence[Place]) -> None:
    """Places that nobody was told of, and the people whom this list brought in, if the portal knows them from nowhere else."""
    for place in places:
        forget(about=place)
        person, new = place.person, place.person.added_at == place.added_at
        place.delete()
        if new and not person.last_login:
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


def send_invitations(*, booking_id: int, by: Person, now: datetime) -> int:
    """Send what waits now, instead of in an hour (P13). Returns how many leave. Raises UnableToChangeRoster."""
    with transaction.atomic():
        booking, _training, _membership = lock_booking(booking_id)
        waiting = [place for place in queries.roster_of(booking) if not place.invited(now)]
        if not waiting:
            raise UnableToChangeRoster(_("Every invitation has left already."))
        Place.objects.filter(pk__in=[place.pk for place in waiting]).update(invite_at=now)
        emails.invite_now(waiting, now=now)
        text = ngettext("%(n)d invitation leaves.", "%(n)d invitations leave.", len(waiting)) % {"n": len(waiting)}
        _record("invitations_sent", booking, text, by=by, now=now)
    return len(waiting)


def end_places(booking: Booking, *, why: str, now: datetime) -> None:
    """The booking ended: its places end with it. In the caller's transaction, which holds the locks."""
    _remove(queries.roster_of(booking), why=why or _("The booking ended."), by=None, now=now)


def _summary(change: RosterChange) -> str:
    numbers = {"added": len(change.added), "changed": len(change.changed), "removed": len(change.removed)}
    return _("A list of names was accepted: %(added)d new, %(changed)d changed, %(removed)d taken off.") % numbers


def _record(what: str, booking: Booking, why: str, *, by: Person, now: datetime) -> None:
    about = [booking, booking.training, booking.membership]
    journal.record(what=what, now=now, by=by, rule="R16", why=why, about=about, edition=booking.training.edition.name)
