from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    dependencies = [("receivables", "0001_initial"), ("audit", "0002_guards")]
    operations = [
        *guards(
            "receivables", "guard_items", "keep_open", "disputes", "standing_on", "append_only"
        ),
    ]
