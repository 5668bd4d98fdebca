"""Contracts of a node and the prices agreed in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

import audit.operations
from catalog.models import Charge, Product
from customers.choices import ContractPriceKind, ContractState, Renewal
from customers.models import Account, Contract, ContractPrice
from customers.operations.numbers import next_number
from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ContractNotInForce(Refusal):
    """The contract has ended."""

    rule = "PRC-2"


@transaction.atomic
def draft_contract(
    *,
    account: Account,
    valid_from: date,
    actor: User | None,
    valid_to: date | None = None,
    number: str = "",
    document_reference: str = "",
    document_hash: str = "",
    renewal: Renewal = Renewal.NONE,
) -> Contract:
    """Draft a contract of a node for a half-open range of days; it is in force once signed."""
    require(actor, "customers.add_contract")
    require_sight(actor, account)
    if valid_to is not None and valid_to <= valid_from:
        raise Invalid("a contract ends after it starts")
    return Contract.objects.create(
        number=number or next_number("contract"),
        account=account,
        valid=(valid_from, valid_to),
        document_reference=document_reference,
        document_hash=document_hash,
        renewal=renewal,
        created_by=actor,
        updated_by=actor,
    )


@transaction.atomic
def set_contract_price(
    *,
    contract: Contract,
    currency: str,
    actor: User | None,
    charge: Charge | None = None,
    product: Product | None = None,
    unit_price: Decimal | None = None,
    percent_off: Decimal | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> ContractPrice:
    """Agree a price for one charge or all charges of a product, within the contract's days.

    Give either `unit_price` (per unit of quantity) or `percent_off` as a fraction (PRC-4). The
    price that held for the same charge or product ends where the new one starts; nothing in force
    is rewritten.
    """
    require(actor, "customers.set_contract_price")
    if (charge is None) == (product is None):
        raise Invalid("a contract price is for one charge or for one product")
    if (unit_price is None) == (percent_off is None):
        raise Invalid("give a unit price or a discount, not both")
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    if contract.state in {ContractState.EXPIRED, ContractState.TERMINATED}:
        raise ContractNotInForce(f"contract {contract.number} has ended")
    start = valid_from or contract.valid.lower
    end = valid_to or contract.valid.upper
    if start not in contract.valid or (end is not None and end <= start):
        raise Invalid(f"the price must hold within the days of contract {contract.number}")
    _end_earlier(contract, charge, product, currency, start)
    return ContractPrice.objects.create(
        contract=contract,
        account_id=contract.account_id,
        charge=charge,
        product=product,
        currency=currency,
        kind=(
            ContractPriceKind.FIXED if unit_price is not None else ContractPriceKind.PERCENT_OFF
        ),
        unit_price=unit_price,
        percent_off=percent_off,
        valid=(start, end),
        created_by=actor,
        updated_by=actor,
    )


@transaction.atomic
def sign_contract(*, contract: Contract, signed_on: date, actor: User | None) -> Contract:
    """Put a drafted contract and its prices in force; a signed one stays as it is.

    The database refuses it while another contract of the node has a price for the same charge or
    product on one of the days.
    """
    require(actor, "customers.sign_contract")
    row = Contract.objects.select_for_update().get(pk=contract.pk)
    if row.state == ContractState.SIGNED:
        return row
    if row.state != ContractState.DRAFT:
        raise ContractNotInForce(f"contract {row.number} has ended")
    row.state = ContractState.SIGNED
    row.signed_on = signed_on
    row.updated_by = actor
    row.save()
    audit.operations.record_event(
        topic="contract.signed", subject=row, payload={"number": row.number}, actor=actor
    )
    return row


@transaction.atomic
def terminate_contract(*, contract: Contract, on_date: date, actor: User | None) -> Contract:
    """End a signed contract: its prices hold up to and including the day before `on_date`."""
    require(actor, "customers.sign_contract")
    row = Contract.objects.select_for_update().get(pk=contract.pk)
    if row.state != ContractState.SIGNED:
        raise ContractNotInForce(f"contract {row.number} is not in force")
    if on_date not in row.valid or on_date == row.valid.lower:
        raise Invalid(f"contract {row.number} does not run on {on_date}")
    for price in ContractPrice.objects.filter(contract=row).select_for_update():
        if price.valid.lower >= on_date:
            raise Invalid(f"a price agreed from {price.valid.lower} would never hold")
        if price.valid.upper is None or price.valid.upper > on_date:
            price.valid = (price.valid.lower, on_date)
            price.save()
    row.valid = (row.valid.lower, on_date)
    row.updated_by = actor
    row.save()
    return row


def _end_earlier(
    contract: Contract,
    charge: Charge | None,
    product: Product | None,
    currency: str,
    start: date,
) -> None:
    rows = ContractPrice.objects.filter(
        contract=contract,
        charge=charge,
        product=product,
        currency=currency,
        valid__contains=start,
    )
    for row in rows.select_for_update():
        if row.valid.lower < start:
            row.valid = (row.valid.lower, start)
            row.save()
        elif row.in_force:
            raise Invalid(f"a price in force starts on {start} already; agree one for later")
        else:
            row.delete()
