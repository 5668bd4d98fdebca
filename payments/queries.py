"""Payments and receipts: what stands, what is unapplied, what waits for an owner."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet

import ledger.queries
from customers.models import Account
from foundation import sql
from foundation.integrity import Check, Finding
from ledger.models import JournalEntry
from payments.models import Payment, PaymentQuerySet, PaymentReversal, UnidentifiedReceipt
from payments.models.payment import PAYMENT, REVERSAL
from payments.rules.matching import Book, squeeze, squeezed_documents
from receivables.choices import Side
from receivables.models import OpenItem

ZERO = Decimal(0)
BATCH = "receivables.allocationbatch"
RECEIPT = "payments.unidentifiedreceipt"


@dataclass(frozen=True, slots=True)
class Use:
    """What became of a payment (I-3): the parts always add up to its amount."""

    amount: Decimal
    allocated: Decimal
    unapplied: Decimal
    reversed: Decimal


@dataclass(frozen=True, slots=True)
class CashLine:
    """Receipts of one clearing account, tender and currency in a span of days (R3)."""

    clearing_account: str
    tender: str
    currency: str
    received: Decimal
    allocated: Decimal
    unapplied: Decimal
    unidentified: Decimal
    reversed: Decimal


def credit_item_of(payment: Payment) -> OpenItem:
    """Return the open item that holds the payment's credit."""
    return OpenItem.objects.of_document(PAYMENT, payment.pk).get(side=Side.CREDIT)


def credit_items_of(payment_ids: Iterable[int]) -> dict[int, int]:
    """Return the credit item's id of each payment."""
    items = OpenItem.objects.filter(
        source_type=PAYMENT, source_id__in=list(payment_ids), side=Side.CREDIT
    )
    return dict(items.values_list("source_id", "pk"))


def use_of(payment: Payment) -> Use:
    """Tell what became of a payment: allocated, unapplied, reversed (I-3)."""
    item = credit_item_of(payment)
    amount = payment.amount.amount
    taken_back = amount if payment.is_reversed else ZERO
    return Use(
        amount=amount,
        allocated=amount - item.open - taken_back,
        unapplied=item.open,
        reversed=taken_back,
    )


def entries_of(payment: Payment, batch_ids: Iterable[int]) -> QuerySet[JournalEntry]:
    """Return every journal entry of a payment: receipt, allocations, reversal, in order."""
    sources = Q(source_type=PAYMENT, source_id=payment.pk)
    sources |= Q(source_type=BATCH, source_id__in=set(batch_ids))
    reversal = PaymentReversal.objects.filter(payment=payment).first()
    if reversal is not None:
        sources |= Q(source_type=REVERSAL, source_id=reversal.pk)
    receipt = UnidentifiedReceipt.objects.filter(payment=payment).first()
    if receipt is not None:
        sources |= Q(source_type=RECEIPT, source_id=receipt.pk)
    return JournalEntry.objects.filter(sources).order_by("pk")


def first_entry_of(receipt: UnidentifiedReceipt) -> JournalEntry | None:
    """Return the entry that a receipt posted when it came in (J14)."""
    return (
        JournalEntry.objects.filter(source_type=RECEIPT, source_id=receipt.pk)
        .order_by("pk")
        .first()
    )


def payments_of(payer_id: int) -> PaymentQuerySet:
    """Return a payer's payments with what is unapplied, the latest first."""
    return (
        Payment.objects.filter(payer_id=payer_id)
        .select_related("tender")
        .with_unapplied()
        .order_by("-received_on", "-pk")
    )


def waiting_receipts(entity_id: int | None = None) -> QuerySet[UnidentifiedReceipt]:
    """Return the receipts without an owner, the longest waiting first."""
    waiting = UnidentifiedReceipt.objects.waiting().select_related("tender", "likely_payer")
    if entity_id is not None:
        waiting = waiting.filter(entity_id=entity_id)
    return waiting.order_by("received_on", "pk")


