"""Entitlements: how much usage an offer includes, for whom, and what becomes of the rest."""

from django.db import models
from django.db.models import Q

from catalog import choices
from catalog.models.offers import OfferVersion
from catalog.models.usage import UsageType
from foundation.fields import QuantityField, RateField, number_checks
from foundation.stamped import Stamped


class EntitlementSpec(Stamped):
    """What one grant period of an offer version includes of a usage type.

    `quantity` is in the unit of the usage type: for each service of the subscription (SERVICE),
    for each item bought, to be used by every service of the account (ACCOUNT), or what each
    service brings to the pool it is in (POOL). One that `ends_trial` is granted once, for the
    trial, and caps it: the trial ends with the day on which it is used up (CHG-10). Frozen
    together with its offer version.
    """

    offer_version = models.ForeignKey(
        OfferVersion, on_delete=models.PROTECT, related_name="entitlements"
    )
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=100, help_text="As the customer reads it.")
    usage_type = models.ForeignKey(UsageType, on_delete=models.PROTECT, related_name="+")
    usage_filter = models.JSONField(
        default=dict,
        blank=True,
        help_text='Attributes that an event must carry: {"zone": "EU"}; empty takes all.',
    )
    quantity = QuantityField(help_text="In the unit of the usage type, for a whole period.")
    scope = models.CharField(
        max_length=7,
        choices=choices.EntitlementScope,
        default=choices.EntitlementScope.SERVICE,
    )
    period_unit = models.CharField(
        max_length=5, choices=choices.PeriodUnit, default=choices.PeriodUnit.MONTH
    )
    period_count = models.PositiveSmallIntegerField(default=1)
    alignment = models.CharField(
        max_length=11, choices=choices.Alignment, default=choices.Alignment.CYCLE
    )
    prorate_grant = models.BooleanField(
        default=True, help_text="A partial period gets its share of days."
    )
    priority = models.PositiveSmallIntegerField(
        default=100, help_text="Lower is used up first; then what ends earlier."
    )
    is_blocker = models.BooleanField(
        default=False, help_text="Nothing behind it is used, also once it is used up."
    )
    rollover_percent = RateField(
        default=0, help_text="Share of what is unused that goes on, 0.5 for half."
    )
    rollover_cap = QuantityField(null=True, blank=True, help_text="The most that goes on.")
    rollover_periods = models.PositiveSmallIntegerField(
        default=1, help_text="For how many periods it can be used."
    )
    rolls_again = models.BooleanField(
        default=False, help_text="What was rolled over rolls over once more."
    )
    warns = models.BooleanField(
        default=False, help_text="An alert goes out at 50, 80 and 100 % used."
    )
    ends_trial = models.BooleanField(
        "for the trial",
        default=False,
        db_default=False,
        help_text="Granted once, for the trial; once used up it ends the trial.",
    )
    overage = models.CharField(
        "beyond it",
        max_length=8,
        choices=choices.Overage,
        default=choices.Overage.CHARGE,
        help_text="What a check answers once nothing is left.",
    )

    class Meta:
        """Ordered within the offer version."""

        ordering = ["offer_version_id", "priority", "code"]
        constraints = [
            *number_checks(
                "catalog_entitlementspec", "quantity", "rollover_percent", "rollover_cap"
            ),
            models.UniqueConstraint(
                fields=["offer_version", "code"], name="catalog_entitlementspec_code_is_unique"
            ),
            models.CheckConstraint(
                name="catalog_entitlementspec_quantity_is_positive", condition=Q(quantity__gt=0)
            ),
            models.CheckConstraint(
                name="catalog_entitlementspec_period_is_positive",
                condition=Q(period_count__gte=1, rollover_periods__gte=1),
            ),
            models.CheckConstraint(
                name="catalog_entitlementspec_rollover_fits",
                condition=Q(rollover_percent__gte=0, rollover_percent__lte=1)
                & (Q(rollover_cap__isnull=True) | Q(rollover_cap__gte=0)),
            ),
            models.CheckConstraint(
                name="catalog_entitlementspec_pool_is_plain",
                condition=~Q(scope="POOL")
                | Q(
                    usage_filter={},
                    is_blocker=False,
                    rollover_percent=0,
                    period_unit="MONTH",
                    period_count=1,
                    alignment="CYCLE",
                ),
            ),
            models.CheckConstraint(
                name="catalog_entitlementspec_trial_is_plain",
                condition=Q(ends_trial=False)
                | Q(scope="SERVICE", is_blocker=False, rollover_percent=0),
            ),
            *(
                models.CheckConstraint(
                    name=f"catalog_entitlementspec_{field}_is_known",
                    condition=Q(**{f"{field}__in": words.values}),
                )
                for field, words in (
                    ("scope", choices.EntitlementScope),
                    ("period_unit", choices.PeriodUnit),
                    ("alignment", choices.Alignment),
                    ("overage", choices.Overage),
                )
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"
