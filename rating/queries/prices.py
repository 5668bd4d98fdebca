"""The price of one event, for charges that round by event (UNIT-2 EVENT, PRC-1, PRC-2, PRC-4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

import catalog.queries
import customers.queries
from catalog.queries import CompiledCatalog
from catalog.rules.metering import Metric
from catalog.rules.pricing import PriceTerms, with_override, with_percent_off
from foundation import sql
from rating.rules.eventprices import EventPrice
from rating.rules.guiding import BAND, Group, Guide, UsageCharge

EARLIEST = date(1900, 1, 1)
NOBODY = "*"
SharedKey = tuple[int, str, str, int | None, str]
"""Charge, currency, attribute group, price book and segment."""


class Agreed(NamedTuple):
    """An agreed price of the account or a node above it; nearest first (PRC-2)."""

    charge_id: int
    product_id: int
    currency: str
    starts: date
    ends: date
    unit_price: Decimal | None
    percent_off: Decimal | None


@dataclass(slots=True)
class Buyer:
    """What of an account decides its prices."""

    book_id: int | None
    segment: str
    agreed: list[Agreed] = field(default_factory=list)


class EventPrices:
    """Find prices of events; learns accounts by sets, keeps the catalogue of the call."""

    def __init__(self, *, on_date: date, listed: CompiledCatalog | None = None) -> None:
        """Take the account tree as of `on_date`, and the catalogue in force unless it is given."""
        self._on_date = on_date
        self._catalog = listed or catalog.queries.compiled()
        self._buyers: dict[int, Buyer] = {}
        self._shared: dict[SharedKey, tuple[Group, dict[str, Group]]] = {}
        self._known: dict[tuple[int, PriceTerms], EventPrice] = {}

    def learn(self, cursor: CursorWrapper, accounts: Iterable[int]) -> None:
        """Load what decides the prices of accounts not seen before: two statements."""
        new = [account for account in set(accounts) if account not in self._buyers]
        if not new:
            return
        sql.run(cursor, "rating", "price_facts", accounts=new, on_date=self._on_date)
        for account, book, segment in cursor.fetchall():
            self._buyers[account] = Buyer(book, segment or NOBODY)
        agreed: dict[int, list[Agreed]] = defaultdict(list)
        for row in customers.queries.copy_contract_prices(
            cursor, account_ids=new, since=EARLIEST, until=None
        ):
            account, _, _, charge, product, currency, _, unit, off, starts, ends = row
            agreed[int(account or 0)].append(
                Agreed(
                    int(charge or 0),
                    int(product or 0),
                    currency or "",
                    date.fromisoformat(starts) if starts else EARLIEST,
                    date.fromisoformat(ends) if ends else date.max,
                    Decimal(unit) if unit else None,
                    Decimal(off) if off else None,
                )
            )
        for account, prices in agreed.items():
            self._buyers[account].agreed = prices

    def shared(self, guide: Guide) -> tuple[Group, dict[str, Group]]:
        """Return the group of a guide and those of its zones, which all that are alike share.

        Where the line prices events they are only counted, alike for all buyers. Of those that are
        priced by themselves a buyer with own terms has his own groups.
        """
        key = self._alike(guide)
        own = guide.group, guide.zoned
        return own if key is None else self._shared.setdefault(key, own)

    def _alike(self, guide: Guide) -> SharedKey | None:
        """Return what is equal for all guides with the same prices; None for own terms."""
        charge, group = guide.charge.terms.charge_id, guide.group.attribute_key
        if not guide.by_event:
            return charge, "", group, None, ""
        buyer = self._buyers.get(guide.account_id)
        if buyer is None or buyer.agreed or guide.charge.own_prices:
            return None
        return charge, guide.currency, group, buyer.book_id, buyer.segment

    def metric_of(self, charge_id: int) -> Metric | None:
        """Return how the events of a charge become a quantity; None for a plain sum (UNIT-9)."""
        terms = self._catalog.charges[charge_id]
        if terms.rounding == "LINE" and self._catalog.is_in_order(charge_id):
            return replace(terms.metric or Metric(), rule="TRANSACTIONS")
        return terms.metric

    def price_on(self, guide: Guide, group: Group, day: date, band: str = "") -> EventPrice | None:
        """Return the price of events of a group on a local day, in a band, or None."""
        terms = self.terms_on(
            account_id=guide.account_id,
            currency=guide.currency,
            own=guide.charge,
            attributes={**group.attributes, BAND: band} if band else group.attributes,
            day=day,
        )
        if terms is None:
            return None
        charge = guide.charge.terms
        key = (charge.charge_id, terms)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = EventPrice(
                terms, guide.currency, charge.decimals, charge.mode, charge.increments,
                charge.unit_seconds,
            )  # fmt: skip
        return known

    def terms_on(
        self,
        *,
        account_id: int,
        currency: str,
        own: UsageCharge,
        attributes: Mapping[str, str],
        day: date,
    ) -> PriceTerms | None:
        """Return the terms of a charge for a learned account on a local day, or None (PRC-2).

        Own price of the subscription, then the contract of the nearest node, then the price book.
        """
        buyer = self._buyers.get(account_id)
        if buyer is None:
            return None
        charge_id = own.terms.charge_id
        listed = self._catalog.price_for(
            charge_id,
            book_id=buyer.book_id,
            currency=currency,
            on_date=day,
            segment=buyer.segment,
            attributes=attributes,
        )
        if listed is None:
            return None
        agreed = own.own_price(day)
        if agreed is not None:
            return with_override(listed, agreed)
        product_id = self._catalog.charges[charge_id].product_id
        for one in buyer.agreed:
            fits = one.charge_id == charge_id or (
                not one.charge_id and one.product_id == product_id
            )
            if fits and one.currency == currency and one.starts <= day < one.ends:
                if one.unit_price is not None:
                    return with_override(listed, one.unit_price)
                return with_percent_off(listed, one.percent_off or Decimal(0))
        return listed
