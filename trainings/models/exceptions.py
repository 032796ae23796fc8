"""Exceptions to rules about trainings and bookings (R19): requests, approvals, and staff's holds."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.models import ExceptionRecord
from memberships.models import Membership
from trainings.models.bookings import Booking
from trainings.models.trainings import Training


class TrainingException(ExceptionRecord):
    """Subject: a training (a hold, R7), a membership at a training (R6, P1, R11 …), or a booking (P3, P4 …)."""

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="exceptions")
    membership = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="training_exceptions")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="exceptions")

    class Meta(ExceptionRecord.Meta):
        verbose_name = _("exception for a training")
        verbose_name_plural = _("exceptions for trainings")
        constraints = [
            *ExceptionRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(booking__isnull=True) | Q(membership__isnull=False),
                name="trainingexception_booking_names_its_membership",
            ),
            models.UniqueConstraint(
                fields=["training", "membership", "rule"],
                condition=Q(state="asked", membership__isnull=False, booking__isnull=True),
                name="trainingexception_asked_once",
            ),
        ]

    @property
    def is_hold(self) -> bool:
        return self.rule == "R7" and self.membership_id is None

    def about(self) -> list[models.Model]:
        return [self, *(thing for thing in (self.training, self.membership, self.booking) if thing is not None)]

    def subject_text(self) -> str:
        if self.membership is None:
            return str(self.training)
        return _("%(organization)s at %(training)s") % {"organization": self.membership.organization, "training": self.training}

    def page(self) -> str:
        if self.booking_id is not None:
            return reverse("pages:booking", args=[self.booking_id])
        page = reverse("trainings:detail", args=[self.training.code])
        if self.membership_id is None:
            return page
        seats = f"&seats={self.seats}" if self.seats else ""
        return f"{reverse('trainings:book', args=[self.training.code])}?membership={self.membership_id}{seats}"

    def gainers(self) -> set[int]:
        return self.membership.gainers() if self.membership is not None else set()

    def lock_subject(self) -> None:
        Training.objects.locked().get(pk=self.training_id)

    def same_waiting(self) -> bool:
        same = TrainingException.objects.waiting().filter(
            rule=self.rule, training=self.training_id, membership=self.membership_id, booking=self.booking_id
        )
        return same.exists()

    def zone(self) -> str:
        return self.training.zone

    def reader_zone(self) -> str:
        """The site's zone, or the organization's."""
        if self.booking is not None:
            return self.booking.site_zone
        return self.membership.organization.zone if self.membership is not None else self.zone()

    def default_until(self) -> datetime:
        """For a late sign-up the end of D(21), else the training's start: later it helps nobody."""
        if self.rule != "R6":
            return self.training.starts_at
        late = self.training.d(self.training.edition.edition().late_request_days)
        return CutOff(on=late, zone=self.training.zone).ends_at
