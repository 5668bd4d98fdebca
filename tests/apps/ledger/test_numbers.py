"""Document numbers have no gaps and never go back (INV-1)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from ledger import operations
from ledger.models import LegalEntity, NumberSeries
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db
MAY = date(2027, 5, 1)


def test_inv_1_draws_in_order_and_gives_back_on_abort(entity):
    def draw(count: int) -> list[str]:
        return operations.draw_numbers(
            entity_id=entity.pk, doc_type="INVOICE", on_date=MAY, count=count
        )

    assert draw(2) == ["EU-2027-000001", "EU-2027-000002"]

    def abort() -> None:
        with transaction.atomic():
            draw(5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        abort()
    assert draw(1) == ["EU-2027-000003"]


def test_inv_1_a_new_fiscal_year_starts_anew_in_the_same_shape(entity):
    LegalEntity.objects.filter(pk=entity.pk).update(fiscal_year_start=4)
    numbers = operations.draw_numbers(
        entity_id=entity.pk, doc_type="INVOICE", on_date=date(2028, 4, 1)
    )
    assert numbers == ["EU-2029-000001"]
    with pytest.raises(operations.SeriesMissing):
        operations.draw_numbers(entity_id=entity.pk, doc_type="PIGEON", on_date=MAY)


def test_raw_sql_cannot_turn_a_series_back(entity):
    operations.draw_numbers(entity_id=entity.pk, doc_type="INVOICE", on_date=MAY, count=3)
    where = "WHERE doc_type = 'INVOICE'"
    table = "ledger_numberseries"
    assert refused_by(f"UPDATE {table} SET next_no = 2 {where}") == (
        "ledger_numberseries_only_grows"
    )
    assert refused_by(f"UPDATE {table} SET prefix = 'X' {where}") == (
        "ledger_numberseries_keeps_its_shape"
    )
    assert refused_by(f"DELETE FROM {table} {where}") == "ledger_numberseries_is_kept"
    assert refused_by(
        f"INSERT INTO {table} (entity_id, doc_type, fiscal_year, prefix, next_no, width) "
        "VALUES (%s, 'X', 2027, '', 5, 6)",
        entity.pk,
    ) == ("ledger_numberseries_starts_at_one")
    assert NumberSeries.objects.get(doc_type="INVOICE").next_no == 4
