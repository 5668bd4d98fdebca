"""Waive or reduce what the next bill charges, before it is posted (ADJ-1, J11).

An adjustment is a discount of one full period of a charge, or of one bill: the run's own code
takes it off, previews show it, and whoever leaves later gets back what was paid, never what was
waived. No journal entry is made, since nothing was owed yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction

import audit.queries
import catalog.operations
import customers.operations
import invoicing.queries
from catalog.choices import DiscountKind, DiscountLevel
from catalog.models import DiscountDef
from customers.models import Account, GrantedDiscount, SubscriptionCharge
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight
from invoicing.choices import CREDIT_REASONS
from invoicing.operations.next_invoices import (
    NextInvoice,
    Piece,
    bill_date_after,
    calculated,
    cycle_of,
    payer_for,
    rhythm_of,
)
from invoicing.operations.previewing import Preview

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

ADJUST: Final = customers.operations.ADJUST
ALL: Final = Decimal(1)
LONG_AGO: Final = date(2000, 1, 1)


class CannotAdjustBill(Refusal):
    """The next bill cannot be waived or reduced so."""

    rule = "ADJ-1"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is to come off: a share (1 is all) or a net amount, of a piece or of the whole bill."""

    piece: Piece | None = None
    share: Decimal | None = None
    amount: Decimal | None = None


def preview_adjustment(
    *, account: Account, asked: Adjustment, as_of: date, actor: User | None
) -> Preview:
    """Return the next invoice of whoever pays for the account, without and with an adjustment.

    Nothing is kept.

    Raises: Forbidden; CannotPreview; CannotAdjustBill; customers.operations.CannotGrantDiscount.
    """
    require(actor, ADJUST)
    require_sight(actor, account)
    payer = payer_for(account.pk, as_of)
    before = calculated(payer, bill_date_after(payer, as_of))
    with transaction.atomic():
        _grant(payer, before, asked, worth=Decimal(0), reason="", actor=actor, asks=False)
        after = calculated(payer, before.bill_date)
        transaction.set_rollback(True)
    if after.net >= before.net:
        raise CannotAdjustBill("it takes nothing off the next bill")
    return Preview(before, after)


@transaction.atomic
def adjust_next_bill(
    *,
    account: Account,
    asked: Adjustment,
    reason_code: str,
    comment: str = "",
    as_of: date,
    actor: User | None,
) -> GrantedDiscount:
    """Take a share or an amount off a charge of the next bill, or off the whole of it (ADJ-1).

    What it takes off as things stand is held against the limit of the actor: above it a second
    person approves, and until then nothing comes off. A draft in review is held until it is
    calculated again.

    Raises: what `preview_adjustment` raises.
    """
    payer = payer_for(account.pk, as_of)
    advisory_lock("payer", payer.pk)
    seen = preview_adjustment(account=payer, asked=asked, as_of=as_of, actor=actor)
    return _grant(
        payer,
        seen.before,
        asked,
        worth=seen.before.net - seen.after.net,
        reason=_said(reason_code, comment),
        actor=actor,
    )


@transaction.atomic
def take_adjustment_back(*, grant: GrantedDiscount, actor: User | None) -> GrantedDiscount:
    """Let an adjustment never have been, while no posted document bears it.

    Also one that still waits for a second person: its request ends as withdrawn.

    Raises: Forbidden; CannotAdjustBill; customers.operations.CannotGrantDiscount.
    """
    require(actor, ADJUST)
    advisory_lock("payer", payer_for(grant.account_id, grant.valid.lower).pk)
    document = invoicing.queries.document_of_adjustment(grant_id=grant.pk)
    if document is not None:
        raise CannotAdjustBill(f"it is on {document} already; what is missing is a debit memo")
    return customers.operations.take_back_adjustment(grant=grant, actor=actor)


def adjustable(invoice: NextInvoice) -> dict[Piece, tuple[str, Decimal]]:
    """Return what of a next invoice can be waived or reduced: its text, and what it costs net."""
    found: dict[Piece, tuple[str, Decimal]] = {}
    for line in invoice.lines:
        if line.piece is not None:
            text, net = found.get(line.piece, (line.text, Decimal(0)))
            found[line.piece] = (text, net + line.net)
    return found


