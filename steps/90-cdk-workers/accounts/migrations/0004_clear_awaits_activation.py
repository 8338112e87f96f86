"""Clear what ``update`` may have left: active users that await activation, which 0005 forbids."""

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
