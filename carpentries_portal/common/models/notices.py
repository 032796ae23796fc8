"""The outbox: a notice is a letter that is owed to somebody. The row is the queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class NoticeState(models.TextChoices):
    QUEUED = "queued", _("waits to be sent")
    SENDING = "sending", _("is being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    SKIPPED = "skipped", _("skipped")


ADDRESS_REFUSED = "The address was refused"
"""How the error of a letter begins whose address the mail server did not take; its own words follow."""


class Notice(models.Model):
    """One letter to one address about one thing, once for its occasion. Text and personal link are made when a worker claims it.

    Who coordinates for two teams hears of each of them, though the occasion is one: a day, or a training that is cancelled.
    """

    code = models.CharField(max_length=12)  # L1 …, or "login"
    letter = models.CharField(max_length=60)  # the registered name of the letter
    to_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices"
    )
    to_address = models.EmailField(max_length=254)
    to_key = models.CharField(max_length=254)
    occasion = models.CharField(max_length=120)
    subject_label = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.QUEUED)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    subject_line = models.CharField(max_length=300, blank=True)  # as sent
    body = models.TextField(blank=True)  # the text as sent, personal link masked

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.UniqueConstraint(
                "letter",
                "to_key",
                "occasion",
                "subject_label",
                Coalesce("subject_id", 0),  # a letter about nothing is owed once as well
                condition=~Q(state="cancelled"),
                name="notice_once_per_occasion",
            ),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="notice_sent_has_time"),
            models.CheckConstraint(condition=~Q(state="sending") | Q(claimed_at__isnull=False), name="notice_sending_has_time"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state__in=["queued", "sending"]), name="notice_due"),
            models.Index(fields=["subject_label", "subject_id"], name="notice_subject"),
            models.Index(fields=["letter", "id"], condition=Q(state="failed"), name="notice_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.letter} to {self.to_key}"
