"""Trainings: wall-clock hours in a zone, cut-offs as days, the agenda as it was announced; and who trains."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff, Hours, days_text, hours_of, zone_city, zones_by_day
from carpentries_portal.common.models import EditionRecord
from memberships.models import check_zone
from trainings.policy import TrainingFacts
from trainings.states import BookingState, TrainingState


def _zone_is_among(zones: Iterable[str]) -> Q:
    """One text to search: a list of four hundred values takes the ORM and PostgreSQL longer than a page's other queries."""
    name = Concat(Value("|"), F("zone"), Value("|"))
    return Q(GreaterThan(StrIndex(Value(f"|{'|'.join(zones)}|"), name), 0))


def without_heavy(path: str = "") -> list[str]:
    """The fields of a training, joined by `path` ("place__training__"), that a list does not show and that cost most to read."""
    return [f"{path}{name}" for name in ("agenda", "source", "source_notes")]


class TrainingQuerySet(models.QuerySet["Training"]):
    """Words for trainings. Filters that depend on time take the instant."""

    def locked(self) -> Self:
        """Rows to be changed, by id: the first lock of any action about a training (model.md, "Locks")."""
        return self.select_for_update(of=("self",), no_key=True).order_by("pk")

    def scheduled(self) -> Self:
        return self.filter(state=TrainingState.SCHEDULED)

    def not_begun(self, now: datetime) -> Self:
        """Twin of `Training.has_begun`."""
        return self.filter(starts_at__gt=now)

    def sign_up_open(self, now: datetime) -> Self:
        """Sign-up is not over, by each training's own clock. Twin of `not Training.sign_up.passed(now)`."""
        days = zones_by_day(now)
        open_ = Q(sign_up_until__gt=max(days))
        for day, zones in days.items():
            open_ |= Q(sign_up_until__gte=day) & _zone_is_among(zones)
        return self.filter(open_)

    def open(self, now: datetime) -> Self:
        """A team could sign up, as far as dates say. Twin of `queries.Offer.open`."""
        return self.scheduled().not_begun(now).sign_up_open(now)

    def empty_after_sign_up(self, now: datetime) -> Self:
        """Scheduled, not begun, sign-up over (by a day's margin for zones), without a confirmed booking: what R7 looks at."""
        soon = now.date() + timedelta(days=1)
        return self.empty(now).with_seats_booked().filter(sign_up_until__lt=soon)

    def empty(self, now: datetime) -> Self:
        """Scheduled, not begun, without a confirmed booking."""
        return self.scheduled().not_begun(now).exclude(bookings__state=BookingState.CONFIRMED)

    def over_capacity(self) -> Self:
        """More seats booked than the training holds: never, says the audit. Needs `with_seats_booked`."""
        return self.filter(Q(seats_booked__gt=F("capacity")))

    def with_seats_booked(self) -> Self:
        """Adds `seats_booked`: capacity counts the seats of confirmed bookings."""
        bookings = Training.bookings.rel.related_model._default_manager.filter(training=models.OuterRef("pk"))
        seats = bookings.filter(state=BookingState.CONFIRMED).order_by().values("training").annotate(n=models.Sum("seats"))
        return self.annotate(seats_booked=Coalesce(models.Subquery(seats.values("n")), 0))  # asked of the rows shown, not of all


