"""Who may see a booking, and act for a membership: the coordinators of its organization, its trainers, staff. A stranger gets 404."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared
from carpentries_portal.common.staff_rights import sees_as_staff
from memberships.access import may_act_for, membership_or_404
from memberships.models import Coordinator, Membership
from trainings.models import Booking, Training
from trainings.models.bookings import BookingQuerySet


@prepared
def _training(code: Any) -> QuerySet[Training]:
    return Training.objects.with_seats_booked().select_related("edition").filter(code=code)


def training_or_404(code: str) -> Training:
    """The calendar is public (R3). With the seats booked and the edition."""
    training = first(_training(code=code))
    if training is None:
        raise Http404
    return training


def _bookings(booking_id: Any) -> BookingQuerySet:
    return Booking.objects.filter(pk=booking_id).select_related(
        "training__edition", "membership__organization", "membership__edition", "reservation", "booked_by"
    )


def _bookings_for(booking_id: Any, person_id: Any) -> BookingQuerySet:
    """With `acts`: whether the person coordinates the booking's organization."""
    mine = Coordinator.objects.active().filter(organization=OuterRef("membership__organization"), person=person_id)
    return _bookings(booking_id).annotate(acts=Exists(mine))


@prepared
def _booking(booking_id: Any, person_id: Any) -> BookingQuerySet:
    return _bookings_for(booking_id, person_id)


@prepared
def _coordinated_booking(booking_id: Any, person_id: Any) -> BookingQuerySet:
    return _bookings_for(booking_id, person_id).coordinated_by(person_id)[:1]


@prepared
def _trained_booking(booking_id: Any, person_id: Any) -> BookingQuerySet:
    return _bookings_for(booking_id, person_id).filter(training__training_trainers__trainer__person=person_id)[:1]


def booking_or_404(booking_id: int, *, person: Person | AnonymousUser) -> Booking:
    """The booking with its training and membership, for whom it concerns. Raises Http404 for everybody else."""
    if not isinstance(person, Person):
        raise Http404
    which = {"booking_id": booking_id, "person_id": person.pk}
    found = _booking(**which) if sees_as_staff(person) else _coordinated_booking(**which) or _trained_booking(**which)
    booking = first(found)
    if booking is None:
        raise Http404
    return booking


def acts_for(booking: Booking) -> bool:
    """Whether the person for whom `booking_or_404` found it coordinates its organization. No query."""
    return bool(getattr(booking, "acts", False))


def own_booking_or_404(booking_id: int, *, person: Person | AnonymousUser) -> Booking:
    """The booking for who may change it: the coordinators of its organization. Staff act in admin."""
    if not isinstance(person, Person):
        raise Http404
    booking = first(_coordinated_booking(booking_id=booking_id, person_id=person.pk))
    if booking is None:
        raise Http404
    return booking


def own_membership_or_404(membership_id: int, *, person: Person | AnonymousUser) -> Membership:
    """The membership for who acts for it: its coordinators. Staff act in admin."""
    membership = membership_or_404(membership_id, person=person)
    if not isinstance(person, Person) or not may_act_for(person, membership):
        raise Http404
    return membership
