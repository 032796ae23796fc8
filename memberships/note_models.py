"""Notes of staff on member organizations: theirs alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StaffNote(models.Model):
    """What staff note about an organization, or one of its memberships; never shown to coordinators. Struck out, never edited."""

    organization = models.ForeignKey("memberships.Organization", on_delete=models.PROTECT, related_name="notes")
    membership = models.ForeignKey("memberships.Membership", null=True, blank=True, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(_("note"))
    at = models.DateTimeField(_("noted at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    struck_at = models.DateTimeField(_("struck out at"), null=True, blank=True)
    struck_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    struck_why = models.TextField(_("why it was struck out"), blank=True)

    class Meta:
        verbose_name = _("note of staff")
        verbose_name_plural = _("notes of staff")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="note_says_something"),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_why="") | Q(struck_at__isnull=False) & ~Q(struck_why=""),
                name="note_struck_out_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"note of {self.at:%Y-%m-%d} about {self.organization}"
