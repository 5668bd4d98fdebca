"""Orders: what was asked for, item by item, and kept as it was asked."""

from django.db import models
from django.db.models import Q

from customers.choices import (
    AdvanceFate,
    OrderAction,
    OrderChannel,
    OrderState,
    PausePolicy,
    PauseReason,
    PricePolicy,
    Renewal,
    TrialOutcome,
)
from foundation.fields import QuantityField, RateField, UnitPriceField, number_checks
from foundation.stamped import Stamped


class Order(Stamped):
    """A request of an account for changes to what it has."""

    number = models.CharField(max_length=32, unique=True)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="orders")
    channel = models.CharField(
        max_length=12, choices=OrderChannel.choices, default=OrderChannel.CLERK
    )
    state = models.CharField(max_length=16, choices=OrderState.choices, default=OrderState.DRAFT)
    requested_on = models.DateField()
    po_number = models.CharField("PO number", max_length=64, blank=True, default="")
    external_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    note = models.CharField(max_length=500, blank=True, default="")
    submitted_at = models.DateTimeField(null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True)

    class Meta:
        permissions = [
            ("place_order", "Can place, change and submit orders"),
            ("cancel_order", "Can cancel orders"),
        ]
        constraints = [
            models.CheckConstraint(
                name="customers_order_state_known", condition=Q(state__in=OrderState.values)
            ),
            models.CheckConstraint(
                name="customers_order_channel_known",
                condition=Q(channel__in=OrderChannel.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                name="customers_order_waiting",
                condition=Q(
                    state__in=[
                        OrderState.DRAFT,
                        OrderState.PENDING_APPROVAL,
                        OrderState.SUBMITTED,
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderItem(models.Model):
    """One action asked for a subscription on a day; a withdrawn one counts for nothing.

    Dates are days in the account's time zone; the day of a change belongs to the new state, the
    day of a termination is the first that is no longer billed (PRO-5); a moment given instead is
    kept in `effective_at`. `price_snapshot` keeps
    the list prices at submission, so that billed can be compared with quoted.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="items")
    seq = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=12, choices=OrderAction.choices)
    offer_version = models.ForeignKey(
        "catalog.OfferVersion", models.PROTECT, related_name="+", null=True, blank=True
    )
    subscription = models.ForeignKey(
        "customers.Subscription",
        models.PROTECT,
        related_name="order_items",
        null=True,
        blank=True,
    )
    quantity = QuantityField(null=True, blank=True)
    effective_on = models.DateField()
    effective_at = models.DateTimeField(
        null=True, blank=True, help_text="The moment from which the day follows, if one was given."
    )
    activation_on = models.DateField(null=True, blank=True)
    acceptance_on = models.DateField(null=True, blank=True)
    awaits_activation = models.BooleanField(default=False)
    awaits_acceptance = models.BooleanField(default=False)
    agreed_on = models.DateField(
        null=True, blank=True, help_text="Trigger day of charges that start on an agreed date."
    )
    trial_end_on = models.DateField(null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(null=True, blank=True)
    price_policy = models.CharField(
        max_length=12, choices=PricePolicy.choices, default=PricePolicy.FLOATING
    )
    with_one_time = models.BooleanField(
        default=True, help_text="Charge the one-time charges of the offer."
    )
    service_address = models.ForeignKey(
        "customers.Address", models.PROTECT, related_name="+", null=True, blank=True
    )
    attributes = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    price_snapshot = models.JSONField(default=list, blank=True)
    trial_outcome = models.CharField(
        max_length=8, choices=TrialOutcome.choices, default=TrialOutcome.CONVERT
    )
    renewal = models.CharField(max_length=4, choices=Renewal.choices, default=Renewal.AUTO)
    uplift = RateField(
        null=True, blank=True, help_text="Share that a renewal adds to today's unit prices."
    )
    pause_policy = models.CharField(max_length=8, choices=PausePolicy.choices, blank=True)
    pause_reason = models.CharField(max_length=12, choices=PauseReason.choices, blank=True)
    target_account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", null=True, blank=True
    )
    successor = models.OneToOneField(
        "customers.Subscription",
        models.PROTECT,
        related_name="transferred_by",
        null=True,
        blank=True,
        help_text="What the other account has of it after a transfer.",
    )
    phase_of = models.ForeignKey(
        "self", models.PROTECT, related_name="phases", null=True, blank=True
    )
    part_of = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="parts",
        null=True,
        blank=True,
        db_index=False,
        help_text="The item for a bundle that this item for a component follows.",
    )
    credits_days = models.BooleanField(
        default=False, help_text="The suspended days that were charged on are given back."
    )
    waives_fee = models.BooleanField(default=False)
    waived_from = models.DateField(
        null=True, blank=True, help_text="Unbilled charges in arrears from this day are waived."
    )
    advance_fate = models.CharField(
        max_length=8,
        choices=AdvanceFate.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Of the period that runs at the end, of charges in advance; empty as offered.",
    )
    sets_off = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What the end gives back, and what is held, settles the oldest open items.",
    )
    fulfilled_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "seq"], name="customers_orderitem_seq_once"),
            models.CheckConstraint(
                name="customers_orderitem_action_known",
                condition=Q(action__in=OrderAction.values),
            ),
            models.CheckConstraint(
                name="customers_orderitem_quantity_positive",
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0),
            ),
            models.CheckConstraint(
                name="customers_orderitem_words_known",
                condition=Q(trial_outcome__in=TrialOutcome.values, renewal__in=Renewal.values)
                & Q(pause_policy__in=["", *PausePolicy.values])
                & Q(pause_reason__in=["", *PauseReason.values])
                & Q(advance_fate__in=["", *AdvanceFate.values]),
            ),
            models.CheckConstraint(
                name="customers_orderitem_pause_has_policy",
                condition=~Q(action=OrderAction.SUSPEND)
                | (~Q(pause_policy="") & ~Q(pause_reason="")),
            ),
            *number_checks("customers_orderitem", "quantity", "uplift"),
        ]
        indexes = [
            models.Index(
                fields=["effective_on", "id"],
                name="customers_orderitem_by_day",
                condition=Q(withdrawn_on__isnull=True),
            ),
            models.Index(
                fields=["part_of"],
                name="customers_orderitem_parts",
                condition=Q(part_of__isnull=False),
            ),
            models.Index(
                fields=["effective_on"],
                name="customers_orderitem_sets_off",
                condition=Q(sets_off=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.seq} {self.action}"


class OrderItemPrice(models.Model):
    """An own price for one charge, agreed in the order (PRC-2, first rank)."""

    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="prices")
    charge = models.ForeignKey("catalog.Charge", models.PROTECT, related_name="+")
    unit_price = UnitPriceField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "charge"], name="customers_orderitemprice_charge_once"
            ),
            models.CheckConstraint(
                name="customers_orderitemprice_not_negative",
                condition=Q(unit_price__gte=0),
            ),
            *number_checks("customers_orderitemprice", "unit_price"),
        ]


class OrderItemIdentifier(models.Model):
    """An identifier that the ordered service shall have; equal service keys share a service."""

    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="identifiers")
    service_key = models.CharField(max_length=16, default="1")
    type = models.CharField(max_length=16)
    value = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "type", "value"],
                name="customers_orderitemidentifier_once",
            ),
            models.CheckConstraint(
                name="customers_orderitemidentifier_filled",
                condition=~Q(type="") & ~Q(value=""),
            ),
        ]
