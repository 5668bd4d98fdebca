from django.db import migrations

from foundation.currencies import MINOR_UNITS
from foundation.sql import guards


def add_currencies(apps, schema_editor):
    """Every currency of ISO 4217 may be used from the start."""
    currency = apps.get_model("ledger", "Currency")
    currency.objects.bulk_create(
        [currency(code=code, minor_units=units) for code, units in sorted(MINOR_UNITS.items())],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("audit", "0002_guards")]
    operations = [
        *guards("ledger", "journal_guards", "period_guards", "setup_guards"),
        migrations.RunPython(add_currencies, migrations.RunPython.noop),
    ]
