"""Seats that nobody was named for when attendance was confirmed, before confirming settled them: reserved for ever, until they go by P6 here."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from carpentries_portal.common import clock

WHY = "Nobody was named for it when attendance was confirmed (P9): it was left reserved, and is forfeited with an upgrade of the portal."


def settle(apps: Any, schema_editor: Any) -> None:
    """Membership, reservation, ledger and journal, as confirming does it now. No letter: the trainings are over."""
    Booking, Membership = apps.get_model("trainings", "Booking"), apps.get_model("memberships", "Membership")
    LedgerEntry = apps.get_model("memberships", "LedgerEntry")
    now = clock.now()
    rows = Booking.objects.filter(state="confirmed", attendance_confirmed_at__isnull=False, reservation__reserved__gt=0)
    for booking in rows.select_related("reservation", "training__edition").order_by("pk"):
        reservation, membership = booking.reservation, Membership.objects.get(pk=booking.membership_id)
        seats = reservation.reserved
        membership.reserved, membership.forfeited = membership.reserved - seats, membership.forfeited + seats
        membership.save(update_fields=["reserved", "forfeited"])
        reservation.reserved, reservation.forfeited_p6 = 0, reservation.forfeited_p6 + seats
        reservation.save(update_fields=["reserved", "forfeited_p6"])
        LedgerEntry.objects.create(
            membership=membership,
            reservation=reservation,
            at=now,
            event="forfeit",
            source="reserved",
            target="forfeited",
            seats=seats,
            rule="P6",
            forfeit_rule="P6",
            reason=WHY,
            subject_label="trainings.booking",
            subject_id=booking.pk,
            available_after=membership.available,
        )
        _record(apps, booking, membership, seats=seats, now=now)


def _record(apps: Any, booking: Any, membership: Any, *, seats: int, now: Any) -> None:
    entry = apps.get_model("common", "JournalEntry").objects.create(
        what="seats_forfeited", at=now, rule="P6", why=WHY, new={"seats": seats}, edition=booking.training.edition.name
    )
    about = {
        "trainings.booking": booking.pk,
        "trainings.training": booking.training_id,
        "memberships.membership": membership.pk,
        "memberships.organization": membership.organization_id,
    }
    JournalSubject = apps.get_model("common", "JournalSubject")
    JournalSubject.objects.bulk_create([JournalSubject(entry=entry, label=label, object_id=pk) for label, pk in about.items()])


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0013_audits_asked"),
        ("memberships", "0003_staff_notes"),
        ("trainings", "0006_retired_trainers"),
    ]

    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
