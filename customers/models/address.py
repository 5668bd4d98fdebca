"""Structured addresses, and what accounts use them for."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from customers.choices import AddressRole
from foundation.stamped import Stamped


class Address(Stamped):
    """A place, in structured fields; its jurisdiction is the lowest that taxes there.

    Town and country are mandatory: banks refuse unstructured addresses.
    """

    line1 = models.CharField(max_length=120, blank=True, default="")
    line2 = models.CharField(max_length=120, blank=True, default="")
    town = models.CharField(max_length=80)
    postcode = models.CharField(max_length=16, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    country = models.CharField(max_length=2)
    jurisdiction = models.ForeignKey(
        "tax.Jurisdiction", models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.CheckConstraint(
                name="customers_address_structured",
                condition=~Q(town="") & Q(country__regex=r"^[A-Z]{2}$"),
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in self.lines() if part)

    def lines(self) -> list[str]:
        """Return the address as it is printed, a line each."""
        town = f"{self.postcode} {self.town}".strip()
        return [text for text in (self.line1, self.line2, town, self.region, self.country) if text]


class AccountAddress(Stamped):
    """An address in one role of an account, for a half-open range of days."""

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="address_uses")
    address = models.ForeignKey(Address, models.PROTECT, related_name="uses")
    role = models.CharField(max_length=8, choices=AddressRole.choices)
    valid = DateRangeField()

    class Meta:
        verbose_name_plural = "account addresses"
        constraints = [
            ExclusionConstraint(
                name="customers_accountaddress_one_per_role",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_accountaddress_role_known",
                condition=Q(role__in=AddressRole.values),
            ),
            models.CheckConstraint(
                name="customers_accountaddress_has_days", condition=Q(valid__isempty=False)
            ),
        ]
