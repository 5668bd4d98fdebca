"""Charge items: what has been billed, the memory of the charge engine."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from foundation.fields import (
    AmountField,
    CurrencyField,
    QuantityField,
    UnitPriceField,
    money_checks,
    number_checks,
)
from invoicing.choices import ItemKind, ItemOrigin


class ChargeItem(models.Model):
    """One amount for one piece of one full period of one charge (CHG-1).

    An item follows its document: it is pending while the document is a draft and invoiced once
    that is posted. What is waived before is an item too, with a discount of all of it (ADJ-1).
    Its identity is the charge, full period, segment start, usage group, price and generation: the
    first item of an identity has generation 0, each later difference one more (CHG-3, CHG-8).
    Rows of other rooms are named by id alone: they are archived, never deleted. A discount is an
    item of its own, negative, with the item it reduces and the discount that was given (DSC-3); of
    a cap, minus the number of the commitment. A shortfall has minus the number of its commitment
    as its subscription charge.
    """

    run_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(help_text="The account that owns the charge.")
    payer_id = models.BigIntegerField()
    subscription_charge_id = models.BigIntegerField(default=0)
    charge_id = models.BigIntegerField(default=0)
    product_id = models.BigIntegerField(default=0)
    service_id = models.BigIntegerField(null=True)
    price_version_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=9, choices=ItemKind.choices)
    origin = models.CharField(max_length=10, choices=ItemOrigin.choices, default=ItemOrigin.NORMAL)
    period_start = models.DateField()
    period_end = models.DateField()
    segment_start = models.DateField()
    segment_end = models.DateField()
    usage_key = models.CharField(max_length=200, default="", blank=True)
    price_key = models.CharField(max_length=64, default="", blank=True)
    generation = models.PositiveSmallIntegerField(default=0)
    quantity = QuantityField()
    unit_price = UnitPriceField(null=True)
    factor = models.DecimalField(max_digits=20, decimal_places=16, default=1)
    amount_exact = UnitPriceField()
    currency = CurrencyField()
    amount = AmountField()
    tax_category = models.CharField(max_length=32)
    gl_code = models.CharField(max_length=32)
    text = models.CharField(max_length=200, blank=True)
    reverses_id = models.BigIntegerField(null=True)
    base_item_id = models.BigIntegerField(
        null=True, help_text="The item that a discount takes something off."
    )
    grant_id = models.BigIntegerField(null=True, help_text="The discount given, of a discount.")
    line_id = models.BigIntegerField(null=True)
    trace = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[
                    "subscription_charge_id",
                    "period_start",
                    "segment_start",
                    "usage_key",
                    "price_key",
                    "generation",
                ],
                condition=~Q(subscription_charge_id=0),
                name="invoicing_chargeitem_identity",
            ),
            models.CheckConstraint(
                condition=Q(period_start__lt=F("period_end"))
                & Q(segment_start__lt=F("segment_end"))
                & Q(segment_start__gte=F("period_start"))
                & Q(segment_end__lte=F("period_end")),
                name="invoicing_chargeitem_segment_in_period",
            ),
            models.CheckConstraint(
                condition=Q(reverses_id__isnull=True)
                | Q(amount__lte=0, grant_id__isnull=True)
                | Q(amount__gte=0, grant_id__isnull=False),
                name="invoicing_chargeitem_reversal_reduces",
            ),
            models.CheckConstraint(
                condition=(Q(grant_id__isnull=True) & Q(base_item_id__isnull=True))
                | (
                    Q(grant_id__isnull=False, base_item_id__isnull=False)
                    & (Q(amount__lte=0) | Q(reverses_id__isnull=False))
                ),
                name="invoicing_chargeitem_discount_has_base",
            ),
            *money_checks("invoicing_chargeitem", "amount"),
            *number_checks(
                "invoicing_chargeitem", "quantity", "unit_price", "factor", "amount_exact"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["payer_id"],
                condition=Q(subscription_charge_id=0),
                name="invoicing_chargeitem_by_hand",
            ),
            models.Index(
                fields=["reverses_id"],
                condition=Q(reverses_id__isnull=False),
                name="invoicing_chargeitem_reversals",
            ),
            models.Index(
                fields=["grant_id"],
                condition=Q(grant_id__isnull=False),
                name="invoicing_chargeitem_of_grant",
            ),
            models.Index(
                fields=["base_item_id"],
                condition=Q(base_item_id__isnull=False),
                name="invoicing_chargeitem_of_base",
            ),
        ]
