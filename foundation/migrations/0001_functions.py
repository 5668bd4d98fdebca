from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations

from foundation.sql import guards

ROOMS = (
    "audit",
    "ledger",
    "tax",
    "catalog",
    "customers",
    "receivables",
    "rating",
    "invoicing",
    "payments",
)


class Migration(migrations.Migration):
    """Functions and extensions that the tables of every room build on, hence before all."""

    run_before = [(label, "0001_initial") for label in ROOMS]
    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        *guards("foundation", "functions"),
    ]
