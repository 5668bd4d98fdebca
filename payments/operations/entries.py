"""The steps that every recorded payment goes through, whichever way it came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import customers.queries
import ledger.operations
import ledger.queries
import receivables.operations
from customers.models import Account
from foundation.errors import Refusal
from foundation.money import quantize
from foundation.periods import local_date
from ledger.choices import RateKind, Side
from ledger.models import LegalEntity
from ledger.rules.entries import EntryLine
from payments.models import Payment, RemittanceLine, TenderType
from payments.models.payment import PAYMENT
from payments.queries import known_external_ids
from receivables.models import OpenItem
from receivables.rules.allocation import Advice

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO = Decimal(0)
IDENTIFIED = "IDENTIFIED"
CODES = {"J13": "", "J14": IDENTIFIED}
"""How the posting rules call the two ways in which a payment becomes a credit."""


class CannotRecordPayment(Refusal):
    """The payment cannot be taken as it was given."""

    rule = "J13"


def payer_of(account: Account, on_date: date) -> Account:
    """Return who pays for an account on a day: itself, or the payer above it (HIER-2)."""
    payer_id = customers.queries.payer_of(account_id=account.pk, on_date=on_date)
    if payer_id is None or payer_id == account.pk:
        return account
    return Account.objects.get(pk=payer_id)


def require_takeable(*, amount: Decimal, currency: str, tender: TenderType) -> None:
    """Refuse an amount that is no money, and a tender that is out of use."""
    require_money(amount, currency)
    if not tender.is_active:
        raise CannotRecordPayment(f"The tender {tender.name} is out of use.")


def require_received(entity: LegalEntity, received_on: date, as_of: datetime) -> None:
    """Refuse money said to come on a later day than today, where the entity is or by UTC (PAY-10).

    By UTC as well, because that is the day that the console proposes.
    """
    here = local_date(as_of, ZoneInfo(entity.time_zone))
    if received_on > max(here, as_of.astimezone(UTC).date()):
        raise CannotRecordPayment(
            f"Money that comes after {here} has not been received yet: record it on the day it"
            " comes.",
            rule="PAY-10",
            column="received_on",
        )


def require_money(amount: Decimal, currency: str) -> None:
    """Refuse what is not a positive amount in whole minor units."""
    if amount <= 0 or amount != quantize(amount, currency):
        raise CannotRecordPayment(
            f"{amount} {currency} is not a positive amount in whole minor units."
        )


def require_own_currency(payer: Account, currency: str) -> None:
    """Refuse a payment in another currency than the payer's (AR-8 is not in force yet)."""
    if currency != payer.currency:
        raise CannotRecordPayment(
            f"Account {payer.number} is kept in {payer.currency}; a payment in {currency} would"
            " have to be converted (AR-8), which this version does not do. Exchange it first,"
            f" then record {payer.currency}.",
            rule="AR-8",
        )


def require_unknown(*, entity_id: int, tender: TenderType, external_id: str) -> None:
    """Refuse an external id that has been recorded, as a payment or without an owner (PAY-10)."""
    if known_external_ids(entity_id=entity_id, tender_id=tender.pk, external_ids=[external_id]):
        raise CannotRecordPayment(
            f"{tender.name} {external_id} has been recorded already.", rule="PAY-10"
        )


def rate_of(entity_id: int, currency: str, on_date: date) -> Decimal:
    """Return the entity's currency per 1 of this one: 1 at home, else the day's spot rate."""
    own = LegalEntity.objects.values_list("functional_currency", flat=True).get(pk=entity_id)
    if own == currency:
        return Decimal(1)
    return ledger.queries.fx_rate(currency, own, RateKind.SPOT, on_date)


