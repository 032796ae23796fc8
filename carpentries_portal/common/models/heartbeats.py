"""Who works: each worker says so twice a minute, the timetable by the sweep that it starts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The last sign of life of one process."""

    name = models.CharField(max_length=200, unique=True)  # "celery@host", or "sweep"
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name
