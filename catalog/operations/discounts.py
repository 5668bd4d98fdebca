"""Discounts, promotions, coupons and commitments: define them, and say when they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from catalog.choices import (
    CommitmentKind,
    CommitmentWindow,
    DiscountKind,
    DiscountLevel,
    DiscountMethod,
    Measure,
)
from catalog.models import (
    Charge,
    CommitmentSpec,
    Coupon,
    DiscountDef,
    Offer,
    Product,
    Promotion,
)
from foundation.errors import Invalid, Refusal
from foundation.parsing import BadValue, amount_text, code_text, plain_text
from foundation.permissions import require
from foundation.sql import statement

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotDefineDiscount(Refusal):
    """There is one of this code already, or it was given to somebody and is kept as it was."""

    rule = "DSC-3"


@transaction.atomic
def define_discount(
    *,
    code: str,
    name: str,
    kind: DiscountKind | str,
    level: DiscountLevel | str,
    value: Decimal | None = None,
    steps: Sequence[tuple[Decimal, Decimal]] = (),
    starts: date,
    actor: User | None,
    ends: date | None = None,
    currency: str = "",
    method: DiscountMethod | str = DiscountMethod.COMPOUND,
    priority: int = 100,
    stack_group: str = "",
    is_exclusive: bool = False,
    max_amount: Decimal | None = None,
    periods: int | None = None,
    counts_stub: bool = False,
    prorates: bool = True,
    carries_forward: bool = False,
    needs_approval: bool = False,
    budget: Decimal | None = None,
    charge: Charge | None = None,
    offer: Offer | None = None,
    product: Product | None = None,
    charge_kind: str = "",
    section: str = "",
) -> DiscountDef:
    """Define a discount that may be given from `starts` on, before `ends` (DSC-1 to DSC-5).

    `value` is a share (0.1 is ten percent), money, a number of units or a unit price, by kind. A
    percentage by volume has `steps` instead: from which charges of a full period on, after other
    discounts, which share of all of them is given.
    Called again with the same code it changes what was not yet given to anybody.

    Raises: Invalid; CannotDefineDiscount.
    """
    require(actor, "catalog.add_discountdef", "catalog.change_discountdef")
    _require_fitting(kind, value, currency)
    return _define(
        DiscountDef,
        code,
        actor,
        {
            "name": name,
            "kind": kind,
            "level": level,
            "value": value if kind != DiscountKind.VOLUME_REBATE else _greatest(steps),
            "volume_steps": [[f"{least:f}", f"{share:f}"] for least, share in steps],
            "valid": DateRange(starts, ends),
            "currency": currency,
            "method": method,
            "priority": priority,
            "stack_group": stack_group,
            "is_exclusive": is_exclusive,
            "max_amount": max_amount,
            "periods": periods,
            "counts_stub": counts_stub,
            "prorates": prorates,
            "carries_forward": carries_forward,
            "needs_approval": needs_approval,
            "budget": budget,
            "charge": charge,
            "offer": offer,
            "product": product,
            "charge_kind": charge_kind,
            "section": section,
        },
    )


def _require_fitting(kind: DiscountKind | str, value: Decimal | None, currency: str) -> None:
    """Refuse a share of more than all, and an amount finer than its currency: 10.5 yen.

    Raises: Invalid.
    """
    if value is None:
        return
    if kind == DiscountKind.PERCENT and not 0 < value <= 1:
        message = "a percentage is above 0 and at most 100"
        raise Invalid(message, rule="DSC-3", column="value")
    if kind == DiscountKind.AMOUNT and currency:
        try:
            amount_text(f"{value:f}", currency=currency, minimum=Decimal(0))
        except BadValue as bad:
            raise Invalid(bad.message, rule=bad.rule, column="value") from bad


def _greatest(steps: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Return the greatest share of steps, which rise in both amount and share.

    Raises: Invalid.
    """
    bounds, shares = [least for least, _ in steps], [share for _, share in steps]
    if not steps or any(
        len(set(one)) < len(one) or sorted(one) != one for one in (bounds, shares)
    ):
        raise Invalid("steps rise, in amount and in share", rule="DSC-1", column="steps")
    if bounds[0] < 0 or not 0 < shares[0] <= shares[-1] <= 1:
        raise Invalid("a step is an amount and a share up to all", rule="DSC-1", column="steps")
    return shares[-1]


@transaction.atomic
def end_discount_def(*, discount: DiscountDef, on_date: date, actor: User | None) -> DiscountDef:
    """Let a discount be given to nobody from a day on; whoever has it keeps it.

    Raises: CannotDefineDiscount.
    """
    require(actor, "catalog.change_discountdef")
    row = DiscountDef.objects.select_for_update(of=("self",)).get(pk=discount.pk)
    if on_date <= row.valid.lower:
        raise CannotDefineDiscount(f"{row.code} begins on {row.valid.lower}; it ends after that")
    row.valid = DateRange(row.valid.lower, on_date)
    row.updated_by = actor
    row.save()
    return row


