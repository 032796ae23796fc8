from django.db import migrations

from carpentries_portal.common.trigrams import trigram_index


class Migration(migrations.Migration):

    dependencies = [
        ("common", "0007_notice_code_longer"),
    ]

    operations = [
        trigram_index("common_person", "name_key"),
        trigram_index("common_person", "email_key"),
    ]
