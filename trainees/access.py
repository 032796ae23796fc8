"""Who may see a place: the person, the coordinators of its booking, its trainers, staff. A stranger gets 404."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared
from carpentries_portal.common.staff_rights import acts_as_staff, sees_as_staff
from trainees.models import Place
from trainees.states import PlaceState
from trainings.access import booking_or_404, own_booking_or_404
from trainings.models import Booking, Training, TrainingTrainer

KEEPING = "trainees.change_rollcall"
"""The permission by which staff keep a roll call, confirm it, and read reports for it."""
LISTING = "trainees.change_rosterrequest"
"""The permission by which staff change a team's list themselves, and decide what a team asks for."""


@prepared
def _own_place(place_id: Any, person_id: Any) -> QuerySet[Place]:
    rows = Place.objects.select_related(
        "training__edition", "booking__membership__organization", "booking__membership__edition", "person", "application"
    )
    return rows.filter(pk=place_id, person=person_id)


@prepared
def _kept_training(code: Any, person_id: Any) -> QuerySet[Training]:
    """With `trains`: whether the person is one of its trainers."""
    trains = Exists(TrainingTrainer.objects.filter(training=OuterRef("pk"), trainer__person=person_id))
    return Training.objects.filter(code=code).select_related("edition").annotate(trains=trains)


def listed_booking_or_404(booking_id: int, *, person: Person | AnonymousUser) -> Booking:
    """The booking for who changes its list: its coordinators, and staff whose role does (`acts_for` tells them apart). Raises Http404."""
    if isinstance(person, Person) and acts_as_staff(person, LISTING):
        return booking_or_404(booking_id, person=person)
    return own_booking_or_404(booking_id, person=person)


def own_place_or_404(place_id: int, *, person: Person | AnonymousUser) -> Place:
    """A trainee's own place, with what its page shows. Also one that was taken off the roster: its page says so."""
    if not isinstance(person, Person):
        raise Http404
    place = first(_own_place(place_id=place_id, person_id=person.pk))
    if place is None:
        raise Http404
    return place


def team_place_or_404(place_id: int, *, person: Person | AnonymousUser) -> Place:
    """A place for the coordinators of its team. Raises Http404 for everybody else, the person themselves included."""
    if not isinstance(person, Person):
        raise Http404
    organization = "booking__membership__organization__coordinators"
    mine = {f"{organization}__person": person.pk, f"{organization}__removed_at__isnull": True}
    rows = Place.objects.filter(pk=place_id, **mine)
    place = rows.select_related("training__edition", "booking__membership__organization", "person").first()
    if place is None:
        raise Http404
    return place


def is_active(place: Place) -> bool:
    return place.state == PlaceState.ACTIVE


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps a roll call: of the whole training, or of these bookings' rooms alone (P9)."""

    training: Training
    bookings: frozenset[int] | None = None
    """None: every team, its reports, and confirming it."""
    acts: bool = True
    """Staff whose role does not keep roll calls look on."""

    @property
    def sees_all(self) -> bool:
        return self.bookings is None

    @property
    def confirms(self) -> bool:
        return self.sees_all and self.acts


def keeper_or_404(code: str, *, person: Person | AnonymousUser, acting: bool) -> Keeper:
    """The roll call of a training for its trainers and staff, and for coordinators of their own teams there.

    Raises Http404 for everybody else; where they want to act, PermissionDenied for staff who only see it.
    """
    if not isinstance(person, Person):
        raise Http404
    training = first(_kept_training(code=code, person_id=person.pk))
    if training is None:
        raise Http404
    if acts_as_staff(person, KEEPING) or getattr(training, "trains", False):
        return Keeper(training)
    own = Booking.objects.confirmed().coordinated_by(person.pk).filter(training=training.pk)
    if bookings := frozenset(own.values_list("pk", flat=True)):
        return Keeper(training, bookings)
    if not sees_as_staff(person):
        raise Http404
    if acting:
        raise PermissionDenied
    return Keeper(training, acts=False)


def roll_call_or_404(code: str, *, person: Person | AnonymousUser, acting: bool) -> Keeper:
    """The roll call of a whole training: for its trainers, and staff. Raises as `keeper_or_404`, Http404 for coordinators too."""
    keeper = keeper_or_404(code, person=person, acting=acting)
    if not keeper.sees_all:
        raise Http404
    return keeper


def marked_place_or_404(keeper: Keeper, place_id: int) -> Place:
    """A person whom this keeper marks, still on the roster or not. Raises Http404."""
    rows = Place.objects.filter(pk=place_id, training=keeper.training.pk)
    place = (rows if keeper.bookings is None else rows.filter(booking__in=keeper.bookings)).first()
    if place is None:
        raise Http404
    return place
