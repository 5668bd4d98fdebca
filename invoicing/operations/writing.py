"""Write drafts as ready COPY text: one string a row, five tables, five statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import repeat
from typing import NamedTuple

from django.db import IntegrityError
from django.db.backends.utils import CursorWrapper

from foundation.copying import copy_text, escape, ids
from foundation.errors import Refusal
from foundation.money import quantize
from invoicing.operations.frame import Frame, Seller
from invoicing.operations.inputs import Payer
from invoicing.rules.charging import Life
from invoicing.rules.content import fingerprint, header_text, line_text, plain
from invoicing.rules.difference import Billed, Change
from invoicing.rules.documents import Document, Entry, Line, in_reading_order
from invoicing.rules.due_dates import due_date

NULL = "\\N"
ITEM_COLUMNS = (
    *("id", "run_id", "account_id", "payer_id", "subscription_charge_id", "charge_id"),
    *("product_id", "service_id", "price_version_id", "kind", "origin"),
    *("period_start", "period_end", "segment_start", "segment_end", "usage_key", "price_key"),
    *("generation", "quantity", "unit_price", "factor", "amount_exact", "amount", "currency"),
    *("tax_category", "gl_code", "text", "reverses_id", "line_id", "trace"),
)
RELIEF_COLUMNS = (*ITEM_COLUMNS, "base_item_id", "grant_id")
INVOICE_COLUMNS = (
    *("id", "run_id", "doc_type", "origin", "state", "entity_id", "payer_id", "currency"),
    *("fx_rate", "invoice_date", "tax_date", "due_date", "period_start", "period_end", "net"),
    *("tax", "rounding", "total", "prepaid", "payable", "functional_total", "refers_to_id"),
    *("reason", "po_number", "language", "seller", "buyer", "content_hash"),
)
LINE_COLUMNS = (
    *("id", "invoice_id", "seq", "section", "account_id", "cost_centre", "text", "service_id"),
    *("service_start", "service_end", "quantity", "uom", "unit_price", "net", "tax", "currency"),
    *("tax_category", "gl_code", "product_id", "charge_id", "price_version_id"),
    *("charge_item_id", "original_line_id"),
)
TAX_LINE_COLUMNS = (
    *("line_id", "jurisdiction_id", "tax_type_id", "category", "rate", "basis", "amount"),
    *("amount_reporting", "currency", "exemption_id", "trace"),
)
TAX_TOTAL_COLUMNS = (
    *("invoice_id", "jurisdiction_id", "tax_type_id", "category", "rate", "basis", "amount"),
    *("amount_reporting", "currency", "reason"),
)
IDENTITY = "invoicing_chargeitem_identity"
ZERO = Decimal(0)
KINDS = {"-": "Credit", "+": "Addition", "~": "Taken back"}

_iso: dict[date, str] = {}
_texts: dict[tuple[str, str, str], tuple[str, str]] = {}


def iso(day: date) -> str:
    """Write a date, each date once."""
    found = _iso.get(day)
    if found is None:
        found = _iso[day] = day.isoformat()
    return found


class DraftedElsewhere(Refusal):
    """Another draft of the run holds what this payer is to be billed."""

    rule = "CHG-8"


class Said(NamedTuple):
    """What a document says: the fingerprint of its figures as hex text, and what stands beside."""

    content: str
    due_date: str
    po_number: str
    language: str
    buyer: str


class Draft:
    """The documents of one payer, ready to be written.

    `items` remembers the items that discounts are of, by their change, where there are discounts.
    """

    __slots__ = ("documents", "items", "payer", "seller")

    def __init__(self, payer: Payer, seller: Seller, documents: list[Document]) -> None:
        self.payer = payer
        self.seller = seller
        self.documents = documents
        self.items: dict[int, int] | None = None

    @property
    def total(self) -> Decimal:
        """Return what the documents add to the payer's debt, signed."""
        return sum((one.total for one in self.documents), ZERO)

    @property
    def tax(self) -> Decimal:
        """Return the taxes of the documents, signed."""
        return sum((one.tax for one in self.documents), ZERO)


