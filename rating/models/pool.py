"""Pools: usage that accounts of a subtree share, who is in them, and what each has of them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from foundation.fields import QuantityField, number_checks
from rating.choices import PoolAllocation


class RatingPool(models.Model):
    """Usage of one kind that the services at and below an account share (POOL-1, POOL-2).

    Filled by the offers of its members: each brings what its offer includes for the pool. Its
    periods are months from `cycle_day`. What a pool is never changes; it ends once.
    """

    node = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    usage_type = models.ForeignKey(
        "catalog.UsageType", models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=100, help_text="As the customer reads it.")
    allocation = models.CharField(
        "who bears what is beyond it",
        max_length=14,
        choices=PoolAllocation.choices,
        default=PoolAllocation.BY_USAGE,
    )
    cycle_day = models.PositiveSmallIntegerField(help_text="Day of the month on which it begins.")
    valid = DateRangeField(help_text="Local days of the account at its head.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name", "id"]
        permissions = [("open_pool", "Can open and end pools")]
        constraints = [
            ExclusionConstraint(
                name="rating_ratingpool_one_at_a_time",
                expressions=[
                    ("node", RangeOperators.EQUAL),
                    ("usage_type", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="rating_ratingpool_allocation_known",
                condition=Q(allocation__in=PoolAllocation.values),
            ),
            models.CheckConstraint(
                name="rating_ratingpool_begins",
                condition=Q(valid__isempty=False, valid__lower_inf=False)
                & Q(cycle_day__gte=1, cycle_day__lte=31),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """That a service is in a pool for a half-open range of local days (POOL-4).

    A service is in one pool of a kind of usage at a time. `account` is that of the service. The
    rows are kept by the dated tree; one that never came to hold has no days.
    """

    pool = models.ForeignKey(RatingPool, models.PROTECT, related_name="members")
    service = models.ForeignKey(
        "customers.ServiceInstance", models.PROTECT, related_name="+", db_index=False
    )
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    usage_type = models.ForeignKey(
        "catalog.UsageType", models.PROTECT, related_name="+", db_index=False
    )
    valid = DateRangeField()

    class Meta:
        ordering = ["pool_id", "service_id", "id"]
        constraints = [
            ExclusionConstraint(
                name="rating_poolmember_one_pool_at_a_time",
                expressions=[
                    ("service", RangeOperators.EQUAL),
                    ("usage_type", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="rating_poolmember_begins",
                condition=Q(valid__isempty=True) | Q(valid__lower_inf=False),
            ),
        ]

    def __str__(self) -> str:
        return f"service {self.service_id} in pool {self.pool_id}"


class PoolShare(models.Model):
    """What a service brought to a pool in a period, used of it, and how much is covered (POOL-3).

    Written anew whenever the pool is drawn; what is beyond `covered` is charged.
    """

    pool = models.ForeignKey(RatingPool, models.PROTECT, related_name="shares", db_index=False)
    period_start = models.DateField()
    service = models.ForeignKey(
        "customers.ServiceInstance", models.PROTECT, related_name="+", db_index=False
    )
    contributed = QuantityField()
    used = QuantityField()
    covered = QuantityField()

    class Meta:
        ordering = ["-period_start", "service_id"]
        constraints = [
            *number_checks("rating_poolshare", "contributed", "used", "covered"),
            models.UniqueConstraint(
                fields=["pool", "period_start", "service"], name="rating_poolshare_once"
            ),
            models.CheckConstraint(
                name="rating_poolshare_covers_what_was_used",
                condition=Q(contributed__gte=0, covered__gte=0, covered__lte=F("used")),
            ),
        ]

    def __str__(self) -> str:
        return f"service {self.service_id} of pool {self.pool_id} from {self.period_start}"
