"""Turn the rows of a chunk into payers with everything that decides what they are billed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from foundation.copying import escape
from invoicing.operations.reading import (
    NULL,
    Rows,
    Window,
    columns,
    fetch,
    fetch_previous,
    fetch_usage,
    stamps,
)
from invoicing.rules.charging import Life, Usage
from invoicing.rules.difference import Billed
from invoicing.rules.prices import ContractTerms
from invoicing.rules.timeline import FOREVER, Segment
from tax.rules import Exemption

ZERO = Decimal(0)


class Owner(NamedTuple):
    """An account that a payer pays for; `place` is its rank among them, the payer first."""

    id: int
    place: int
    cost_centre: str
    book_id: int | None
    place_id: int | None


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
    stamp: int = 0
    owners: dict[int, Owner] = field(default_factory=dict)
    lives: list[tuple[int, Life]] = field(default_factory=list)
    contracts: dict[int, list[ContractTerms]] = field(default_factory=dict)
    exemptions: dict[int, list[Exemption]] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    previous_total: Decimal | None = None
    previous_tax: Decimal = ZERO


_days: dict[str, date] = {NULL: FOREVER}
_numbers: dict[str, Decimal] = {}


def day(text: str) -> date:
    """Read an ISO date, each text once; NULL is the end of time."""
    found = _days.get(text)
    if found is None:
        found = _days[text] = date.fromisoformat(text)
    return found


def number(text: str) -> Decimal:
    """Read a number, common texts once."""
    found = _numbers.get(text)
    if found is None:
        found = Decimal(text)
        if len(_numbers) < 100_000:
            _numbers[text] = found
    return found


def _maybe(text: str) -> int | None:
    return None if text == NULL else int(text)


def _text(text: str) -> str:
    """Read free text that COPY has escaped."""
    if "\\" not in text:
        return text
    if text == NULL:
        return ""
    out, escaped = [], False
    for char in text:
        if escaped:
            out.append({"t": "\t", "n": "\n", "r": "\r"}.get(char, char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            out.append(char)
    return "".join(out)


def read_chunk(
    cursor: CursorWrapper, payer_ids: Sequence[int], window: Window
) -> dict[int, Payer]:
    """Return the payers with their inputs; the number of statements does not depend on them."""
    rows = fetch(cursor, payer_ids, window)
    payers = {payer.id: payer for payer in (_payer(row) for row in columns(rows.payers))}
    for payer_id, stamp in stamps(rows).items():
        payers[payer_id].stamp = stamp
    memberships = _members(payers, rows, window)
    lives = _lives(payers, memberships, rows)
    payers_of: dict[int, list[Payer]] = {}
    for owner_id, payer_id, _, _ in memberships:
        payers_of.setdefault(owner_id, []).append(payers[payer_id])
    _contracts(payers_of, rows)
    _exemptions(payers_of, rows)
    _billed_items(lives, rows)
    _usage(lives, fetch_usage(cursor, rows, window))
    _waiting(payers, rows)
    for payer_id_text, total, tax in columns(fetch_previous(cursor, payer_ids)):
        payer = payers[int(payer_id_text)]
        payer.previous_total, payer.previous_tax = number(total), number(tax)
    return payers


def _payer(row: list[str]) -> Payer:
    return Payer(
        id=int(row[0]),
        entity_id=int(row[10]),
        currency=row[11],
        zone=row[12],
        cycle_day=int(row[14]),
        cycle_months=int(row[15]),
        customer_kind="CONSUMER" if row[6] == "PERSON" else "BUSINESS",
        vat_ok=row[9] == "t",
        terms_kind=row[17],
        terms_days=int(row[18]),
        language=row[19],
        po_number=row[21],
        segment=_text(row[7]),
        book_id=_maybe(row[24]),
        bill_to=_maybe(row[31]),
        buyer=_buyer(row),
    )


def _buyer(row: list[str]) -> str:
    """Write the buyer as a document shows it, as JSON ready for COPY."""
    town = f"{_text(row[28])} {_text(row[27])}".strip()
    lines = [_text(row[25]), _text(row[26]), town, _text(row[29]), _text(row[30])]
    facts = {
        "name": _text(row[5]),
        "account": _text(row[1]),
        "account_name": _text(row[2]),
        "customer": _text(row[4]),
        "vat_id": _text(row[8]),
        "country": _text(row[30]),
        "lines": [one for one in lines if one],
    }
    return escape(json.dumps(facts, ensure_ascii=False, separators=(",", ":")))


def _members(
    payers: Mapping[int, Payer], rows: Rows, window: Window
) -> list[tuple[int, int, date, date]]:
    """Note the owners of today; return (owner, payer, from, to) over the look-back (HIER-6)."""
    for row in columns(rows.members):
        payer, owner_id = payers[int(row[0])], int(row[1])
        payer.owners[owner_id] = Owner(
            owner_id, len(payer.owners), row[9], _maybe(row[12]), _maybe(row[13])
        )
    found = []
    for row in columns(rows.membership):
        payer, owner_id = payers[int(row[0])], int(row[1])
        if owner_id not in payer.owners:  # it left the payer inside the look-back
            payer.owners[owner_id] = Owner(owner_id, len(payer.owners), "", None, payer.bill_to)
        start, end = day(row[2]), day(row[3])
        found.append(
            (
                owner_id,
                payer.id,
                date.min if start <= window.since else start,
                FOREVER if end > window.bill_date else end,
            )
        )
    return found


def _lives(
    payers: Mapping[int, Payer], memberships: list[tuple[int, int, date, date]], rows: Rows
) -> dict[int, list[Life]]:
    """Build the timelines; a charge whose owner changed payers lives once with each of them."""
    of_account: dict[int, list[tuple[int, date, date]]] = {}
    for owner_id, payer_id, start, end in memberships:
        of_account.setdefault(owner_id, []).append((payer_id, start, end))
    lives: dict[int, list[Life]] = {}
    last, current = "", []
    for row in columns(rows.segments):
        if row[3] != last:
            last = row[3]
            current = lives[int(last)] = []
            owner_id = int(row[0])
            anchor, price_day, place = (
                day(row[7] if row[5] == NULL else row[5]),
                None,
                _maybe(row[18]),
            )
            if row[13] == "LOCKED_START":
                price_day = anchor
            elif row[13] == "LOCKED_TERM" and row[16] != NULL:
                price_day = day(row[16])
            for payer_id, start, end in of_account[owner_id]:
                life = Life(int(last), owner_id, anchor, [], start, end, None, price_day, place)
                current.append(life)
                payers[payer_id].lives.append((int(row[4]), life))
        override = None if row[10] == NULL else number(row[10])
        segment = Segment(day(row[7]), day(row[8]), number(row[9]), override, row[11])
        for life in current:
            life.segments.append(segment)
    return lives


def _contracts(payers_of: Mapping[int, list[Payer]], rows: Rows) -> None:
    """Attach agreed prices, nearest node first (PRC-2)."""
    for row in columns(rows.contracts):
        terms = ContractTerms(
            int(row[2]),
            _maybe(row[3]) or 0,
            _maybe(row[4]) or 0,
            date.min if row[9] == NULL else day(row[9]),
            day(row[10]),
            None if row[7] == NULL else number(row[7]),
            None if row[8] == NULL else number(row[8]),
        )
        for payer in payers_of.get(int(row[0]), ()):
            if payer.currency == row[5]:
                payer.contracts.setdefault(int(row[0]), []).append(terms)


def _exemptions(payers_of: Mapping[int, list[Payer]], rows: Rows) -> None:
    """Attach approved certificates (TAX-6)."""
    for row in columns(rows.exemptions):
        tax_type = _maybe(row[3])
        exemption = Exemption(
            id=int(row[1]),
            starts=date.min if row[6] == NULL else day(row[6]),
            ends=None if row[7] == NULL else day(row[7]),
            share=number(row[5]),
            jurisdictions=frozenset((int(row[2]),)),
            tax_types=None if tax_type is None else frozenset((tax_type,)),
            categories=frozenset((row[4],)) if row[4] else None,
        )
        for payer in payers_of.get(int(row[0]), ()):
            payer.exemptions.setdefault(int(row[0]), []).append(exemption)


def _billed_items(lives: Mapping[int, list[Life]], rows: Rows) -> None:
    """Attach billed items to their charges, with what of each may still be given back (CHG-11)."""
    by_hand = {line_id: number(net) for line_id, net, _ in columns(rows.by_hand)}
    items = [line.split("\t") for line in rows.billed]
    back: dict[str, Decimal] = {}
    for row in items:
        if row[18] != NULL:
            back[row[18]] = back.get(row[18], ZERO) + number(row[15])
    for row in items:
        amount = number(row[15])
        left = amount + back.get(row[3], ZERO) if amount > ZERO else ZERO
        if row[4] in by_hand:
            left -= by_hand[row[4]]
        item = Billed(
            int(row[3]),
            int(row[4]),
            day(row[7]),
            day(row[8]),
            _text(row[9]),
            row[10],
            int(row[11]),
            number(row[12]),
            None if row[13] == NULL else number(row[13]),
            number(row[14]),
            amount,
            left if left > ZERO else ZERO,
            _maybe(row[16]),
            _maybe(row[17]),
            int(row[2]),
        )
        for life in lives.get(int(row[1]), ()):
            life.billed.setdefault((day(row[5]), day(row[6])), []).append(item)


def _usage(lives: Mapping[int, list[Life]], lines: list[str]) -> None:
    for charge, on_date, key, quantity, amount, service in columns(lines):
        for life in lives.get(int(charge), ()):
            life.usage.append(
                Usage(
                    day(on_date),
                    _text(key),
                    Decimal(quantity),
                    ZERO if amount == NULL else Decimal(amount),
                    _maybe(service),
                )
            )


def _waiting(payers: Mapping[int, Payer], rows: Rows) -> None:
    """Attach what waits for the next document in the payer's currency (ADJ-1)."""
    for row in columns(rows.waiting):
        payer = payers[int(row[0])]
        if row[11] != payer.currency:
            continue
        payer.waiting.append(
            Waiting(
                int(row[1]),
                int(row[2]),
                row[3],
                day(row[4]),
                day(row[5]),
                day(row[6]),
                day(row[7]),
                number(row[8]),
                None if row[9] == NULL else number(row[9]),
                number(row[10]),
                row[12],
                row[13],
                int(row[14]),
                int(row[15]),
                _text(row[16]),
            )
        )