def write_payment(
    *,
    payer: Account,
    amount: Decimal,
    currency: str,
    tender: TenderType,
    clearing_account: str,
    received_on: date,
    fx_rate: Decimal,
    external_id: str,
    reference: str,
    remittance: Sequence[Advice],
    actor: User | None,
    request_key: str = "",
) -> Payment:
    """Write the payment's row under the next number, with what the payer said it is for."""
    number = ledger.operations.draw_numbers(
        entity_id=payer.entity_id, doc_type="RECEIPT", on_date=received_on, count=1
    )[0]
    payment = Payment.objects.create(
        number=number,
        entity_id=payer.entity_id,
        payer=payer,
        tender=tender,
        clearing_account=clearing_account,
        received_on=received_on,
        currency=currency,
        amount=amount,
        fx_rate=fx_rate,
        external_id=external_id,
        reference=reference,
        request_key=request_key,
        recorded_by=actor,
    )
    RemittanceLine.objects.bulk_create(
        RemittanceLine(
            payment=payment,
            sequence=sequence,
            number=line.number,
            currency=currency,
            amount=line.amount,
        )
        for sequence, line in enumerate(remittance, start=1)
    )
    return payment


def open_and_post(
    payment: Payment, *, doc_date: date, event: str, debit_account: str, actor: User | None
) -> OpenItem:
    """Open the payment's credit item and post its entry against unapplied credits (J13, J14)."""
    item = receivables.operations.open_credit(
        payer_id=payment.payer_id,
        entity_id=payment.entity_id,
        source_type=PAYMENT,
        source_id=payment.pk,
        number=payment.number,
        doc_date=doc_date,
        amount=payment.amount.amount,
        currency=payment.currency,
        fx_rate=payment.fx_rate,
    )
    post(
        source_type=PAYMENT,
        source_id=payment.pk,
        event=event,
        entity=payment.entity,
        on_date=doc_date,
        currency=payment.currency,
        amount=payment.amount.amount,
        fx_rate=payment.fx_rate,
        debit=debit_account,
        credit=account_of(payment.entity_id, event, Side.CREDIT, doc_date, CODES[event]),
        payer_id=payment.payer_id,
        description=f"Payment {payment.number}",
        actor=actor,
    )
    return item


def settle(
    payment: Payment,
    item: OpenItem,
    remittance: Sequence[Advice],
    *,
    on_date: date,
    permission: str,
    actor: User | None,
) -> None:
    """Settle what the payer named, or else the oldest debts; the rest stays unapplied (AR-2)."""
    if remittance:
        receivables.operations.allocate_remittance(
            credit_item_id=item.pk,
            advice=remittance,
            on_date=on_date,
            actor=actor,
            permission=permission,
        )
    else:
        receivables.operations.allocate_oldest(
            payer_id=payment.payer_id,
            currency=payment.currency,
            on_date=on_date,
            credit_item_id=item.pk,
            actor=actor,
            permission=permission,
        )


def account_of(entity_id: int, event: str, side: Side, on_date: date, gl_code: str = "") -> str:
    """Return the account that the entity's posting rules name for an event."""
    return ledger.queries.posting_account(entity_id, event, side, gl_code, on_date)


def post(
    *,
    source_type: str,
    source_id: int,
    event: str,
    entity: LegalEntity,
    on_date: date,
    currency: str,
    amount: Decimal,
    fx_rate: Decimal,
    debit: str,
    credit: str,
    payer_id: int | None,
    description: str,
    actor: User | None,
) -> None:
    """Post a two-line entry of one amount."""
    ledger.operations.post_entry(
        entity=entity,
        source_type=source_type,
        source_id=source_id,
        event=event,
        accounting_date=on_date,
        currency=currency,
        fx_rate=fx_rate,
        lines=[
            EntryLine(account=debit, debit=amount, credit=ZERO, payer_id=payer_id),
            EntryLine(account=credit, debit=ZERO, credit=amount, payer_id=payer_id),
        ],
        description=description,
        actor=actor,
    )


def facts_of(payment: Payment) -> dict[str, str | int]:
    """Return what an event tells about a payment."""
    return {
        "number": payment.number,
        "payer_id": payment.payer_id,
        "amount": str(payment.amount.amount),
        "currency": payment.currency,
        "received_on": payment.received_on.isoformat(),
    }
