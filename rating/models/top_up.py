"""Automatic top-ups: when a balance of money is to be filled, and every request for it (ENT-8)."""

from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from foundation.fields import CurrencyField, PlainAmountField, money_checks
from rating.choices import TopUpState
from rating.models.held import HeldByAccount

MOST_TRIES = 20


class TopUpRule(HeldByAccount):
    """Ask for `amount` once what a payer has paid in advance has fallen to `threshold`.

    For what pays all that is billed, or one usage type. At most `most_per_month` of money in a
    calendar month of the account, and `most_tries` requests a month that bring none. One rule at
    a time; it is never changed: another follows it, or it ends.
    """

    currency = CurrencyField()
    threshold = PlainAmountField()
    amount = PlainAmountField()
    most_per_month = PlainAmountField()
    most_tries = models.PositiveSmallIntegerField()
    valid = DateRangeField(help_text="Local days of the account.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [("set_top_up", "Can set and end automatic top-ups")]
        constraints = [
            ExclusionConstraint(
                name="rating_topuprule_one_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (Coalesce("usage_type_id", 0), RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="rating_topuprule_asks_within_its_limits",
                condition=Q(
                    threshold__gte=0,
                    amount__gt=0,
                    most_per_month__gte=F("amount"),
                    most_tries__gte=1,
                    most_tries__lte=MOST_TRIES,
                ),
            ),
            models.CheckConstraint(
                name="rating_topuprule_begins",
                condition=Q(valid__isempty=False, valid__lower_inf=False),
            ),
            *money_checks("rating_topuprule", "threshold", "amount", "most_per_month"),
        ]

    def __str__(self) -> str:
        return f"automatic top-up {self.pk}"

    @property
    def last_day(self) -> object:
        """Return the last day on which the rule holds; none while it has no end."""
        return self.valid.upper and self.valid.upper - timedelta(days=1)


class TopUpRequest(HeldByAccount):
    """A payment asked for by a rule, and what became of it; one in flight for a rule (ENT-8).

    A balance comes of it only once the money was captured. Without an answer in time it EXPIRES;
    money that is captured after that is still sold, for it has been taken. `retry_at` says of a
    failure when another request may go out; without it the rule rests until it is set anew.
    """

    rule = models.ForeignKey(TopUpRule, models.PROTECT, related_name="+", db_index=False)
    currency = CurrencyField()
    amount = PlainAmountField()
    number = models.PositiveIntegerField(help_text="The how manieth of its rule.")
    month = models.DateField(help_text="First local day of the month to which it counts.")
    remaining = PlainAmountField(help_text="What was left when it was asked for.")
    state = models.CharField(
        max_length=9, choices=TopUpState.choices, default=TopUpState.REQUESTED
    )
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=128, blank=True, default="")
    captured = PlainAmountField(null=True, blank=True)
    bucket = models.ForeignKey(
        "rating.BalanceBucket",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("answer_top_up", "Can say what became of requested top-ups")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "usage_type"],
                name="rating_topuprequest_one_in_flight",
                condition=Q(state="REQUESTED"),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["rule", "number"], name="rating_topuprequest_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["bucket"],
                name="rating_topuprequest_sold_once",
                condition=Q(bucket__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account", "reference"],
                name="rating_topuprequest_paid_once",
                condition=~Q(reference=""),
            ),
            models.CheckConstraint(
                name="rating_topuprequest_state_known",
                condition=Q(state__in=TopUpState.values),
            ),
            models.CheckConstraint(
                name="rating_topuprequest_asks_for_something",
                condition=Q(amount__gt=0, number__gt=0, expires_at__gt=F("asked_at")),
            ),
            models.CheckConstraint(
                name="rating_topuprequest_end_is_dated",
                condition=Q(state="REQUESTED", ended_at__isnull=True)
                | (~Q(state="REQUESTED") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="rating_topuprequest_captured_says_what",
                condition=(
                    Q(
                        state="CAPTURED",
                        bucket__isnull=False,
                        captured__gt=0,
                        captured__lte=F("amount"),
                    )
                    & ~Q(reference="")
                )
                | (
                    ~Q(state="CAPTURED")
                    & Q(bucket__isnull=True, captured__isnull=True, reference="")
                ),
            ),
            models.CheckConstraint(
                name="rating_topuprequest_failed_says_why",
                condition=(Q(state="FAILED") & ~Q(reason=""))
                | (~Q(state="FAILED") & Q(reason="", retry_at__isnull=True)),
            ),
            *money_checks("rating_topuprequest", "amount", "remaining", "captured"),
        ]
        indexes = [
            models.Index(fields=["account", "usage_type"], name="rating_topuprequest_of_account"),
            models.Index(
                fields=["expires_at"],
                name="rating_topuprequest_in_flight",
                condition=Q(state="REQUESTED"),
            ),
        ]

    def __str__(self) -> str:
        return f"top-up {self.key}"

    @property
    def key(self) -> str:
        """Return the key under which the payment is asked for: the same asks for the same once."""
        return f"TOPUP-{self.rule_id}-{self.number}"
