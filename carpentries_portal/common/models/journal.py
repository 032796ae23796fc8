"""The journal: append-only. One line an action, found from each thing it is about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class JournalEntry(models.Model):
    """What happened, when, by whom or which rule, and why. Never changed, never deleted."""

    what = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    rule = models.CharField(max_length=4, blank=True)
    why = models.TextField(blank=True)
    old = models.JSONField(default=dict, blank=True)
    new = models.JSONField(default=dict, blank=True)
    edition = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        indexes = [
            models.Index(fields=["at"], name="journal_at"),
            models.Index(fields=["id"], condition=models.Q(what="person_corrected"), name="journal_person_corrected"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what}"


class JournalSubject(models.Model):
    """A thing that a line is about: a model's label and an id, so that any app's rows can be named from the floor."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.CASCADE, related_name="subjects")
    label = models.CharField(max_length=60)
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "object_id", "entry"], name="journal_subject_once")]

    def __str__(self) -> str:
        return f"{self.label} {self.object_id}"
