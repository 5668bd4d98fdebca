"""Suspended usage given up: asked for by one person, approved by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from rating.choices import WriteOffState


class SuspenseWriteOff(models.Model):
    """Give up suspended rows, once a second person has seen what they are worth (RATE step 9).

    The rows name it: they wait for it while it is PENDING, are written off once it is DONE, and
    wait to be corrected again once it is REVERSED.
    """

    reason = models.CharField(max_length=300)
    state = models.CharField(
        max_length=9, choices=WriteOffState.choices, default=WriteOffState.PENDING
    )
    row_count = models.IntegerField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    done_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversal_reason = models.CharField(max_length=300, default="", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="rating_suspensewriteoff_state_known",
                condition=Q(state__in=WriteOffState.values),
            ),
            models.CheckConstraint(
                name="rating_suspensewriteoff_says_why",
                condition=Q(reason__gt="", row_count__gt=0),
            ),
            models.CheckConstraint(
                name="rating_suspensewriteoff_needs_two",
                condition=~Q(requested_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="rating_suspensewriteoff_done_is_dated",
                condition=Q(
                    state__in=[WriteOffState.DONE, WriteOffState.REVERSED], done_at__isnull=False
                )
                | (
                    ~Q(state__in=[WriteOffState.DONE, WriteOffState.REVERSED])
                    & Q(done_at__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="rating_suspensewriteoff_reversed_says_why",
                condition=Q(
                    state=WriteOffState.REVERSED,
                    reversed_at__isnull=False,
                    reversal_reason__gt="",
                )
                | (
                    ~Q(state=WriteOffState.REVERSED)
                    & Q(reversed_at__isnull=True, reversal_reason="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"write-off {self.pk}"
