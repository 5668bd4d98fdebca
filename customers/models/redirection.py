"""Split billing: charges of one account that another payer pays for."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from foundation.fields import CurrencyField, PlainAmountField, money_checks
from foundation.stamped import Stamped


def _or_zero(name: str) -> Func:
    return Func(F(name), Value(0), function="COALESCE")


class ChargeRedirection(Stamped):
    """What of an account's charges another payer pays, for full periods that begin on its days.

    Of one subscription, one product or one section of the invoice, or of all that are left empty;
    the most specific one holds (HIER-8). `cap` is the most that it pays of the periods beginning
    in one calendar month; what goes beyond falls back to the account's own payer.
    """

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="redirections")
    subscription = models.ForeignKey(
        "customers.Subscription", models.PROTECT, related_name="+", null=True, blank=True
    )
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="+", null=True, blank=True
    )
    section = models.CharField("invoice section", max_length=40, blank=True, default="")
    payer = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    valid = DateRangeField()
    currency = CurrencyField()
    cap = PlainAmountField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_chargeredirection_one_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (_or_zero("subscription"), RangeOperators.EQUAL),
                    (_or_zero("product"), RangeOperators.EQUAL),
                    ("section", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_chargeredirection_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
            models.CheckConstraint(
                name="customers_chargeredirection_to_another",
                condition=~Q(payer=F("account")),
            ),
            models.CheckConstraint(
                name="customers_chargeredirection_cap_positive",
                condition=Q(cap__isnull=True) | Q(cap__gt=0),
            ),
            *money_checks("customers_chargeredirection", "cap"),
        ]
        indexes = [
            models.Index(fields=["payer"], name="customers_chargeredirection_to"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} to {self.payer_id}"
