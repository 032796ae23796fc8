"""Whoever passed before there were checkouts gets one: due on the last day + 90, and no rule acts on a date before today."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import migrations

from carpentries_portal.common import clock


def open_checkouts(apps, schema_editor):
    """R25, for places that passed and have none. Draws no letter; the journal says where each comes from."""
    place_model = apps.get_model("trainees", "Place")
    checkout_model = apps.get_model("certification", "Checkout")
    entry_model, subject_model = apps.get_model("common", "JournalEntry"), apps.get_model("common", "JournalSubject")
    now = clock.now()
    rows = place_model.objects.filter(state="active", outcome="passed", checkout__isnull=True)
    for place in rows.select_related("training__edition", "booking").order_by("pk").iterator(chunk_size=500):
        training = place.training
        due = training.ends_on + timedelta(days=training.edition.numbers["checkout_days"])
        checkout = checkout_model.objects.create(
            place=place,
            opened_at=place.booking.attendance_confirmed_at or now,
            first_due_on=due,
            due_on=due,
            enforced_from_on=max(now.astimezone(ZoneInfo(training.zone)).date(), training.enforced_from_on),
        )
        entry = entry_model.objects.create(
            what="checkout_opened",
            at=now,
            rule="R25",
            why="Opened when the portal learned to keep checkouts: the training was passed before.",
            new={"due_on": due.isoformat()},
            edition=training.edition.name,
        )
        about = (
            ("certification.checkout", checkout.pk),
            ("trainees.place", place.pk),
            ("trainings.booking", place.booking_id),
            ("trainings.training", training.pk),
        )
        subject_model.objects.bulk_create(subject_model(entry=entry, label=label, object_id=pk) for label, pk in about)


class Migration(migrations.Migration):
    dependencies = [
        ("certification", "0002_reissue"),
        ("common", "0004_the_night"),
        ("trainees", "0005_evidence"),
        ("trainings", "0003_booking_moved_from"),
    ]
    operations = [migrations.RunPython(open_checkouts, migrations.RunPython.noop)]
