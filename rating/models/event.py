"""Usage events and the keys that make each of them count once."""

from django.db import models

from foundation.fields import CurrencyField, QuantityField, UnitPriceField
from rating.choices import EventState


class UsageEvent(models.Model):
    """Hold one guided event; monthly partitions by `event_start`, made on demand.

    The table is created in `sql/usage_event_table.sql` because Django does not know partitions.
    It has no foreign key and no row trigger, and carries `account_id` in its only key. What
    buckets cover of the billable quantity, and of the amount of a RATED event, is not charged
    (ENT-3); empty where no bucket does.
    """

    pk = models.CompositePrimaryKey("account_id", "event_start", "id")
    id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    event_start = models.DateTimeField()
    event_end = models.DateTimeField()
    source_id = models.BigIntegerField()
    event_key = models.CharField(max_length=128)
    usage_type = models.CharField(max_length=40)
    identifier_type = models.CharField(max_length=16)
    identifier = models.CharField(max_length=64)
    quantity = QuantityField()
    billable_quantity = QuantityField()
    attributes = models.JSONField(default=dict)
    service_id = models.BigIntegerField()
    subscription_charge_id = models.BigIntegerField()
    on_date = models.DateField()
    attribute_key = models.CharField(max_length=200)
    state = models.CharField(max_length=6, choices=EventState.choices)
    amount_exact = UnitPriceField(null=True)
    currency = CurrencyField(null=True)
    price_version_id = models.BigIntegerField(null=True)
    covered_quantity = QuantityField(null=True)
    covered_amount = UnitPriceField(null=True)
    file_id = models.BigIntegerField()
    row_number = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "rating_usageevent"


class UsageKey(models.Model):
    """Remember that a source sent a key and with what content (RATE step 3).

    `file_id` and `row_number` name the first row that carried it. Rows in suspense hold their
    key too, so that a file sent again does not wait twice.
    """

    pk = models.CompositePrimaryKey("source_id", "key_hash")
    source_id = models.BigIntegerField()
    file_id = models.BigIntegerField()
    row_number = models.IntegerField()
    key_hash = models.UUIDField()
    content_hash = models.BinaryField(max_length=8)

    class Meta:
        db_table = "rating_usagekey"
