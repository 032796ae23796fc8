"""A change of a list that is closed is a request (P7): asked for and taken back by the team, carried out by staff's approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.exceptions import UnableToAsk
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.notices import cancel
from carpentries_portal.common.people import lock_people
from carpentries_portal.common.texts import one_line
from memberships.actions import forfeit, reopen
from memberships.ledger import Cause
from memberships.models import Membership
from trainees import overlaps, policy, queries, request_queries
from trainees.actions.places import (
    Listing,
    Named,
    add_places,
    as_known,
    correct_listings,
    line_of,
    readdress,
    remove_places,
    standing,
)
from trainees.actions.rosters import UnableToChangeRoster, check_each_once, findings_for
from trainees.models import Place, RosterChange, RosterLine, RosterRequest
from trainees.policy import Change, Changes, Wanted
from trainees.staff_list_emails import list_changed
from trainees.states import LineKind
from trainings.actions import lock_booking
from trainings.models import Booking


def ask_changes(*, booking_id: int, people: Sequence[Named], reason: str, by: Person, now: datetime) -> RosterRequest:
    """A team asks for its list as it should be: what is new, missing or corrected in `people` is kept, line by line (P7).

    Nothing is reserved and nobody is told but staff. One request waits at a time. Raises UnableToChangeRoster, UnableToAsk.
    """
    with transaction.atomic():
        record, changes = _drafted(booking_id, people, reason=reason, now=now)
        exceptions.ask(record, by=by, now=now)
        for one in changes.each:
            _line(record, one).save()
    return record


def change_list(*, booking_id: int, people: Sequence[Named], reason: str, by: Person, now: datetime) -> RosterRequest:
    """P7, P10: staff change a closed list themselves: a request of their own that is accepted and carried out at once.

    The team's coordinators are told. Raises UnableToChangeRoster, UnableToAsk, UnableToDecide; then nothing has changed.
    """
    with transaction.atomic():
        record, changes = _drafted(booking_id, people, reason=reason, now=now)
        record.asked_by, record.asked_at, record.until = by, now, record.default_until()
        record.save()
        for one in changes.each:
            _line(record, one).save()
        exceptions.enter(record, by=by, now=now)
        lines = record.details()
        list_changed(record.booking, occasion=f"request:{record.pk}", lines=lines, why=record.reason, now=now)
    return record


def _drafted(booking_id: int, people: Sequence[Named], *, reason: str, now: datetime) -> tuple[RosterRequest, Changes]:
    """A request for the list as it should be, unsaved, and what it changes; with the booking's lock. Raises UnableToChangeRoster, UnableToAsk."""
    people = [replace(one, name=one_line(one.name), location=one_line(one.location)) for one in as_known(people)]
    booking, _training, _membership = lock_booking(booking_id)
    facts = queries.roster_facts(booking)
    verdict = policy.request_changes(facts, now=now)
    if verdict.refused:
        raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    if request_queries.change_waits(booking.pk):
        raise UnableToAsk(_("A request of your team waits for staff already: take it back first, then ask for all of it."))
    check_each_once(people)
    places = queries.roster_of(booking)
    changes = policy.changes_of(standing(places), [one.wanted() for one in people])
    if not changes.each:
        raise UnableToChangeRoster(_("The list is the one that stands already."))
    taken = policy.take_names(facts, now=now)
    if not taken.refused and not changes.of_applied:
        raise UnableToChangeRoster(_("The list is still open: accept it, nobody need be asked."))
    _check(booking, people, places)
    _seats(booking, after=len(people))
    record = RosterRequest(booking=booking, rule="P7", reason=reason.strip()[:4000], asked_for=changes.summary())
    record.refusal = taken.sentence if taken.refused else policy.new_address_of_applied(changes.of_applied)
    return record, changes


def _check(booking: Booking, people: Sequence[Named], places: Sequence[Place]) -> None:
    blocking = [finding for finding in findings_for(booking, people, places=places) if finding.blocks]
    if blocking:
        raise UnableToChangeRoster(blocking[0].text, findings=blocking)


def _seats(booking: Booking, *, after: int) -> Verdict:
    verdict = request_queries.settled(booking, after=after)
    if verdict.refused:
        raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    return verdict


def _line(record: RosterRequest, one: Change) -> RosterLine:
    line = line_of(one)
    line.request = record
    return line


def take_back(*, booking_id: int, by: Person, now: datetime) -> RosterRequest:
    """The team takes its waiting request back; the letter that asks staff leaves no more. Raises UnableToAsk."""
    with transaction.atomic():
        booking, _training, _membership = lock_booking(booking_id)
        rows = RosterRequest.objects.waiting().select_for_update(of=("self",), no_key=True)
        record = rows.filter(booking=booking.pk).first()
        if record is None:
            raise UnableToAsk(_("No request waits: staff have answered it, or it was taken back."))
        record.state, record.decided_by, record.note = ExceptionState.DECLINED, by, _("Taken back by the team.")
        record.decided_at = record.taken_back_at = now
        record.save()
        cancel(about=record)
        journal.record(what="exception_taken_back", now=now, by=by, rule="P7", why=record.note, about=record.about())
    return record


