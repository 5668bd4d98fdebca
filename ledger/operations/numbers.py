"""Document numbers without gaps (INV-1)."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.transaction import TransactionManagementError

from foundation import sql
from foundation.errors import Refusal
from ledger.models import LegalEntity, NumberSeries


class SeriesMissing(Refusal):
    """The entity has no number series for this kind of document."""

    rule = "INV-1"


def draw_numbers(*, entity_id: int, doc_type: str, on_date: date, count: int = 1) -> list[str]:
    """Draw the next numbers of a series, ascending, in the transaction that posts the documents.

    The counter row stays locked until that transaction ends: an abort gives the numbers back, so
    none is ever missing. Draw last, as the counter is the last in the lock order. The fiscal year
    follows from the date; a new year continues in the shape of the latest series.

    Raises: SeriesMissing.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("numbers are drawn in the transaction that posts")
    fiscal_year = LegalEntity.objects.get(pk=entity_id).fiscal_year(on_date)
    with connection.cursor() as cursor:
        drawn = _draw(cursor, entity_id, doc_type, fiscal_year, count)
        if drawn is None:
            binds = {"entity": entity_id, "doc_type": doc_type, "fiscal_year": fiscal_year}
            sql.run(cursor, "ledger", "continue_series", **binds)
            drawn = _draw(cursor, entity_id, doc_type, fiscal_year, count)
    if drawn is None:
        raise SeriesMissing(f"there is no number series {doc_type} for the year {fiscal_year}")
    first, prefix, width = drawn
    series = NumberSeries(doc_type=doc_type, fiscal_year=fiscal_year, prefix=prefix, width=width)
    return [series.number(counter) for counter in range(first, first + count)]


def _draw(
    cursor: CursorWrapper, entity_id: int, doc_type: str, fiscal_year: int, count: int
) -> tuple[int, str, int] | None:
    sql.run(
        cursor,
        "ledger",
        "draw_numbers",
        entity=entity_id,
        doc_type=doc_type,
        fiscal_year=fiscal_year,
        count=count,
    )
    return cursor.fetchone()
