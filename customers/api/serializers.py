"""What the customers room takes and gives, field by field."""

from __future__ import annotations

from decimal import Decimal

from rest_framework import serializers

from catalog.models import PriceBook
from customers import choices
from customers.models import (
    Account,
    Address,
    ChargeSegment,
    Customer,
    Order,
    OrderItem,
    ServiceIdentifier,
    ServiceInstance,
    Subscription,
    SubscriptionCharge,
    SubscriptionItem,
)
from foundation.api import HouseModelSerializer, HouseSerializer
from foundation.api.texts import (
    CodeField,
    CurrencyCodeField,
    DecimalTextField,
    KeyField,
    LineField,
    NumberedField,
)
from ledger.models import LegalEntity
from tax.models import Jurisdiction


class CustomerSerializer(HouseModelSerializer):
    """A customer."""

    class Meta:
        model = Customer
        fields = [
            *("id", "number", "kind", "legal_name", "trading_name", "segment", "language"),
            *("status", "external_id", "vat_id", "registration_no", "created_at", "version"),
        ]


class NewCustomerSerializer(HouseSerializer):
    """A customer to be made."""

    kind = serializers.ChoiceField(choices=choices.CustomerKind.choices)
    legal_name = LineField(max_length=200)
    number = CodeField(max_length=32, required=False)
    trading_name = LineField(max_length=200, required=False, allow_blank=True)
    segment = CodeField(max_length=32, required=False)
    language = CodeField(max_length=8, required=False)
    vat_id = LineField(max_length=20, required=False, allow_blank=True)
    registration_no = LineField(max_length=64, required=False, allow_blank=True)
    external_id = CodeField(max_length=64, required=False)


class AddressSerializer(HouseModelSerializer):
    """An address as it is stored."""

    jurisdiction = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Address
        fields = [
            *("line1", "line2", "town", "postcode", "region", "country", "jurisdiction"),
        ]


class NewAddressSerializer(HouseSerializer):
    """An address to be recorded; the jurisdiction is the lowest place that taxes there."""

    line1 = LineField(max_length=120, required=False, allow_blank=True)
    line2 = LineField(max_length=120, required=False, allow_blank=True)
    town = LineField(max_length=80)
    postcode = LineField(max_length=16, required=False, allow_blank=True)
    region = LineField(max_length=80, required=False, allow_blank=True)
    country = serializers.RegexField(r"^[A-Z]{2}$")
    jurisdiction = NumberedField(Jurisdiction.objects.all(), by="code", required=False)


class AccountSerializer(HouseModelSerializer):
    """An account; parent and role are those of now."""

    customer = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    parent = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[assignment,var-annotated]
    entity = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    pricebook = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Account
        fields = [
            *("id", "number", "name", "customer", "parent", "role", "entity", "currency"),
            *("time_zone", "cycle_code", "cycle_day", "cycle_months", "invoice_mode"),
            *("terms_kind", "terms_days", "pricebook", "language", "delivery", "po_number"),
            *("cost_centre", "billing_hold_until", "billing_hold_reason", "status"),
            *("opened_on", "closed_on", "level", "version"),
        ]


