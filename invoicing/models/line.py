"""Lines of documents."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from foundation.fields import (
    CurrencyField,
    PlainAmountField,
    QuantityField,
    UnitPriceField,
    money_checks,
    number_checks,
)
from invoicing.models.invoice import Invoice


class InvoiceLine(models.Model):
    """One line: what, for whom, for which days, how much.

    `account_id` is the owner (a sub-account of the payer or the payer); `original_line` is set on
    lines that give back what another line billed, and carries that line's tax (TAX-12). Lines of
    one document share its currency and, in a credit memo, are positive where they give back. The
    guard of new lines asks once that the document is a draft; a foreign key would ask by line.
    """

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    seq = models.PositiveIntegerField()
    section = models.CharField(max_length=64, blank=True)
    account_id = models.BigIntegerField()
    cost_centre = models.CharField(max_length=64, blank=True)
    text = models.CharField(max_length=200)
    service_id = models.BigIntegerField(null=True)
    service_start = models.DateField()
    service_end = models.DateField()
    quantity = QuantityField()
    uom = models.CharField(max_length=16, blank=True)
    unit_price = UnitPriceField(null=True)
    net = PlainAmountField()
    tax = PlainAmountField()
    currency = CurrencyField()
    tax_category = models.CharField(max_length=32)
    gl_code = models.CharField(max_length=32)
    product_id = models.BigIntegerField(default=0)
    charge_id = models.BigIntegerField(default=0)
    price_version_id = models.BigIntegerField(null=True)
    charge_item_id = models.BigIntegerField(null=True)
    obligation_id = models.BigIntegerField(null=True)
    original_line = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["invoice_id", "seq"]
        constraints: ClassVar = [
            *money_checks("invoicing_invoiceline", "net", "tax"),
            *number_checks("invoicing_invoiceline", "quantity", "unit_price"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["original_line"],
                condition=Q(original_line__isnull=False),
                name="invoicing_line_original",
            ),
        ]
