"""Many entries at once: the same judges as for one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from foundation.errors import translate_database_error
from ledger import operations
from ledger.models import JournalEntry, JournalLine, LegalEntity
from ledger.operations import CannotPost, EntryLine, NewEntry

pytestmark = pytest.mark.django_db
D = Decimal


def entry(entity: LegalEntity, number: int, amount: str = "10.00", **changes) -> NewEntry:
    given = {
        "entity": entity,
        "source_type": "tests.document",
        "source_id": number,
        "event": "J1",
        "accounting_date": date(2027, 2, 1),
        "currency": "USD",
        "fx_rate": D("0.9"),
        "lines": [
            EntryLine(account="1100", debit=D(amount), payer_id=number),
            EntryLine(account="2400", credit=D(amount), tax_type="a\tb"),
        ],
    }
    return NewEntry(**{**given, **changes})


def test_led_1_many_entries_are_what_single_ones_are(entity: LegalEntity) -> None:
    assert operations.post_entries([entry(entity, n, f"{n}.01") for n in range(1, 40)]) == 39
    line = JournalLine.objects.get(entry__source_id=7, debit__gt=0)
    assert (line.debit, line.functional_debit, line.payer_id) == (D("7.01"), D("6.31"), 7)
    assert JournalLine.objects.filter(tax_type="a\tb").count() == 39
    assert operations.post_entries([]) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": [EntryLine(account="1100", debit=D(1)), EntryLine(account="9", credit=D(1))]},
        {"lines": [EntryLine(account="1100", debit=D(1)), EntryLine(account="2400", credit=D(2))]},
        {"lines": []},
    ],
    ids=["unknown account", "unbalanced", "empty"],
)
def test_one_bad_entry_refuses_all(entity: LegalEntity, changes) -> None:
    with pytest.raises(CannotPost):
        operations.post_entries([entry(entity, 1), entry(entity, 2, **changes)])
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"source_id": 1}, {"accounting_date": date(2020, 1, 1)}], ids=["twice", "closed"]
)
def test_the_database_judges_events_and_periods(entity: LegalEntity, changes) -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        operations.post_entries([entry(entity, 1), entry(entity, 2, **changes)])
    assert translate_database_error(refused.value)
    assert not JournalEntry.objects.exists()
