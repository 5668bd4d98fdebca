"""Places that tax, and the registrations of our entities there."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from foundation.stamped import Stamped
from tax import choices


class Jurisdiction(Stamped):
    """A place that may tax: a country, or a place inside one."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    level = models.CharField(max_length=8, choices=choices.Level)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    date_basis = models.CharField(
        max_length=16, choices=choices.DateBasis, default=choices.DateBasis.INVOICE_DATE
    )
    combine_local = models.BooleanField(
        "round state and local rates together",
        default=False,
        help_text="The rates of this place and those inside it are summed before rounding.",
    )

    class Meta:
        """Ordered by code; countries are roots and the only roots."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="tax_jurisdiction_level_is_known",
                condition=models.Q(level__in=choices.Level.values),
            ),
            models.CheckConstraint(
                name="tax_jurisdiction_date_basis_is_known",
                condition=models.Q(date_basis__in=choices.DateBasis.values),
            ),
            models.CheckConstraint(
                name="tax_jurisdiction_countries_are_the_roots",
                condition=models.Q(level="COUNTRY", parent__isnull=True)
                | (~models.Q(level="COUNTRY") & models.Q(parent__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class TaxRegistration(Stamped):
    """An entity's registration in a place; without one no tax is charged there (TAX-2)."""

    # Ledger is a neighbour of this room: the entity is known by its id only.
    entity_id = models.BigIntegerField("legal entity")
    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    valid = DateRangeField()

    class Meta:
        """One registration of an entity in a place at a time."""

        ordering = ["id"]
        constraints = [
            ExclusionConstraint(
                name="tax_taxregistration_one_at_a_time",
                expressions=[
                    ("entity_id", RangeOperators.EQUAL),
                    ("jurisdiction", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="tax_taxregistration_valid_begins",
                condition=models.Q(valid__isempty=False, valid__startswith__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Show the number."""
        return self.number
