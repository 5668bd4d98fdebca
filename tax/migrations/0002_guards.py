from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    """Put the guards into the database."""

    dependencies = [("tax", "0001_initial"), ("audit", "0002_guards")]
    operations = guards("tax", "history_is_kept", "tree_and_references", "history")