class NewAccountSerializer(HouseSerializer):
    """An account to be opened, as a root or below a parent."""

    customer = NumberedField(Customer.objects.all())
    parent = NumberedField(Account.objects.all(), required=False)  # type: ignore[assignment]
    entity = NumberedField(LegalEntity.objects.all(), by="code", required=False)
    name = LineField(max_length=200)
    opened_on = serializers.DateField()
    number = CodeField(max_length=32, required=False)
    role = serializers.ChoiceField(choices=choices.AccountRole.choices, required=False)
    currency = CurrencyCodeField(max_length=3, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    cycle_code = CodeField(max_length=16, required=False)
    cycle_day = serializers.IntegerField(min_value=1, max_value=31, required=False)
    cycle_months = serializers.IntegerField(min_value=1, max_value=120, required=False)
    invoice_mode = serializers.ChoiceField(choices=choices.InvoiceMode.choices, required=False)
    terms_kind = serializers.ChoiceField(choices=choices.TermsKind.choices, required=False)
    terms_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    pricebook = NumberedField(PriceBook.objects.all(), by="code", required=False)
    language = CodeField(max_length=8, required=False)
    delivery = serializers.ChoiceField(choices=choices.Delivery.choices, required=False)
    po_number = LineField(max_length=64, required=False, allow_blank=True)
    cost_centre = LineField(max_length=64, required=False, allow_blank=True)
    billing_address = NewAddressSerializer(required=False)
    service_address = NewAddressSerializer(required=False)


class MoveSerializer(HouseSerializer):
    """A move of an account; no parent makes it a root."""

    parent = NumberedField(  # type: ignore[assignment]
        Account.objects.all(), required=False, allow_null=True
    )
    role = serializers.ChoiceField(choices=choices.AccountRole.choices, required=False)
    on_date = serializers.DateField()
    splits = serializers.BooleanField(
        default=False, help_text="Divide running periods between the payers (HIER-6)."
    )
    reason = LineField(max_length=200, required=False, allow_blank=True)


class NodeSerializer(HouseModelSerializer):
    """A node of a tree, in tree order."""

    class Meta:
        model = Account
        fields = ["id", "number", "name", "parent_id", "role", "status", "level"]


class IdentifierSerializer(HouseSerializer):
    """An identifier of a service; equal service keys share a service."""

    type = CodeField(max_length=16)
    value = KeyField(max_length=64)
    service_key = CodeField(max_length=16, required=False)


class PhaseSerializer(HouseSerializer):
    """A later state of what is added: from a day on another quantity or own prices (a ramp)."""

    on = serializers.DateField()
    quantity = DecimalTextField(
        max_digits=24, decimal_places=8, min_value=Decimal("0.00000001"), required=False
    )
    prices = serializers.DictField(
        child=DecimalTextField(max_digits=22, decimal_places=10, min_value=Decimal(0)),
        required=False,
    )


class OrderedComponentSerializer(HouseSerializer):
    """A component of a bundle: how many for each bundle (0: none), and its identifiers."""

    offer = CodeField(max_length=32)
    quantity = DecimalTextField(
        max_digits=24, decimal_places=8, min_value=Decimal(0), required=False
    )
    identifiers = IdentifierSerializer(many=True, required=False)


class NewItemSerializer(HouseSerializer):
    """One item of an order; what its action does not use is left out."""

    action = serializers.ChoiceField(choices=choices.OrderAction.choices)
    offer = CodeField(max_length=32, required=False)
    subscription = NumberedField(Subscription.objects.all(), required=False)
    quantity = DecimalTextField(
        max_digits=24, decimal_places=8, min_value=Decimal("0.00000001"), required=False
    )
    effective_on = serializers.DateField(required=False)
    effective_at = serializers.DateTimeField(required=False)
    activation_on = serializers.DateField(required=False)
    acceptance_on = serializers.DateField(required=False)
    agreed_on = serializers.DateField(required=False)
    awaits_activation = serializers.BooleanField(required=False)
    awaits_acceptance = serializers.BooleanField(required=False)
    trial_end_on = serializers.DateField(required=False)
    term_months = serializers.IntegerField(min_value=1, max_value=120, required=False)
    with_one_time = serializers.BooleanField(required=False)
    prices = serializers.DictField(
        child=DecimalTextField(max_digits=22, decimal_places=10, min_value=Decimal(0)),
        required=False,
    )
    identifiers = IdentifierSerializer(many=True, required=False)
    service_address = NewAddressSerializer(required=False)
    reason = LineField(max_length=200, required=False, allow_blank=True)
    price_policy = serializers.ChoiceField(choices=choices.PricePolicy.choices, required=False)
    trial_outcome = serializers.ChoiceField(choices=choices.TrialOutcome.choices, required=False)
    renewal = serializers.ChoiceField(choices=choices.Renewal.choices, required=False)
    uplift = DecimalTextField(
        max_digits=9, decimal_places=6, min_value=Decimal(-1), required=False
    )
    pause_policy = serializers.ChoiceField(choices=choices.PausePolicy.choices, required=False)
    pause_reason = serializers.ChoiceField(choices=choices.PauseReason.choices, required=False)
    end_rule = serializers.ChoiceField(choices=choices.EndRule.choices, required=False)
    credits_days = serializers.BooleanField(required=False)
    waives_fee = serializers.BooleanField(required=False)
    waived_from = serializers.DateField(required=False)
    advance_fate = serializers.ChoiceField(choices=choices.AdvanceFate.choices, required=False)
    sets_off = serializers.BooleanField(required=False)
    target_account = NumberedField(Account.objects.all(), required=False)
    phases = PhaseSerializer(many=True, required=False)
    discounts = serializers.ListField(
        child=CodeField(max_length=32), required=False, max_length=10
    )
    components = OrderedComponentSerializer(many=True, required=False)


class NewOrderSerializer(HouseSerializer):
    """An order to be kept as a draft, or submitted at once with `submit`."""

    account = NumberedField(Account.objects.all())
    requested_on = serializers.DateField()
    po_number = LineField(max_length=64, required=False, allow_blank=True)
    external_id = CodeField(max_length=64, required=False)
    note = LineField(max_length=500, required=False, allow_blank=True)
    items = NewItemSerializer(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]
    submit = serializers.BooleanField(required=False, default=False)


class OrderItemSerializer(HouseModelSerializer):
    """An item as it was ordered; that of a component names the item of its bundle it follows."""

    offer = serializers.CharField(source="offer_version.offer.code", default=None, read_only=True)
    subscription = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    part_of = serializers.IntegerField(source="part_of.seq", default=None, read_only=True)
    identifiers = serializers.SerializerMethodField()
    discounts = serializers.SerializerMethodField()

    class Meta:
        model = OrderItem
        fields = [
            *("seq", "part_of", "action", "offer", "subscription", "quantity", "effective_on"),
            *("activation_on", "acceptance_on", "trial_end_on", "term_months", "reason"),
            *("pause_policy", "pause_reason", "renewal", "uplift", "waives_fee", "waived_from"),
            *("effective_at", "credits_days", "advance_fate", "sets_off"),
            *("identifiers", "discounts", "price_snapshot", "fulfilled_on", "withdrawn_on"),
        ]

    def get_discounts(self, item: OrderItem) -> list[str]:
        """Return the codes asked for: of discounts, or of coupons."""
        return [
            one.discount.code if one.coupon is None else one.coupon.code
            for one in item.discounts.all()
        ]

    def get_identifiers(self, item: OrderItem) -> list[dict[str, str]]:
        """Return the identifiers asked for."""
        return [{"type": one.type, "value": one.value} for one in item.identifiers.all()]


class OrderSerializer(HouseModelSerializer):
    """An order with its items."""

    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    items = OrderItemSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            *("id", "number", "account", "channel", "state", "requested_on", "po_number"),
            *("external_id", "note", "submitted_at", "completed_on", "items"),
        ]


