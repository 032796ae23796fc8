"""What the brake held back keeps its row when it is closed, and an error says when it was: timelines tell both."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def errors_say_when(apps, schema_editor):
    """Those of before: when their run ended, or was planned, or for when it was."""
    error, run = apps.get_model('common', 'RunError'), apps.get_model('common', 'Run')
    when = run.objects.filter(pk=OuterRef('run')).values(when=Coalesce('finished_at', 'planned_at', 'as_of'))
    error.objects.filter(at__isnull=True).update(at=Subquery(when))


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0010_former_addresses'),
    ]

    operations = [
        migrations.AddField(
            model_name='runerror',
            name='at',
            field=models.DateTimeField(null=True, verbose_name='at'),
        ),
        migrations.RunPython(errors_say_when, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='runerror',
            name='at',
            field=models.DateTimeField(verbose_name='at'),
        ),
        migrations.AddIndex(
            model_name='runerror',
            index=models.Index(fields=['subject_label', 'subject_id'], name='run_error_subject'),
        ),
        migrations.RemoveConstraint(
            model_name='brakedaction',
            name='braked_once_per_cut_off_and_round',
        ),
        migrations.AddConstraint(
            model_name='brakedaction',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('rule', 'subject_label', 'subject_id', 'cut_off_on', 'round'), name='braked_once_per_cut_off_and_round'),
        ),
        migrations.AddIndex(
            model_name='brakedaction',
            index=models.Index(fields=['subject_label', 'subject_id'], name='braked_subject'),
        ),
    ]
