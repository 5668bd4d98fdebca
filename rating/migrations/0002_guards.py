from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    """The partitioned table of events, the guards of files, suspense, write-offs and keys, the history."""

    dependencies = [("rating", "0001_initial"), ("audit", "0002_guards")]
    operations = guards(
        "rating",
        "usage_event_table",
        "file_guard",
        "write_off_guards",
        "balance_guards",
        "reservation_guards",
        "pool_guards",
        "threshold_guards",
        "derived_guards",
        "top_up_guards",
        "room_for_sums",
        "history",
    )
