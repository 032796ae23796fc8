"""Reads of what teams ask of staff about their lists: changes of a closed one (P7), and who may take part alone (R14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.prepared import first, prepared
from trainees import policy
from trainees.models import Place, PlaceException, RosterRequest
from trainees.policy import Seat
from trainees.queries import facts_of, names_on
from trainees.states import LineKind
from trainings.models import Booking


@prepared
def _newest(booking_id: Any) -> QuerySet[RosterRequest]:
    rows = RosterRequest.objects.filter(booking=booking_id).select_related("asked_by", "decided_by")
    return rows.prefetch_related("lines__place").order_by("-pk")[:1]


@prepared
def _waiting(booking_id: Any) -> QuerySet[RosterRequest, Any]:
    return RosterRequest.objects.waiting().filter(booking=booking_id).values_list("pk")[:1]


def change_request(booking_id: int) -> RosterRequest | None:
    """The newest request to change a booking's list, with its lines; whatever became of it. Two queries."""
    return first(_newest(booking_id=booking_id))


def change_waits(booking_id: int) -> bool:
    """Whether a request to change a booking's list waits for staff."""
    return bool(_waiting(booking_id=booking_id))


def booking_with_facts(booking_id: int) -> Booking:
    """A booking with all that `facts_of` reads. One query."""
    rows = Booking.objects.select_related("training__edition", "membership__organization", "membership__edition", "reservation")
    return rows.get(pk=booking_id)


def settled(booking: Booking, *, after: int) -> Verdict:
    """What the seats would do if a request made the list one of `after` names (P7). No query."""
    return policy.settle_seats(facts_of(booking, names=after), after=after, forfeited=booking.reservation.forfeited_p6)


def settled_by(record: RosterRequest) -> Verdict:
    """What the seats would do if a request were accepted now. Three queries."""
    names = names_on([record.booking_id]).get(record.booking_id, 0)
    kinds = Counter(record.lines.values_list("kind", flat=True))
    after = names + kinds[LineKind.COMES] - kinds[LineKind.LEAVES]
    return settled(booking_with_facts(record.booking_id), after=after)


def seat_of(place: Place) -> Seat:
    """Where a place sits, as policy sees it. Needs the booking."""
    return Seat(name=place.name, site=place.booking.site, location=place.location, remote=place.remote)


def alone_requests(place_ids: Collection[int]) -> dict[int, PlaceException]:
    """The newest request or exception to take part alone (R14) of each of these places. One query."""
    rows = PlaceException.objects.filter(place__in=place_ids, rule="R14").order_by("pk")
    return {row.place_id: row for row in rows}


def alone_verdict(place: Place, *, now: datetime) -> Verdict:
    """What R14 says to a place now. One query where it is marked remote. Needs the booking."""
    rows = PlaceException.objects.in_force(now).filter(place=place.pk, rule="R14") if place.remote else []
    return policy.takes_part_alone(seat_of(place), exceptions=[row.as_used() for row in rows])


def remote_granted(booking_id: int) -> frozenset[str]:
    """The address keys of those of a booking who may take part alone, by staff's exception (R14)."""
    rows = PlaceException.objects.filter(place__booking=booking_id, rule="R14", state=ExceptionState.APPROVED)
    return frozenset(rows.values_list("place__person__email_key", flat=True))
