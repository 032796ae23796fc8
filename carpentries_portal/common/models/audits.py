"""What the nightly audit found: each mismatch by name. The audit changes nothing; these rows are its report."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditReport(models.Model):
    """One audit of everything. `night`: of the run that it followed, so that each night has one; `asked`: for staff, by the next free worker."""

    night = models.DateTimeField(_("night"), null=True, blank=True, unique=True)
    asked = models.BooleanField(_("asked for by staff"), default=False)
    started_at = models.DateTimeField(_("started at"))  # or asked for
    claimed_at = models.DateTimeField(null=True, blank=True)  # by the worker that makes one that was asked for
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    found = models.PositiveIntegerField(_("mismatches"), default=0)

    class Meta:
        verbose_name = _("audit")
        constraints = [
            models.UniqueConstraint(
                fields=["asked"], condition=models.Q(asked=True, finished_at__isnull=True), name="audit_one_asked_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"audit of {self.started_at:%Y-%m-%d %H:%M} UTC"


class AuditFinding(models.Model):
    """One mismatch of a report: what does not add up, what should stand there, and what does."""

    report = models.ForeignKey(AuditReport, on_delete=models.CASCADE, related_name="findings")
    audit = models.CharField(_("audit"), max_length=60)
    subject = models.CharField(_("about"), max_length=200)
    expected = models.CharField(_("expected"), max_length=200)
    found = models.CharField(_("found"), max_length=200)
    sentence = models.TextField(_("what does not add up"))

    class Meta:
        verbose_name = _("data that does not add up")
        verbose_name_plural = _("data that does not add up")

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence}"
