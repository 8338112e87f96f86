"""No active user awaits activation: put right what ``update`` may have left, before the rule."""

from django.db import migrations


def clear(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects
    users.filter(is_active=True, awaits_activation=True).update(awaits_activation=False)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_token"),
    ]

    operations = [
        migrations.RunPython(clear, migrations.RunPython.noop),
    ]
