"""Turn the rows of a chunk into payers with everything that decides what they are billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from foundation.copying import escape
from invoicing.operations.promises import attach_promises
from invoicing.operations.reading import (
    Row,
    Rows,
    Window,
    fetch,
    fetch_told_late,
    fetch_usage,
)
from invoicing.operations.routing import Routes, price_as_payer
from invoicing.operations.usage_inputs import (
    Steps,
    attach_exact,
    cut_otherwise,
    earlier_usage,
)
from invoicing.rules.charging import Life
from invoicing.rules.committing import Promise
from invoicing.rules.difference import Billed
from invoicing.rules.discounting import is_relief
from invoicing.rules.prices import ContractTerms
from invoicing.rules.shared_counters import share_counters
from invoicing.rules.timeline import FOREVER, Segment
from invoicing.rules.usage import Usage
from tax.rules import Exemption

ZERO = Decimal(0)


class Owner(NamedTuple):
    """An account that a payer pays for; `place` is its rank among them, the payer first.

    Of a guest only redirected charges are paid for, at the prices that it would have (HIER-8).
    """

    id: int
    place: int
    cost_centre: str
    book_id: int | None
    place_id: int | None
    is_guest: bool = False


class Waiting(NamedTuple):
    """An item made before the run that goes into the payer's next document."""

    id: int
    account_id: int
    kind: str
    start: date
    end: date
    segment_start: date
    segment_end: date
    quantity: Decimal
    unit_price: Decimal | None
    amount: Decimal
    tax_category: str
    gl_code: str
    product_id: int
    charge_id: int
    text: str


@dataclass(slots=True)
class Payer:
    """A payer with everything that decides what it is billed."""

    id: int
    entity_id: int
    currency: str
    zone: str
    cycle_day: int
    cycle_months: int
    customer_kind: str
    vat_ok: bool
    terms_kind: str
    terms_days: int
    language: str
    po_number: str
    segment: str
    book_id: int | None
    bill_to: int | None
    buyer: str
    owners: dict[int, Owner] = field(default_factory=dict)
    lives: list[tuple[int, Life]] = field(default_factory=list)
    contracts: dict[int, list[ContractTerms]] = field(default_factory=dict)
    exemptions: dict[int, list[Exemption]] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    previous_total: Decimal | None = None
    previous_tax: Decimal = ZERO
    told_late: list[str] = field(default_factory=list)
    granted: list[Row] = field(default_factory=list)
    off_documents: dict[int, tuple[Decimal, int]] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    is_rebated: bool = False

    @property
    def is_reduced(self) -> bool:
        """Tell whether discounts or commitments have to be looked at."""
        return bool(self.granted or self.promises or self.is_rebated)


def read_chunk(
    cursor: CursorWrapper, payer_ids: Sequence[int], window: Window, steps: Steps
) -> dict[int, Payer]:
    """Return the payers with their inputs; the number of statements does not depend on them."""
    rows = fetch(cursor, payer_ids, window)
    payers: dict[int, Payer] = {}
    for row in rows.payers:
        payers[row[0]] = _payer(row)
    of_account = _owners(payers, rows, window)
    routes = Routes(list(payers), of_account, rows.redirections, steps.sorts, rows.splits)
    lives = _lives(payers, routes, rows)
    payers_of: dict[int, list[Payer]] = {}
    for payer in payers.values():
        for owner_id in payer.owners:
            payers_of.setdefault(owner_id, []).append(payer)
    _contracts(payers_of, rows)
    if steps.payer_priced and rows.redirections:
        price_as_payer(payers, steps.payer_priced)
    _exemptions(payers_of, rows)
    _billed_items(
        payers, routes, lives, rows, has_discounts=window.has_discounts or window.has_commitments
    )
    if window.has_commitments:
        attach_promises(cursor, payers, payers_of, window)
    for payer_id, grant_id, amount, documents in rows.off_documents:
        payers[payer_id].off_documents[grant_id] = (amount, documents)
    for row in rows.granted:
        for payer in payers_of.get(row[5], ()):
            payer.granted.append(row)
    cuts = routes.split_days | {day for row in rows.contracts for day in row[9:11] if day}
    daily = [row[1] for row in rows.timelines if row[2] in steps.daily]
    daily += cut_otherwise(rows.billed, steps)
    alone = [row[1] for row in rows.timelines if row[2] in steps.by_service]
    usage = fetch_usage(cursor, list(of_account), window, steps.cuts | cuts, daily, alone)
    usage += earlier_usage(cursor, lives, rows, list(of_account), window, steps)
    for charge, day, key, quantity, amount, count, service in usage:
        one = Usage(day, key, quantity, ZERO if amount is None else amount, service, count)
        for life in lives.get(charge, ()):
            life.usage.append(one)
    attach_exact(cursor, lives, rows, list(of_account), window, steps)
    if steps.shared:
        for payer in payers.values():
            share_counters(payer.lives, steps.shared)
    _waiting(payers, rows)
    for payer_id, total, tax in rows.previous:
        payer = payers[payer_id]
        payer.previous_total, payer.previous_tax = total, tax
    for account, order, day in fetch_told_late(cursor, list(of_account), window):
        for payer in payers_of[account]:
            payer.told_late.append(
                f"Order {order} changes days from {day} on; what was billed before "
                f"{window.since} is not corrected by itself."
            )
    return payers


