"""Taxes, their dated rates and the rules that say to whom they apply."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from foundation.fields import RateField, UnitPriceField, validate_currency
from foundation.stamped import Stamped
from tax import choices
from tax.models.jurisdictions import Jurisdiction


class TaxType(Stamped):
    """A tax: sales tax, VAT, a surcharge; computed in the order of `sequence` (TAX-8)."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    sequence = models.PositiveSmallIntegerField(default=1)
    compounds_on = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="+",
        help_text="Earlier taxes whose amounts join the base of this one.",
    )
    pass_through = models.BooleanField(
        default=False,
        help_text="A surcharge collected for others (GL 2210) rather than revenue.",
    )
    gl_number = models.CharField("account", max_length=16, default="2200")

    class Meta:
        """Ordered as computed."""

        ordering = ["sequence", "code"]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class TaxRate(Stamped):
    """A rate of a tax in a place, from a day on."""

    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="rates")
    tax_type = models.ForeignKey(TaxType, on_delete=models.PROTECT, related_name="rates")
    code = models.CharField(max_length=16, default="STANDARD")
    kind = models.CharField(
        max_length=9, choices=choices.RateKind, default=choices.RateKind.PERCENT
    )
    rate = UnitPriceField(help_text="A fraction (0.19), or an amount per unit or per line.")
    cap = UnitPriceField(
        null=True, blank=True, help_text="The most this tax may come to, per line or document."
    )
    cap_scope = models.CharField(
        max_length=8, choices=choices.CapScope, default=choices.CapScope.LINE
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[validate_currency],
        help_text="Of an amount or a cap; a percentage without cap has none.",
    )
    valid = DateRangeField()

    class Meta:
        """One rate of a code at a time."""

        permissions = [
            ("change_tax_tables", "Can add and end places, taxes, rates and rules"),
            ("export_lists", "Can export lists to files"),
        ]
        ordering = ["code", "id"]
        constraints = [
            ExclusionConstraint(
                name="tax_taxrate_one_at_a_time",
                expressions=[
                    ("jurisdiction", RangeOperators.EQUAL),
                    ("tax_type", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="tax_taxrate_kind_is_known", condition=Q(kind__in=choices.RateKind.values)
            ),
            models.CheckConstraint(
                name="tax_taxrate_cap_scope_is_known",
                condition=Q(cap_scope__in=choices.CapScope.values),
            ),
            # NaN sorts above every number, so an upper bound refuses it too.
            models.CheckConstraint(
                name="tax_taxrate_rate_is_in_range",
                condition=Q(rate__gte=0, rate__lt=1_000_000)
                & (~Q(kind="PERCENT") | Q(rate__lte=1)),
            ),
            models.CheckConstraint(
                name="tax_taxrate_cap_is_positive",
                condition=Q(cap__isnull=True) | Q(cap__gt=0, cap__lt=1_000_000_000),
            ),
            models.CheckConstraint(
                name="tax_taxrate_amounts_have_a_currency",
                condition=Q(kind="PERCENT", cap__isnull=True, currency="")
                | ((~Q(kind="PERCENT") | Q(cap__isnull=False)) & ~Q(currency="")),
            ),
            models.CheckConstraint(
                name="tax_taxrate_valid_begins",
                condition=Q(valid__isempty=False, valid__startswith__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the first day."""
        return f"{self.code} from {self.valid.lower}"


class TaxRule(Stamped):
    """How a place treats a category sold to a kind of customer (TAX-5)."""

    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="rules")
    tax_type = models.ForeignKey(TaxType, on_delete=models.PROTECT, related_name="rules")
    category = models.CharField(
        max_length=32, default="*", help_text="The code of a tax category, or * for all."
    )
    customer_kind = models.CharField(
        max_length=10, choices=choices.CustomerKind, default=choices.CustomerKind.ANY
    )
    treatment = models.CharField(max_length=14, choices=choices.Treatment)
    rate_code = models.CharField(max_length=16, blank=True)
    taxable_share = RateField(default=1, help_text="The fraction of the line that is taxed.")
    reason = models.CharField(
        max_length=200, blank=True, help_text="Printed where nothing is charged."
    )
    valid = DateRangeField()

    class Meta:
        """One rule for a category and a kind of customer at a time."""

        ordering = ["category", "customer_kind", "id"]
        constraints = [
            ExclusionConstraint(
                name="tax_taxrule_one_at_a_time",
                expressions=[
                    ("jurisdiction", RangeOperators.EQUAL),
                    ("tax_type", RangeOperators.EQUAL),
                    ("category", RangeOperators.EQUAL),
                    ("customer_kind", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="tax_taxrule_kind_is_known",
                condition=Q(customer_kind__in=choices.CustomerKind.values),
            ),
            models.CheckConstraint(
                name="tax_taxrule_treatment_is_known",
                condition=Q(treatment__in=choices.Treatment.values),
            ),
            models.CheckConstraint(
                name="tax_taxrule_taxable_names_a_rate",
                condition=Q(treatment="TAXABLE") & ~Q(rate_code="")
                | ~Q(treatment="TAXABLE") & Q(rate_code=""),
            ),
            models.CheckConstraint(
                name="tax_taxrule_untaxed_gives_a_reason",
                condition=Q(treatment__in=["TAXABLE", "ZERO"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="tax_taxrule_reverse_charge_is_for_business",
                condition=~Q(treatment="REVERSE_CHARGE")
                | Q(customer_kind__in=["BUSINESS", "GOVERNMENT", "RESELLER"]),
            ),
            models.CheckConstraint(
                name="tax_taxrule_share_is_a_fraction",
                condition=Q(taxable_share__gt=0, taxable_share__lte=1),
            ),
            models.CheckConstraint(
                name="tax_taxrule_valid_begins",
                condition=Q(valid__isempty=False, valid__startswith__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Show the category and the treatment."""
        return f"{self.category}: {self.get_treatment_display()}"
