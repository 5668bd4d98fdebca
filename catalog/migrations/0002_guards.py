from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    """Put the guards into the database."""

    dependencies = [("catalog", "0001_initial")]
    operations = guards("catalog", "version_life", "frozen_parts")
