"""Currencies and their dated rates."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from foundation.fields import CurrencyField, FxRateField, PlainAmountField, number_checks
from foundation.stamped import Stamped
from ledger.choices import RateKind


class Currency(models.Model):
    """A currency that may be used, its minor unit (ISO 4217) and its smallest coin."""

    code = CurrencyField(primary_key=True)
    minor_units = models.PositiveSmallIntegerField()
    cash_step = PlainAmountField(default=Decimal(0))

    class Meta:
        verbose_name_plural = "currencies"
        ordering = ["code"]
        constraints = [
            *number_checks("ledger_currency", "cash_step"),
            models.CheckConstraint(
                name="ledger_currency_minor_units", condition=Q(minor_units__range=(0, 4))
            ),
            models.CheckConstraint(
                name="ledger_currency_cash_step", condition=Q(cash_step__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ExchangeRate(Stamped):
    """How much of `quote` one unit of `base` was worth on a date."""

    base = CurrencyField()
    quote = CurrencyField()
    kind = models.CharField(max_length=8, choices=RateKind.choices, default=RateKind.SPOT)
    on_date = models.DateField()
    rate = FxRateField()
    source = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        ordering = ["-on_date", "base", "quote"]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "quote", "kind", "on_date"], name="ledger_exchangerate_is_unique"
            ),
            models.CheckConstraint(
                name="ledger_exchangerate_is_positive", condition=Q(rate__gt=0)
            ),
            models.CheckConstraint(
                name="ledger_exchangerate_is_of_two", condition=~Q(base=F("quote"))
            ),
            *number_checks("ledger_exchangerate", "rate"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.on_date}"
