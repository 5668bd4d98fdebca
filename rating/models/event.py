"""Usage events, what they come to, and the keys that make each of them count once."""

from django.db import models

from foundation.fields import CurrencyField, QuantityField, UnitPriceField
from rating.choices import EventState


class GuidedRow(models.Model):
    """Whose an event is and which charge it was guided to, under the only key of its table."""

    pk = models.CompositePrimaryKey("account_id", "event_start", "id")
    id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    event_start = models.DateTimeField()
    service_id = models.BigIntegerField()
    subscription_charge_id = models.BigIntegerField()
    on_date = models.DateField()

    class Meta:
        abstract = True
        managed = False


class Received(GuidedRow):
    """What is known of an event as it came."""

    event_end = models.DateTimeField()
    source_id = models.BigIntegerField()
    event_key = models.CharField(max_length=128)
    usage_type = models.CharField(max_length=40)
    identifier_type = models.CharField(max_length=16)
    identifier = models.CharField(max_length=64)
    quantity = QuantityField()
    attributes = models.JSONField(default=dict)
    file_id = models.BigIntegerField()
    row_number = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta(GuidedRow.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.event_key


class UsageEvent(Received):
    """Hold one guided event; monthly partitions by `event_start`, made on demand.

    The tables are created in `sql/usage_event_table.sql` because Django does not know partitions.
    They have no foreign key and no row trigger, and carry `account_id` in their only key. What
    an event counts in its line stands here, and what buckets cover of that (ENT-3); where it is
    rated by itself (UNIT-2 EVENT) both are empty, and `RatedUsage` says it.
    """

    attribute_key = models.CharField(max_length=200, default="", db_default="")
    billable_quantity = QuantityField(null=True)
    covered_quantity = QuantityField(null=True)

    class Meta(Received.Meta):
        db_table = "rating_usageevent"


class RatedUsage(GuidedRow):
    """Say what an event that is rated by itself counts and costs (UNIT-2 EVENT).

    Its key is that of its event. It is replaced when its event is rated again, which leaves the
    event as it lies. What buckets cover of it is not charged (ENT-3).
    """

    attribute_key = models.CharField(max_length=200)
    billable_quantity = QuantityField()
    price_version_id = models.BigIntegerField()
    amount_exact = UnitPriceField()
    currency = CurrencyField()
    covered_quantity = QuantityField(null=True)
    covered_amount = UnitPriceField(null=True)

    class Meta(GuidedRow.Meta):
        db_table = "rating_ratedusage"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.billable_quantity} {self.attribute_key}"


class Usage(Received):
    """An event with what it comes to, whichever of the two says it; a view, read only."""

    attribute_key = models.CharField(max_length=200)
    billable_quantity = QuantityField()
    state = models.CharField(max_length=6, choices=EventState.choices)
    amount_exact = UnitPriceField(null=True)
    currency = CurrencyField(null=True)
    price_version_id = models.BigIntegerField(null=True)
    covered_quantity = QuantityField(null=True)
    covered_amount = UnitPriceField(null=True)

    class Meta(Received.Meta):
        db_table = "rating_usage"
        default_permissions = ()


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
