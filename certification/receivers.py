"""What checkouts do when rosters and exceptions tell them something."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from carpentries_portal.common.signals import exception_approved
from certification.actions import apply_extension, follow_attendance
from certification.actions.extensions import RULE
from certification.models import CheckoutException
from trainees.models import Place
from trainees.signals import attendance_confirmed


@receiver(attendance_confirmed)
def attendance(sender: Any, *, place: Place, before: str, now: datetime, **more: Any) -> bool:
    """R25: who passed gets a checkout; one whose pass is taken back loses it. False where none follows (R29)."""
    return follow_attendance(place=place, now=now)


@receiver(exception_approved, sender=CheckoutException)
def extension(sender: Any, *, record: CheckoutException, now: datetime, **more: Any) -> None:
    """R28: an approved extension sets the due date. It stays in force until then, so that it can be revoked."""
    if record.rule == RULE:
        apply_extension(record, now=now)
