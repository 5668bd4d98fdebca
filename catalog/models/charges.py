"""Charges: what an offer version costs, when and how it is counted."""

from django.db import models
from django.db.models import Q, Value

from catalog import choices
from catalog.models.offers import OfferVersion
from catalog.models.products import Product
from catalog.models.telco import BandPlan, ZoneMap
from catalog.models.usage import UnitOfMeasure, UsageType
from foundation.fields import QuantityField, number_checks
from foundation.stamped import Stamped

RECURRING = Q(kind="RECURRING")
USAGE = Q(kind="USAGE")


class Charge(Stamped):
    """One charge of an offer version.

    `reference` is `<offer>/<version>/<code>` and names the charge in files. The content is frozen
    together with its offer version.
    """

    offer_version = models.ForeignKey(
        OfferVersion, on_delete=models.PROTECT, related_name="charges"
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    reference = models.CharField(max_length=80, unique=True, editable=False)
    name = models.CharField(max_length=100)
    sequence = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=9, choices=choices.ChargeKind)
    timing = models.CharField(max_length=9, choices=choices.Timing, default=choices.Timing.ADVANCE)
    thresholds = models.JSONField(
        default=dict,
        blank=True,
        db_default=Value({}, models.JSONField()),
        help_text='Unbilled usage of the running period that is billed at once: {"EUR": "100"}.',
    )
    period_unit = models.CharField(
        max_length=5, choices=choices.PeriodUnit, default=choices.PeriodUnit.MONTH
    )
    period_count = models.PositiveSmallIntegerField(default=1)
    alignment = models.CharField(
        max_length=11, choices=choices.Alignment, default=choices.Alignment.CYCLE
    )
    trigger = models.CharField(
        max_length=10, choices=choices.Trigger, default=choices.Trigger.EFFECTIVE
    )
    proration = models.CharField(
        "proration convention",
        max_length=16,
        choices=choices.ProrationConvention,
        default=choices.ProrationConvention.ACTUAL_DAYS,
    )
    granularity = models.CharField(
        max_length=6,
        choices=choices.Granularity,
        default=choices.Granularity.DAY,
        help_text="Whether a moment that an order gives counts by its day, or to the second.",
    )
    factor_decimals = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Decimals of the proration factor; empty is exact."
    )
    in_policy = models.CharField(
        "first partial period",
        max_length=7,
        choices=choices.InPolicy,
        default=choices.InPolicy.PRORATE,
    )
    out_policy = models.CharField(
        "last partial period",
        max_length=7,
        choices=choices.OutPolicy,
        default=choices.OutPolicy.PRORATE,
    )
    change_policy = models.CharField(
        "change within a period",
        max_length=11,
        choices=choices.ChangePolicy,
        default=choices.ChangePolicy.PRORATE,
    )
    change_day = models.CharField(
        "day of a change",
        max_length=4,
        choices=choices.ChangeDay,
        default=choices.ChangeDay.NEW,
    )
    long_anchor = models.CharField(
        "longer than the cycle, counts from",
        max_length=15,
        choices=choices.LongAnchor,
        default=choices.LongAnchor.NEXT_CYCLE_DATE,
    )
    billed_through = models.CharField(
        max_length=10,
        choices=choices.BilledThrough,
        default=choices.BilledThrough.PERIOD_END,
        help_text="In arrears: up to the last period that has ended, or the day of the run.",
    )
    price_model = models.CharField(max_length=17, choices=choices.PriceModel)
    usage_type = models.ForeignKey(
        UsageType, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    price_unit = models.ForeignKey(
        UnitOfMeasure,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Unit that the price is per; empty is the unit of the usage type.",
    )
    usage_filter = models.JSONField(
        default=dict,
        blank=True,
        help_text='Attributes that an event must carry: {"zone": "EU"}; empty takes all.',
    )
    price_attributes = models.JSONField(
        default=list,
        blank=True,
        help_text="Attributes by which usage is grouped and prices are keyed.",
    )
    usage_rounding = models.CharField(
        max_length=5, choices=choices.UsageRounding, default=choices.UsageRounding.LINE
    )
    event_decimals = models.PositiveSmallIntegerField(default=4)
    event_mode = models.CharField(
        max_length=16, choices=choices.EventMode, default=choices.EventMode.HALF_UP
    )
    first_increment = QuantityField(default=0)
    next_increment = QuantityField(default=0)
    increment_mode = models.CharField(
        "rounding to increments",
        max_length=6,
        choices=choices.IncrementMode,
        default=choices.IncrementMode.UP,
    )
    zone_map = models.ForeignKey(
        ZoneMap,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Gives each event the price attribute zone by the number that was called.",
    )
    band_plan = models.ForeignKey(
        BandPlan,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Gives each part of an event the price attribute band by the hour.",
    )
    counter_scope = models.CharField(
        max_length=12, choices=choices.CounterScope, default=choices.CounterScope.SUBSCRIPTION
    )
    tier_reset = models.CharField(
        max_length=13, choices=choices.TierReset, default=choices.TierReset.PERIOD
    )
    tier_proration = models.BooleanField(
        default=False, help_text="The bounds of tiers shrink with a partial period."
    )
    free_proration = models.BooleanField(
        default=False, help_text="What is included shrinks with a partial period."
    )
    bounds_prorated = models.BooleanField(
        "minimum and maximum prorated",
        default=True,
        help_text="The least and the greatest amount shrink with a partial period.",
    )
    tier_after_proration = models.BooleanField(
        default=False, help_text="The tier is chosen by the prorated quantity."
    )
    upper_exclusive = models.BooleanField(
        default=False, help_text="The upper bound of a tier belongs to the tier above."
    )
    empty_tier_flat = models.BooleanField(
        default=False, help_text="A quantity of zero costs the flat amount of the first tier."
    )
    bill_zero = models.BooleanField(
        default=False, help_text="A quantity of zero is priced too (minimum amounts)."
    )
    show_zero = models.BooleanField(default=False)
    split_on_price_change = models.BooleanField(default=False)
    payer_price = models.BooleanField(
        default=False, help_text="Contract prices of a redirected payer apply."
    )
    invoice_section = models.CharField(max_length=40, default="Charges")
    text_template = models.CharField(
        max_length=200, default="{name}", help_text="{name}, {product}, {quantity}, {unit}."
    )

    class Meta:
        """Ordered within the offer version; what a kind does not have stays empty."""

        ordering = ["offer_version_id", "sequence", "code"]
        constraints = [
            *number_checks("catalog_charge", "first_increment", "next_increment"),
            models.UniqueConstraint(
                fields=["offer_version", "code"], name="catalog_charge_code_is_unique"
            ),
            *(
                models.CheckConstraint(
                    name=f"catalog_charge_{field}_is_known",
                    condition=Q(**{f"{field}__in": words.values}),
                )
                for field, words in (
                    ("kind", choices.ChargeKind),
                    ("timing", choices.Timing),
                    ("period_unit", choices.PeriodUnit),
                    ("alignment", choices.Alignment),
                    ("trigger", choices.Trigger),
                    ("proration", choices.ProrationConvention),
                    ("granularity", choices.Granularity),
                    ("in_policy", choices.InPolicy),
                    ("out_policy", choices.OutPolicy),
                    ("change_policy", choices.ChangePolicy),
                    ("change_day", choices.ChangeDay),
                    ("long_anchor", choices.LongAnchor),
                    ("billed_through", choices.BilledThrough),
                    ("price_model", choices.PriceModel),
                    ("usage_rounding", choices.UsageRounding),
                    ("event_mode", choices.EventMode),
                    ("counter_scope", choices.CounterScope),
                    ("tier_reset", choices.TierReset),
                    ("increment_mode", choices.IncrementMode),
                )
            ),
            models.CheckConstraint(
                name="catalog_charge_usage_has_a_usage_type",
                condition=(USAGE & Q(usage_type__isnull=False))
                | (~USAGE & Q(usage_type__isnull=True)),
            ),
            models.CheckConstraint(
                name="catalog_charge_usage_is_in_arrears",
                condition=~USAGE | Q(timing__in=["ARREARS", "THRESHOLD"]),
            ),
            models.CheckConstraint(
                name="catalog_charge_threshold_has_limits",
                condition=(Q(timing="THRESHOLD") & USAGE & ~Q(thresholds={}))
                | (~Q(timing="THRESHOLD") & Q(thresholds={})),
            ),
            models.CheckConstraint(
                name="catalog_charge_run_date_is_for_arrears",
                condition=Q(billed_through="PERIOD_END") | (RECURRING & Q(timing="ARREARS")),
            ),
            models.CheckConstraint(
                name="catalog_charge_moments_are_counted_in_seconds",
                condition=Q(granularity="DAY") | (RECURRING & Q(proration="SECONDS")),
            ),
            models.CheckConstraint(
                name="catalog_charge_end_fee_is_one_time",
                condition=~Q(trigger="END") | Q(kind="ONE_TIME"),
            ),
            models.CheckConstraint(
                name="catalog_charge_event_rounding_is_for_usage",
                condition=Q(usage_rounding="LINE")
                | (USAGE & Q(price_model__in=choices.EVENT_MODELS)),
            ),
            models.CheckConstraint(
                name="catalog_charge_days_are_of_a_recurring_charge",
                condition=~Q(price_model="PER_DAY") | RECURRING,
            ),
            models.CheckConstraint(
                name="catalog_charge_levels_are_of_usage",
                condition=~Q(price_model__in=["P95_BURST", "HIGH_WATER"]) | USAGE,
            ),
            models.CheckConstraint(
                name="catalog_charge_zones_and_bands_are_of_usage",
                condition=USAGE | Q(zone_map__isnull=True, band_plan__isnull=True),
            ),
            models.CheckConstraint(
                name="catalog_charge_bands_and_slots_are_of_events",
                condition=Q(usage_rounding="EVENT")
                | (Q(band_plan__isnull=True) & ~Q(price_model="SLOTS")),
            ),
            models.CheckConstraint(
                name="catalog_charge_event_decimals_fit", condition=Q(event_decimals__lte=10)
            ),
            models.CheckConstraint(
                name="catalog_charge_factor_decimals_fit",
                condition=Q(factor_decimals__isnull=True) | Q(factor_decimals__lte=16),
            ),
            models.CheckConstraint(
                name="catalog_charge_period_is_positive", condition=Q(period_count__gte=1)
            ),
            models.CheckConstraint(
                name="catalog_charge_increments_are_not_negative",
                condition=Q(first_increment__gte=0, next_increment__gte=0),
            ),
        ]

    def __str__(self) -> str:
        """Show the reference and the name."""
        return f"{self.reference} {self.name}"
