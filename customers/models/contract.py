"""Contracts of a node and the prices agreed in them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from customers.choices import ContractPriceKind, ContractState, Renewal
from foundation.fields import CurrencyField, RateField, UnitPriceField, number_checks
from foundation.stamped import Stamped


class Contract(Stamped):
    """An agreement with a node of the tree; its prices hold for the node and all below it."""

    number = models.CharField(max_length=32, unique=True)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="contracts")
    valid = DateRangeField()
    state = models.CharField(
        max_length=12, choices=ContractState.choices, default=ContractState.DRAFT
    )
    document_reference = models.CharField(max_length=200, blank=True, default="")
    document_hash = models.CharField(max_length=64, blank=True, default="")
    renewal = models.CharField(max_length=4, choices=Renewal.choices, default=Renewal.NONE)
    signed_on = models.DateField(null=True, blank=True)

    class Meta:
        permissions = [("sign_contract", "Can sign or terminate a contract")]
        constraints = [
            models.CheckConstraint(
                name="customers_contract_state_known",
                condition=Q(state__in=ContractState.values),
            ),
            models.CheckConstraint(
                name="customers_contract_has_days", condition=Q(valid__isempty=False)
            ),
            models.CheckConstraint(
                name="customers_contract_signed_has_date",
                condition=Q(state=ContractState.DRAFT) | Q(signed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ContractPrice(Stamped):
    """A price agreed for one charge or for all charges of a product (PRC-2, PRC-4).

    `account` repeats the contract's node and `in_force` says that the contract is signed, so
    that one exclusion keeps two agreed prices of a node from applying to the same day.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="prices")
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="contract_prices"
    )
    charge = models.ForeignKey(
        "catalog.Charge", models.PROTECT, related_name="+", null=True, blank=True
    )
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="+", null=True, blank=True
    )
    currency = CurrencyField()
    kind = models.CharField(max_length=12, choices=ContractPriceKind.choices)
    unit_price = UnitPriceField(null=True, blank=True)
    percent_off = RateField(
        null=True, blank=True, help_text="Fraction: 0.1 takes ten percent off."
    )
    valid = DateRangeField()
    in_force = models.BooleanField(default=False, editable=False)

    class Meta:
        permissions = [("set_contract_price", "Can set contract prices")]
        constraints = [
            ExclusionConstraint(
                name="customers_contractprice_one_in_force",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (
                        Func(F("charge"), Value(0), function="COALESCE"),
                        RangeOperators.EQUAL,
                    ),
                    (
                        Func(F("product"), Value(0), function="COALESCE"),
                        RangeOperators.EQUAL,
                    ),
                    ("currency", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(in_force=True),
            ),
            models.CheckConstraint(
                name="customers_contractprice_charge_or_product",
                condition=Q(charge__isnull=False, product__isnull=True)
                | Q(charge__isnull=True, product__isnull=False),
            ),
            models.CheckConstraint(
                name="customers_contractprice_kind_has_value",
                condition=Q(
                    kind=ContractPriceKind.FIXED,
                    unit_price__isnull=False,
                    unit_price__gte=0,
                    percent_off__isnull=True,
                )
                | Q(
                    kind=ContractPriceKind.PERCENT_OFF,
                    percent_off__isnull=False,
                    percent_off__gt=0,
                    percent_off__lte=1,
                    unit_price__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="customers_contractprice_has_days", condition=Q(valid__isempty=False)
            ),
            *number_checks("customers_contractprice", "unit_price", "percent_off"),
        ]
