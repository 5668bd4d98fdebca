"""Coupons: which may be used, counted under their lock, and uses given back (DSC-3)."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.db.models.functions import Now

from catalog.models import Coupon, Promotion
from customers.models import CouponRedemption, GrantedDiscount
from foundation.errors import Refusal


class CannotGrantDiscount(Refusal):
    """The discount cannot be given there, then, or any more."""

    rule = "DSC-3"


class CannotUseCoupon(CannotGrantDiscount):
    """The coupon is unknown, not for that day, stopped or used up."""


def usable_coupon(*, code: str, on_date: date) -> Coupon:
    """Return the coupon of a code that may be used on a day, with its promotion and discount.

    Raises: CannotUseCoupon.
    """
    return _found(code, on_date, Coupon.objects.all())


def locked(code: str, on_date: date) -> Coupon:
    """Lock the coupon of a code that may be used on a day: nobody else counts it meanwhile.

    Raises: CannotUseCoupon.
    """
    return _found(code, on_date, Coupon.objects.select_for_update(of=("self",)))


def _found(code: str, on_date: date, rows: QuerySet[Coupon]) -> Coupon:
    known = rows.select_related("promotion__discount").filter(code=code.strip().upper())
    coupon = known.first()
    if coupon is None:
        raise CannotUseCoupon(f"there is no coupon {code.strip().upper()!r}")
    promotion: Promotion = coupon.promotion
    if promotion.is_stopped:
        raise CannotUseCoupon(f"promotion {promotion.code} was stopped")
    if on_date not in promotion.window or (
        coupon.window is not None and on_date not in coupon.window
    ):
        raise CannotUseCoupon(f"coupon {coupon.code} may not be used on {on_date}")
    if coupon.left == 0:
        raise CannotUseCoupon(f"coupon {coupon.code} is used up")
    return coupon


def give_back(row: GrantedDiscount) -> None:
    """Give the use of a coupon back whose discount never was, under the coupon's lock."""
    if row.coupon_id is None:
        return
    coupon = Coupon.objects.select_for_update(of=("self",)).get(pk=row.coupon_id)
    if CouponRedemption.objects.filter(grant=row, given_back_at__isnull=True).update(
        given_back_at=Now()
    ):
        Coupon.objects.filter(pk=coupon.pk).update(used=coupon.used - 1)
