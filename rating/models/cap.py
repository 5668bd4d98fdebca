"""The most that the usage of an account may cost a month."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import CurrencyField, PlainAmountField, money_checks
from foundation.money import quantize


class SpendCap(models.Model):
    """What the usage of an account may cost a month, before tax; it warns, and may block.

    Its months begin on the cycle day of the account. A cap that blocks makes a check answer that
    more is not allowed; usage that comes nevertheless is charged. One cap at a time.
    """

    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False
    )
    currency = CurrencyField()
    amount = PlainAmountField()
    blocks = models.BooleanField(default=False)
    valid = DateRangeField(help_text="Local days of the account.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [("set_cap", "Can set and end spend caps")]
        constraints = [
            ExclusionConstraint(
                name="rating_spendcap_one_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="rating_spendcap_is_of_something", condition=Q(amount__gt=0)
            ),
            models.CheckConstraint(
                name="rating_spendcap_begins",
                condition=Q(valid__isempty=False, valid__lower_inf=False),
            ),
            *money_checks("rating_spendcap", "amount"),
        ]

    def __str__(self) -> str:
        return f"{quantize(self.amount, self.currency)} {self.currency} a month"
