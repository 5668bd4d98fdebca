"""What of a document's lines and taxes has been given back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

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

    Counts credit memos made by hand and corrections of the engine alike, once posted.
    """
    rows = list(invoice.lines.order_by("seq").values_list("id", "seq", "net", "charge_item_id"))
    lines = [row[:3] for row in rows]
    bases = _bases([row[3] for row in rows if row[2] < 0 and row[3] is not None], rows)
    back = dict(
        InvoiceLine.objects.filter(
            original_line_id__in=[line_id for line_id, _, _ in lines],
            invoice__state=DocumentState.POSTED,
        )
        .order_by()
        .values_list("original_line_id")
        .annotate(
            back=Sum(
                Case(
                    When(invoice__doc_type=DocumentType.CREDIT_NOTE, then=F("net")),
                    default=-F("net"),
                )
            )
        )
    )
    return [
        Creditable(line_id, seq, net, back.get(line_id) or ZERO, bases.get(line_id))
        for line_id, seq, net in lines
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


def taxes_given_back(line_ids: Iterable[int]) -> dict[TaxKey, tuple[Decimal, Decimal]]:
    """Return basis and amount given back, by (line, jurisdiction, tax, category, exemption)."""
    credit = Q(line__invoice__doc_type=DocumentType.CREDIT_NOTE)
    rows = (
        TaxLine.objects.filter(
            line__original_line_id__in=list(line_ids), line__invoice__state=DocumentState.POSTED
        )
        .order_by()
        .values_list(
            "line__original_line_id", "jurisdiction_id", "tax_type_id", "category", "exemption_id"
        )
        .annotate(
            basis_back=Sum(Case(When(credit, then=F("basis")), default=-F("basis"))),
            amount_back=Sum(Case(When(credit, then=F("amount")), default=-F("amount"))),
        )
    )
    return {
        (row[0], row[1], row[2], row[3], row[4]): (row[5] or ZERO, row[6] or ZERO) for row in rows
    }


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