def accept_changes(*, request_id: int, note: str, by: Person, now: datetime) -> RosterRequest:
    """Staff accept: the list is changed in the same transaction (`carry_out`). Raises UnableToChangeRoster, UnableToDecide."""
    record = RosterRequest.objects.select_related("booking__training").get(pk=request_id)
    verdict = policy.request_changes(queries.roster_facts(request_queries.booking_with_facts(record.booking_id)), now=now)
    if verdict.refused:
        raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    return exceptions.approve(record, by=by, now=now, until=record.default_until(), note=note)


def carry_out(record: RosterRequest, *, now: datetime) -> None:
    """P7: an approved request changes the list, in the approval's transaction: places, seats, letters. Raises UnableToChangeRoster.

    Everything is read again under the locks; what does not hold any more is said, and then nothing has changed.
    """
    booking, _training, membership = lock_booking(record.booking_id)
    verdict = policy.request_changes(queries.roster_facts(booking), now=now)
    if verdict.refused:
        raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    lines = list(record.lines.order_by("pk"))
    places = {place.pk: place for place in queries.roster_of(booking)}
    gone = [line.was for line in lines if line.place_id is not None and line.place_id not in places]
    if gone:
        text = _("%(names)s: not on the list any more. Decline this request; the team can ask for what is still wanted.")
        raise UnableToChangeRoster(text % {"names": ", ".join(gone)})
    persons = lock_people({line.email: line.name for line in lines if line.email}, now=now)
    _nobody_twice(booking, lines, places)
    leaving = [places[line.place_id] for line in lines if line.kind == LineKind.LEAVES and line.place_id]
    coming = [line for line in lines if line.kind == LineKind.COMES]
    seats = _seats(booking, after=len(places) - len(leaving) + len(coming))
    by = record.decided_by
    remove_places(leaving, why=_who_took_off(record), by=by, now=now)
    _correct([(places[line.place_id], line) for line in lines if line.kind == LineKind.CHANGES and line.place_id], persons, now=now)
    new = [Wanted(0, line.email_key, line.name, line.email, line.location, line.remote) for line in coming]
    add_places(booking, new, persons, by=by, now=now, invite_at=now)
    _move_seats(booking, membership, seats, record, now=now)
    RosterChange.objects.filter(booking=booking.pk).delete()  # an earlier list cannot be undone across this
    exceptions.use_up(record, now=now)
    about = [booking, booking.training, membership, *places.values()]
    why = _("The list was changed: %(what)s. %(seats)s") % {"what": record.asked_for, "seats": seats.sentence}
    journal.record(what="roster_changed", now=now, by=by, rule="P7", why=why, about=about, edition=booking.training.edition.name)


def _who_took_off(record: RosterRequest) -> str:
    by_staff = record.asked_by_id is not None and record.asked_by_id == record.decided_by_id
    return _("Staff took you off the list.") if by_staff else _("Your coordinator took you off the list.")


def _nobody_twice(booking: Booking, lines: Sequence[RosterLine], places: dict[int, Place]) -> None:
    """P11, under the locks: nobody who comes is on this list, or at another training then."""
    coming = [line for line in lines if line.email]
    listed = {place.person.email_key for place in places.values()}
    here = [line.name for line in coming if line.email_key in listed]
    if here:
        raise UnableToChangeRoster(_("%(names)s: is on this list already.") % {"names": ", ".join(here)})
    known = overlaps.known_of(booking, (line.email for line in coming))
    for line in coming:
        found = known.get(email_key(line.email))
        if found is not None and found.here:
            raise UnableToChangeRoster(_("%(name)s: is on another team’s list at this training.") % {"name": line.name})
        if found is not None:
            text = _("%(name)s: takes part in another training on %(days)s, at the same time.")
            raise UnableToChangeRoster(text % {"name": line.name, "days": found.overlaps})


def _correct(pairs: Sequence[tuple[Place, RosterLine]], persons: dict[str, Person], *, now: datetime) -> None:
    for place, line in pairs:
        if line.email:
            readdress(place, persons[line.email_key], now=now)
    correct_listings([(place, Listing(line.name, line.location, line.remote)) for place, line in pairs])


def _move_seats(booking: Booking, membership: Membership, seats: Verdict, record: RosterRequest, *, now: datetime) -> None:
    cause = Cause(
        reason=seats.sentence,
        now=now,
        rule="P7",
        by=record.decided_by,
        subject=journal.label_of(booking),
        exception=journal.label_of(record),
    )
    if count := int(str(seats.facts["reopen"])):
        reopen(membership, booking.reservation, seats=count, rule="P6", cause=cause)
    if count := int(str(seats.facts["forfeit"])):
        forfeit(membership, booking.reservation, seats=count, rule="P6", cause=cause)
