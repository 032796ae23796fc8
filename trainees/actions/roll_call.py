"""Keeping the roll call (P9): one mark at a time or a team's at once. A mark that comes twice, late or out of order changes nothing that is newer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainees import policy
from trainees.models import Place, RollCall, RollCallMark
from trainees.policy import DayMarks, RollCallProblem, Stamp
from trainees.states import PlaceState
from trainings.models import Booking

Cell = tuple[int, int]
"""A place's id, and a day from 1."""


class UnableToMark(UnableTo):
    """The mark does not hold, the training has not begun, or attendance was confirmed."""


class UnableToOvertake(UnableToMark):
    """Somebody else has marked these people and days since the page was made."""

    def __init__(self, sentence: str, cells: frozenset[Cell]) -> None:
        super().__init__(sentence)
        self.cells = cells


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands for a person and day once a mark came in, and whether it is that mark."""

    row: RollCall
    stands: bool


def mark(*, place_id: int, day: int, marks: DayMarks, by: Person, now: datetime, stamp: Stamp | None = None) -> Kept:
    """Keep the roll call of one person on one day (from 1), from the training's start until it is confirmed.

    With a `stamp` the same mark may come again, and older ones after newer ones: the newest stands (policy.Stamp). One that came before is
    answered as it was, confirmed or not. Raises UnableToMark.
    """
    with transaction.atomic():
        place = locked_place(place_id)
        sent = list(RollCallMark.objects.filter(place=place, day=day))
        again = next((row for row in sent if stamp is not None and row.key == stamp.key), None)
        if again is not None:
            return Kept(row=RollCall.objects.get(place=place, day=day), stands=again == _standing(sent))
        check_open(place.booking, place, now=now)
        return keep(place, day=day, marks=marks, by=by, now=now, stamp=stamp, sent=sent)


def locked_place(place_id: int) -> Place:
    """A place on the roster, locked, with its booking as it is after the lock. Raises UnableToMark."""
    rows = Place.objects.select_for_update(of=("self",), no_key=True)
    place = rows.select_related("training__edition", "booking", "person").get(pk=place_id)
    place.booking.refresh_from_db(fields=["attendance_confirmed_at"])  # what was joined was read before the lock
    if place.state != PlaceState.ACTIVE:
        raise UnableToMark(_("%(name)s was taken off the list.") % {"name": place.name})
    return place


def check_open(booking: Booking, place: Place, *, now: datetime) -> None:
    """Marks are kept from the training's first minute until the team's attendance is confirmed. Raises UnableToMark."""
    if place.training.starts_at > now:
        raise UnableToMark(_("The training has not begun."))
    if booking.attendance_confirmed_at is not None:
        raise UnableToMark(_("Attendance was confirmed already; staff can correct it."))


def keep(
    place: Place,
    *,
    day: int,
    marks: DayMarks,
    by: Person,
    now: datetime,
    stamp: Stamp | None = None,
    sent: Sequence[RollCallMark] | None = None,
) -> Kept:
    """Add a mark to those that came in before (`sent`, read anew where not given); it stands if none of them is newer.

    Without a stamp it is made now, upon what stands. The caller has locked the place. Raises UnableToMark.
    """
    check_mark(place, day=day, marks=marks)
    if sent is None:
        sent = list(RollCallMark.objects.filter(place=place, day=day))
    last = _standing(sent)
    if stamp is None:
        stamp = Stamp(key=uuid4(), made_at=policy.made_upon(last.made_at if last else None, now=now))
    else:
        stamp = replace(stamp, made_at=policy.made(stamp.made_at, last=last.made_at if last else None, now=now))
    values = {**RollCall.values_of(marks), "made_at": stamp.made_at, "saved_at": now, "saved_by": by}
    RollCallMark.objects.create(place=place, day=day, key=stamp.key, rest=stamp.rest, **values)
    if last is not None and last.stamp().rank() > stamp.rank():
        return Kept(row=RollCall.objects.get(place=place, day=day), stands=False)
    if not RollCall.objects.filter(place=place, day=day).update(**values):  # the place's lock keeps others away
        return Kept(row=RollCall.objects.create(place=place, day=day, **values), stands=True)
    return Kept(row=RollCall(place=place, day=day, **values), stands=True)


def check_mark(place: Place, *, day: int, marks: DayMarks) -> None:
    """The day is one of the training's, and the hours lie in it. Raises UnableToMark, naming the person."""
    hours = place.training.hours()
    if not 1 <= day <= len(hours):
        raise UnableToMark(_("The training has %(n)d days.") % {"n": len(hours)})
    try:
        policy.presence_of(marks, hours[day - 1])
    except RollCallProblem as problem:
        raise UnableToMark(f"{place.name}, {problem.sentence}") from problem


