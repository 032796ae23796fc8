"""The built-in first edition, in force from 2012."""

import json

from django.db import migrations

from carpentries_portal.common.edition_json import BUILT_IN


def add(apps, schema_editor):
    numbers = json.loads(BUILT_IN.read_text(encoding="utf-8"))
    record = apps.get_model("common", "EditionRecord")
    record.objects.get_or_create(
        name=numbers["name"], defaults={"in_force_from": numbers["in_force_from"], "numbers": numbers}
    )


class Migration(migrations.Migration):
    dependencies = [("common", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
