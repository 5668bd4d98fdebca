from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    """The partitioned table of events and the guards of files, suspense and keys."""

    dependencies = [("rating", "0001_initial"), ("foundation", "0001_functions")]
    operations = [*guards("rating", "usage_event_table", "file_guard")]
