"""Naming the people of a team: a whole list at once, undone until invitations leave (P13), and what ends with the booking."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.people import lock_people
from carpentries_portal.common.texts import one_line
from trainees import emails, overlaps, policy, queries, request_queries
from trainees.actions.places import (
    Listing,
    Named,
    add_places,
    as_known,
    correct_listings,
    decline_requests,
    line_of,
    remove_places,
    standing,
)
from trainees.models import Place, RosterChange
from trainees.policy import INVITE_AFTER, Changes, Finding, Known, Listed
from trainees.staff_list_emails import list_changed
from trainees.states import LineKind
from trainings.actions import lock_booking
from trainings.models import Booking


class UnableToChangeRoster(UnableTo):
    """The roster is closed, the list does not hold, or invitations have left. `findings` say what is wrong at which line."""

    def __init__(self, sentence: str, *, findings: Sequence[Finding] = (), **more: object) -> None:
        super().__init__(sentence, **more)  # type: ignore[arg-type]  # the keywords are UnableTo's own
        self.findings = tuple(findings)


def findings_for(booking: Booking, people: Sequence[Named], *, places: Sequence[Place] = ()) -> list[Finding]:
    """What stands against a list at this booking: asked by the page before, and by the actions again under the locks.

    `places`: the roster as it stands, where somebody has leave to take part alone (R14) already. Two queries.
    """
    known = overlaps.known_of(booking, (one.email for one in people))
    granted = request_queries.remote_granted(booking.pk) if any(place.remote for place in places) else frozenset()
    listed = [
        Listed(
            one.line, one.location, one.remote, known.get(email_key(one.email), Known()), granted=email_key(one.email) in granted
        )
        for one in people
    ]
    return policy.check_list(queries.facts_of(booking, names=0), listed, site=booking.site)


def accept_roster(*, booking_id: int, people: Sequence[Named], by: Person, now: datetime, for_team: bool = False) -> RosterChange:
    """Store the whole list of a team: who is new gets a place, who is missing loses it (R16). Raises UnableToChangeRoster; then nothing has changed.

    Invitations leave in an hour, at the roster's cut-off at the latest (P13); until then the list can be undone without a trace.
    `for_team`: staff do it, and its coordinators are told. After the cut-off only how the same people are listed can be corrected; all else is a request (P7).
    """
    people = [replace(one, name=one_line(one.name), location=one_line(one.location)) for one in as_known(people)]
    with transaction.atomic():
        booking, _training, _membership = lock_booking(booking_id)
        check_each_once(people)
        places = queries.roster_of(booking)
        changes = policy.changes_of(standing(places), [one.wanted() for one in people])
        _must_be_open(booking, changes, now=now)
        if not changes.each:
            raise UnableToChangeRoster(_("The list is the one that stands already."))
        if for_team:
            touched = [one for change in changes.each for one in (change.before, change.after) if one is not None]
            refuse_own(booking, {one.key for one in touched}, by=by)
        persons = lock_people({one.email: one.name for one in people}, now=now)
        blocking = [finding for finding in findings_for(booking, people, places=places) if finding.blocks]
        if blocking:
            raise UnableToChangeRoster(blocking[0].text, findings=blocking)
        change = _change(booking, places, changes, persons, by=by, now=now)
        change.save()
        record_list("roster_accepted", booking, _summary(change), by=by, now=now)
        if for_team:
            list_changed(
                booking, occasion=f"list:{change.pk}", lines=[line_of(one).words() for one in changes.each], why="", now=now
            )
    return change


def refuse_own(booking: Booking, keys: Collection[str], *, by: Person) -> None:
    """Staff who act for a team are none of it, and none of whom (by the keys of their addresses) the list is about. Raises UnableToDecide."""
    exceptions.refuse_gainer(booking, by=by)
    if by.email_key in keys:
        raise UnableToDecide(_("You gain by this yourself: you are on the list. Somebody else decides it."))


def _must_be_open(booking: Booking, changes: Changes, *, now: datetime) -> None:
    verdict = policy.take_names(queries.roster_facts(booking), now=now)
    if verdict.refused and (verdict.facts.get("hard") or not changes.only_corrections):
        raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    if changes.of_applied:
        raise UnableToChangeRoster(policy.new_address_of_applied(changes.of_applied))


def check_each_once(people: Sequence[Named]) -> None:
    """Raises UnableToChangeRoster where a name or address is none, or an address stands twice."""
    seen: set[str] = set()
    for one in people:
        if not one.name.strip() or len(one.name) > 200 or len(one.location) > 200:
            raise UnableToChangeRoster(_("Line %(line)d: each person has a name of at most 200 characters.") % {"line": one.line})
        if email_key(one.email) in seen:
            raise UnableToChangeRoster(_("%(email)s stands twice in the list.") % {"email": one.email})
        seen.add(email_key(one.email))


def _change(
    booking: Booking, places: Sequence[Place], changes: Changes, persons: Mapping[str, Person], *, by: Person, now: datetime
) -> RosterChange:
    """Bring the places in line with the list; what was done, unsaved. Whoever gets another address becomes another person."""
    by_id = {place.pk: place for place in places}
    change = RosterChange(booking=booking, accepted_at=now, by=by)
    leaving = [by_id[one.before.place] for one in changes.each if one.before and one.kind == LineKind.LEAVES]
    readdressed = [by_id[one.before.place] for one in changes.each if one.before and one.readdressed]
    change.removed = remove_places(leaving, why=_("Taken off the list."), by=by, now=now)
    change.removed += remove_places(readdressed, why=_("Another address was given."), by=by, now=now, readdressed=True)
    new = [one.after for one in changes.each if one.after and (one.kind == LineKind.COMES or one.readdressed)]
    invite_at = min(now + INVITE_AFTER, booking.roster_cut_off().ends_at)
    change.added = [place.pk for place in add_places(booking, new, persons, by=by, now=now, invite_at=invite_at)]
    corrected = [(by_id[one.before.place], one.after) for one in changes.each if one.before and one.after and not one.readdressed]
    change.changed = [
        {"place": place.pk, "name": place.name, "location": place.location, "remote": place.remote} for place, _to in corrected
    ]
    correct_listings([(place, Listing(to.name, to.location, to.remote)) for place, to in corrected])
    return change


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
        record_list("invitations_sent", booking, text, by=by, now=now)
    return len(waiting)


def end_places(booking: Booking, *, why: str, now: datetime) -> None:
    """The booking ended: its places end with it. In the caller's transaction, which holds the locks."""
    why = why or _("The booking ended.")
    remove_places(queries.roster_of(booking), why=why, by=None, now=now)
    decline_requests(booking, why=why, now=now)


def _summary(change: RosterChange) -> str:
    numbers = {"added": len(change.added), "changed": len(change.changed), "removed": len(change.removed)}
    return _("A list of names was accepted: %(added)d new, %(changed)d changed, %(removed)d taken off.") % numbers


def record_list(what: str, booking: Booking, why: str, *, by: Person, now: datetime) -> None:
    about = [booking, booking.training, booking.membership]
    journal.record(what=what, now=now, by=by, rule="R16", why=why, about=about, edition=booking.training.edition.name)
