"""A usage file, the parts it is loaded in, and its control totals."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from foundation.fields import number_checks
from rating.choices import FileFormat, FileState, PartState
from rating.models.source import UsageSource


class UsageFile(models.Model):
    """Keep what was received and what became of each of its rows (I-11, I-19).

    `suspended` counts rows that went to suspense while loading; what became of them later is on
    the items. Totals are final once LOADED.
    """

    source = models.ForeignKey(UsageSource, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=4, choices=FileFormat.choices)
    sequence = models.BigIntegerField(null=True, blank=True)
    gap_before = models.BigIntegerField(
        null=True, blank=True, help_text="First number missing before this file when it came."
    )
    state = models.CharField(max_length=8, choices=FileState.choices, default=FileState.RECEIVED)
    columns = models.JSONField(default=list)
    path = models.CharField(max_length=500, default="", blank=True)
    declared_count = models.BigIntegerField(null=True, blank=True)
    declared_quantity = models.DecimalField(max_digits=32, decimal_places=8, null=True, blank=True)
    received_count = models.BigIntegerField(default=0)
    loaded_count = models.BigIntegerField(default=0)
    duplicate_count = models.BigIntegerField(default=0)
    suspended_count = models.BigIntegerField(default=0)
    received_quantity = models.DecimalField(max_digits=32, decimal_places=8, default=0)
    loaded_quantity = models.DecimalField(max_digits=32, decimal_places=8, default=0)
    problem = models.CharField(max_length=500, default="", blank=True)
    received_at = models.DateTimeField()
    loaded_at = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("load_usage", "Can load usage files"),
            ("rate_usage", "Can rate stored usage again"),
            ("export_lists", "Can export lists to files"),
        ]
        constraints = [
            *number_checks(
                "rating_usagefile", "declared_quantity", "received_quantity", "loaded_quantity"
            ),
            models.UniqueConstraint(
                fields=["source", "sha256"],
                name="rating_usagefile_once_per_source",
                condition=~Q(state=FileState.REJECTED),
            ),
            models.UniqueConstraint(
                fields=["source", "sequence"],
                name="rating_usagefile_sequence_once",
                condition=Q(sequence__isnull=False) & ~Q(state=FileState.REJECTED),
            ),
            models.CheckConstraint(
                name="rating_usagefile_rows_balance",
                condition=~Q(state=FileState.LOADED)
                | Q(
                    received_count=F("loaded_count") + F("duplicate_count") + F("suspended_count")
                ),
            ),
            models.CheckConstraint(
                name="rating_usagefile_declared_count_kept",
                condition=~Q(state=FileState.LOADED)
                | Q(declared_count__isnull=True)
                | Q(declared_count=F("received_count")),
            ),
            models.CheckConstraint(
                name="rating_usagefile_state_known", condition=Q(state__in=FileState.values)
            ),
            models.CheckConstraint(
                name="rating_usagefile_counts_not_negative",
                condition=Q(received_count__gte=0)
                & Q(loaded_count__gte=0)
                & Q(duplicate_count__gte=0)
                & Q(suspended_count__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["source", "-id"], name="rating_usagefile_recent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_control_total_wrong(self) -> bool:
        """Tell whether the sender's quantity total differs from what its rows add up to."""
        return (
            self.state == FileState.LOADED
            and self.declared_quantity is not None
            and self.declared_quantity != self.received_quantity
        )


class UsageFilePart(models.Model):
    """Mark a part of the rows as loaded or not: the checkpoint of a load (F09)."""

    file = models.ForeignKey(UsageFile, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    row_count = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=PartState.choices, default=PartState.PENDING)
    loaded_count = models.BigIntegerField(default=0)
    duplicate_count = models.BigIntegerField(default=0)
    suspended_count = models.BigIntegerField(default=0)
    received_quantity = models.DecimalField(max_digits=32, decimal_places=8, default=0)
    loaded_quantity = models.DecimalField(max_digits=32, decimal_places=8, default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            *number_checks("rating_usagefilepart", "received_quantity", "loaded_quantity"),
            models.UniqueConstraint(
                fields=["file", "number"], name="rating_usagefilepart_number_once"
            ),
            models.CheckConstraint(
                name="rating_usagefilepart_rows_balance",
                condition=~Q(state=PartState.DONE)
                | Q(row_count=F("loaded_count") + F("duplicate_count") + F("suspended_count")),
            ),
        ]
