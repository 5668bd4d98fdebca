"""Post the drafts of a chunk of payers: number, receivable, journal, event (BR-7, INV-1, J1, J7).

One transaction a chunk, the counter locked last: whatever fails takes everything back, the
numbers included. A payer whose inputs have changed since the draft is held instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

import ledger.operations
import ledger.queries
import receivables.operations
from foundation.copying import ids
from foundation.money import allocate, quantize
from foundation.sql import run as run_statement
from invoicing.choices import SOURCE, DocumentType, ZeroDocuments
from invoicing.models import BillRun
from invoicing.operations.drafting import make_drafts
from invoicing.operations.frame import Frame
from invoicing.operations.prepaid import Drawn, draw_balances
from invoicing.operations.reading import array, own_rows
from invoicing.operations.telling import tell_posted
from invoicing.operations.writing import NULL, Said, what_is_said
from ledger.choices import Side

ZERO: Final = Decimal(0)
CHANGED: Final = (
    "BR-7: what decides the bill has changed since the draft was made; calculate it again."
)


class Head(NamedTuple):
    """A draft as posting sees it."""

    id: int
    payer_id: int
    entity_id: int
    doc_type: str
    currency: str
    fx_rate: Decimal
    invoice_date: date
    due_date: date
    total: Decimal
    payable: Decimal
    rounding: Decimal
    prepaid: Decimal
    functional: Decimal

    @property
    def event(self) -> str:
        """Return the event of the journal: J1 an invoice, J7 a credit memo."""
        return "J7" if self.doc_type == DocumentType.CREDIT_NOTE else "J1"


class Amount(NamedTuple):
    """What of a document goes to one account, with the dimensions of a tax."""

    account: int
    amount: Decimal
    jurisdiction_id: int | None = None
    tax_type: str = ""


@dataclass(slots=True)
class Posted:
    """What a chunk posted and whom it held."""

    invoice_ids: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


class Accounts:
    """The GL accounts of the sellers, each looked up once per run."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._ids: dict[int, dict[str, int]] = {}
        self._found: dict[tuple[int, str, Side, str], int] = {}
        self._taxes: dict[tuple[int, str, int], tuple[int, str]] = {}

    def of(self, entity_id: int, event: str, side: Side, gl_code: str) -> int:
        """Return the account that an event moves on one side for a GL code."""
        key = (entity_id, event, side, gl_code)
        found = self._found.get(key)
        if found is None:
            name = ledger.queries.posting_account(
                entity_id, event, side, gl_code, self.frame.bill_date
            )
            found = self._found[key] = self._id(entity_id, name)
        return found

    def of_tax(self, entity_id: int, event: str, tax_type_id: int) -> tuple[int, str]:
        """Return account and code of a tax; a pass-through surcharge has its own (TAX-8)."""
        key = (entity_id, event, tax_type_id)
        found = self._taxes.get(key)
        if found is None:
            terms = self.frame.seller(entity_id).tables.types[tax_type_id]
            if terms.gl_number:
                account = self._id(entity_id, terms.gl_number)
            else:
                code = "SURCHARGE" if terms.pass_through else "TAX"
                account = self.of(entity_id, event, _against(event), code)
            found = self._taxes[key] = (account, terms.code)
        return found

    def _id(self, entity_id: int, name: str) -> int:
        if entity_id not in self._ids:
            self._ids[entity_id] = ledger.queries.account_ids(entity_id)
        return self._ids[entity_id][name]


def _against(event: str) -> Side:
    """Return the side on which revenue and tax of an event stand."""
    return Side.DEBIT if event == "J7" else Side.CREDIT


