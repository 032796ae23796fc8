"""The nightly run's rows: the run, what it applied (exactly once), what the brake refused, what broke."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One run of the rules: when, for which instant, by whom, and with what result."""

    as_of = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    applied = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    braked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("nightly run")
        indexes = [models.Index(fields=["as_of"], name="run_as_of")]

    def __str__(self) -> str:
        return f"run as of {self.as_of:%Y-%m-%d %H:%M} UTC"


class AppliedAction(models.Model):
    """An action of the run, kept so that it is done once: the key goes in with the effect, in one transaction."""

    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="actions")
    rule = models.CharField(max_length=4)
    subject_label = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    cut_off_on = models.DateField()
    round = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField()
    sentence = models.TextField()

    class Meta:
        verbose_name = _("applied action")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_label", "subject_id", "cut_off_on", "round"], name="action_once_per_cut_off_and_round"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_label} {self.subject_id} {self.cut_off_on} round {self.round}"


class BrakedAction(models.Model):
    """What the brake refused: it waits here until staff release it, or its reason is gone."""

    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="braked_actions")
    rule = models.CharField(max_length=4)
    subject_label = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_text = models.CharField(max_length=200)
    cut_off_on = models.DateField()
    round = models.PositiveIntegerField(default=0)
    sentence = models.TextField()
    seats = models.PositiveIntegerField(default=0)
    braked_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("braked action")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_label", "subject_id", "cut_off_on", "round"], name="braked_once_per_cut_off_and_round"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(braked_at__lte=models.F("released_at")), name="braked_before_released"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_text} {self.cut_off_on}"


class RunError(models.Model):
    """A subject that broke in a run. It stops nobody else, and is shown to staff."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="errors")
    rule = models.CharField(max_length=4)
    subject_label = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    error = models.TextField()

    class Meta:
        verbose_name = _("error of a run")
        verbose_name_plural = _("errors of runs")

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_label} {self.subject_id}: {self.error[:80]}"
