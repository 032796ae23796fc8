"""What the portal has given a role: each permission once, so that what staff took away stays away."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleOffer(models.Model):
    """A permission that a role was given when it became known; whether the role still has it stands in its group."""

    role = models.CharField(max_length=40)
    permission = models.CharField(max_length=200)  # "app.codename"

    class Meta:
        verbose_name = _("permission offered to a role")
        constraints = [models.UniqueConstraint(fields=["role", "permission"], name="role_offered_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.permission}"
