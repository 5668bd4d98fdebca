"""Why a payer was billed inside its period."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import CurrencyField, PlainAmountField, money_checks
from invoicing.models.run import BillRun


class InterimBill(models.Model):
    """That the usage of a payer by a charge reached its limit inside a period (UNIT-8).

    `worth` is what of the running period was not billed yet on the day, before discounts and tax.
    Written once, with the run that bills it.
    """

    run = models.ForeignKey(BillRun, models.PROTECT, related_name="interims", db_index=False)
    payer = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    charge = models.ForeignKey("catalog.Charge", models.PROTECT, related_name="+", db_index=False)
    on_date = models.DateField()
    period_start = models.DateField()
    currency = CurrencyField()
    worth = PlainAmountField()
    threshold = PlainAmountField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payer", "charge", "on_date"], name="invoicing_interimbill_once_a_day"
            ),
            models.CheckConstraint(
                name="invoicing_interimbill_reached_its_limit",
                condition=Q(threshold__gt=0, worth__gte=models.F("threshold")),
            ),
            *money_checks("invoicing_interimbill", "worth"),
        ]

    def __str__(self) -> str:
        return f"{self.on_date}: {self.worth} {self.currency}"
