"""Tax categories: what a thing is, for tax."""

from django.db import models

from foundation.stamped import Stamped
from tax import choices


class TaxCategory(Stamped):
    """What is sold, for tax, and where it is taxed by default (TAX-3)."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    nature = models.CharField(max_length=16, choices=choices.Nature)
    sourcing = models.CharField(
        max_length=24, choices=choices.Sourcing, default=choices.Sourcing.SERVICE_ADDRESS
    )

    class Meta:
        """Ordered by code; a code is never blank or '*', which rules use for "any"."""

        ordering = ["code"]
        verbose_name_plural = "tax categories"
        constraints = [
            models.CheckConstraint(
                name="tax_taxcategory_code_is_a_word",
                condition=~models.Q(code__in=["", "*"]),
            ),
            models.CheckConstraint(
                name="tax_taxcategory_nature_is_known",
                condition=models.Q(nature__in=choices.Nature.values),
            ),
            models.CheckConstraint(
                name="tax_taxcategory_sourcing_is_known",
                condition=models.Q(sourcing__in=choices.Sourcing.values),
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"
