"""Subscriptions and the timeline of their charges, which billing reads."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from customers.choices import (
    PausePolicy,
    PauseReason,
    PricePolicy,
    Renewal,
    SegmentState,
    SubscriptionEventKind,
    SubscriptionState,
    TermType,
)
from foundation.fields import QuantityField, UnitPriceField, number_checks
from foundation.stamped import Stamped


class Subscription(Stamped):
    """What an account has of one offer; the account that owns it never changes."""

    number = models.CharField(max_length=32, unique=True)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="subscriptions")
    state = models.CharField(
        max_length=12, choices=SubscriptionState.choices, default=SubscriptionState.PENDING
    )
    term_type = models.CharField(
        max_length=10, choices=TermType.choices, default=TermType.EVERGREEN
    )
    term = DateRangeField(null=True, blank=True)
    renewal = models.CharField(max_length=4, choices=Renewal.choices, default=Renewal.AUTO)
    effective_on = models.DateField()
    activation_on = models.DateField(null=True, blank=True)
    acceptance_on = models.DateField(null=True, blank=True)
    trial_end_on = models.DateField(null=True, blank=True)
    end_on = models.DateField(
        null=True, blank=True, help_text="First day that is no longer billed."
    )
    end_reason = models.CharField(max_length=200, blank=True, default="")
    price_policy = models.CharField(
        max_length=12, choices=PricePolicy.choices, default=PricePolicy.FLOATING
    )
    po_number = models.CharField("PO number", max_length=64, blank=True, default="")
    service_address = models.ForeignKey(
        "customers.Address", models.PROTECT, related_name="+", null=True, blank=True
    )
    bundle = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="components",
        null=True,
        blank=True,
        db_index=False,
        help_text="The subscription of the bundle that it is a component of.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customers_subscription_state_known",
                condition=Q(state__in=SubscriptionState.values),
            ),
            models.CheckConstraint(
                name="customers_subscription_dates_in_order",
                condition=(Q(activation_on__isnull=True) | Q(activation_on__gte=F("effective_on")))
                & (
                    Q(acceptance_on__isnull=True)
                    | Q(activation_on__isnull=True)
                    | Q(acceptance_on__gte=F("activation_on"))
                )
                & (Q(acceptance_on__isnull=True) | Q(acceptance_on__gte=F("effective_on"))),
            ),
            models.CheckConstraint(
                name="customers_subscription_term_when_termed",
                condition=Q(term_type=TermType.EVERGREEN, term__isnull=True)
                | Q(term_type=TermType.TERMED, term__isnull=False),
            ),
            models.CheckConstraint(
                name="customers_subscription_end_has_date",
                condition=~Q(
                    state__in=[SubscriptionState.PENDING_END, SubscriptionState.TERMINATED]
                )
                | Q(end_on__isnull=False),
            ),
            models.CheckConstraint(
                name="customers_subscription_ends_after_start",
                condition=Q(end_on__isnull=True) | Q(end_on__gte=F("effective_on")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["term"],
                name="customers_subscription_renews",
                condition=Q(term_type=TermType.TERMED, renewal=Renewal.AUTO, end_on=None),
            ),
            models.Index(
                fields=["bundle"],
                name="customers_subscription_bundle",
                condition=Q(bundle__isnull=False),
            ),
            models.Index(
                fields=["state", "effective_on"],
                name="customers_subscription_due",
                condition=Q(
                    state__in=[
                        SubscriptionState.PENDING,
                        SubscriptionState.TRIAL,
                        SubscriptionState.PENDING_END,
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def is_live(self) -> bool:
        """Tell whether the subscription can still be changed."""
        return self.state not in {SubscriptionState.TERMINATED, SubscriptionState.CANCELLED}


class SubscriptionItem(Stamped):
    """The offer version a subscription has for a range of days; a plan change starts the next."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="items")
    offer_version = models.ForeignKey("catalog.OfferVersion", models.PROTECT, related_name="+")
    quantity = QuantityField()
    valid = DateRangeField()
    order_item = models.ForeignKey(
        "customers.OrderItem", models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_subscriptionitem_one_at_a_time",
                expressions=[
                    ("subscription", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_subscriptionitem_quantity_positive",
                condition=Q(quantity__gt=0),
            ),
            *number_checks("customers_subscriptionitem", "quantity"),
        ]


class SubscriptionCharge(models.Model):
    """One charge of a subscription item; `anchor` is the day its periods count from (PER-6).

    `account` and `subscription` repeat the owner so that sets are read without a walk. Without
    anchor the charge waits for its trigger day and has no segments (CHG-7). `moments` is its
    timeline to the second, where it is counted so and an order gave a moment (PRO-5): a list of
    from, to (null: open), quantity, own price, state and day whose prices are locked.
    """

    item = models.ForeignKey(SubscriptionItem, models.PROTECT, related_name="charges")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="charges")
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="subscription_charges"
    )
    charge = models.ForeignKey("catalog.Charge", models.PROTECT, related_name="+")
    anchor = models.DateField(null=True, blank=True)
    moments = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "charge"], name="customers_subscriptioncharge_once_per_item"
            ),
        ]


class ChargeSegment(models.Model):
    """The state of a subscription charge for a half-open range of local days: the timeline.

    Segments of a charge never overlap. A one-time charge has one segment of one day, its
    trigger day. `override_price` per unit outranks every other price (PRC-2); `price_day` is the
    day whose prices are locked, empty when they float (PRC-1).
    """

    subscription_charge = models.ForeignKey(
        SubscriptionCharge, models.PROTECT, related_name="segments"
    )
    valid = DateRangeField()
    quantity = QuantityField()
    override_price = UnitPriceField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=SegmentState.choices, default=SegmentState.ON)
    price_day = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=64, blank=True, default="")
    order_item = models.ForeignKey(
        "customers.OrderItem", models.PROTECT, related_name="segments", null=True, blank=True
    )

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_chargesegment_one_at_a_time",
                expressions=[
                    ("subscription_charge", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_chargesegment_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
            models.CheckConstraint(
                name="customers_chargesegment_quantity_not_negative",
                condition=Q(quantity__gte=0),
            ),
            models.CheckConstraint(
                name="customers_chargesegment_price_not_negative",
                condition=Q(override_price__isnull=True) | Q(override_price__gte=0),
            ),
            models.CheckConstraint(
                name="customers_chargesegment_state_known",
                condition=Q(state__in=SegmentState.values),
            ),
            *number_checks("customers_chargesegment", "quantity", "override_price"),
        ]


class SubscriptionPause(models.Model):
    """Days of a suspension, its reason, and what the charges do meanwhile (PRO-4)."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="pauses")
    valid = DateRangeField()
    policy = models.CharField(max_length=8, choices=PausePolicy.choices)
    reason = models.CharField(max_length=12, choices=PauseReason.choices)
    order_item = models.ForeignKey(
        "customers.OrderItem", models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_subscriptionpause_one_at_a_time",
                expressions=[
                    ("subscription", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_subscriptionpause_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
            models.CheckConstraint(
                name="customers_subscriptionpause_words_known",
                condition=Q(policy__in=PausePolicy.values, reason__in=PauseReason.values),
            ),
        ]


class SubscriptionEvent(models.Model):
    """One thing that happened to a subscription; written once, never changed."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=24, choices=SubscriptionEventKind.choices)
    on_date = models.DateField()
    order_item = models.ForeignKey(
        "customers.OrderItem", models.PROTECT, related_name="+", null=True, blank=True
    )
    details = models.JSONField(default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customers_subscriptionevent_kind_known",
                condition=Q(kind__in=SubscriptionEventKind.values),
            ),
        ]
