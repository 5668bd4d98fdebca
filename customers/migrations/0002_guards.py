from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    """Put the guards of the tree, the timeline, the orders and the agreements in place."""

    dependencies = [("customers", "0001_initial"), ("audit", "0002_guards")]
    operations = guards(
        "customers",
        "numbers",
        "tree",
        "positions",
        "transitions",
        "orders_kept",
        "timeline",
        "bundles",
        "agreements",
        "redirecting",
        "granting",
        "owners_view",
        "history",
    )