def end_spent_budgets(*, given: Mapping[int, Decimal], on_date: date) -> list[str]:
    """Let nobody be given a discount any more of which as much was billed as its budget holds.

    `given` are the amounts billed by discount. Whoever has one keeps it. A second call ends none.
    """
    if not given:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            statement("catalog", "spent_budgets"),
            {"discounts": list(given), "given": list(given.values()), "on_date": on_date},
        )
        return [code for (code,) in cursor.fetchall()]


@transaction.atomic
def define_promotion(
    *,
    code: str,
    name: str,
    discount: DiscountDef,
    starts: date,
    actor: User | None,
    ends: date | None = None,
    needs_coupon: bool = True,
) -> Promotion:
    """Define a promotion: a discount offered on the days from `starts` to before `ends`.

    Raises: Invalid; CannotDefineDiscount.
    """
    require(actor, "catalog.add_promotion", "catalog.change_promotion")
    values = {
        "name": name,
        "discount": discount,
        "window": DateRange(starts, ends),
        "needs_coupon": needs_coupon,
    }
    return _define(Promotion, code, actor, values)


@transaction.atomic
def stop_promotion(*, promotion: Promotion, actor: User | None) -> Promotion:
    """Stop a promotion at once: no coupon of it is taken any more; what was given stays."""
    require(actor, "catalog.change_promotion")
    row = Promotion.objects.select_for_update(of=("self",)).get(pk=promotion.pk)
    row.is_stopped = True
    row.updated_by = actor
    row.save()
    return row


@transaction.atomic
def define_coupons(
    *,
    promotion: Promotion,
    codes: Sequence[str],
    actor: User | None,
    max_uses: int | None = None,
    max_per_account: int = 1,
    starts: date | None = None,
    ends: date | None = None,
) -> list[Coupon]:
    """Define coupons of a promotion; codes that exist get the new limits (never below their use).

    Raises: Invalid; CannotDefineDiscount.
    """
    require(actor, "catalog.add_coupon", "catalog.change_coupon")
    if max_uses is not None and max_uses < 1:
        raise Invalid("a coupon can be used at least once", rule="DSC-3")
    window = None if starts is None else DateRange(starts, ends)
    values = {
        "promotion": promotion,
        "window": window,
        "max_uses": max_uses,
        "max_per_account": max_per_account,
    }
    found = []
    for code in codes:
        known = Coupon.objects.select_for_update(of=("self",)).filter(code=code.upper()).first()
        if known is not None and max_uses is not None and known.used > max_uses:
            raise CannotDefineDiscount(f"{known.code} was used {known.used} times already")
        if known is not None and known.promotion_id != promotion.pk:
            raise CannotDefineDiscount(f"{known.code} is a coupon of another promotion")
        found.append(_define(Coupon, code, actor, dict(values)))
    return found


@transaction.atomic
def define_commitment(
    *,
    code: str,
    name: str,
    kind: CommitmentKind | str,
    amount: Decimal,
    currency: str,
    window: CommitmentWindow | str,
    actor: User | None,
    measure: Measure | str = Measure.NET_CHARGE,
    prorates: bool = True,
    shortfall_product: Product | None = None,
    charge: Charge | None = None,
    offer: Offer | None = None,
    product: Product | None = None,
    charge_kind: str = "",
    section: str = "",
) -> CommitmentSpec:
    """Define a least or greatest amount over a window, and what counts towards it (COM-1, COM-4).

    Raises: Invalid; CannotDefineDiscount.
    """
    require(actor, "catalog.add_commitmentspec", "catalog.change_commitmentspec")
    if kind == CommitmentKind.MINIMUM and shortfall_product is None:
        raise Invalid("say as which product a shortfall is billed", rule="COM-1")
    return _define(
        CommitmentSpec,
        code,
        actor,
        {
            "name": name,
            "kind": kind,
            "amount": amount,
            "currency": currency,
            "window_kind": window,
            "measure": measure,
            "prorates": prorates,
            "shortfall_product": shortfall_product,
            "charge": charge,
            "offer": offer,
            "product": product,
            "charge_kind": charge_kind,
            "section": section,
        },
    )


def _define(model: Any, code: str, actor: User | None, values: dict[str, Any]) -> Any:
    """Create or change the row of a code, checking its values as a form would."""
    try:
        code = code_text(code, 32).upper()
        if "name" in values:
            values["name"] = plain_text(values["name"], 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    row = model.objects.select_for_update(of=("self",)).filter(code=code).first()
    if row is None:
        row = model(code=code, created_by=actor)
    elif all(getattr(row, name) == value for name, value in values.items()):
        return row
    elif getattr(row, "is_used", False):
        raise CannotDefineDiscount(
            f"{code} was given to somebody and is kept as it was; define another one"
        )
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_by = actor
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as wrong:
        raise Invalid(" ".join(wrong.messages), rule="DSC-3") from wrong
    row.save()
    return row
