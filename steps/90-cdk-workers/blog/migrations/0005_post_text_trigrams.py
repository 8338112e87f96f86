from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY, which lets others write meanwhile, fails in a transaction.
    atomic = False

    dependencies = [
        ("blog", "0004_post_author_newest"),
    ]

    operations = [
        TrigramExtension(),
        # If this migration was interrupted before, it left an invalid index.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS post_text_trigrams", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="post",
            index=GinIndex(
                OpClass(Upper("text"), name="gin_trgm_ops"),
                name="post_text_trigrams",
                gin_pending_list_limit=64,
            ),
        ),
    ]
