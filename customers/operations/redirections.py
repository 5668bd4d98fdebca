"""Split billing: let another payer pay for charges of an account (HIER-8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from catalog.models import Product
from customers.choices import AccountRole
from customers.models import Account, ChargeRedirection, Subscription
from customers.queries.tree import payer_of
from foundation.errors import Invalid, Refusal
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotRedirect(Refusal):
    """The charges cannot go to that payer."""

    rule = "HIER-8"


@transaction.atomic
def redirect_charges(
    *,
    account: Account,
    payer: Account,
    starts: date,
    actor: User | None,
    ends: date | None = None,
    subscription: Subscription | None = None,
    product: Product | None = None,
    section: str = "",
    cap: Decimal | None = None,
    reason: str = "",
) -> ChargeRedirection:
    """Let a payer pay for charges of an account, for full periods that begin on the days.

    Of one subscription, product or section, or of all that are left empty; the most specific
    redirection holds. Beyond `cap`, for the periods that begin in a calendar month, the account's
    own payer pays. Nothing that was invoiced before moves.

    Raises: CannotRedirect.
    """
    require(actor, "customers.move_account")
    require_sight(actor, account, payer)
    if payer.role != AccountRole.PAYER:
        raise CannotRedirect(f"account {payer.number} does not pay for itself")
    if (payer.entity_id, payer.currency) != (account.entity_id, account.currency):
        raise CannotRedirect(f"account {payer.number} has another legal entity or currency")
    if subscription is not None and subscription.account_id != account.pk:
        raise CannotRedirect(f"{subscription.number} belongs to another account")
    if ends is not None and ends <= starts:
        raise Invalid("it ends after it starts", rule="HIER-8")
    same = ChargeRedirection.objects.filter(
        account=account,
        subscription=subscription,
        product=product,
        section=section,
        valid__overlap=DateRange(starts, ends),
    ).first()
    if same is not None:
        raise CannotRedirect(
            f"that is redirected from {same.valid.lower} on already; end it first"
        )
    if cap is not None:
        _require_cap(account, payer, cap, starts)
    row = ChargeRedirection.objects.create(
        account=account,
        payer=payer,
        subscription=subscription,
        product=product,
        section=section,
        valid=DateRange(starts, ends),
        currency=account.currency,
        cap=cap,
        reason=reason,
        created_by=actor,
        updated_by=actor,
    )
    _tell("charges.redirected", row, actor)
    return row


@transaction.atomic
def end_redirection(
    *, redirection: ChargeRedirection, on_date: date, actor: User | None
) -> ChargeRedirection:
    """End a redirection: periods that begin on the day or later are the account's payer's again.

    Raises: CannotRedirect.
    """
    require(actor, "customers.move_account")
    require_sight(actor, redirection)
    row = ChargeRedirection.objects.select_for_update(of=("self",)).get(pk=redirection.pk)
    if on_date <= row.valid.lower or (row.valid.upper and on_date > row.valid.upper):
        raise CannotRedirect("it can only end earlier, and after it has begun")
    row.valid = DateRange(row.valid.lower, on_date)
    row.updated_by = actor
    row.save()
    _tell("charges.redirection_ended", row, actor)
    return row


def _require_cap(account: Account, payer: Account, cap: Decimal, on_date: date) -> None:
    """Refuse a cap that is no money, or between payers whose periods do not begin together."""
    if cap <= 0 or cap != quantize(cap, account.currency):
        raise CannotRedirect(f"{cap} {account.currency} is no amount")
    own = Account.objects.filter(
        pk=payer_of(account_id=account.pk, on_date=on_date) or account.pk
    ).get()
    if (own.cycle_day, own.cycle_months) != (payer.cycle_day, payer.cycle_months):
        raise CannotRedirect(
            f"{payer.number} is billed on other days than {own.number}; "
            "a cap needs periods that begin together"
        )


def _tell(topic: str, row: ChargeRedirection, actor: User | None) -> None:
    audit.operations.record_event(
        topic=topic,
        subject=row,
        payload={
            "account": row.account.number,
            "payer": row.payer.number,
            "cap": str(row.cap) if row.cap is not None else None,
        },
        actor=actor,
    )
