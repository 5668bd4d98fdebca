"""Discounts, the promotions and coupons that give them, and what may be promised or capped."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q

from catalog import choices
from catalog.models.charges import Charge
from catalog.models.offers import Offer
from catalog.models.products import Product
from foundation.fields import (
    CurrencyField,
    PlainAmountField,
    UnitPriceField,
    money_checks,
    number_checks,
)
from foundation.stamped import Stamped


class Eligible(models.Model):
    """Which charges something holds for; what is empty asks for nothing."""

    charge = models.ForeignKey(
        Charge, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    charge_kind = models.CharField(
        max_length=12, choices=choices.ChargeKind, blank=True, default=""
    )
    section = models.CharField("invoice section", max_length=40, blank=True, default="")

    class Meta:
        """No table of its own."""

        abstract = True


class DiscountDef(Eligible, Stamped):
    """What a discount takes off, of what, and how it stands beside others (DSC-1 to DSC-5).

    `value` is a share for a percentage, money for an amount, a unit price for a special price, a
    number for free units. A percentage by volume has `volume_steps`, pairs of text: from which
    charges of a period on which share is given; its `value` is the greatest share. Once granted
    it never changes: another discount says something else.
    """

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100, help_text="As it stands on the invoice.")
    kind = models.CharField(max_length=14, choices=choices.DiscountKind)
    level = models.CharField(max_length=7, choices=choices.DiscountLevel)
    value = UnitPriceField(help_text="0.1 is ten percent.")
    volume_steps = models.JSONField(default=list, blank=True, db_default=[])
    currency = CurrencyField(blank=True, default="")
    method = models.CharField(
        max_length=8, choices=choices.DiscountMethod, default=choices.DiscountMethod.COMPOUND
    )
    priority = models.PositiveSmallIntegerField(
        default=100, help_text="The smaller comes first within its stage."
    )
    stack_group = models.CharField(max_length=32, blank=True, default="")
    is_exclusive = models.BooleanField(
        "exclusive", default=False, help_text="Only the best of its stack group is given."
    )
    max_amount = PlainAmountField(
        null=True, blank=True, help_text="At most this in each full period."
    )
    periods = models.PositiveSmallIntegerField(
        "billed periods",
        null=True,
        blank=True,
        help_text="How many full periods of a charge it lasts; empty: until it ends.",
    )
    counts_stub = models.BooleanField(
        "a first part counts",
        default=False,
        help_text="The part of a period in which a charge begins counts as a period.",
    )
    prorates = models.BooleanField(
        "prorated", default=True, help_text="An amount shrinks with the part of the period."
    )
    carries_forward = models.BooleanField(
        default=False, help_text="What a document leaves of it waits for the next one."
    )
    needs_approval = models.BooleanField(
        default=False, help_text="A second person approves whoever is given it."
    )
    budget = PlainAmountField(
        null=True, blank=True, help_text="Once this much was billed, it is given to nobody more."
    )
    valid = DateRangeField("may be given", help_text="Days on which it may be given.")
    is_used = models.BooleanField(default=False, editable=False)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        verbose_name = "discount"
        constraints = [
            models.CheckConstraint(
                name="catalog_discountdef_words_are_known",
                condition=Q(
                    kind__in=choices.DiscountKind.values,
                    level__in=choices.DiscountLevel.values,
                    method__in=choices.DiscountMethod.values,
                ),
            ),
            models.CheckConstraint(
                name="catalog_discountdef_value_fits_its_kind",
                condition=Q(
                    kind__in=[choices.DiscountKind.PERCENT, choices.DiscountKind.VOLUME_REBATE],
                    value__gt=0,
                    value__lte=1,
                )
                | (Q(kind=choices.DiscountKind.PRICE_OVERRIDE) & Q(value__gte=0))
                | (
                    Q(kind__in=[choices.DiscountKind.AMOUNT, choices.DiscountKind.FREE_UNITS])
                    & Q(value__gt=0)
                ),
            ),
            models.CheckConstraint(
                name="catalog_discountdef_money_has_currency",
                condition=~Q(currency="")
                | (
                    ~Q(
                        kind__in=[
                            choices.DiscountKind.AMOUNT,
                            choices.DiscountKind.PRICE_OVERRIDE,
                            choices.DiscountKind.VOLUME_REBATE,
                        ]
                    )
                    & Q(max_amount__isnull=True, budget__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="catalog_discountdef_kind_fits_its_level",
                condition=Q(kind__in=[choices.DiscountKind.PERCENT, choices.DiscountKind.AMOUNT])
                | (
                    Q(level=choices.DiscountLevel.CHARGE)
                    & ~Q(kind=choices.DiscountKind.VOLUME_REBATE)
                )
                | Q(
                    level__in=[choices.DiscountLevel.OFFER, choices.DiscountLevel.ACCOUNT],
                    kind=choices.DiscountKind.VOLUME_REBATE,
                ),
            ),
            models.CheckConstraint(
                name="catalog_discountdef_volume_has_steps",
                condition=(Q(kind=choices.DiscountKind.VOLUME_REBATE) & ~Q(volume_steps=[]))
                | (~Q(kind=choices.DiscountKind.VOLUME_REBATE) & Q(volume_steps=[])),
            ),
            models.CheckConstraint(
                name="catalog_discountdef_bounds_are_positive",
                condition=(Q(max_amount__isnull=True) | Q(max_amount__gt=0))
                & (Q(budget__isnull=True) | Q(budget__gt=0))
                & (Q(periods__isnull=True) | Q(periods__gt=0)),
            ),
            models.CheckConstraint(
                name="catalog_discountdef_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
            *money_checks("catalog_discountdef", "max_amount", "budget"),
            *number_checks("catalog_discountdef", "value"),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class Promotion(Stamped):
    """A discount that is offered for some days, with or without a coupon."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    discount = models.ForeignKey(DiscountDef, on_delete=models.PROTECT, related_name="promotions")
    window = DateRangeField("runs")
    needs_coupon = models.BooleanField(default=True)
    is_stopped = models.BooleanField("stopped", default=False)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="catalog_promotion_has_days",
                condition=Q(window__isempty=False) & Q(window__lower_inf=False),
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class Coupon(Stamped):
    """A code that gives a promotion, so many times in all and by account.

    `used` is counted under the lock of this row, and never exceeds the limit (DSC-3).
    """

    code = models.CharField(max_length=32, unique=True)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="coupons")
    window = DateRangeField("may be used", null=True, blank=True)
    max_uses = models.PositiveIntegerField("uses in all", null=True, blank=True)
    max_per_account = models.PositiveSmallIntegerField("uses by account", default=1)
    used = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="catalog_coupon_used_within_limit",
                condition=Q(max_uses__isnull=True) | Q(used__lte=F("max_uses")),
            ),
            models.CheckConstraint(
                name="catalog_coupon_has_days",
                condition=Q(window__isnull=True)
                | (Q(window__isempty=False) & Q(window__lower_inf=False)),
            ),
        ]

    def __str__(self) -> str:
        """Show the code."""
        return self.code

    @property
    def left(self) -> int | None:
        """Return how many uses are left; None for any number."""
        return None if self.max_uses is None else self.max_uses - self.used


