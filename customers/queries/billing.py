"""Sets that a bill run and rating read, each in one statement.

A statement's cost follows the rows it returns, never the number of calls.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from django.db.backends.utils import CursorWrapper

from foundation import sql
from foundation.copying import copy_out

Row = list[str | None]

CONTRACT_PRICE_COLUMNS: Final = (
    *("account_id", "distance", "contract_price_id", "charge_id", "product_id", "currency"),
    *("kind", "unit_price", "percent_off", "valid_from", "valid_to"),
)


def copy_contract_prices(
    cursor: CursorWrapper,
    *,
    account_ids: Sequence[int],
    since: date,
    until: date | None,
) -> Iterator[Row]:
    """Yield CONTRACT_PRICE_COLUMNS, nearest node first (PRC-2), in force within [since, until).

    Rows of text straight from COPY: None is NULL, dates are ISO, numbers exact. Each counts for
    the days on which its node is above the account (HIER-5).
    """
    return _copy(cursor, "contract_prices", accounts=account_ids, since=since, until=until)


def set_rows(
    cursor: CursorWrapper, name: str, **binds: Sequence[int] | date | None
) -> list[tuple[Any, ...]]:
    """Return one set, by its statement's name, as typed rows, all at once.

    For a run that reads many payers in one statement: `owners` (payer, account, from, to, depth,
    cost centre, price book, jurisdiction; HIER-2 over a window), `timelines` (account, charge of
    the subscription, charge, anchor, from, to, quantity, own price, state, day whose prices are
    locked, jurisdiction), `payers`, `contract_prices`, `exemptions` and others; each statement
    says its rows and binds.
    """
    literals = {
        key: value if value is None or isinstance(value, date) else _array(value)
        for key, value in binds.items()
    }
    cursor.execute(sql.statement("customers", name), literals)
    return cursor.fetchall()


class SpecialTerms(NamedTuple):
    """Which of the sets that few customers have there are at all."""

    has_redirections: bool
    has_discounts: bool
    has_commitments: bool
    has_splits: bool


def special_terms(cursor: CursorWrapper, *, since: date) -> SpecialTerms:
    """Tell what there is of redirections and split moves from a day on, discounts, commitments."""
    cursor.execute(sql.statement("customers", "special_terms"), {"since": since})
    return SpecialTerms(*cursor.fetchone())


def _array(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def bound(text: str, **binds: Sequence[int] | date | None) -> str:
    """Write ids and days into a statement as literals, since COPY takes no binds."""
    return text % {name: _literal(value) for name, value in binds.items()}


def _literal(value: Sequence[int] | date | None) -> str:
    if value is None:
        return "NULL::date"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return f"'{{{','.join(str(int(number)) for number in value)}}}'::bigint[]"


def _copy(cursor: CursorWrapper, name: str, **binds: Sequence[int] | date | None) -> Iterator[Row]:
    return copy_out(cursor, bound(sql.statement("customers", name), **binds))
