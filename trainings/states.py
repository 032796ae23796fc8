"""States of trainings and bookings: what people or the run did. What a date decides is computed (model.md)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrainingState(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")


class BookingState(models.TextChoices):
    CONFIRMED = "confirmed", _("confirmed")
    CANCELLED = "cancelled", _("cancelled")
