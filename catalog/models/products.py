"""Products, and the labels that lead them to accounts and to revenue."""

from django.db import models
from django.db.models import Q

from catalog import choices
from foundation.stamped import Stamped
from tax.models import TaxCategory


class GLCode(Stamped):
    """A label that posting rules turn into accounts; the revenue account is its default."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    revenue_account = models.CharField(max_length=16, help_text="Account number, as 4000.")

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        verbose_name = "GL code"

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class RevenueRule(Stamped):
    """How revenue of a product is recognised."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    pattern = models.CharField(max_length=16, choices=choices.RevenuePattern)
    is_distinct = models.BooleanField("distinct obligation", default=True)
    is_unconditional = models.BooleanField("unconditional right", default=True)
    allocation_group = models.CharField(max_length=32, blank=True)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="catalog_revenuerule_pattern_is_known",
                condition=Q(pattern__in=choices.RevenuePattern.values),
            )
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class Product(Stamped):
    """What is sold, below any offer: it decides tax, account and revenue."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    family = models.CharField(max_length=40, blank=True)
    product_type = models.CharField("type", max_length=9, choices=choices.ProductType)
    tax_category = models.ForeignKey(
        TaxCategory, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    gl_code = models.ForeignKey(
        GLCode,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="GL code",
    )
    revenue_rule = models.ForeignKey(
        RevenueRule, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    provisioning_code = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="catalog_product_type_is_known",
                condition=Q(product_type__in=choices.ProductType.values),
            )
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"
