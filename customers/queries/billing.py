"""Sets that a bill run reads, as rows of text straight from COPY.

Columns of each set are named here in order; None is NULL. Dates are ISO, numbers exact text.
A statement's cost follows the rows it returns, never the number of calls.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from django.db.backends.utils import CursorWrapper

from foundation import sql
from foundation.copying import copy_out

Row = list[str | None]

PAYER_COLUMNS: Final = (
    *("account_id", "number", "name", "customer_id", "customer_number", "legal_name", "kind"),
    *("segment", "vat_id", "vat_id_is_valid", "entity_id", "currency", "time_zone", "cycle_code"),
    *("cycle_day", "cycle_months", "invoice_mode", "terms_kind", "terms_days", "language"),
    *("delivery", "po_number", "status", "billing_hold_until", "pricebook_id", "line1", "line2"),
    *("town", "postcode", "region", "country", "jurisdiction_id"),
)
MEMBER_COLUMNS: Final = (
    *("payer_id", "account_id", "parent_id", "depth", "number", "name", "customer_id"),
    *("segment", "time_zone", "cost_centre", "po_number", "status", "pricebook_id"),
    "jurisdiction_id",
)
SEGMENT_COLUMNS: Final = (
    *("account_id", "subscription_id", "item_id", "subscription_charge_id", "charge_id"),
    *("anchor", "segment_id", "valid_from", "valid_to", "quantity", "override_price", "state"),
    *("order_item_id", "price_policy", "effective_on", "end_on", "term_from", "term_to"),
    "place_jurisdiction_id",
)
CONTRACT_PRICE_COLUMNS: Final = (
    *("account_id", "distance", "contract_price_id", "charge_id", "product_id", "currency"),
    *("kind", "unit_price", "percent_off", "valid_from", "valid_to"),
)
EXEMPTION_COLUMNS: Final = (
    *("account_id", "certificate_id", "jurisdiction_id", "tax_type_id", "category_code"),
    *("percent", "valid_from", "valid_to"),
)


def copy_payers(
    cursor: CursorWrapper, *, payer_ids: Sequence[int], on_date: date
) -> Iterator[Row]:
    """Yield PAYER_COLUMNS: one row per account given, by id; address as of the day."""
    return _copy(cursor, "payers", payers=payer_ids, on_date=on_date)


def copy_members(
    cursor: CursorWrapper, *, payer_ids: Sequence[int], on_date: date
) -> Iterator[Row]:
    """Yield MEMBER_COLUMNS: every account that the payers pay for on the day (HIER-2).

    The payer itself comes first with depth 0; an account given that is no payer that day yields
    nothing. Ordered by payer, depth, account.
    """
    return _copy(cursor, "members", payers=payer_ids, on_date=on_date)


def copy_segments(
    cursor: CursorWrapper, *, account_ids: Sequence[int], since: date
) -> Iterator[Row]:
    """Yield SEGMENT_COLUMNS: the timelines of the accounts' charges, as far as from `since` on.

    Ordered by account, subscription charge and start. A one-time charge has one segment of one
    day. A charge that waits for its trigger day has none (CHG-7).
    """
    return _copy(cursor, "segments", accounts=account_ids, since=since)


def copy_contract_prices(
    cursor: CursorWrapper,
    *,
    account_ids: Sequence[int],
    since: date,
    until: date | None,
) -> Iterator[Row]:
    """Yield CONTRACT_PRICE_COLUMNS, nearest node first (PRC-2), in force within [since, until).

    Each counts for the days on which its node is above the account (HIER-5).
    """
    return _copy(cursor, "contract_prices", accounts=account_ids, since=since, until=until)


def copy_exemptions(
    cursor: CursorWrapper,
    *,
    account_ids: Sequence[int],
    on_date: date,
    since: date,
    until: date | None,
) -> Iterator[Row]:
    """Yield EXEMPTION_COLUMNS: approved certificates valid within [since, until) (TAX-6)."""
    return _copy(
        cursor, "exemptions", accounts=account_ids, on_date=on_date, since=since, until=until
    )


def set_rows(
    cursor: CursorWrapper, name: str, **binds: Sequence[int] | date | None
) -> list[tuple[Any, ...]]:
    """Return one of these sets, by its statement's name, as typed rows, all at once.

    For a run that reads many payers in one statement: `owners` (payer, account, from, to, depth,
    cost centre, price book, jurisdiction; HIER-2 over a window), `timelines` (account, charge of
    the subscription, charge, anchor, from, to, quantity, own price, state, day whose prices are
    locked, jurisdiction), and every set above.
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
