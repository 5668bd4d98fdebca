from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("audit", "0002_guards")]
    operations = [
        *guards(
            "payments",
            "guard_payments",
            "guard_receipts",
            "external_ids",
            "batch_agrees",
            "append_only",
        ),
    ]
