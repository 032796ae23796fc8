"""The roll call (P9): who was there on each day, from - to. And the exceptions about one place (R14, R15)."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.models import ExceptionRecord
from trainees.models.places import Place
from trainees.policy import DayMarks, Stamp
from trainees.states import Ground


class Marked(models.Model):
    """What was said of one person on one day of the training, by the clock of its zone."""

    day = models.PositiveSmallIntegerField()  # from 1
    absent = models.BooleanField(_("absent"), default=False)
    late = models.TimeField(_("came at"), null=True, blank=True)
    left = models.TimeField(_("left at"), null=True, blank=True)
    away = models.JSONField(_("away"), default=list, blank=True)  # [["10:00", "10:30"]]
    made_at = models.DateTimeField()  # on the device, which may have been without a connection
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True

    def marks(self) -> DayMarks:
        """As policy counts it."""
        away = tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in self.away)
        return DayMarks(absent=self.absent, late=self.late, left=self.left, away=away)

    @staticmethod
    def values_of(marks: DayMarks) -> dict[str, Any]:
        """What is stored of marks."""
        away = [[begin.isoformat(), end.isoformat()] for begin, end in marks.away]
        return {"absent": marks.absent, "late": marks.late, "left": marks.left, "away": away}


class RollCall(Marked):
    """The mark that stands for one person on one day."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="roll_calls")

    class Meta:
        verbose_name = _("roll call")
        constraints = [
            models.UniqueConstraint(fields=["place", "day"], name="roll_call_once_a_day"),
            models.CheckConstraint(condition=models.Q(day__gte=1), name="roll_call_has_a_day"),
        ]

    def __str__(self) -> str:
        return f"day {self.day} of place {self.place_id}"


class RollCallMark(Marked):
    """Each mark that came in, once by its key, whether it stands or not: who said what of whom, and when. Never changed."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="roll_call_marks")
    key = models.UUIDField()  # made where the mark was made: who sends it again sends the same one
    rest = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("mark of a roll call")
        verbose_name_plural = _("marks of roll calls")
        constraints = [
            models.UniqueConstraint(fields=["place", "day", "key"], name="roll_call_mark_kept_once"),
            models.CheckConstraint(condition=models.Q(day__gte=1), name="roll_call_mark_has_a_day"),
        ]

    def __str__(self) -> str:
        return f"mark for day {self.day} of place {self.place_id}"

    def stamp(self) -> Stamp:
        return Stamp(key=self.key, made_at=self.made_at, rest=self.rest)


class PlaceException(ExceptionRecord):
    """A rule bent for one person at one training: to take part alone (R14), to pass though too much was missed (R15)."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="exceptions")
    ground = models.CharField(_("on what ground"), max_length=10, choices=Ground, blank=True)

    class Meta(ExceptionRecord.Meta):
        verbose_name = _("exception for a person")
        verbose_name_plural = _("exceptions for people")

    def about(self) -> list[models.Model]:
        return [self, self.place, self.place.booking, self.place.training]

    def subject_text(self) -> str:
        return str(self.place)

    @property
    def done_by_approval(self) -> bool:
        """Who may take part alone does, for the whole training (R14)."""
        return self.rule == "R14"

    def page(self) -> str:
        return reverse("trainees:people" if self.rule == "R14" else "pages:booking", args=[self.place.booking_id])

    def zone(self) -> str:
        return self.place.training.zone

    def reader_zone(self) -> str:
        return self.place.booking.site_zone

    def default_until(self) -> datetime:
        return self.place.training.ends_at

    def gainers(self) -> set[int]:
        return self.place.gainers()

    def lock_subject(self) -> None:
        Place.objects.select_for_update(of=("self",), no_key=True).get(pk=self.place_id)

    def same_waiting(self) -> bool:
        return PlaceException.objects.waiting().filter(rule=self.rule, place=self.place_id).exists()
