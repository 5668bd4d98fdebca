"""Discounts that an account or a subscription was given, coupons used, amounts promised."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from catalog.choices import DiscountKind
from customers.choices import GrantState
from foundation.fields import (
    CurrencyField,
    PlainAmountField,
    UnitPriceField,
    money_checks,
    number_checks,
)
from foundation.money import quantize
from foundation.stamped import Stamped


class GrantedDiscount(Stamped):
    """A discount given to a subscription, or to an account and all accounts below it.

    It is taken off the full periods whose first charged day lies in `valid`, as many as `periods`
    says (DSC-5). Without subscription it holds for all that the account and those below it have.
    What is waived or reduced before the bill has a `value` of its own, and holds for one full
    period of one charge, or for one document of the account (ADJ-1).
    """

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="discounts")
    subscription = models.ForeignKey(
        "customers.Subscription",
        models.PROTECT,
        related_name="discounts",
        null=True,
        blank=True,
    )
    subscription_charge = models.ForeignKey(
        "customers.SubscriptionCharge", models.PROTECT, related_name="+", null=True, blank=True
    )
    discount = models.ForeignKey("catalog.DiscountDef", models.PROTECT, related_name="+")
    value = UnitPriceField(
        null=True, blank=True, help_text="What it takes off instead of what the discount says."
    )
    coupon = models.ForeignKey(
        "catalog.Coupon", models.PROTECT, related_name="+", null=True, blank=True
    )
    valid = DateRangeField()
    periods = models.PositiveSmallIntegerField("billed periods", null=True, blank=True)
    state = models.CharField(
        max_length=9, choices=GrantState.choices, default=GrantState.PENDING, editable=False
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    order_item = models.ForeignKey(
        "customers.OrderItem", models.PROTECT, related_name="+", null=True, blank=True
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name = "discount given"
        verbose_name_plural = "discounts given"
        permissions = [
            ("grant_discount", "Can give and end discounts"),
            ("approve_discount", "Can approve a discount that needs a second person"),
            ("adjust_next_bill", "Can waive or reduce a charge before it is billed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="customers_granteddiscount_state_known",
                condition=Q(state__in=GrantState.values),
            ),
            models.CheckConstraint(
                name="customers_granteddiscount_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
            models.CheckConstraint(
                name="customers_granteddiscount_second_person",
                condition=~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="customers_granteddiscount_periods_positive",
                condition=Q(periods__isnull=True) | Q(periods__gt=0),
            ),
            models.CheckConstraint(
                name="customers_granteddiscount_value_of_one_bill",
                condition=Q(value__isnull=True, subscription_charge__isnull=True)
                | Q(value__isnull=False, value__gt=0, valid__upper_inf=False),
            ),
            *number_checks("customers_granteddiscount", "value"),
        ]

    @property
    def is_adjustment(self) -> bool:
        """Tell whether it waives or reduces one bill (ADJ-1)."""
        return self.value is not None

    @property
    def taken_off(self) -> str:
        """Say what it takes off: a percentage, or an amount in the account's currency."""
        value = self.discount.value if self.value is None else self.value
        if self.discount.kind == DiscountKind.PERCENT:
            return f"{(value * 100).normalize():f} %"
        return f"{quantize(value, self.account.currency)} {self.account.currency}"

    def __str__(self) -> str:
        return f"discount {self.pk}"


class CouponRedemption(models.Model):
    """One use of a coupon by an account; what the coupon's counter counts."""

    coupon = models.ForeignKey("catalog.Coupon", models.PROTECT, related_name="+")
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    grant = models.OneToOneField(GrantedDiscount, models.PROTECT, related_name="redemption")
    redeemed_at = models.DateTimeField(auto_now_add=True)
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["coupon", "account"],
                name="customers_redemption_in_use",
                condition=Q(given_back_at__isnull=True),
            ),
        ]


class OrderItemDiscount(models.Model):
    """A discount, or the code of a coupon, asked for with an item of an order."""

    item = models.ForeignKey("customers.OrderItem", models.PROTECT, related_name="discounts")
    discount = models.ForeignKey("catalog.DiscountDef", models.PROTECT, related_name="+")
    coupon = models.ForeignKey(
        "catalog.Coupon", models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "discount"], name="customers_orderitemdiscount_once"
            ),
        ]


class ContractCommitment(Stamped):
    """A least amount that a contract promises, or a greatest one that it caps (COM-1, COM-4).

    It is measured over the account of the contract and all below it, over the windows of its
    term `valid`. `amount` replaces that of the specification, where one was agreed.
    """

    contract = models.ForeignKey("customers.Contract", models.PROTECT, related_name="commitments")
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="commitments")
    spec = models.ForeignKey("catalog.CommitmentSpec", models.PROTECT, related_name="+")
    amount = PlainAmountField()
    currency = CurrencyField(editable=False)
    valid = DateRangeField("term")

    class Meta:
        verbose_name = "commitment of a contract"
        verbose_name_plural = "commitments of contracts"
        permissions = [("agree_commitment", "Can agree and end commitments")]
        constraints = [
            ExclusionConstraint(
                name="customers_contractcommitment_one_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("spec", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_contractcommitment_has_days",
                condition=Q(valid__isempty=False)
                & Q(valid__lower_inf=False)
                & Q(valid__upper_inf=False),
            ),
            models.CheckConstraint(
                name="customers_contractcommitment_amount_positive", condition=Q(amount__gt=0)
            ),
            *money_checks("customers_contractcommitment", "amount"),
        ]

    def __str__(self) -> str:
        return f"commitment {self.pk}"
