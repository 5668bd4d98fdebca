"""Verbs of payments."""

from __future__ import annotations

from decimal import Decimal

import payments.operations
import receivables.operations
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb
from payments.choices import ReversalKind
from payments.models import TenderType
from payments.operations import CannotReversePayment
from receivables.models import OpenItem
from receivables.rules.allocation import Advice


@verb("payment.record")
def record(
    scene: Scene,
    *,
    account: str,
    amount: Decimal,
    as_: str = "",
    tender: str = "WIRE",
    currency: str = "",
    settles: dict[str, Decimal] | None = None,
    apply: bool = True,
) -> None:
    """Record money received; it settles the oldest debts, or the documents `ACCOUNT DATE`."""
    payer = scene.account(account)
    remittance = [
        Advice(scene.document(name).number or "", part or None)
        for name, part in (settles or {}).items()
    ]
    payment = payments.operations.record_payment(
        payer=payer,
        amount=amount,
        currency=currency or payer.currency,
        tender=TenderType.objects.get(code=tender),
        received_on=scene.day,
        external_id=f"scenario {scene.seconds}",
        remittance=remittance,
        apply=apply,
        actor=scene.cast.cash,
    )
    if as_:
        scene.payments[as_] = payment


@verb("payment.reverse")
def reverse(
    scene: Scene, *, payment: str, kind: str = "RETURNED", reason: str = "returned by the bank"
) -> None:
    """Take a payment back; what it settled is owed again (AR-4)."""
    if kind not in ReversalKind.values:
        raise CannotReversePayment(f"{kind} is none of {', '.join(ReversalKind.values)}")
    payments.operations.reverse_payment(
        payment_id=scene.payment(payment).pk,
        kind=ReversalKind(kind),
        reversed_on=scene.day,
        reason=reason,
        actor=scene.cast.cash,
    )


@verb("payment.apply")
def apply_(scene: Scene, *, account: str) -> None:
    """Settle the oldest debts with all that is held for an account (AR-2)."""
    payer = scene.account(account)
    receivables.operations.allocate_oldest(
        payer_id=payer.pk, currency=payer.currency, on_date=scene.day, actor=None
    )


@verb("item.dispute")
def dispute(scene: Scene, *, document: str, amount: Decimal) -> None:
    """Mark part of a document as disputed: payments pass it by (AR-3)."""
    item = OpenItem.objects.get(number=scene.document(document).number, side="D")
    receivables.operations.set_disputed(
        item_id=item.pk,
        amount=amount,
        on_date=scene.day,
        reason="customer disputes it",
        actor=None,
    )