class SegmentSerializer(HouseModelSerializer):
    """A segment of a timeline: half-open local days; `valid_to` null is open."""

    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)

    class Meta:
        model = ChargeSegment
        fields = ["valid_from", "valid_to", "quantity", "override_price", "state", "reason"]


class SubscriptionChargeSerializer(HouseModelSerializer):
    """A charge of a subscription with its timeline."""

    code = serializers.CharField(source="charge.code", read_only=True)
    name = serializers.CharField(source="charge.name", read_only=True)
    kind = serializers.CharField(source="charge.kind", read_only=True)
    segments = SegmentSerializer(many=True, read_only=True)

    class Meta:
        model = SubscriptionCharge
        fields = ["id", "code", "name", "kind", "anchor", "segments"]


class SubscriptionItemSerializer(HouseModelSerializer):
    """The offer that a subscription has for some days."""

    offer = serializers.CharField(source="offer_version.offer.code", read_only=True)
    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)
    charges = SubscriptionChargeSerializer(many=True, read_only=True)

    class Meta:
        model = SubscriptionItem
        fields = ["offer", "quantity", "valid_from", "valid_to", "charges"]


class SubscriptionSerializer(HouseModelSerializer):
    """A subscription; that of a component names the subscription of its bundle."""

    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    bundle = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Subscription
        fields = [
            *("id", "number", "account", "state", "term_type", "effective_on", "activation_on"),
            *("acceptance_on", "trial_end_on", "end_on", "end_reason", "price_policy"),
            "bundle",
        ]


class FullSubscriptionSerializer(SubscriptionSerializer):
    """A subscription with its items and timelines."""

    items = SubscriptionItemSerializer(many=True, read_only=True)

    class Meta(SubscriptionSerializer.Meta):
        fields = [*SubscriptionSerializer.Meta.fields, "items"]


class FailureSerializer(HouseSerializer):
    """Why a service could not be provisioned, and what is done next."""

    reason = LineField(max_length=200)
    next_step = serializers.ChoiceField(
        choices=choices.NextStep.choices, required=False, default="RETRY"
    )


class DaySerializer(HouseSerializer):
    """The day on which something happened."""

    on_date = serializers.DateField()


class HeldIdentifierSerializer(HouseModelSerializer):
    """An identifier of a service, for half-open instants."""

    valid_from = serializers.DateTimeField(source="valid.lower", read_only=True)
    valid_to = serializers.DateTimeField(source="valid.upper", read_only=True)

    class Meta:
        model = ServiceIdentifier
        fields = ["type", "value", "valid_from", "valid_to"]


class ServiceSerializer(HouseModelSerializer):
    """A service with its identifiers."""

    subscription = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    identifiers = HeldIdentifierSerializer(many=True, read_only=True)

    class Meta:
        model = ServiceInstance
        fields = ["id", "number", "subscription", "type", "state", "identifiers"]
