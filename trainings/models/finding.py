"""What helps a team to find a training: the dates that would suit it, and the address of its coordinator's calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.dates import CutOff, days_text
from memberships.models import Membership, check_zone
from trainings.policy import DemandFacts
from trainings.states import DemandState


class DemandQuerySet(models.QuerySet["Demand"]):
    """Words for demands."""

    def maybe_waiting(self, yesterday: Any) -> Self:
        """Open, of a membership that goes on, with a date still to come; by a day's margin for zones. Twin of `Demand.waits`."""
        ahead = DemandDates.objects.filter(demand=OuterRef("pk"), last_on__gte=yesterday)
        goes_on = Q(membership__ended_on__isnull=True) | Q(membership__ended_on__gte=yesterday)
        return self.filter(goes_on, Exists(ahead), state=DemandState.OPEN, membership__ends_on__gte=yesterday)

    def with_all(self) -> Self:
        """With what `waits` and `facts` need."""
        return self.select_related("membership__organization", "membership__edition").prefetch_related("dates")


class Demand(models.Model):
    """When a training would suit a membership's team, said where none does. It ends by itself with the membership, or its last date."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="demands")
    state = models.CharField(max_length=10, choices=DemandState, default=DemandState.OPEN)
    seats = models.PositiveIntegerField(gettext_lazy("seats"))
    zone = models.CharField(gettext_lazy("time zone of the team"), max_length=64, validators=[check_zone])
    earliest = models.TimeField(gettext_lazy("from, at the earliest"))
    latest = models.TimeField(gettext_lazy("to, at the latest"))
    note = models.TextField(gettext_lazy("note"), blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.TextField(blank=True)

    objects = DemandQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("demand for dates")
        verbose_name_plural = gettext_lazy("demands for dates")
        constraints = [
            models.UniqueConstraint(fields=["membership"], condition=Q(state="open"), name="demand_one_open_per_membership"),
            models.CheckConstraint(condition=Q(seats__gt=0), name="demand_asks_for_seats"),
            models.CheckConstraint(condition=Q(earliest__lt=F("latest")), name="demand_hours_in_order"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | ~Q(state="open") & Q(ended_at__isnull=False) & ~Q(ended_why=""),
                name="demand_ended_has_time_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return _("%(seats)d seats for %(organization)s") % {"seats": self.seats, "organization": self.membership.organization}

    def spans(self) -> list[tuple[date, date]]:
        """The dates that suit, in order. Prefetch `dates`."""
        return sorted((row.first_on, row.last_on) for row in self.dates.all())

    def waits(self, now: datetime) -> bool:
        """Whether it still waits for a training. Needs `with_all`."""
        spans = self.spans()
        last = CutOff(on=max(last for _first, last in spans), zone=self.zone) if spans else None
        return self.state == DemandState.OPEN and not self.membership.has_ended(now) and last is not None and not last.passed(now)

    def facts(self) -> DemandFacts:
        """The demand as policy sees it. Prefetch `dates`."""
        return DemandFacts(seats=self.seats, zone=self.zone, earliest=self.earliest, latest=self.latest, spans=tuple(self.spans()))


class DemandDates(models.Model):
    """A span of days on which a whole training would suit, both ends included."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="dates")
    first_on = models.DateField(gettext_lazy("from"))
    last_on = models.DateField(gettext_lazy("to"))

    class Meta:
        verbose_name = gettext_lazy("dates that suit")
        constraints = [
            models.UniqueConstraint(fields=["demand", "first_on"], name="demand_dates_once"),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="demand_dates_in_order"),
        ]

    def __str__(self) -> str:
        return days_text(self.first_on, self.last_on)


class CalendarFeed(models.Model):
    """The private calendar of a coordinator. Its address is signed with `number`, which renewing raises: nothing that opens it is stored."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed")
    number = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("calendar feed")
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="calendarfeed_is_numbered")]

    def __str__(self) -> str:
        return f"calendar of {self.person_id}"
