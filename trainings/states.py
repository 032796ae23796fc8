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


class DemandState(models.TextChoices):
    """What people did with it. That its membership or its last date is over is computed."""

    OPEN = "open", _("open")
    MET = "met", _("met by a booking")
    WITHDRAWN = "withdrawn", _("withdrawn")


class RoomItem(models.TextChoices):
    """What a team's room needs (R20-R23). Never a condition."""

    SCREEN = "screen", _("a large screen or projector for the videoconference (R20)")
    SOUND = "sound", _("speakers that the whole room hears, and a microphone (R20)")
    CAMERA = "camera", _("a camera that shows the team (R20)")
    WIFI = "wifi", _("wifi for the call and for each laptop (R21)")
    LAPTOPS = "laptops", _("everybody brings a laptop with a modern browser (R22)")
    FOOD = "food", _("coffee and lunch are thought of (R23)")
    CALL = "call", _("a test call was made with the link (R24)")