class CommitmentSpec(Eligible, Stamped):
    """A least amount that is promised, or a greatest one that is agreed (COM-1, COM-4).

    `product` of the shortfall decides the account and the tax of the line that makes it up.
    """

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100, help_text="As it stands on the invoice.")
    kind = models.CharField(max_length=7, choices=choices.CommitmentKind)
    amount = PlainAmountField()
    currency = CurrencyField()
    window_kind = models.CharField("window", max_length=7, choices=choices.CommitmentWindow)
    measure = models.CharField(
        max_length=10, choices=choices.Measure, default=choices.Measure.NET_CHARGE
    )
    prorates = models.BooleanField(
        "prorated", default=True, help_text="A window cut short promises less, by days."
    )
    shortfall_product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_used = models.BooleanField(default=False, editable=False)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        verbose_name = "commitment"
        constraints = [
            models.CheckConstraint(
                name="catalog_commitmentspec_words_are_known",
                condition=Q(
                    kind__in=choices.CommitmentKind.values,
                    window_kind__in=choices.CommitmentWindow.values,
                    measure__in=choices.Measure.values,
                ),
            ),
            models.CheckConstraint(
                name="catalog_commitmentspec_amount_positive", condition=Q(amount__gt=0)
            ),
            models.CheckConstraint(
                name="catalog_commitmentspec_shortfall_has_product",
                condition=~Q(kind=choices.CommitmentKind.MINIMUM)
                | Q(shortfall_product__isnull=False),
            ),
            *money_checks("catalog_commitmentspec", "amount"),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"
