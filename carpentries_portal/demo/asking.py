"""What waits for staff in the demo about lists: a swap two weeks before (P7), and one person who asks to take part alone (R14)."""

from __future__ import annotations

from datetime import datetime, timedelta

from carpentries_portal.demo import cast
from memberships.models import Coordinator
from trainees.actions import Named, accept_roster, ask_changes, ask_remote
from trainees.models import Place
from trainees.queries import roster_of
from trainings.models import Booking

NEWCOMER = cast.Someone("Marta Keane", "takes part", "example.com")  # on no other list of the demo


def ask_staff(*, now: datetime) -> None:
    """Both requests, each where the picture of this day has a team for it."""
    coming = Booking.objects.confirmed().filter(training__starts_at__gt=now + timedelta(days=2), places__state="active")
    rows = coming.select_related("training", "membership__organization").order_by("training__starts_at", "pk").distinct()
    swapped = next((row for row in rows if row.roster_closed_at is not None), None)
    if swapped is not None:
        _swap(swapped, now=now)
    principals = list(cast.PRINCIPALS)
    alone = next((row for row in rows if row != swapped and row.membership.organization.name not in principals), None)
    if alone is not None:
        _alone(alone, now=now)


def _named(place: Place, line: int) -> Named:
    return Named(line, place.name, place.person.email, place.location, place.remote)


def _coordinator(booking: Booking) -> Coordinator:
    rows = Coordinator.objects.filter(organization=booking.membership.organization_id, removed_at__isnull=True)
    return rows.select_related("person").order_by("pk")[0]


def _swap(booking: Booking, *, now: datetime) -> None:
    places, somebody = roster_of(booking), NEWCOMER
    people = [_named(place, line) for line, place in enumerate(places[1:], start=1)]
    people.append(Named(len(places), somebody.name, somebody.email))
    why = f"{places[0].name} has broken a leg; {somebody.name} can come instead."
    ask_changes(booking_id=booking.pk, people=people, reason=why, by=_coordinator(booking).person, now=now - timedelta(minutes=50))


def _alone(booking: Booking, *, now: datetime) -> None:
    places, by = roster_of(booking), _coordinator(booking).person
    people = [_named(place, line) for line, place in enumerate(places, start=1)]
    people[-1] = Named(len(places), places[-1].name, places[-1].person.email, "remote", remote=True)
    accept_roster(booking_id=booking.pk, people=people, by=by, now=now - timedelta(minutes=40))
    ask_remote(place_id=places[-1].pk, reason="Works from another country this spring.", by=by, now=now - timedelta(minutes=40))
