from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0001_initial"),
        ("audit", "0002_guards"),
        ("customers", "0002_guards"),
    ]
    operations = guards(
        "invoicing", "document_guards", "run_guards", "memo_guards", "cycle_guards", "candidates"
    )