def _payer(row: Row) -> Payer:
    return Payer(
        id=row[0],
        entity_id=row[10],
        currency=row[11],
        zone=row[12],
        cycle_day=row[14],
        cycle_months=row[15],
        customer_kind="CONSUMER" if row[6] == "PERSON" else "BUSINESS",
        vat_ok=row[9],
        terms_kind=row[17],
        terms_days=row[18],
        language=row[19],
        po_number=row[21],
        segment=row[7],
        book_id=row[24],
        bill_to=row[31],
        buyer=_buyer(row),
    )


def _buyer(row: Row) -> str:
    """Write the buyer as a document shows it, as JSON."""
    town = f"{row[28] or ''} {row[27] or ''}".strip()
    lines = ",".join(quoted(one) for one in (row[25], row[26], town, row[29], row[30]) if one)
    return (
        f'{{"name":{quoted(row[5])},"account":{quoted(row[1])},"account_name":{quoted(row[2])},'
        f'"customer":{quoted(row[4])},"vat_id":{quoted(row[8])},'
        f'"country":{quoted(row[30] or "")},"lines":[{lines}]}}'
    )


def _owners(
    payers: Mapping[int, Payer], rows: Rows, window: Window
) -> dict[int, list[tuple[int, date, date]]]:
    """Note whom each payer pays for; return account → (payer, from, to) in the window (HIER-6)."""
    found: dict[int, list[tuple[int, date, date]]] = {}
    for payer_id, owner_id, start, end, _, cost_centre, book_id, place_id in rows.owners:
        payer = payers[payer_id]
        if owner_id not in payer.owners:
            payer.owners[owner_id] = Owner(
                owner_id, len(payer.owners), escape(cost_centre), book_id, place_id
            )
        found.setdefault(owner_id, []).append(
            (
                payer_id,
                date.min if start <= window.since else start,
                FOREVER if end is None or end > window.bill_date else end,
            )
        )
    for row in rows.redirections:
        guest = payers.get(row[2])
        if guest is not None and row[1] not in guest.owners:
            guest.owners[row[1]] = Owner(
                row[1], len(guest.owners), escape(row[9]), row[10], row[11], is_guest=True
            )
        found.setdefault(row[1], [])
    return found


def _lives(payers: Mapping[int, Payer], routes: Routes, rows: Rows) -> dict[int, list[Life]]:
    """Build the timelines; a charge whose owner changed payers lives once with each of them."""
    lives: dict[int, list[Life]] = {}
    last = 0
    current: list[Life] = []
    for (
        account,
        number,
        charge,
        anchor,
        start,
        end,
        quantity,
        price,
        state,
        day,
        place,
    ) in rows.timelines:
        if number != last:
            last = number
            current = lives[number] = []
            for payer_id, since, until, stretches, days in routes.of(account, number, charge):
                life = Life(number, account, anchor or start, [], since, until, None, place)
                life.stretches, life.split_days = stretches, days
                current.append(life)
                payers[payer_id].lives.append((charge, life))
        segment = Segment(start, FOREVER if end is None else end, quantity, price, state, day)
        for life in current:
            life.segments.append(segment)
    return lives