class Writer:
    """Collects the rows of a chunk and writes them with one COPY a table, children last."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.invoices: list[str] = []
        self.lines: list[str] = []
        self.items: list[str] = []
        self.reliefs: list[str] = []
        self.taxes: list[str] = []
        self.totals: list[str] = []
        self.taken: list[tuple[int, int]] = []
        self.said: list[Said] = []

    def write(self, cursor: CursorWrapper, drafts: Sequence[Draft]) -> None:
        """Give ids to documents and lines, and store everything."""
        documents = sum(len(one.documents) for one in drafts)
        lines = sum(len(doc.lines) for one in drafts for doc in one.documents)
        if not lines:
            return
        invoice_ids = iter(ids(cursor, "invoicing_invoice", documents))
        line_ids = iter(ids(cursor, "invoicing_invoiceline", lines))
        item_ids = iter(ids(cursor, "invoicing_chargeitem", lines))
        for draft in drafts:
            for document in draft.documents:
                self._document(draft, document, next(invoice_ids), line_ids, item_ids)
        copy_text(cursor, "invoicing_invoice", INVOICE_COLUMNS, _blocks(self.invoices))
        copy_text(cursor, "invoicing_invoiceline", LINE_COLUMNS, _blocks(self.lines))
        self._copy_items(cursor)
        if self.reliefs:
            copy_text(cursor, "invoicing_chargeitem", RELIEF_COLUMNS, _blocks(self.reliefs))
        copy_text(cursor, "invoicing_taxline", TAX_LINE_COLUMNS, _blocks(self.taxes))
        copy_text(cursor, "invoicing_taxtotal", TAX_TOTAL_COLUMNS, _blocks(self.totals))
        if self.taken:
            cursor.execute(
                "UPDATE invoicing_chargeitem AS i SET line_id = t.line_id, run_id = %s "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS t(id, line_id) WHERE i.id = t.id",
                [
                    self.frame.run_id,
                    [item for item, _ in self.taken],
                    [line for _, line in self.taken],
                ],
            )

    def _copy_items(self, cursor: CursorWrapper) -> None:
        try:
            copy_text(cursor, "invoicing_chargeitem", ITEM_COLUMNS, _blocks(self.items))
        except IntegrityError as error:
            diagnosis = getattr(error.__cause__, "diag", None)
            if diagnosis is not None and diagnosis.constraint_name == IDENTITY:
                raise DraftedElsewhere(
                    "Charges of this payer stand on another draft: an account was moved since that"
                    " was calculated. Calculate that payer again, then this one."
                ) from error
            raise

    def _document(
        self,
        draft: Draft,
        document: Document,
        invoice_id: int,
        line_ids: Iterator[int],
        item_ids: Iterator[int],
    ) -> None:
        payer, sign = draft.payer, document.sign
        currency = payer.currency
        rate = self.frame.rate(currency, draft.seller.functional_currency)
        said = []
        lines = in_reading_order(document.lines)
        for seq, line in enumerate(lines, start=1):
            said.append(
                self._line(
                    draft, line, sign, seq, invoice_id, next(line_ids), next(item_ids), rate
                )
            )
        for key, (basis, amount) in document.totals.items():
            self.totals.append(
                f"{invoice_id}\t{key[0]}\t{key[1]}\t{key[2]}\t{key[3]}\t{basis * sign}\t"
                f"{amount * sign}\t{self._functional(amount * sign, rate, draft)}\t{currency}\t"
                f"{escape(document.reasons.get(key, ''))}\n"
            )
        self._head(draft, document, invoice_id, rate, said)

    def _head(
        self,
        draft: Draft,
        document: Document,
        invoice_id: int,
        rate: Decimal,
        said: list[str],
    ) -> None:
        payer, seller, frame = draft.payer, draft.seller, self.frame
        sign = document.sign
        net, tax, rounding = document.net * sign, document.tax * sign, document.rounding * sign
        total = net + tax
        payable = total + rounding - document.prepaid
        period = frame.calendar(payer).invoice_period
        today = iso(frame.bill_date)
        due = today
        if document.doc_type == "INVOICE":
            due = iso(due_date(frame.bill_date, payer.terms_kind, payer.terms_days))
        head = header_text(document.doc_type, payer.id, payer.currency, today, net, tax)
        content = fingerprint(head, said).hex()
        self.said.append(Said(content, due, payer.po_number, payer.language, payer.buyer))
        origin = frame.origin if document.refers_to is None else "CORRECTION"
        self.invoices.append(
            f"{invoice_id}\t{frame.run_id}\t{document.doc_type}\t{origin}\tDRAFT\t{seller.id}\t"
            f"{payer.id}\t{payer.currency}\t{rate}\t{today}\t{today}\t{due}\t"
            f"{iso(period.start)}\t{iso(period.end)}\t{net}\t{tax}\t{rounding}\t{total}\t"
            f"{document.prepaid}\t{payable}\t{self._functional(payable, rate, draft)}\t"
            f"{document.refers_to or NULL}\t\t{escape(payer.po_number)}\t{payer.language}\t"
            f"{seller.snapshot}\t{escape(payer.buyer)}\t\\\\x{content}\n"
        )

    def _line(
        self,
        draft: Draft,
        line: Line,
        sign: int,
        seq: int,
        invoice_id: int,
        line_id: int,
        item_id: int,
        rate: Decimal,
    ) -> str:
        """Collect a line with its taxes and its item; return what the fingerprint keeps of it."""
        entry, payer = line.entry, draft.payer
        change, subject, currency = entry.change, entry.subject, payer.currency
        owner = payer.owners[entry.owner_id]
        net = line.net * sign
        tax = ZERO
        for one in line.taxes:
            amount = one.amount * sign
            tax += amount
            self.taxes.append(
                f"{line_id}\t{one.jurisdiction_id}\t{one.tax_type_id}\t{one.category_code}\t"
                f"{one.rate}\t{one.basis * sign}\t{amount}\t"
                f"{self._functional(amount, rate, draft)}\t{currency}\t"
                f"{NULL if one.exemption_id is None else one.exemption_id}\t"
                f"{one.trace or NULL}\n"
            )
        text, written = _text_of(subject.text, change)
        start, end = iso(change.start), iso(change.end)
        quantity = change.quantity * sign if change.factor > ZERO else change.quantity
        service = NULL if change.service_id is None else change.service_id
        version = NULL if change.price_version_id is None else change.price_version_id
        unit = NULL if change.unit_price is None else change.unit_price
        tag = entry.tag
        if isinstance(tag, Life):
            self._item(draft, line, tag, item_id, line_id, written)
            if draft.items is not None:
                self._note_base(draft.items, entry, item_id)
        else:
            item_id = tag  # type: ignore[assignment]  # the id of an item that waited
            self.taken.append((item_id, line_id))
        self.lines.append(
            f"{line_id}\t{invoice_id}\t{seq}\t{subject.section}\t{owner.id}\t{owner.cost_centre}\t"
            f"{written}\t{service}\t{start}\t{end}\t{quantity}\t{subject.uom}\t{unit}\t{net}\t"
            f"{tax}\t{currency}\t{subject.tax_category}\t{subject.gl_code}\t"
            f"{subject.product_id}\t{subject.charge_id}\t{version}\t{item_id}\t"
            f"{NULL if line.original is None else line.original.line_id}\n"
        )
        return line_text(owner.id, text, start, end, quantity, net, tax)

    def _item(
        self, draft: Draft, line: Line, life: Life, item_id: int, line_id: int, written: str
    ) -> None:
        entry = line.entry
        change, subject, period = entry.change, entry.subject, entry.period
        self.items.append(
            f"{item_id}\t{self.frame.run_id}\t{life.owner_id}\t{draft.payer.id}\t{life.id}\t"
            f"{subject.charge_id}\t{subject.product_id}\t"
            f"{NULL if change.service_id is None else change.service_id}\t"
            f"{NULL if change.price_version_id is None else change.price_version_id}\t"
            f"{subject.kind}\t{_origin(change, life, line)}\t{iso(period.start)}\t"
            f"{iso(period.end)}\t{iso(change.start)}\t{iso(change.end)}\t"
            f"{escape(change.usage_key)}\t{change.price_key}\t{change.generation}\t"
            f"{change.quantity}\t{NULL if change.unit_price is None else change.unit_price}\t"
            f"{change.factor}\t{change.exact}\t{change.amount}\t{draft.payer.currency}\t"
            f"{subject.tax_category}\t{subject.gl_code}\t{written}\t"
            f"{NULL if change.reverses is None else change.reverses.id}\t{line_id}\t"
            f"{NULL if change.trace is None else escape(change.trace)}\n"
        )

    def _note_base(self, items: dict[int, int], entry: Entry, item_id: int) -> None:
        """Remember the item of a change; of a discount tell the item that it is of."""
        if entry.relief is None:
            items[id(entry.change)] = item_id
            return
        base = entry.relief.base
        of = base.id if isinstance(base, Billed) else items[id(base)]
        self.reliefs.append(f"{self.items.pop()[:-1]}\t{of}\t{entry.relief.grant_id}\n")

    def _functional(self, amount: Decimal, rate: Decimal, draft: Draft) -> Decimal:
        if draft.payer.currency == draft.seller.functional_currency:
            return amount
        return quantize(amount * rate, draft.seller.functional_currency)


def what_is_said(frame: Frame, draft: Draft) -> list[Said]:
    """Return what a payer's documents say, without storing them."""
    writer = Writer(frame)
    zeros: Iterator[int] = repeat(0)
    for document in draft.documents:
        writer._document(draft, document, 0, zeros, zeros)
    return writer.said


