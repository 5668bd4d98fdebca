"""Balances of usage and of money: buckets, what moves them, and whose usage is to be drawn."""

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from foundation.fields import (
    CurrencyField,
    IsMoney,
    PlainAmountField,
    QuantityField,
    money_checks,
    number_checks,
)
from rating.choices import BucketSource, MovementKind
from rating.models.held import HeldByAccount


class BalanceBucket(HeldByAccount):
    """Usage that an account, or one of its services, may use without being charged (ENT-1).

    In the unit of the usage type; with a `currency` it is money paid in advance or given, which
    pays documents of the account: everything, or the usage type that it names. `consideration` is
    what was paid for it. `remaining` is the sum of the movements and is written by them alone;
    what the bucket is for never changes, its end may only come earlier. Once past its end it is
    closed: what was unused has rolled over or expired.
    """

    service = models.ForeignKey(
        "customers.ServiceInstance",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="Empty: every service of the account.",
    )
    item = models.ForeignKey(
        "customers.SubscriptionItem",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    spec = models.ForeignKey(
        "catalog.EntitlementSpec",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    pool = models.ForeignKey(
        "rating.RatingPool",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="The pool to which the service brings it; who is in the pool may use it.",
    )
    currency = CurrencyField(blank=True, default="", db_default="")
    consideration = PlainAmountField(default=0, db_default=0)
    usage_filter = models.JSONField(default=dict, blank=True)
    name = models.CharField(max_length=100)
    source = models.CharField(max_length=8, choices=BucketSource.choices)
    priority = models.PositiveSmallIntegerField(default=100)
    is_blocker = models.BooleanField(default=False)
    initial = QuantityField()
    remaining = QuantityField(default=0)
    valid = DateTimeRangeField()
    period_start = models.DateField(
        null=True, blank=True, help_text="First local day of the full period granted."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("adjust_balance", "Can add to balances and take from them"),
            ("sell_balance", "Can sell balances of money and pay them back"),
        ]
        constraints = [
            *number_checks("rating_balancebucket", "initial", "remaining"),
            models.CheckConstraint(
                name="rating_balancebucket_remaining_fits",
                condition=Q(remaining__gte=0, remaining__lte=F("initial")) & Q(initial__gt=0),
            ),
            models.CheckConstraint(
                name="rating_balancebucket_is_of_units_or_money",
                condition=Q(currency="", usage_type__isnull=False, consideration=0)
                | (
                    ~Q(currency="")
                    & Q(
                        service__isnull=True,
                        item__isnull=True,
                        spec__isnull=True,
                        usage_filter={},
                        source__in=["PROMO", "TOPUP"],
                    )
                    & IsMoney(F("initial"), F("currency"))
                    & IsMoney(F("remaining"), F("currency"))
                ),
            ),
            models.CheckConstraint(
                name="rating_balancebucket_was_paid_for_at_most_in_full",
                condition=Q(consideration__gte=0, consideration__lte=F("initial")),
            ),
            *money_checks("rating_balancebucket", "consideration"),
            models.CheckConstraint(
                name="rating_balancebucket_source_known",
                condition=Q(source__in=BucketSource.values),
            ),
            models.CheckConstraint(
                name="rating_balancebucket_valid_begins",
                condition=Q(valid__isempty=False, valid__lower_inf=False),
            ),
            models.CheckConstraint(
                name="rating_balancebucket_grant_is_of_an_item",
                condition=~Q(source=BucketSource.GRANT)
                | Q(item__isnull=False, spec__isnull=False, period_start__isnull=False),
            ),
            models.CheckConstraint(
                name="rating_balancebucket_rollover_has_a_parent",
                condition=Q(source=BucketSource.ROLLOVER, parent__isnull=False)
                | (~Q(source=BucketSource.ROLLOVER) & Q(parent__isnull=True)),
            ),
            models.CheckConstraint(
                name="rating_balancebucket_pool_is_filled_by_a_service",
                condition=Q(pool__isnull=True) | Q(source="GRANT", service__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["item", "spec", "period_start", "service", "pool"],
                name="rating_balancebucket_granted_once",
                condition=Q(source=BucketSource.GRANT),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["parent"],
                name="rating_balancebucket_rolled_over_once",
                condition=Q(source=BucketSource.ROLLOVER),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "usage_type"], name="rating_balancebucket_holder"),
            models.Index(
                fields=["account"],
                name="rating_balancebucket_money",
                condition=~Q(currency="") & Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["pool"],
                name="rating_balancebucket_pooled",
                condition=Q(pool__isnull=False),
            ),
            models.Index(
                models.Func(F("valid"), function="upper"),
                name="rating_balancebucket_open",
                condition=Q(closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def measure(self) -> str:
        """Return what the bucket counts: the unit of its usage type, or its currency."""
        if self.usage_type is None or self.currency:
            return self.currency
        return self.usage_type.unit.code


class BalanceMovement(models.Model):
    """One change of a bucket; written once, and the bucket's `remaining` with it (ENT-3).

    A CONSUME names the event that it covers, or the document that money of it pays; a REVERSE
    takes such a draw back. A GRANT of money names the document that sold it.
    """

    bucket = models.ForeignKey(
        BalanceBucket, models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=8, choices=MovementKind.choices)
    delta = QuantityField()
    event_id = models.BigIntegerField(null=True, blank=True)
    event_at = models.DateTimeField(null=True, blank=True)
    document_id = models.BigIntegerField(null=True, blank=True)
    reservation = models.ForeignKey(
        "rating.Reservation", models.PROTECT, related_name="movements", null=True, blank=True
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *number_checks("rating_balancemovement", "delta"),
            models.CheckConstraint(
                name="rating_balancemovement_kind_known",
                condition=Q(kind__in=MovementKind.values),
            ),
            models.CheckConstraint(
                name="rating_balancemovement_goes_its_way",
                condition=~Q(delta=0)
                & (~Q(kind__in=["GRANT", "ROLL_IN", "RELEASE", "REVERSE"]) | Q(delta__gt=0))
                & (
                    ~Q(kind__in=["CONSUME", "RESERVE", "EXPIRE", "ROLL_OUT", "REFUND"])
                    | Q(delta__lt=0)
                ),
            ),
            models.CheckConstraint(
                name="rating_balancemovement_event_is_dated",
                condition=Q(event_id__isnull=True, event_at__isnull=True)
                | Q(
                    event_id__isnull=False,
                    event_at__isnull=False,
                    kind__in=["CONSUME", "REVERSE"],
                ),
            ),
            models.CheckConstraint(
                name="rating_balancemovement_document_pays_or_sells",
                condition=Q(document_id__isnull=True)
                | Q(event_id__isnull=True, kind__in=["GRANT", "CONSUME"]),
            ),
            models.CheckConstraint(
                name="rating_balancemovement_adjusted_with_reason",
                condition=~Q(kind="ADJUST") | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["bucket", "event_at"], name="rating_balancemovement_draws"),
            models.Index(
                fields=["document_id"],
                name="rating_balancemovement_paying",
                condition=Q(document_id__isnull=False),
            ),
        ]


class PendingDraw(models.Model):
    """Say that the usage of an account is to be drawn from its buckets anew, from a moment on.

    Written with what changed (usage, a bucket), taken when it was drawn: a crash between the two
    loses nothing.
    """

    account_id = models.BigIntegerField()
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account_id"], name="rating_pendingdraw_account")]