def known_external_ids(
    *, entity_id: int, tender_id: int, external_ids: Iterable[str]
) -> frozenset[str]:
    """Return those of the ids that were recorded before, as payment or as receipt (PAY-10)."""
    wanted = {external_id for external_id in external_ids if external_id}
    if not wanted:
        return frozenset()
    known: set[str] = set()
    for model in (Payment, UnidentifiedReceipt):
        found = model._default_manager.filter(
            entity_id=entity_id, tender_id=tender_id, external_id__in=wanted
        )
        known.update(found.values_list("external_id", flat=True))
    return frozenset(known)


def matching_book(
    *,
    entity_id: int,
    currency: str,
    payers: Iterable[str],
    documents: Iterable[str],
    squeezed: Iterable[str],
    amounts: Iterable[Decimal],
) -> Book:
    """Load what the matching of a whole file needs, in four statements at most (PAY-10)."""
    accounts = Account.objects.filter(number__in=set(payers), entity_id=entity_id)
    debits = OpenItem.objects.debits().filter(entity_id=entity_id, currency=currency)
    owed = debits.unsettled().filter(amount__in=set(amounts))
    by_amount: dict[Decimal, set[int]] = {}
    for amount, payer_id in owed.values_list("open", "payer_id"):
        by_amount.setdefault(amount, set()).add(payer_id)
    numbered = debits.filter(number__in=set(documents)).values_list("number", "payer_id")
    return Book(
        payers=dict(accounts.values_list("number", "pk")),
        documents=_owners(numbered),
        squeezed=_squeezed(debits, set(squeezed)),
        amounts={amount: frozenset(ids) for amount, ids in by_amount.items()},
    )


def _owners(numbered: Iterable[tuple[str, int]]) -> dict[str, int]:
    owners: dict[str, int] = {}
    shared: set[str] = set()
    for number, payer_id in numbered:
        if owners.setdefault(number, payer_id) != payer_id:
            shared.add(number)
    return {number: payer_id for number, payer_id in owners.items() if number not in shared}


def _squeezed(debits: QuerySet[OpenItem], wanted: set[str]) -> dict[str, int]:
    if not wanted:
        return {}
    rows = debits.values_list("number", "payer_id").iterator(chunk_size=5000)
    return squeezed_documents(
        (number, payer) for number, payer in rows if squeeze(number) in wanted
    )


def cash_application(
    *, from_day: date, to_day: date, entities: Collection[int] | None = None
) -> list[CashLine]:
    """Sum receipts by clearing account, tender and currency, both days included (R3)."""
    with connection.cursor() as cursor:
        sql.run(
            cursor,
            "payments",
            "cash_application",
            from_day=from_day,
            to_day=to_day,
            entities=None if entities is None else sorted(entities),
        )
        return [CashLine(*row) for row in cursor.fetchall()]


def _findings(code: str, statement: str, **binds: object) -> list[Finding]:
    """Run a check whose rows are (subject, message, expected, actual)."""
    with connection.cursor() as cursor:
        sql.run(cursor, "payments", statement, **binds)
        return [
            Finding(code, str(subject), message, str(expected), str(actual))
            for subject, message, expected, actual in cursor.fetchall()
        ]


def _uses_add_up() -> list[Finding]:
    return _findings("I-3", "check_uses", payment=PAYMENT, reversal=REVERSAL)


def _numbers_are_dense() -> list[Finding]:
    return ledger.queries.number_gaps("payments_payment", ["RECEIPT"])


def _batches_add_up() -> list[Finding]:
    return _findings("I-19", "check_batches")


def _clearing_agrees() -> list[Finding]:
    return _findings("I-21", "check_clearing")


def _unidentified_agrees() -> list[Finding]:
    return _findings("J14", "check_unidentified")


INTEGRITY: tuple[Check, ...] = (
    Check("I-3", "Every payment is allocated, unapplied or reversed, to the cent", _uses_add_up),
    Check("I-14", "Payments are numbered without a gap", _numbers_are_dense),
    Check("I-19", "Every payment batch is the sum of its payments", _batches_add_up),
    Check("I-21", "Clearing accounts hold the payments that stand", _clearing_agrees),
    Check("J14", "Unidentified receipts are the balance of their account", _unidentified_agrees),
)