def _contracts(payers_of: Mapping[int, list[Payer]], rows: Rows) -> None:
    """Attach agreed prices, nearest node first (PRC-2)."""
    for row in rows.contracts:
        terms = ContractTerms(
            row[2],
            row[3] or 0,
            row[4] or 0,
            date.min if row[9] is None else row[9],
            FOREVER if row[10] is None else row[10],
            row[7],
            row[8],
        )
        for payer in payers_of.get(row[0], ()):
            if payer.currency == row[5]:
                payer.contracts.setdefault(row[0], []).append(terms)


def _exemptions(payers_of: Mapping[int, list[Payer]], rows: Rows) -> None:
    """Attach approved certificates (TAX-6)."""
    for account, number, place, tax_type, category, share, start, end in rows.exemptions:
        exemption = Exemption(
            id=number,
            starts=date.min if start is None else start,
            ends=end,
            share=share,
            jurisdictions=frozenset((place,)),
            tax_types=None if tax_type is None else frozenset((tax_type,)),
            categories=frozenset((category,)) if category else None,
        )
        for payer in payers_of.get(account, ()):
            payer.exemptions.setdefault(account, []).append(exemption)


def _billed_items(
    payers: Mapping[int, Payer],
    routes: Routes,
    lives: dict[int, list[Life]],
    rows: Rows,
    *,
    has_discounts: bool,
) -> None:
    """Attach billed items to their charges, with what of each may still be given back (CHG-11).

    Discounts of items are kept apart, as positive amounts (DSC-3).

    A charge whose whole timeline was taken away lives on in what was billed of it (CHG-3).
    """
    by_hand = {row[0]: row[1] for row in rows.by_hand}
    back: dict[int, Decimal] = {}
    for row in rows.billed:
        if row[18] is not None:
            back[row[18]] = back.get(row[18], ZERO) + row[15]
    for row in rows.billed:
        amount = row[15]
        left = amount + back.get(row[3], ZERO) if amount > ZERO else ZERO
        if row[4] in by_hand:
            left -= by_hand[row[4]]
        item = Billed(
            id=row[3],
            line_id=row[4],
            start=row[7],
            end=row[8],
            usage_key=row[9],
            price_key=row[10],
            generation=row[11],
            quantity=row[12],
            unit_price=row[13],
            factor=row[14],
            amount=amount,
            left=left if left > ZERO else ZERO,
            price_version_id=row[16],
            service_id=row[17],
            payer_id=row[2],
            is_back=row[18] is not None,
        )
        known = lives.get(row[1])
        if known is None:
            known = lives[row[1]] = []
            for payer_id, since, until, stretches, days in routes.of(row[0], row[1], row[19]):
                life = Life(row[1], row[0], row[5], [], since, until)
                life.stretches, life.split_days = stretches, days
                known.append(life)
                payers[payer_id].lives.append((row[19], life))
        if has_discounts and is_relief(item.price_key):
            for life in known:
                _rebate(life, (row[5], row[6]), item, back, by_hand)
                if item.payer_id in payers:
                    payers[item.payer_id].is_rebated = True
            continue
        for life in known:
            life.billed.setdefault((row[5], row[6]), []).append(item)


def _rebate(
    life: Life,
    days: tuple[date, date],
    item: Billed,
    back: Mapping[int, Decimal],
    by_hand: Mapping[int, Decimal],
) -> None:
    """Attach a discount that was billed, turned to what it took off."""
    left = -(item.amount + back.get(item.id, ZERO) - by_hand.get(item.line_id, ZERO))
    if life.rebated is None:
        life.rebated = {}
    life.rebated.setdefault(days, []).append(
        item._replace(amount=-item.amount, left=left if left > ZERO else ZERO)
    )


def _waiting(payers: Mapping[int, Payer], rows: Rows) -> None:
    """Attach what waits for the next document in the payer's currency (ADJ-1)."""
    for payer_id, number, account, kind, *rest in rows.waiting:
        payer = payers[payer_id]
        start, end, first, last, quantity, price, amount, currency = rest[:8]
        category, gl_code, product, charge, text = rest[8:]
        if currency == payer.currency:
            payer.waiting.append(
                Waiting(
                    number,
                    account,
                    kind,
                    start,
                    end,
                    first,
                    last,
                    quantity,
                    price,
                    amount,
                    category,
                    gl_code,
                    product,
                    charge,
                    text,
                )
            )
