"""Legal entities and the number series of their documents."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from foundation.fields import CurrencyField
from foundation.stamped import Stamped
from ledger.choices import CreditStyle, TaxRounding


def validate_time_zone(name: str) -> None:
    """Refuse what is not a zone of the time zone database."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone such as Europe/Berlin")


class LegalEntity(Stamped):
    """A company that issues documents and keeps books of its own."""

    code = models.CharField(
        max_length=16, unique=True, validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$")]
    )
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$")])
    functional_currency = CurrencyField()
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    fiscal_year_start = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="The month, 1 to 12, in which the fiscal year begins.",
    )
    tax_rounding = models.CharField(
        max_length=8, choices=TaxRounding.choices, default=TaxRounding.LINE
    )
    credit_style = models.CharField(
        max_length=13, choices=CreditStyle.choices, default=CreditStyle.CREDIT_NOTE
    )
    address_line1 = models.CharField(max_length=200, blank=True, default="")
    address_line2 = models.CharField(max_length=200, blank=True, default="")
    postcode = models.CharField(max_length=20, blank=True, default="")
    town = models.CharField(max_length=100, blank=True, default="")
    region = models.CharField(max_length=100, blank=True, default="")
    vat_id = models.CharField("VAT id", max_length=32, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    bank_details = models.TextField(blank=True, default="", max_length=1000)

    class Meta:
        verbose_name_plural = "legal entities"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="ledger_legalentity_fiscal_year_start",
                condition=Q(fiscal_year_start__range=(1, 12)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the entity's days begin."""
        return ZoneInfo(self.time_zone)

    def fiscal_year(self, on_date: date) -> int:
        """Return the fiscal year of a date, named for the calendar year in which it ends."""
        if self.fiscal_year_start > 1 and on_date.month >= self.fiscal_year_start:
            return on_date.year + 1
        return on_date.year


class NumberSeries(models.Model):
    """The next number of one kind of document in one fiscal year (INV-1).

    `{year}` in the prefix stands for the fiscal year. Numbers are drawn by
    `ledger.operations.draw_numbers` in the transaction that posts the document, and the counter
    only grows (guard `ledger_numberseries_only_grows`).
    """

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    doc_type = models.CharField(max_length=16)
    fiscal_year = models.PositiveSmallIntegerField()
    prefix = models.CharField(max_length=20, blank=True, default="")
    next_no = models.BigIntegerField(default=1)
    width = models.PositiveSmallIntegerField(default=6)

    class Meta:
        verbose_name_plural = "number series"
        ordering = ["entity_id", "doc_type", "fiscal_year"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "doc_type", "fiscal_year"], name="ledger_numberseries_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.doc_type} {self.fiscal_year}"

    @property
    def stem(self) -> str:
        """The prefix with its year filled in."""
        return self.prefix.replace("{year}", str(self.fiscal_year))

    def number(self, counter: int) -> str:
        """Return the number that a document carries for this counter."""
        return f"{self.stem}{counter:0{self.width}d}"