def post_chunk(
    cursor: CursorWrapper,
    frame: Frame,
    accounts: Accounts,
    payer_ids: Sequence[int],
    actor_id: int | None,
) -> Posted:
    """Post the drafts of these payers.

    Inputs are compared as they are at the moment of the run's posting, the same for all payers.

    Locks: none but the rows it writes, then period and counter, in the order of entities.
    """
    posted = Posted()
    changed = _changed(cursor, frame, payer_ids)
    heads = _heads(cursor, frame.run_id, [one for one in payer_ids if one not in changed])
    drawn, spent = draw_balances(cursor, frame, [head for head in heads if head.prepaid])
    if changed or spent:
        posted.held = sorted(changed | spent)
        run_statement(
            cursor,
            "invoicing",
            "hold_accounts",
            run_id=frame.run_id,
            payers=posted.held,
            reason=CHANGED,
        )
        payer_ids = [one for one in payer_ids if one not in posted.held]
        heads = [head for head in heads if head.payer_id not in spent]
    zero = frame.cycle.zero_documents == ZeroDocuments.SUPPRESS
    issued = [
        head for head in heads if not (zero and head.payable == ZERO and head.prepaid == ZERO)
    ]
    _post_journal(cursor, accounts, issued, actor_id, drawn)
    with_number = {head.payer_id for head in issued}
    run_statement(
        cursor,
        "invoicing",
        "post_accounts",
        run_id=frame.run_id,
        payers=array(payer_ids),
        states=["POSTED" if one in with_number else "SUPPRESSED" for one in payer_ids],
    )
    numbers = _draw(issued)
    run_statement(
        cursor,
        "invoicing",
        "post_documents",
        invoices=array([head.id for head in heads]),
        numbers=[numbers.get(head.id) for head in heads],
        actor_id=actor_id,
    )
    receivables.operations.open_items_in_bulk(cursor, _open_items(issued, numbers))
    tell_posted(issued, numbers)
    posted.invoice_ids = [head.id for head in issued]
    return posted


def suspects(run: BillRun, frame: Frame) -> frozenset[int] | None:
    """Return the payers whose inputs may have changed since their drafts; None: anybody's.

    Looked up once for the posting of a run, at its moment; None also when the catalogue or the
    tax tables are not those that the drafts were made by.
    """
    if frame.stamp != run.inputs_stamp:
        return None
    with connection.cursor() as own, frame.moment.cursor(own) as then:
        rows = own_rows(then, "suspects", run_id=run.pk, seen=run.inputs_snapshot or None)
    return frozenset(payer for (payer,) in rows)


def _changed(cursor: CursorWrapper, frame: Frame, payer_ids: Sequence[int]) -> set[int]:
    """Return the payers whose documents would say something else now, of those suspected.

    Their documents are calculated again, at the moment of the posting.
    """
    if frame.suspects is not None:
        payer_ids = [one for one in payer_ids if one in frame.suspects]
    if not payer_ids:
        return set()
    with frame.moment.cursor(cursor) as then:
        drafts, outcomes = make_drafts(then, frame, payer_ids)
    said = [(draft.payer.id, one) for draft in drafts for one in what_is_said(frame, draft)]
    rows = own_rows(
        cursor,
        "overtaken",
        run_id=frame.run_id,
        payers=list(payer_ids),
        of_payers=[payer for payer, _ in said],
        **{name + "s": [getattr(one, name) for _, one in said] for name in Said._fields},
    )
    unbilled = {one.payer_id for one in outcomes if one.state not in ("DRAFTED", "HELD")}
    return unbilled | {payer for (payer,) in rows}


def _heads(cursor: CursorWrapper, run_id: int, payer_ids: Sequence[int]) -> list[Head]:
    return [
        Head(*row)
        for row in own_rows(cursor, "posting_heads", run_id=run_id, payers=list(payer_ids))
    ]


def _amounts(
    cursor: CursorWrapper,
    accounts: Accounts,
    heads: Mapping[int, Head],
    drawn: Mapping[int, Drawn],
) -> dict[int, list[Amount]]:
    """Return what each document credits (a credit memo: debits), by account.

    What balances of money pay of it is debited: what was paid for them, and what was given (J25).
    """
    found: dict[int, dict[tuple[int, int | None, str], Decimal]] = {one: {} for one in heads}
    rows = own_rows(cursor, "posting_amounts", invoices=list(heads))
    for invoice, gl_code, jurisdiction, tax_type, amount in rows:
        head = heads[invoice]
        if tax_type is None:
            account = accounts.of(head.entity_id, head.event, _against(head.event), gl_code)
            key: tuple[int, int | None, str] = (account, None, "")
        else:
            account, code = accounts.of_tax(head.entity_id, head.event, tax_type)
            key = (account, jurisdiction, code)
        sums = found[head.id]
        sums[key] = sums.get(key, ZERO) + amount
    for head in heads.values():
        if head.rounding:
            side = _against(head.event)
            account = accounts.of(head.entity_id, head.event, side, "ROUNDING")
            found[head.id][account, None, ""] = head.rounding
    for invoice, parts in drawn.items():
        for gl_code, amount in parts:
            account = accounts.of(heads[invoice].entity_id, "J25", Side.DEBIT, gl_code)
            found[invoice][account, None, ""] = -amount
    return {
        invoice: [Amount(key[0], amount, key[1], key[2]) for key, amount in sums.items() if amount]
        for invoice, sums in found.items()
    }


