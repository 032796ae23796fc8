"""Who may see a booking, and act for a membership: the coordinators of its organization, its trainers, staff. A stranger gets 404."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from carpentries_portal.common.models import Person
from memberships.access import may_act_for, membership_or_404
from memberships.models import Coordinator, Membership
from trainings.models import Booking, Training
from trainings.models.bookings import BookingQuerySet


def training_or_404(code: str) -> Training:
    """The calendar is public (R3). With the seats booked and the edition."""
    training = Training.objects.with_seats_booked().select_related("edition").filter(code=code).first()
    if training is None:
        raise Http404
    return training


def _bookings(booking_id: int) -> BookingQuerySet:
    return Booking.objects.filter(pk=booking_id).select_related(
        "training__edition", "membership__organization", "membership__edition", "reservation", "booked_by"
    )


def booking_or_404(booking_id: int, *, person: Person | AnonymousUser) -> Booking:
    """The booking with its training and membership, for whom it concerns. Raises Http404 for everybody else."""
    if not isinstance(person, Person):
        raise Http404
    mine = Coordinator.objects.active().filter(organization=OuterRef("membership__organization"), person=person.pk)
    rows = _bookings(booking_id).annotate(acts=Exists(mine))
    if not person.is_staff:
        coordinator = Q(
            membership__organization__coordinators__person=person.pk,
            membership__organization__coordinators__removed_at__isnull=True,
        )
        trainer = Q(training__training_trainers__trainer__person=person.pk)
        rows = rows.filter(coordinator | trainer).distinct()
    booking = rows.first()
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
    booking = _bookings(booking_id).coordinated_by(person.pk).first()
    if booking is None:
        raise Http404
    return booking


def own_membership_or_404(membership_id: int, *, person: Person | AnonymousUser) -> Membership:
    """The membership for who acts for it: its coordinators. Staff act in admin."""
    membership = membership_or_404(membership_id, person=person)
    if not isinstance(person, Person) or not may_act_for(person, membership):
        raise Http404
    return membership
