"""What of a document's lines and taxes has been given back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When

from audit.models import ReasonCode
from invoicing.choices import (
    CREDIT_REASONS,
    DEBIT_REASONS,
    CreditState,
    DocumentState,
    DocumentType,
    MemoKind,
)
from invoicing.models import ChargeItem, Invoice, InvoiceLine, MemoRequest, TaxLine
from invoicing.rules.crediting import Creditable

ZERO = Decimal(0)
TaxKey = tuple[int, int, int, str, int | None]


def creditable_lines(invoice: Invoice) -> list[Creditable]:
    """Return the document's lines in reading order with what was given back of each (CHG-11).

    Counts credit memos made by hand, corrections of the engine and discounts that came late, on
    another document, once they are posted (DSC-6).
    """
    rows = list(invoice.lines.order_by("seq").values_list("id", "seq", "net", "charge_item_id"))
    bases = _bases([row[3] for row in rows if row[2] < 0 and row[3] is not None], rows)
    back: dict[int, Decimal] = {}
    late = _late_discounts(row[0] for row in rows)
    for line_id, original_id, net, is_credit in _giving_back([row[0] for row in rows], late):
        own = _reduced(line_id, original_id, late)
        back[own] = back.get(own, ZERO) + (net if is_credit else -net)
    return [
        Creditable(line_id, seq, net, back.get(line_id, ZERO), bases.get(line_id))
        for line_id, seq, net, _ in rows
    ]


def _bases(items: list[int], rows: list[tuple[int, int, Decimal, int | None]]) -> dict[int, int]:
    """Return the line of the document that each of its discounts takes something off."""
    if not items:
        return {}
    line_of = {item: line_id for line_id, _, _, item in rows if item is not None}
    found = ChargeItem.objects.filter(pk__in=items, grant_id__isnull=False).values_list(
        "id", "base_item_id"
    )
    return {line_of[item]: line_of[base] for item, base in found if base in line_of}


def _late_discounts(line_ids: Iterable[int]) -> dict[int, int]:
    """Return the lines of other documents that took discounts off these, and off which (CHG-5)."""
    billed = {
        item: (line_id, invoice_id)
        for line_id, invoice_id, item in InvoiceLine.objects.filter(
            pk__in=list(line_ids), charge_item_id__isnull=False
        ).values_list("id", "invoice_id", "charge_item_id")
    }
    bases = dict(
        ChargeItem.objects.filter(
            base_item_id__in=list(billed), reverses_id__isnull=True, line_id__isnull=False
        ).values_list("line_id", "base_item_id")
    )
    posted = InvoiceLine.objects.filter(pk__in=list(bases), invoice__state=DocumentState.POSTED)
    return {
        line_id: billed[bases[line_id]][0]
        for line_id, invoice_id in posted.values_list("id", "invoice_id")
        if invoice_id != billed[bases[line_id]][1]
    }


def _giving_back(
    line_ids: Iterable[int], late: Mapping[int, int]
) -> Iterator[tuple[int, int | None, Decimal, bool]]:
    """Yield what was posted against the lines and their late discounts, and these themselves.

    Each as (line, original line, net, whether a credit memo says so).
    """
    rows = InvoiceLine.objects.filter(
        Q(original_line_id__in=[*line_ids, *late]) | Q(pk__in=list(late)),
        invoice__state=DocumentState.POSTED,
    ).values_list("id", "original_line_id", "net", "invoice__doc_type")
    for line_id, original_id, net, doc_type in rows:
        yield line_id, original_id, net, doc_type == DocumentType.CREDIT_NOTE


def _reduced(line_id: int, original_id: int | None, late: Mapping[int, int]) -> int:
    """Return the line that a late discount, its correction, or any other correction reduces."""
    named = line_id if original_id is None else original_id
    return late.get(named, named)


def taxes_given_back(line_ids: Iterable[int]) -> dict[TaxKey, tuple[Decimal, Decimal]]:
    """Return basis and amount given back, by (line, jurisdiction, tax, category, exemption)."""
    lines = list(line_ids)
    late = _late_discounts(lines)
    found: dict[TaxKey, tuple[Decimal, Decimal]] = {}
    given = {
        line_id: (_reduced(line_id, original_id, late), 1 if is_credit else -1)
        for line_id, original_id, _, is_credit in _giving_back(lines, late)
    }
    for tax in TaxLine.objects.filter(line_id__in=list(given)):
        own, sign = given[tax.line_id]
        key = (own, tax.jurisdiction_id, tax.tax_type_id, tax.category, tax.exemption_id)
        basis, amount = found.get(key, (ZERO, ZERO))
        found[key] = (basis + sign * tax.basis, amount + sign * tax.amount)
    return found


def waiting_memos() -> QuerySet[MemoRequest]:
    """Return the memo requests that wait for a second person, oldest first."""
    return (
        with_reasons(MemoRequest.objects.filter(state=CreditState.PENDING))
        .select_related("invoice", "account", "requester")
        .order_by("id")
    )


def with_reasons(rows: QuerySet[MemoRequest]) -> QuerySet[MemoRequest]:
    """Bring along what the reason of each request says, as `reason_text`."""
    domain = Case(
        When(kind=MemoKind.DEBIT, then=Value(DEBIT_REASONS)), default=Value(CREDIT_REASONS)
    )
    texts = ReasonCode.objects.filter(domain=OuterRef("domain"), code=OuterRef("reason_code"))
    return rows.annotate(domain=domain).annotate(reason_text=Subquery(texts.values("text")))