def _post_journal(
    cursor: CursorWrapper,
    accounts: Accounts,
    heads: Sequence[Head],
    actor_id: int | None,
    drawn: Mapping[int, Drawn],
) -> None:
    """Post one balanced entry a document (J1, J7), functional amounts shared out exactly."""
    if not heads:
        return
    by_id = {head.id: head for head in heads}
    amounts = _amounts(cursor, accounts, by_id, drawn)
    entries: list[str] = []
    lines: list[str] = []
    actor = NULL if actor_id is None else actor_id
    entry_ids = ids(cursor, "ledger_journalentry", len(heads))
    for entry_id, head in zip(entry_ids, heads, strict=True):
        entries.append(
            f"{entry_id}\t{head.entity_id}\t{SOURCE}\t{head.id}\t{head.event}\t"
            f"{head.invoice_date}\t{head.currency}\t{head.fx_rate}\t{actor}\n"
        )
        own = accounts.frame.seller(head.entity_id).functional_currency
        is_invoice = head.event == "J1"
        side = Side.DEBIT if is_invoice else Side.CREDIT
        receivable = accounts.of(head.entity_id, head.event, side, "")
        if head.payable or not head.prepaid:
            lines.append(
                _line(entry_id, receivable, head, head.payable, head.functional, debit=is_invoice)
            )
        parts = amounts[head.id]
        functional = (
            [one.amount for one in parts]
            if own == head.currency
            else _shared(head.functional, [one.amount for one in parts], own, head.fx_rate)
        )
        for one, worth in zip(parts, functional, strict=True):
            lines.append(
                _line(entry_id, one.account, head, one.amount, worth, debit=not is_invoice, of=one)
            )
    ledger.operations.post_in_bulk(cursor, entries=_joined(entries), lines=_joined(lines))


def _line(
    entry_id: int,
    account: int,
    head: Head,
    amount: Decimal,
    functional: Decimal,
    *,
    debit: bool,
    of: Amount | None = None,
) -> str:
    """Write a journal line; a negative amount stands on the other side."""
    if amount < ZERO:
        amount, functional, debit = -amount, -functional, not debit
    sides = f"{amount}\t0\t{functional}\t0" if debit else f"0\t{amount}\t0\t{functional}"
    place = NULL if of is None or of.jurisdiction_id is None else of.jurisdiction_id
    return (
        f"{entry_id}\t{account}\t{head.currency}\t{sides}\t{NULL}\t{head.payer_id}\t{NULL}\t"
        f"{place}\t{'' if of is None else of.tax_type}\n"
    )


def _shared(
    total: Decimal, amounts: Sequence[Decimal], currency: str, rate: Decimal
) -> list[Decimal]:
    """Share a converted total over amounts, so that rounding never unbalances an entry (NUM-2)."""
    if all(one > ZERO for one in amounts):
        return allocate(total, amounts, currency)
    worth = [quantize(one * rate, currency) for one in amounts]
    largest = max(range(len(worth)), key=lambda at: abs(worth[at]))
    worth[largest] += total - sum(worth, ZERO)
    return worth


def _draw(heads: Sequence[Head]) -> dict[int, str]:
    """Draw the numbers, series by series, last of all (INV-1)."""
    series: dict[tuple[int, str, date], list[int]] = {}
    for head in heads:
        key = (head.entity_id, head.doc_type, head.invoice_date)
        series.setdefault(key, []).append(head.id)
    found: dict[int, str] = {}
    for (entity_id, doc_type, on_date), invoices in sorted(series.items()):
        numbers = ledger.operations.draw_numbers(
            entity_id=entity_id, doc_type=doc_type, on_date=on_date, count=len(invoices)
        )
        found.update(zip(invoices, numbers, strict=True))
    return found


def _open_items(heads: Iterable[Head], numbers: Mapping[int, str]) -> Iterable[str]:
    """Write the receivable of an invoice, or the credit of a credit memo (AR-1, INV-3)."""
    rows = []
    for head in heads:
        side = "D" if head.event == "J1" else "C"
        amount, functional = head.payable, head.functional
        rows.append(
            f"{head.payer_id}\t{head.entity_id}\t{SOURCE}\t{head.id}\t{numbers[head.id]}\t{side}\t"
            f"{head.invoice_date}\t{head.due_date}\t{head.currency}\t{amount}\t{amount}\t0\t"
            f"{head.fx_rate}\t{functional}\t{functional}\n"
        )
    return _joined(rows)


def _joined(rows: list[str], size: int = 500) -> Iterable[str]:
    for start in range(0, len(rows), size):
        yield "".join(rows[start : start + size])
