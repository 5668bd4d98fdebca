"""Two people send the same file at the same moment: it is taken once, and both are told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.doors.file_kinds import KINDS, Verdict, as_csv, build, counts
from tests.racing import race

TABLES = {
    "usage": "rating_usageevent", "prices": "catalog_priceversion",
    "customers": "customers_customer", "accounts": "customers_account",
    "orders": "customers_order", "payments": "payments_payment",
}  # fmt: skip
pytestmark = pytest.mark.django_db(transaction=True)
AGAIN = {"ALREADY_IMPORTED", "SAME_FILE", "LOAD"}
"""Sent before; or, of usage, being loaded by somebody else just now."""


def test_a_file_sent_twice_at_once_is_taken_once(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    world = build()
    for kind in KINDS:
        table = TABLES[kind.name]
        content = as_csv(kind.table())
        before = counts()
        sender = partial(kind.send, world, content, "a.csv")
        outcomes = race(sender, sender)
        verdicts = [outcome for outcome in outcomes if isinstance(outcome, Verdict)]
        assert len(verdicts) == 2, (kind.name, outcomes)
        told = [verdict.whole[1] for verdict in verdicts if verdict.whole is not None]
        taken = [verdict.taken for verdict in verdicts if verdict.whole is None]
        assert set(taken) == {3}, (kind.name, verdicts)
        assert set(told) <= AGAIN
        assert kind.name == "usage" or len(taken) == 1  # whoever sends usage again helps to load
        assert counts()[table] == before[table] + 3, kind.name
