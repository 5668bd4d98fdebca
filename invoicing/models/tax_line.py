"""Taxes of documents: by line, and summed by group."""

from typing import ClassVar

from django.db import models

from foundation.fields import (
    CurrencyField,
    PlainAmountField,
    UnitPriceField,
    money_checks,
    number_checks,
)
from invoicing.models.invoice import Invoice
from invoicing.models.line import InvoiceLine


class TaxLine(models.Model):
    """One tax of one line, with everything that decided it (TAX-11)."""

    line = models.ForeignKey(
        InvoiceLine, on_delete=models.PROTECT, related_name="taxes", db_constraint=False
    )
    jurisdiction_id = models.BigIntegerField()
    tax_type_id = models.BigIntegerField()
    category = models.CharField(max_length=2)
    rate = UnitPriceField(help_text="A fraction, or an amount per unit or line.")
    basis = PlainAmountField()
    amount = PlainAmountField()
    amount_reporting = PlainAmountField()
    currency = CurrencyField()
    exemption_id = models.BigIntegerField(null=True)
    trace = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            *money_checks("invoicing_taxline", "basis", "amount"),
            *number_checks("invoicing_taxline", "rate", "amount_reporting"),
        ]


class TaxTotal(models.Model):
    """The taxes of a document summed by jurisdiction, tax, category and rate (INV-2)."""

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="tax_totals", db_constraint=False
    )
    jurisdiction_id = models.BigIntegerField()
    tax_type_id = models.BigIntegerField()
    category = models.CharField(max_length=2)
    rate = UnitPriceField(help_text="A fraction, or an amount per unit or line.")
    basis = PlainAmountField()
    amount = PlainAmountField()
    amount_reporting = PlainAmountField()
    currency = CurrencyField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            *money_checks("invoicing_taxtotal", "basis", "amount"),
            *number_checks("invoicing_taxtotal", "rate", "amount_reporting"),
        ]
