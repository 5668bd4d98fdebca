"""Usage rows that could not be processed and wait for a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.fields import CurrencyField, UnitPriceField, number_checks
from rating.choices import SuspenseState, ValueBasis, WriteOffState
from rating.models.file import UsageFile
from rating.models.source import UsageSource
from rating.models.write_off import SuspenseWriteOff
from rating.rules.reasons import NEXT_STEPS, Reason


class SuspenseItem(models.Model):
    """Keep a refused row as it came, with the reason, the column and what to do next.

    `worth` is what it would cost alone, in `currency`, at the prices that `basis` names; `owner`
    is who sees to it.
    """

    source = models.ForeignKey(UsageSource, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(UsageFile, on_delete=models.PROTECT, related_name="+")
    row_number = models.BigIntegerField()
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in Reason])
    column = models.CharField(max_length=60, default="", blank=True)
    message = models.CharField(max_length=300, default="", blank=True)
    fields = models.JSONField(help_text="The row as received, by column.")
    corrections = models.JSONField(
        default=dict, blank=True, help_text="What a clerk changed, by column."
    )
    usage_type = models.CharField(max_length=40, default="", blank=True)
    identifier = models.CharField(max_length=64, default="", blank=True)
    event_start = models.DateTimeField(null=True, blank=True)
    quantity = models.DecimalField(max_digits=24, decimal_places=8, null=True, blank=True)
    holds_key = models.BooleanField(default=False)
    state = models.CharField(
        max_length=11, choices=SuspenseState.choices, default=SuspenseState.OPEN
    )
    attempts = models.IntegerField(default=0)
    received_at = models.DateTimeField()
    basis = models.CharField(
        max_length=7,
        choices=ValueBasis.choices,
        default=ValueBasis.PENDING,
        db_default=ValueBasis.PENDING,
    )
    worth = UnitPriceField(null=True, blank=True)
    currency = CurrencyField(default="", db_default="", blank=True)
    account_id = models.BigIntegerField(
        null=True, blank=True, help_text="Whose usage it would be, where that is known."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    session = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The call or session of which it is a part.",
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    write_off = models.ForeignKey(
        SuspenseWriteOff, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    resolution = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("recycle_suspense", "Can correct and recycle suspended usage"),
            ("write_off_usage", "Can write off suspended usage"),
        ]
        constraints = [
            *number_checks("rating_suspenseitem", "quantity", "worth"),
            models.CheckConstraint(
                name="rating_suspenseitem_worth_has_basis",
                condition=Q(
                    basis__in=[ValueBasis.OWNER, ValueBasis.LIST],
                    worth__isnull=False,
                    currency__gt="",
                )
                | Q(
                    basis__in=[ValueBasis.PENDING, ValueBasis.NONE],
                    worth__isnull=True,
                    currency="",
                ),
            ),
            models.UniqueConstraint(
                fields=["file", "row_number"],
                name="rating_suspenseitem_row_once",
                condition=Q(state=SuspenseState.OPEN),
            ),
            models.CheckConstraint(
                name="rating_suspenseitem_reason_known",
                condition=Q(reason__in=[r.value for r in Reason]),
            ),
            models.CheckConstraint(
                name="rating_suspenseitem_state_known",
                condition=Q(state__in=SuspenseState.values),
            ),
            models.CheckConstraint(
                name="rating_suspenseitem_written_off_with_reason",
                condition=~Q(state=SuspenseState.WRITTEN_OFF) | ~Q(resolution=""),
            ),
            models.CheckConstraint(
                name="rating_suspenseitem_merged_into_one",
                condition=Q(state=SuspenseState.MERGED, merged_into__isnull=False)
                | (~Q(state=SuspenseState.MERGED) & Q(merged_into__isnull=True)),
            ),
            models.CheckConstraint(
                name="rating_suspenseitem_written_off_by_one",
                condition=~Q(state=SuspenseState.WRITTEN_OFF)
                | Q(write_off__isnull=False)
                | Q(reason=Reason.TAKEN_BACK.value),
            ),
            models.CheckConstraint(
                name="rating_suspenseitem_end_is_dated",
                condition=Q(state=SuspenseState.OPEN, resolved_at__isnull=True)
                | (~Q(state=SuspenseState.OPEN) & Q(resolved_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["reason", "-id"],
                name="rating_suspenseitem_waiting",
                condition=Q(state=SuspenseState.OPEN),
            ),
            models.Index(
                fields=["source", "session"],
                name="rating_suspenseitem_session",
                condition=Q(session__gt=""),
            ),
            models.Index(
                fields=["id"],
                name="rating_suspenseitem_unvalued",
                condition=Q(state=SuspenseState.OPEN, basis=ValueBasis.PENDING),
            ),
        ]

    @property
    def is_held(self) -> bool:
        """Tell whether somebody is to decide whether the row is given up."""
        return self.write_off is not None and self.write_off.state == WriteOffState.PENDING

    @property
    def next_step(self) -> str:
        """Say what a clerk does about the reason."""
        return NEXT_STEPS[Reason(self.reason)]