def _standing(sent: Sequence[RollCallMark]) -> RollCallMark | None:
    return max(sent, key=lambda row: row.stamp().rank(), default=None)


def mark_team(
    *,
    booking_id: int,
    marks: Mapping[Cell, DayMarks],
    by: Person,
    now: datetime,
    rest_on: int | None = None,
    seen: Mapping[Cell, str] | None = None,
) -> None:
    """Keep a team's marks by (place, day), all of them or none; with `rest_on` whoever has no mark for that day was there all day.

    `seen` has what the page showed (policy.text_of): what says the same is no mark, and what somebody else has changed since is not
    overwritten unseen. Places of other teams are passed over. Raises UnableToMark.
    """
    with transaction.atomic():
        places = _locked_team(booking_id)
        if not places:
            return
        check_open(places[0].booking, places[0], now=now)
        new = _new_marks(places, marks, seen)
        for place in places:
            sent = list(place.roll_call_marks.all())
            for day in sorted(day for place_id, day in new if place_id == place.pk):
                before = [row for row in sent if row.day == day]
                keep(place, day=day, marks=new[place.pk, day], by=by, now=now, sent=before)
            marked = {row.day for row in sent} | {day for place_id, day in new if place_id == place.pk}
            if rest_on is not None and rest_on not in marked:
                stamp = Stamp(key=uuid4(), made_at=now, rest=True)
                keep(place, day=rest_on, marks=DayMarks(), by=by, now=now, stamp=stamp, sent=[])


def _locked_team(booking_id: int) -> list[Place]:
    """The places of a team, locked by id, with their marks and the booking as they are after the locks."""
    rows = Place.objects.active().filter(booking=booking_id).select_for_update(of=("self",), no_key=True).order_by("pk")
    places = list(rows.select_related("training").prefetch_related("roll_calls", "roll_call_marks"))
    booking = Booking.objects.filter(pk=booking_id).first()
    for place in places:
        assert booking is not None  # its places point at it
        place.booking = booking
    return places


def _new_marks(places: Sequence[Place], marks: Mapping[Cell, DayMarks], seen: Mapping[Cell, str] | None) -> dict[Cell, DayMarks]:
    """What says something new. Raises UnableToMark where somebody else has said something newer than the page shows."""
    own = {place.pk: place for place in places}
    cells = {cell: one for cell, one in marks.items() if cell[0] in own}
    if seen is None:
        return cells
    stand = {(place.pk, row.day): row.marks() for place in places for row in place.roll_calls.all()}
    changed = {cell: one for cell, one in cells.items() if policy.text_of(one) != seen.get(cell, "")}
    stale = frozenset(cell for cell in changed if policy.text_of(stand.get(cell)) != seen.get(cell, ""))
    if stale:
        names = ", ".join(sorted({own[cell[0]].name for cell in stale}))
        sentence = _("Somebody else has marked %(names)s since this page was made. Look at what stands now, then save again.")
        raise UnableToOvertake(sentence % {"names": names}, stale)
    return changed