class Training(models.Model):
    """One online event of, normally, two days (R2), bound to the edition of the day it was announced."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    state = models.CharField(max_length=10, choices=TrainingState, default=TrainingState.SCHEDULED)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    zone = models.CharField(_("time zone"), max_length=64, validators=[check_zone])
    starts_at = models.DateTimeField(editable=False)  # derived: the first day's start, UTC
    ends_at = models.DateTimeField(editable=False)  # derived: the last day's end, UTC
    capacity = models.PositiveIntegerField(_("capacity in seats"))
    edition = models.ForeignKey(EditionRecord, on_delete=models.PROTECT, related_name="+")
    announced_on = models.DateField(_("announced on"))
    sign_up_until = models.DateField(_("sign up until"))
    roster_until = models.DateField(_("names until"))
    enforced_from_on = models.DateField()
    round = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField(null=True, blank=True)
    agenda = models.JSONField(default=list)
    link = models.URLField(_("videoconference link"), max_length=500, blank=True)
    survey_link = models.URLField(_("survey link"), max_length=500, blank=True)
    note = models.TextField(_("note of staff"), blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_why = models.TextField(blank=True)
    cancelled_rule = models.CharField(max_length=4, blank=True)
    source_key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    source_notes = models.JSONField(default=list, blank=True)  # what the import inferred or set
    source = models.JSONField(default=dict, blank=True)  # the imported row
    added_at = models.DateTimeField()

    objects = TrainingQuerySet.as_manager()

    class Meta:
        verbose_name = _("training")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="training_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="training_has_hours"),
            models.CheckConstraint(condition=Q(sign_up_until__lte=F("starts_on")), name="training_sign_up_ends_before_it_starts"),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False) & ~Q(cancelled_why="")
                | ~Q(state="cancelled") & Q(cancelled_at__isnull=True),
                name="training_cancelled_has_time_and_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_on", "id"], name="training_starts"),
            models.Index(fields=["sign_up_until"], condition=Q(state="scheduled"), name="training_sign_up"),
            models.Index(fields=["ends_at", "id"], name="training_ends"),
            models.Index(fields=["roster_until"], condition=Q(state="scheduled"), name="training_roster"),
        ]

    def __str__(self) -> str:
        return f"{self.days_text}, {self.city}"

    @property
    def city(self) -> str:
        return zone_city(self.zone)

    @property
    def days_text(self) -> str:
        return days_text(self.starts_on, self.ends_on)

    @property
    def sign_up(self) -> CutOff:
        return CutOff(on=self.sign_up_until, zone=self.zone)

    @property
    def roster(self) -> CutOff:
        return CutOff(on=self.roster_until, zone=self.zone)

    def hours(self) -> list[Hours]:
        """The hours of each day."""
        return hours_of(first=self.starts_on, last=self.ends_on, starts=self.starts, ends=self.ends, zone=self.zone)

    def derive_instants(self) -> None:
        """Set the UTC instants from the wall clock and the zone, which are what is meant (R8)."""
        days = self.hours()
        self.starts_at, self.ends_at = days[0].starts_at, days[-1].ends_at

    def has_begun(self, now: datetime) -> bool:
        return self.starts_at <= now

    def facts(self, *, seats_booked: int) -> TrainingFacts:
        """The training as policy sees it. Needs `edition` loaded; the seats booked are given, for only the lock's holder knows them."""
        return TrainingFacts(
            code=self.code,
            edition=self.edition.edition(),
            first_day=self.starts_on,
            last_day=self.ends_on,
            starts=self.starts,
            ends=self.ends,
            zone=self.zone,
            capacity=self.capacity,
            announced_on=self.announced_on,
            sign_up_until=self.sign_up_until,
            roster_until=self.roster_until,
            cancelled=self.state == TrainingState.CANCELLED,
            held=self.state == TrainingState.HELD,
            seats_booked=seats_booked,
            enforced_from_on=self.enforced_from_on,
        )

    def d(self, days: int) -> date:
        """D(n): n days before the first day."""
        return date.fromordinal(self.starts_on.toordinal() - days)


class TrainerQuerySet(models.QuerySet["Trainer"]):
    """Words for trainers."""

    def active(self) -> Self:
        return self.filter(
            retired_at__isnull=True, person__forgotten_at__isnull=True
        )  # older rows of the forgotten are not retired


class Trainer(models.Model):
    """A person who trains, until they are retired: then they are named nowhere anew, and review no more. What they trained stays theirs."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trainer")
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = TrainerQuerySet.as_manager()

    class Meta:
        verbose_name = _("trainer")

    def __str__(self) -> str:
        return str(self.person)


class TrainingTrainer(models.Model):
    """Who trains at which training."""

    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="training_trainers")
    trainer = models.ForeignKey(Trainer, on_delete=models.PROTECT, related_name="training_trainers")

    class Meta:
        verbose_name = _("trainer of a training")
        verbose_name_plural = _("trainers of trainings")
        constraints = [models.UniqueConstraint(fields=["training", "trainer"], name="trainer_once_per_training")]

    def __str__(self) -> str:
        return f"{self.trainer} at {self.training}"
