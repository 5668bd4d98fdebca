from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    """Put the guards into the database."""

    dependencies = [("catalog", "0001_initial"), ("audit", "0002_guards")]
    operations = guards(
        "catalog",
        "version_life",
        "frozen_parts",
        "sold_meaning",
        "history",
        "entitlements_frozen",
        "discounts_kept",
        "bundles_kept",
    )
