"""Sell balances of money, and pay back what is left of one (J4, J27, ENT-9)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import transaction

import rating.operations
import receivables.operations
from customers.models import Account
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight
from invoicing.choices import PREPAID, MemoKind
from invoicing.models import Invoice, MemoRequest
from invoicing.operations.account_memos import issue_account_memo
from rating.models import BalanceBucket

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO: Final = Decimal(0)
TOP_UP: Final = "Top-up"


class CannotSellBalance(Refusal):
    """The balance cannot be sold as asked for."""

    rule = "ENT-9"


class CannotPayBack(Refusal):
    """What is left of the balance cannot be paid back as asked for."""

    rule = "ENT-9"


class BonusPolicy(StrEnum):
    """What carries the price when more is credited than is paid (ENT-9).

    NONE: the bonus is a gift, a balance of its own that is used up first. PROPORTIONAL: one
    balance, and the price is spread over all of it.
    """

    NONE = "NONE"
    PROPORTIONAL = "PROPORTIONAL"


def sell_balance(
    *,
    account: Account,
    amount: Decimal,
    starts: datetime,
    ends: datetime | None,
    name: str,
    on_date: date,
    actor: User | None,
    bonus: Decimal = ZERO,
    bonus_policy: BonusPolicy | str = BonusPolicy.NONE,
    usage_type: str = "",
) -> BalanceBucket:
    """Sell a payer money to use: a debit memo over `amount` without tax, and the balance (J4).

    It pays documents from its first day to its end, tax included: tax is charged when it is used.
    A prepaid commitment is such a sale over the days of its window (COM-3). Returns the balance
    that was paid for.

    Raises: Forbidden; CannotSellBalance; Invalid; what issue_account_memo raises.
    """
    require(actor, "rating.sell_balance")
    policy = BonusPolicy(bonus_policy)
    with transaction.atomic():
        require_sight(actor, account)
        _require_amounts(account, amount, bonus)
        memo = _bill(account, amount, name, on_date, actor)
        spreads = policy == BonusPolicy.PROPORTIONAL
        sold = rating.operations.open_money(
            account=account, amount=amount + bonus if spreads else amount, consideration=amount,
            starts=starts, ends=ends, name=name, usage_type=usage_type, document_id=memo.pk,
            actor=actor,
        )  # fmt: skip
        if bonus and not spreads:
            rating.operations.open_money(
                account=account, amount=bonus, consideration=ZERO, starts=starts, ends=ends,
                name=f"{name} (bonus)", usage_type=usage_type, document_id=memo.pk, actor=actor,
            )  # fmt: skip
    return sold


def sell_top_up(
    *,
    account: Account,
    amount: Decimal,
    starts: datetime,
    on_date: date,
    actor: User | None,
    usage_type: str = "",
) -> tuple[BalanceBucket, Invoice]:
    """Sell a payer the balance that an automatic top-up asked for; return it and its memo (J4).

    A sale like any other, without a bonus, until it is used up. In the transaction of the caller,
    who has asked for the permission and records the payment that was captured (ENT-8).

    Raises: CannotSellBalance; Invalid; what issue_account_memo raises.
    """
    require_sight(actor, account)
    _require_amounts(account, amount, ZERO)
    memo = _bill(account, amount, TOP_UP, on_date, actor)
    sold = rating.operations.open_money(
        account=account, amount=amount, consideration=amount, starts=starts, ends=None,
        name=TOP_UP, usage_type=usage_type, document_id=memo.pk, actor=actor,
    )  # fmt: skip
    return sold, memo


def pay_back_balance(
    *, bucket_id: int, fee: Decimal, reason: str, on_date: date, actor: User | None
) -> BalanceBucket:
    """Turn what is left of a balance, less a fee, into credit of its payer, and close it (J27).

    Only what was paid for is paid back (ENT-9). The credit is applied or refunded like any other.

    Raises: Forbidden; CannotPayBack; rating.operations.CannotTake; Invalid.
    """
    with transaction.atomic():
        bucket, worth = rating.operations.pay_back(bucket_id=bucket_id, reason=reason, actor=actor)
        if fee < ZERO or fee >= worth or fee != quantize(fee, bucket.currency):
            raise CannotPayBack(f"{worth} {bucket.currency} is left: the fee is less than that.")
        back = {"": worth - fee, "FEE": fee} if fee else {"": worth}
        rating.operations.post_unused(bucket, "J27", back, on_date=on_date, actor=actor)
        receivables.operations.open_credit(
            payer_id=bucket.account_id,
            entity_id=bucket.account.entity_id,
            source_type=bucket._meta.label_lower,
            source_id=bucket.pk,
            number=f"BALANCE-{bucket.pk}",
            doc_date=on_date,
            amount=worth - fee,
            currency=bucket.currency,
        )
    return bucket


def _bill(
    account: Account, amount: Decimal, name: str, on_date: date, actor: User | None
) -> Invoice:
    """Issue the debit memo of a sale, without tax. Locks the payer."""
    advisory_lock("payer", account.pk)
    return issue_account_memo(
        request=MemoRequest(
            kind=MemoKind.DEBIT, account=account, amount=amount, currency=account.currency,
            gl_code=PREPAID, comment=name,
        ),
        on_date=on_date,
        actor=actor,
        event="J4",
        section="Prepaid",
    )  # fmt: skip


def _require_amounts(account: Account, amount: Decimal, bonus: Decimal) -> None:
    if account.currency != account.entity.functional_currency:
        raise CannotSellBalance(
            f"Balances are sold in {account.entity.functional_currency}, the currency of the "
            "seller's books: what is paid in advance keeps the value it was paid at."
        )
    if amount <= ZERO or bonus < ZERO:
        raise CannotSellBalance("A balance is sold for more than nothing.")
    if amount != quantize(amount, account.currency) or bonus != quantize(bonus, account.currency):
        raise CannotSellBalance("Amounts are in whole minor units.")
