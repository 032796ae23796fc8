"""The nightly run's rows: the run and what it planned, what it applied (exactly once), what the brake refused, what broke."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One run of the rules: for which instant, by whom, and with what result. It is planned once, then done slice by slice."""

    as_of = models.DateTimeField(_("as of"))
    night = models.DateTimeField(_("night"), null=True, blank=True, unique=True)  # the hour it was due; empty: by hand
    rules = models.CharField(_("only the rules"), max_length=200, blank=True)  # codes with spaces between; empty: all
    previewed = models.BooleanField(_("does only what a preview showed"), default=False)
    asked_at = models.DateTimeField(_("asked for at"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    planned_at = models.DateTimeField(_("planned at"), null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)  # one worker at a time; one that died loses it then
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    due = models.PositiveIntegerField(_("due"), default=0)
    applied = models.PositiveIntegerField(_("applied"), default=0)
    unchanged = models.PositiveIntegerField(_("due no longer"), default=0)
    held = models.PositiveIntegerField(_("held"), default=0)
    braked = models.PositiveIntegerField(_("braked"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)

    class Meta:
        verbose_name = _("nightly run")
        permissions = [("run_now", "Can have the rules run now")]
        indexes = [
            models.Index(fields=["as_of"], name="run_as_of"),
            models.Index(fields=["finished_at"], name="run_finished"),
        ]

    def __str__(self) -> str:
        return f"run as of {self.as_of:%Y-%m-%d %H:%M} UTC"

    def is_whole(self) -> bool:
        """Whether it did all that was due: every rule, and whatever was found."""
        return not self.rules and not self.previewed


class ItemOutcome(models.TextChoices):
    WAITING = "", _("waits its turn")
    APPLIED = "applied", _("done")
    UNCHANGED = "unchanged", _("due no longer")
    HELD = "held", _("held by staff")
    BRAKED = "braked", _("held back by the brake")
    FAILED = "failed", _("failed")


class RunItem(models.Model):
    """An action that a run has planned, and what became of it. The queue of the run; kept for some weeks as its report."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    rule = models.CharField(max_length=4)
    subject_label = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_text = models.CharField(max_length=200)
    cut_off_on = models.DateField()
    ends_at = models.DateTimeField()
    round = models.PositiveIntegerField(default=0)
    sentence = models.TextField()
    seats = models.PositiveIntegerField(default=0)
    trainings = models.PositiveIntegerField(default=0)
    brakes = models.BooleanField(default=True)
    outcome = models.CharField(max_length=10, choices=ItemOutcome, default=ItemOutcome.WAITING, blank=True)

    class Meta:
        verbose_name = _("action of a run")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "rule", "subject_label", "subject_id", "cut_off_on", "round"], name="run_plans_an_action_once"
            )
        ]
        indexes = [
            models.Index(fields=["run", "ends_at", "rule", "subject_id"], condition=Q(outcome=""), name="run_item_waiting"),
            models.Index(fields=["run", "outcome"], name="run_item_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_text}: {self.get_outcome_display()}"

    @property
    def key(self) -> tuple[str, str, int, date, int]:
        """As `PlannedAction.key`."""
        return self.rule, self.subject_label, self.subject_id, self.cut_off_on, self.round


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
    """What the brake refused: it waits here until staff release it, or its reason is gone.

    One that is closed stays as it was, for its subject's timeline; the same action refused once more is a new row.
    """

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
                fields=["rule", "subject_label", "subject_id", "cut_off_on", "round"],
                condition=Q(closed_at__isnull=True),
                name="braked_once_per_cut_off_and_round",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(braked_at__lte=models.F("released_at")), name="braked_before_released"
            ),
        ]
        indexes = [models.Index(fields=["subject_label", "subject_id"], name="braked_subject")]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_text} {self.cut_off_on}"


class RunError(models.Model):
    """A subject that broke in a run. It stops nobody else, and is shown to staff."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="errors")
    at = models.DateTimeField(_("at"))
    rule = models.CharField(max_length=4)
    subject_label = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    error = models.TextField()

    class Meta:
        verbose_name = _("error of a run")
        verbose_name_plural = _("errors of runs")
        indexes = [models.Index(fields=["subject_label", "subject_id"], name="run_error_subject")]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_label} {self.subject_id}: {self.error[:80]}"