def waiting_adjustments(*, invoice: NextInvoice, account_id: int) -> QuerySet[GrantedDiscount]:
    """Return what comes off a next invoice, or will once approved, and no document bears yet.

    Of the account, of its payer and of all whose charges the invoice bears, as far back as a run
    looks.
    """
    payer = Account.objects.get(pk=invoice.payer_id)
    rhythm, cycle = rhythm_of(payer), cycle_of(payer)
    since = rhythm.boundary(rhythm.number(invoice.bill_date) - 1 - cycle.rebill_periods)
    accounts = {account_id, payer.pk, *(one.account_id for one in invoice.lines)}
    return invoicing.queries.adjustments_waiting(account_ids=accounts, since=since)


def piece_of(invoice: NextInvoice, charge_id: int, start: date | None = None) -> Piece:
    """Return the full period of a charge that a next invoice bills, the only one or that named.

    Raises: CannotAdjustBill.
    """
    mine = [
        one
        for one in adjustable(invoice)
        if one.charge == charge_id and start in (None, one.start)
    ]
    if not mine:
        raise CannotAdjustBill("the next bill does not charge that")
    if len(mine) > 1:
        days = ", ".join(str(one.start) for one in mine)
        raise CannotAdjustBill(f"the next bill charges it from {days}: say which")
    return mine[0]


def _grant(
    payer: Account,
    invoice: NextInvoice,
    asked: Adjustment,
    *,
    worth: Decimal,
    reason: str,
    actor: User | None,
    asks: bool = True,
) -> GrantedDiscount:
    value = _value(asked, payer.currency)
    discount = _definition(asked, payer.currency)
    if asked.piece is None:
        account, charge, starts = payer, None, invoice.bill_date
        ends = rhythm_of(payer).containing(starts).end
    else:
        piece = piece_of(invoice, asked.piece.charge, asked.piece.start)
        starts, ends = piece.start, piece.end
        charge = SubscriptionCharge.objects.select_related("subscription__account").get(
            pk=piece.charge
        )
        account = charge.subscription.account
    return customers.operations.adjust_bill(
        account=account,
        discount=discount,
        value=value,
        starts=starts,
        ends=ends,
        worth=worth,
        reason=reason,
        actor=actor,
        charge=charge,
        asks=asks,
    )


def _value(asked: Adjustment, currency: str) -> Decimal:
    """Return the share or the amount; exactly one of them is given."""
    if (asked.share is None) == (asked.amount is None):
        raise CannotAdjustBill("say a percentage or an amount, one of them")
    if asked.share is not None:
        if not 0 < asked.share <= ALL:
            raise CannotAdjustBill("a percentage is more than nothing and at most all")
        return asked.share
    assert asked.amount is not None
    if asked.amount <= 0 or asked.amount != quantize(asked.amount, currency):
        raise CannotAdjustBill(f"{asked.amount} is no amount in {currency}")
    return asked.amount


def _definition(asked: Adjustment, currency: str) -> DiscountDef:
    """Return the discount that adjustments of a kind are of; the value is each one's own.

    It is taken last, after the discounts of the account, and no amount of it shrinks by days.
    Given by hand, without a value of its own, it waits for a second person.
    """
    is_share = asked.share is not None
    of_bill = asked.piece is None
    code = "-".join(["ADJUST", *(["BILL"] if of_bill else []), "PART" if is_share else currency])
    known = DiscountDef.objects.filter(code=code).first()
    return known or catalog.operations.define_discount(
        code=code,
        name="Adjustment",
        kind=DiscountKind.PERCENT if is_share else DiscountKind.AMOUNT,
        level=DiscountLevel.INVOICE if of_bill else DiscountLevel.ACCOUNT,
        value=ALL,
        currency="" if is_share else currency,
        periods=1 if of_bill else None,
        priority=32_000,
        prorates=False,
        needs_approval=True,
        starts=LONG_AGO,
        actor=None,
    )


def _said(reason_code: str, comment: str) -> str:
    """Return the reason of the list that is meant, with what was typed beside it."""
    known: Sequence[tuple[str, str]] = [
        (one.code, one.text) for one in audit.queries.reasons(CREDIT_REASONS)
    ]
    said = dict(known).get(reason_code.strip().upper())
    if said is None:
        codes = ", ".join(code for code, _ in known)
        raise CannotAdjustBill(f"there is no reason {reason_code}; the reasons are {codes}")
    return f"{said}: {comment.strip()}".rstrip(": ")[:200]
