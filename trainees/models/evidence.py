"""Videoconference reports as evidence beside the roll call (P9): what was read of a file, and whose connection a person says it is.

The file itself is not kept: it holds more of people than is needed. Kept is what a decision rests on, and only for a time (evidence_queries.KEPT).
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trainees.evidence.report import LONGEST_ADDRESS, LONGEST_NAME
from trainees.models.places import Place
from trainees.states import Confidence, Whose
from trainings.models import Booking, Training

LONGEST_FILE_NAME = 200


class EvidenceReport(models.Model):
    """One file of a training: a meeting, often a day. `problems` and `notes` are the first ones of `problem_count` and `note_count`."""

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="evidence_reports")
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    file_name = models.CharField(_("file"), max_length=LONGEST_FILE_NAME)
    digest = models.CharField(max_length=64)  # SHA-256 of the file: the same one twice is said
    zone = models.CharField(_("the host’s time zone"), max_length=64)
    topic = models.CharField(_("topic"), max_length=LONGEST_NAME, blank=True)
    problems = models.JSONField(default=list, blank=True)  # [{"line", "field", "text"}]
    problem_count = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list, blank=True)  # [{"line" or None, "text"}]
    note_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("videoconference report")
        constraints = [models.UniqueConstraint(fields=["training", "digest"], name="evidence_once_per_file")]

    def __str__(self) -> str:
        return f"report for {self.training}"


class ConnectionQuerySet(models.QuerySet["EvidenceConnection"]):
    """Words for connections."""

    def of_training(self, training_id: int) -> Self:
        return self.filter(report__training=training_id)

    def open(self) -> Self:
        """Nobody has said yet whose they are. Twin of `EvidenceConnection.is_open`."""
        return self.filter(whose=Whose.OPEN, waiting=False)

    def certain(self) -> Self:
        """Open, with a suggestion by the address."""
        return self.open().filter(confidence=Confidence.SURE).exclude(suggested=Whose.OPEN)


class EvidenceConnection(models.Model):
    """All rows of one address or name in a report: the suggestion as it was read, and what a person decided, if anybody has."""

    report = models.ForeignKey(EvidenceReport, on_delete=models.CASCADE, related_name="connections")
    waiting = models.BooleanField(default=False)  # of the waiting room: shown, never presence, nothing to decide
    name = models.CharField(_("name"), max_length=LONGEST_NAME, blank=True)
    also = models.JSONField(_("other names"), default=list, blank=True)
    email = models.CharField(_("e-mail"), max_length=LONGEST_ADDRESS, blank=True)
    email_key = models.CharField(max_length=3 * LONGEST_ADDRESS, blank=True, db_index=True)  # folded: by which its owner is found
    intervals = models.JSONField(default=list, blank=True)  # [[from, to]]: instants, UTC, merged
    lines = models.JSONField(default=list, blank=True)  # of the file, from 1
    suggested = models.CharField(max_length=10, choices=Whose, default=Whose.OPEN, blank=True)
    suggested_place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    suggested_booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confidence = models.CharField(max_length=10, choices=Confidence, default=Confidence.UNSURE)
    reason = models.TextField(blank=True)
    whose = models.CharField(_("whose"), max_length=10, choices=Whose, default=Whose.OPEN, blank=True)
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.PROTECT, related_name="connections")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="connections")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection in a report")
        constraints = [
            models.CheckConstraint(
                condition=Q(whose="", place__isnull=True, booking__isnull=True, decided_at__isnull=True)
                | Q(whose="person", place__isnull=False, booking__isnull=True, decided_at__isnull=False)
                | Q(whose="site", place__isnull=True, booking__isnull=False, decided_at__isnull=False)
                | Q(whose="ignored", place__isnull=True, booking__isnull=True, decided_at__isnull=False),
                name="connection_is_whose_it_says",
            ),
            models.CheckConstraint(condition=Q(waiting=False) | Q(whose=""), name="connection_waiting_is_nobodys"),
        ]

    def __str__(self) -> str:
        return f"connection {self.pk} in report {self.report_id}"

    @property
    def is_open(self) -> bool:
        return self.whose == Whose.OPEN and not self.waiting

    def instants(self) -> tuple[tuple[datetime, datetime], ...]:
        """When it was connected, in UTC, merged."""
        return tuple((datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in self.intervals)
