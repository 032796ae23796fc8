"""Bookings: one team of one membership at one training."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff
from memberships.models import Membership, Reservation, check_zone
from trainings.models.trainings import Training
from trainings.states import BookingState, RoomItem


class BookingQuerySet(models.QuerySet["Booking"]):
    """Words for bookings."""

    def confirmed(self) -> Self:
        return self.filter(state=BookingState.CONFIRMED)

    def coordinated_by(self, person_id: int) -> Self:
        organization = "membership__organization__coordinators"
        return self.filter(**{f"{organization}__person": person_id, f"{organization}__removed_at__isnull": True})


class Booking(models.Model):
    """A team's seats at a training. `seats` = reserved + used + forfeited by P6 and R15 of its reservation."""

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="bookings")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="bookings")
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="booking")
    state = models.CharField(max_length=10, choices=BookingState, default=BookingState.CONFIRMED)
    seats = models.PositiveIntegerField(_("seats"))
    cancelled_seats = models.PositiveIntegerField(default=0)  # what it had when it was cancelled
    site = models.CharField(_("site"), max_length=200)
    room = models.CharField(_("room"), max_length=200, blank=True)
    site_zone = models.CharField(_("time zone of the site"), max_length=64, validators=[check_zone])
    moved_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="moved_to"
    )  # the booking that this one took the place of, when the team changed trainings
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    cancelled_why = models.TextField(blank=True)
    cancelled_rule = models.CharField(max_length=4, blank=True)
    roster_until = models.DateField(null=True, blank=True)  # a roster date of its own (P6); none: the training's
    roster_closed_at = models.DateTimeField(null=True, blank=True)
    attendance_confirmed_at = models.DateTimeField(null=True, blank=True)
    round = models.PositiveIntegerField(default=0)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        constraints = [
            models.UniqueConstraint(
                fields=["training", "membership"], condition=Q(state="confirmed"), name="booking_one_active_per_membership"
            ),
            models.CheckConstraint(condition=Q(state="cancelled") | Q(seats__gt=0), name="booking_confirmed_has_seats"),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False) & ~Q(cancelled_why="")
                | Q(state="confirmed", cancelled_at__isnull=True),
                name="booking_cancelled_has_time_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(moved_from__isnull=True) | ~Q(moved_from=models.F("id")), name="booking_moved_from_another"
            ),
        ]
        indexes = [
            models.Index(
                fields=["training"],
                condition=Q(state="confirmed", attendance_confirmed_at__isnull=True),
                name="booking_attendance_open",
            ),
            models.Index(
                fields=["training"], condition=Q(state="confirmed", roster_closed_at__isnull=False), name="booking_roster_closed"
            ),
            models.Index(
                fields=["roster_until"],
                condition=Q(state="confirmed", roster_closed_at__isnull=True, roster_until__isnull=False),
                name="booking_own_roster_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seats} seats of {self.membership.organization} at {self.training}"

    def gainers(self) -> set[int]:
        """Who gains by an exception for it."""
        return self.membership.gainers()

    def roster_cut_off(self) -> CutOff:
        """The day by which names are due: its own, or the training's."""
        on: date = self.roster_until or self.training.roster_until
        return CutOff(on=on, zone=self.training.zone)


class RoomCheck(models.Model):
    """An item of the room's checklist that somebody ticked."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="room_checks")
    item = models.CharField(max_length=10, choices=RoomItem)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("room check")
        constraints = [models.UniqueConstraint(fields=["booking", "item"], name="room_item_ticked_once")]

    def __str__(self) -> str:
        return f"{self.item} of booking {self.booking_id}"
