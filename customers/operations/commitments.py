"""Agree with a contract on a least or greatest amount, and let that end (COM-1, COM-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from catalog.models import CommitmentSpec
from customers.choices import ContractState
from customers.models import Contract, ContractCommitment
from foundation.errors import Invalid, Refusal
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotAgreeCommitment(Refusal):
    """The contract cannot promise or cap that amount on those days."""

    rule = "COM-1"


@transaction.atomic
def agree_commitment(
    *,
    contract: Contract,
    spec: CommitmentSpec,
    starts: date,
    ends: date,
    actor: User | None,
    amount: Decimal | None = None,
) -> ContractCommitment:
    """Agree that a signed contract's account reaches, or never exceeds, an amount each window.

    Windows count from `starts`; the account and all below it are measured together.

    Raises: CannotAgreeCommitment; Invalid.
    """
    require(actor, "customers.agree_commitment")
    require_sight(actor, contract.account)
    account = contract.account
    if contract.state != ContractState.SIGNED:
        raise CannotAgreeCommitment(f"contract {contract.number} is not signed")
    if spec.currency != account.currency:
        raise CannotAgreeCommitment(
            f"{spec.code} is in {spec.currency}, account {account.number} is not"
        )
    if ends <= starts:
        raise Invalid("it ends after it starts", rule="COM-1")
    agreed = spec.amount if amount is None else amount
    if agreed <= 0 or agreed != quantize(agreed, spec.currency):
        raise CannotAgreeCommitment(f"{agreed} {spec.currency} is no amount")
    same = ContractCommitment.objects.filter(
        account=account, spec=spec, valid__overlap=DateRange(starts, ends)
    ).first()
    if same is not None:
        raise CannotAgreeCommitment(
            f"{spec.code} was agreed from {same.valid.lower} to {same.valid.upper} already"
        )
    CommitmentSpec.objects.filter(pk=spec.pk, is_used=False).update(is_used=True)
    row = ContractCommitment.objects.create(
        contract=contract,
        account=account,
        spec=spec,
        amount=agreed,
        currency=spec.currency,
        valid=DateRange(starts, ends),
        created_by=actor,
        updated_by=actor,
    )
    _tell("commitment.agreed", row, actor)
    return row


@transaction.atomic
def end_commitment(
    *, commitment: ContractCommitment, on_date: date, actor: User | None
) -> ContractCommitment:
    """End a commitment earlier: its last window ends that day, promised by days where it says so.

    Raises: CannotAgreeCommitment.
    """
    require(actor, "customers.agree_commitment")
    require_sight(actor, commitment)
    row = ContractCommitment.objects.select_for_update(of=("self",)).get(pk=commitment.pk)
    if not row.valid.lower < on_date < row.valid.upper:
        raise CannotAgreeCommitment("it can only end earlier, and after it has begun")
    row.valid = DateRange(row.valid.lower, on_date)
    row.updated_by = actor
    row.save()
    _tell("commitment.ended", row, actor)
    return row


def _tell(topic: str, row: ContractCommitment, actor: User | None) -> None:
    audit.operations.record_event(
        topic=topic,
        subject=row,
        payload={
            "account": row.account.number,
            "commitment": row.spec.code,
            "amount": str(row.amount),
            "from": str(row.valid.lower),
            "to": str(row.valid.upper),
        },
        actor=actor,
    )
