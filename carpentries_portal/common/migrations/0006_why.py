"""Names get a key by which they are found; the nightly audit keeps its report."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import carpentries_portal.common.models.people
from carpentries_portal.common.texts import folded

BATCH = 1000


def fill_keys(apps: Any, schema_editor: Any) -> None:
    Person = apps.get_model("common", "Person")
    rows, batch = Person.objects.exclude(name="").only("pk", "name").order_by("pk"), []
    for row in rows.iterator(chunk_size=BATCH):
        row.name_key = folded(row.name)[:200]
        batch.append(row)
        if len(batch) == BATCH:
            Person.objects.bulk_update(batch, ["name_key"])
            batch = []
    if batch:
        Person.objects.bulk_update(batch, ["name_key"])


class Migration(migrations.Migration):
    dependencies = [("common", "0005_people")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="name_key",
            field=carpentries_portal.common.models.people.NameKeyField(
                blank=True, db_default="", default="", editable=False, max_length=200
            ),
        ),
        migrations.CreateModel(
            name="AuditReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("night", models.DateTimeField(blank=True, null=True, unique=True, verbose_name="night")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("found", models.PositiveIntegerField(default=0, verbose_name="mismatches")),
            ],
            options={"verbose_name": "audit"},
        ),
        migrations.CreateModel(
            name="AuditFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("audit", models.CharField(max_length=60, verbose_name="audit")),
                ("subject", models.CharField(max_length=200, verbose_name="about")),
                ("expected", models.CharField(max_length=200, verbose_name="expected")),
                ("found", models.CharField(max_length=200, verbose_name="found")),
                ("sentence", models.TextField(verbose_name="what does not add up")),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE, related_name="findings", to="common.auditreport"
                    ),
                ),
            ],
            options={
                "verbose_name": "data that does not add up",
                "verbose_name_plural": "data that does not add up",
            },
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop, elidable=True),
    ]