def _origin(change: Change, life: Life, line: Line) -> str:
    """Say why an item exists: as planned, or as the correction of something billed (CHG-3)."""
    is_usage = line.entry.subject.kind == "USAGE"
    if change.reverses is not None:
        return "RERATE" if is_usage else "BACKDATED"
    period = line.entry.period
    if change.generation or (life.billed and (period.start, period.end) in life.billed):
        return "LATE_USAGE" if is_usage else "BACKDATED"
    return "NORMAL"


def _text_of(text: str, change: Change) -> tuple[str, str]:
    """Return the text of a line, plain and escaped; each combination once."""
    kind = "-" if change.reverses is not None else "+" if change.generation else ""
    if kind == "-" and change.amount > ZERO:
        kind = "~"
    if "{quantity}" in text:
        text = text.replace("{quantity}", plain(abs(change.quantity)))
    key = (text, change.usage_key, kind)
    found = _texts.get(key)
    if found is None:
        if change.usage_key not in ("", "*"):
            text = f"{text} ({change.usage_key.replace(',', ', ')})"
        if kind:
            text = f"{KINDS[kind]}: {text}"
        found = _texts[key] = (text[:200], escape(text[:200]))
    return found


def _blocks(rows: list[str], size: int = 500) -> Iterable[str]:
    """Join rows into pieces of a good size for COPY."""
    for start in range(0, len(rows), size):
        yield "".join(rows[start : start + size])
