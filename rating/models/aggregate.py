"""Sums of usage by day, which invoicing prices."""

from django.db import models
from django.db.models import Q

from foundation.fields import number_checks


class UsageAggregate(models.Model):
    """Add up what is charged of the events of a charge, service, local date and attribute group.

    What buckets cover is left out (ENT-3). `amount` is the sum of amounts rounded event by event
    (UNIT-2 EVENT) and null where the charge is priced by the line. `on_date` is local to the
    account (PER-4). Both figures have room for a hundred million of the greatest events.
    """

    pk = models.CompositePrimaryKey(
        "account_id", "subscription_charge_id", "service_id", "on_date", "attribute_key"
    )
    account_id = models.BigIntegerField()
    subscription_charge_id = models.BigIntegerField()
    service_id = models.BigIntegerField()
    on_date = models.DateField()
    attribute_key = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=34, decimal_places=8)
    event_count = models.BigIntegerField()
    amount = models.DecimalField(max_digits=32, decimal_places=10, null=True)

    class Meta:
        db_table = "rating_usageaggregate"
        constraints = [
            models.CheckConstraint(
                name="rating_usageaggregate_counts_events", condition=Q(event_count__gt=0)
            ),
            *number_checks("rating_usageaggregate", "quantity", "amount"),
        ]
