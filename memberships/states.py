"""States and accounts of memberships: what is stored, in words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    BRONZE = "bronze", _("bronze")
    SILVER = "silver", _("silver")
    GOLD = "gold", _("gold")
    PLATINUM = "platinum", _("platinum")


class Account(models.TextChoices):
    """Where a seat stands. `granted` is the source of all others."""

    GRANTED = "granted", _("granted")
    AVAILABLE = "available", _("available")
    RESERVED = "reserved", _("reserved")
    USED = "used", _("used")
    FORFEITED = "forfeited", _("forfeited")
    RETURNED = "returned", _("returned")
    WITHDRAWN = "withdrawn", _("withdrawn")
    MOVED = "moved", _("moved")


class Event(models.TextChoices):
    """What moved the seats: one for each line of the ledger's table."""

    GRANT = "grant", _("seats granted")
    RESERVE = "reserve", _("seats reserved")
    RELEASE = "release", _("seats given back")
    FORFEIT = "forfeit", _("seats forfeited")
    REOPEN = "reopen", _("forfeited seats reserved again")
    USE = "use", _("seats used")
    CORRECT = "correct", _("corrected")
    CANCELLED = "cancelled", _("given back, training cancelled")
    RETURNED = "returned", _("returned seats decided")
    YEAR_END = "year_end", _("forfeited at the year's end")
    RESTORE = "restore", _("restored by staff")
    WITHDRAW = "withdraw", _("withdrawn, contract reduced")
    CARRY = "carry", _("moved to another membership")
    OPENING = "opening", _("taken over from before the portal")


class Answer(models.TextChoices):
    """What staff say of two names."""

    SAME = "same", _("the same organization")
    DIFFERENT = "different", _("another organization")
