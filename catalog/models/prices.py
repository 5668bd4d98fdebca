"""Price books, dated price versions and their tiers."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from catalog.models.charges import Charge
from catalog.models.lifecycle import Versioned, life_checks
from foundation.fields import (
    CurrencyField,
    PlainAmountField,
    QuantityField,
    RateField,
    UnitPriceField,
    money_checks,
    number_checks,
)
from foundation.stamped import Stamped


class PriceBook(Stamped):
    """A list of prices; what it lacks is looked for in its parent, then in the default prices."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    class Meta:
        """Ordered by code; the default prices are in no book."""

        ordering = ["code"]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class PriceVersion(Versioned):
    """The price of a charge in a currency, for whom '*' does not narrow it, over a validity."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="prices")
    pricebook = models.ForeignKey(
        PriceBook, null=True, blank=True, on_delete=models.PROTECT, related_name="prices"
    )
    currency = CurrencyField()
    segment = models.CharField(max_length=32, default="*")
    region = models.CharField(max_length=32, default="*")
    channel = models.CharField(max_length=32, default="*")
    attribute_key = models.CharField("attributes", max_length=200, default="*")
    valid = DateRangeField()
    unit_price = UnitPriceField(default=0)
    flat_amount = PlainAmountField(default=0)
    percent = RateField(default=0)
    min_amount = PlainAmountField(null=True, blank=True)
    max_amount = PlainAmountField(null=True, blank=True)
    package_size = QuantityField(default=1)
    free_units = QuantityField("included units", default=0)
    event_fee = UnitPriceField(default=0, help_text="Fixed amount of each event.")
    event_min = UnitPriceField("least amount of an event", null=True, blank=True)
    event_max = UnitPriceField("greatest amount of an event", null=True, blank=True)
    free_events = models.PositiveIntegerField("free transactions", default=0)
    free_amount = PlainAmountField("free amount of money", default=0)
    tax_inclusive = models.BooleanField(default=False)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    batch_id = models.BigIntegerField("import", null=True, blank=True, editable=False)

    class Meta:
        """Published prices of one key never overlap; verbs have permissions of their own."""

        ordering = ["charge_id", "currency", "id"]
        permissions = [
            ("draft_price", "Can draft prices and submit them"),
            ("approve_price", "Can approve prices that others drafted"),
            ("publish_price", "Can publish and retire approved prices"),
            ("import_prices", "Can import prices from a file"),
            ("export_lists", "Can export lists to files"),
        ]
        indexes = [
            models.Index(fields=["charge", "currency"], name="catalog_price_charge_currency"),
            models.Index(
                fields=["batch_id"],
                name="catalog_price_batch",
                condition=Q(batch_id__isnull=False),
            ),
        ]
        constraints = [
            *life_checks("catalog_priceversion"),
            *money_checks(
                "catalog_priceversion", "flat_amount", "min_amount", "max_amount", "free_amount"
            ),
            *number_checks(
                "catalog_priceversion",
                *("unit_price", "percent", "package_size", "free_units"),
                *("event_fee", "event_min", "event_max"),
            ),
            ExclusionConstraint(
                name="catalog_priceversion_published_do_not_overlap",
                expressions=[
                    ("charge", RangeOperators.EQUAL),
                    (
                        Coalesce(F("pricebook"), Value(0), output_field=models.BigIntegerField()),
                        RangeOperators.EQUAL,
                    ),
                    ("currency", RangeOperators.EQUAL),
                    ("segment", RangeOperators.EQUAL),
                    ("region", RangeOperators.EQUAL),
                    ("channel", RangeOperators.EQUAL),
                    ("attribute_key", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=["PUBLISHED", "RETIRED"]),
            ),
            models.CheckConstraint(
                name="catalog_priceversion_valid_begins",
                condition=Q(valid__isempty=False, valid__startswith__isnull=False),
            ),
            models.CheckConstraint(
                name="catalog_priceversion_prices_are_not_negative",
                condition=Q(
                    unit_price__gte=0,
                    flat_amount__gte=0,
                    percent__gte=0,
                    free_units__gte=0,
                    free_amount__gte=0,
                    event_fee__gte=0,
                )
                & (Q(min_amount__isnull=True) | Q(min_amount__gte=0)),
            ),
            models.CheckConstraint(
                name="catalog_priceversion_package_is_positive", condition=Q(package_size__gt=0)
            ),
            models.CheckConstraint(
                name="catalog_priceversion_bounds_fit",
                condition=Q(min_amount__isnull=True)
                | Q(max_amount__isnull=True)
                | Q(max_amount__gte=F("min_amount")),
            ),
            models.CheckConstraint(
                name="catalog_priceversion_event_bounds_fit",
                condition=(Q(event_min__isnull=True) | Q(event_min__gte=0))
                & (Q(event_max__isnull=True) | Q(event_max__gte=0))
                & (
                    Q(event_min__isnull=True)
                    | Q(event_max__isnull=True)
                    | Q(event_max__gte=F("event_min"))
                ),
            ),
            models.CheckConstraint(
                name="catalog_priceversion_narrowing_is_a_word",
                condition=~(Q(segment="") | Q(region="") | Q(channel="") | Q(attribute_key="")),
            ),
        ]

    def __str__(self) -> str:
        """Show the number and the currency."""
        return f"price {self.pk} in {self.currency}"


class PriceTier(models.Model):
    """One tier: it covers what lies above the tier before, up to and with its upper (TIER-1).

    Of a MATRIX price it is one cell, named by `cell`; `*` is the cell of what matches no other.
    """

    price_version = models.ForeignKey(PriceVersion, on_delete=models.CASCADE, related_name="tiers")
    seq = models.PositiveSmallIntegerField()
    upper_inclusive = QuantityField(
        "up to", null=True, blank=True, help_text="Empty: without end."
    )
    unit_price = UnitPriceField(default=0)
    flat_amount = PlainAmountField(default=0)
    cell = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        """In order; uppers grow strictly (kept by a trigger, `sql/frozen_parts.sql`)."""

        ordering = ["price_version_id", "seq"]
        constraints = [
            *number_checks("catalog_pricetier", "upper_inclusive", "unit_price", "flat_amount"),
            models.UniqueConstraint(
                fields=["price_version", "seq"], name="catalog_pricetier_seq_is_unique"
            ),
            models.UniqueConstraint(
                fields=["price_version", "cell"],
                condition=~Q(cell=""),
                name="catalog_pricetier_cell_is_unique",
            ),
            models.CheckConstraint(
                name="catalog_pricetier_cell_has_no_upper",
                condition=Q(cell="") | Q(upper_inclusive__isnull=True),
            ),
            models.CheckConstraint(
                name="catalog_pricetier_prices_are_not_negative",
                condition=Q(unit_price__gte=0, flat_amount__gte=0),
            ),
            models.CheckConstraint(
                name="catalog_pricetier_upper_is_positive",
                condition=Q(upper_inclusive__isnull=True) | Q(upper_inclusive__gt=0),
            ),
        ]

    def __str__(self) -> str:
        """Show the position."""
        return f"tier {self.seq}"
