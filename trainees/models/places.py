"""Places: one person on one roster. The list of a team, and each change of it that can still be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trainees.states import Outcome, PlaceState
from trainings.models import Booking, Training


class PlaceQuerySet(models.QuerySet["Place"]):
    """Words for places."""

    def active(self) -> Self:
        return self.filter(state=PlaceState.ACTIVE)

    def of_person(self, person_id: int) -> Self:
        return self.filter(person=person_id)

    def of_upcoming(self, now: datetime) -> Self:
        return self.filter(training__ends_at__gt=now)


class Place(models.Model):
    """One person at one training, named by the coordinator of a booking. Never a seat: a seat may have no name yet."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="places")
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="places")  # the booking's, for the constraint
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="places")
    name = models.CharField(_("name"), max_length=200)  # as the coordinator listed it
    location = models.CharField(_("location"), max_length=200, blank=True)  # another than the booking's site (R13)
    remote = models.BooleanField(_("takes part alone"), default=False)  # R14
    state = models.CharField(max_length=10, choices=PlaceState, default=PlaceState.ACTIVE)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    invite_at = models.DateTimeField()  # when the invitation leaves (P13)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    removed_why = models.TextField(blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.NONE, blank=True)
    minutes_missed = models.PositiveIntegerField(_("minutes missed"), null=True, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        constraints = [
            models.UniqueConstraint(fields=["training", "person"], condition=Q(state="active"), name="place_once_per_training"),
            models.CheckConstraint(condition=~Q(name=""), name="place_has_a_name"),
            models.CheckConstraint(
                condition=Q(state="removed", removed_at__isnull=False) & ~Q(removed_why="")
                | Q(state="active", removed_at__isnull=True),
                name="place_removed_has_time_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", outcome_at__isnull=True, minutes_missed__isnull=True)
                | ~Q(outcome="") & Q(outcome_at__isnull=False, minutes_missed__isnull=False),
                name="place_outcome_has_time_and_minutes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["training"], condition=Q(state="active") & (Q(remote=True) | ~Q(location="")), name="place_elsewhere"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.training}"

    def gainers(self) -> set[int]:
        """Who gains by an exception for it: the person, and who coordinates for their team."""
        return {self.person_id, *self.booking.gainers()}

    def invited(self, now: datetime) -> bool:
        """Whether the invitation has left, or leaves now: from then on nothing is undone without a trace (P13)."""
        return self.invite_at <= now


class RosterChange(models.Model):
    """A list that was accepted: what it added and what stood before, so that it can be undone until invitations leave."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="roster_changes")
    accepted_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added = models.JSONField(default=list)  # ids of places
    removed = models.JSONField(default=list)  # ids of places
    changed = models.JSONField(default=list)  # [{"place": id, "name", "location", "remote"}]: as they were

    class Meta:
        verbose_name = _("change of a roster")

    def __str__(self) -> str:
        return f"{len(self.added)} added, {len(self.removed)} removed, {len(self.changed)} changed"
