"""A job that rates usage again: its scope, what it would change, who asked and who approved."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from foundation.fields import CurrencyField, UnitPriceField, number_checks
from rating.choices import RerateState


class RerateJob(models.Model):
    """Rate the usage of some local days again, once a second person has seen the figures (RATE-2).

    Days are half-open. `account_ids` are the accounts that held the usage when the job was opened;
    empty is everybody. `charge` and `product` say how they were chosen.
    """

    start = models.DateField()
    end = models.DateField()
    charge = models.ForeignKey(
        "catalog.Charge", models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    account_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=9, choices=RerateState.choices, default=RerateState.DRAFT)
    event_count = models.BigIntegerField(default=0)
    changed_count = models.BigIntegerField(default=0)
    suspended_count = models.BigIntegerField(default=0)
    compared_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [("approve_rerate", "Can approve that usage is rated again")]
        constraints = [
            models.CheckConstraint(
                name="rating_reratejob_state_known", condition=Q(state__in=RerateState.values)
            ),
            models.CheckConstraint(
                name="rating_reratejob_days_begin", condition=Q(end__gt=F("start"))
            ),
            models.CheckConstraint(
                name="rating_reratejob_unchanged_has_no_change",
                condition=Q(changed_count=0, suspended_count=0) | ~Q(state=RerateState.UNCHANGED),
            ),
            models.CheckConstraint(
                name="rating_reratejob_done_is_dated",
                condition=Q(state=RerateState.DONE, done_at__isnull=False)
                | (~Q(state=RerateState.DONE) & Q(done_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="rating_reratejob_needs_two", condition=~Q(requested_by=F("decided_by"))
            ),
        ]

    def __str__(self) -> str:
        return f"rerating {self.pk}"


class RerateChange(models.Model):
    """What a job changes for one account: events and their worth in its currency.

    The worth is that of the days by themselves, as a provisional price is.
    """

    job = models.ForeignKey(RerateJob, models.PROTECT, related_name="changes", db_index=False)
    account_id = models.BigIntegerField()
    currency = CurrencyField()
    events_before = models.BigIntegerField()
    events_after = models.BigIntegerField()
    worth_before = UnitPriceField()
    worth_after = UnitPriceField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            *number_checks("rating_reratechange", "worth_before", "worth_after"),
            models.UniqueConstraint(
                fields=["job", "account_id"], name="rating_reratechange_account_once"
            ),
        ]
