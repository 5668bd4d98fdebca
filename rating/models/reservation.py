"""Usage held for a session that is running (ENT-7)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from foundation.fields import QuantityField, number_checks
from rating.choices import ReservationState


class Reservation(models.Model):
    """Units held in buckets until they are used, let go, or the time is up.

    `key` is the caller's: the same key gets the same answer. `held` is what buckets cover of the
    quantity asked for; the rest would be charged.
    """

    key = models.CharField(max_length=128, unique=True)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    service_id = models.BigIntegerField()
    usage_type = models.CharField(max_length=32)
    identifier = models.CharField(max_length=64)
    quantity = QuantityField()
    held = QuantityField()
    used = QuantityField(null=True, blank=True)
    state = models.CharField(
        max_length=9, choices=ReservationState.choices, default=ReservationState.HELD
    )
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("reserve_balance", "Can hold usage for running sessions")]
        constraints = [
            *number_checks("rating_reservation", "quantity", "held", "used"),
            models.CheckConstraint(
                name="rating_reservation_state_known",
                condition=Q(state__in=ReservationState.values),
            ),
            models.CheckConstraint(
                name="rating_reservation_holds_what_was_asked",
                condition=Q(quantity__gt=0, held__gte=0, held__lte=F("quantity"))
                & (Q(used__isnull=True) | Q(used__gte=0, used__lte=F("quantity"))),
            ),
            models.CheckConstraint(
                name="rating_reservation_end_is_dated",
                condition=(Q(state="HELD", ended_at__isnull=True, used__isnull=True))
                | (~Q(state="HELD") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="rating_reservation_committed_says_how_much",
                condition=Q(state="COMMITTED", used__isnull=False)
                | (~Q(state="COMMITTED") & Q(used__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="rating_reservation_running",
                condition=Q(state=ReservationState.HELD),
            ),
        ]

    def __str__(self) -> str:
        return self.key
