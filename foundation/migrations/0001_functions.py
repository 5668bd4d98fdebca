from pathlib import Path

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations

from foundation.sql import guards

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "audit": "audit",
    "ledger": "ledger",
    "tax": "tax",
    "catalog": "catalog",
    "customers": "customers",
    "receivables": "receivables",
    "rating": "rating",
    "invoicing": "invoicing",
    "payments": "payments",
    "revrec": "revrec",
    "collections": "collecting",
}


class Migration(migrations.Migration):
    """Functions and extensions that the tables of every room build on, hence before all."""

    run_before = [
        (label, "0001_initial")
        for label, package in ROOMS.items()
        if (ROOT / package / "migrations" / "0001_initial.py").exists()
    ]
    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        *guards("foundation", "functions"),
    ]
