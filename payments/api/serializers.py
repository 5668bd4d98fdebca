"""What payments and receipts look like on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from customers.models import Account
from foundation.api import HouseModelSerializer, HouseSerializer, MoneyField
from foundation.parsing import BadValue, plain_text
from payments.choices import ReversalKind
from payments.models import Payment, RemittanceLine, TenderType, UnidentifiedReceipt


class Line(serializers.CharField):
    """One line of text, read by the parser of files."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse hidden characters."""
        text = super().to_internal_value(data)
        try:
            return plain_text(text, self.max_length or 200, required=False)
        except BadValue as bad:
            raise serializers.ValidationError(bad.message, code=bad.rule) from bad


class RemittanceLineSerializer(HouseModelSerializer):
    """What the payer said: a document, and how much of it."""

    amount = MoneyField(read_only=True)

    class Meta:
        model = RemittanceLine
        fields = ("number", "amount")
        read_only_fields = fields


class PaymentSerializer(HouseModelSerializer):
    """A payment, and what is unapplied of it."""

    amount = MoneyField(read_only=True)
    unapplied = MoneyField(read_only=True)
    tender = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    remittance = RemittanceLineSerializer(many=True, read_only=True)

    class Meta:
        model = Payment
        fields = (
            "id",
            "number",
            "entity",
            "payer",
            "tender",
            "received_on",
            "amount",
            "unapplied",
            "external_id",
            "reference",
            "state",
            "batch",
            "remittance",
        )
        read_only_fields = fields


class AdviceSerializer(HouseSerializer):
    """One document that the payment is for; without amount, all that is open of it."""

    number = serializers.CharField(max_length=32)
    amount = MoneyField(required=False)


class NewPaymentSerializer(HouseSerializer):
    """A payment to record."""

    payer = serializers.SlugRelatedField(
        slug_field="number", queryset=Account.objects.all(), help_text="Account number."
    )
    amount = MoneyField()
    tender = serializers.SlugRelatedField(slug_field="code", queryset=TenderType.objects.all())
    received_on = serializers.DateField()
    external_id = Line(max_length=128, required=False, default="", allow_blank=True)
    reference = Line(max_length=200, required=False, default="", allow_blank=True)
    remittance = AdviceSerializer(many=True, required=False, default=list)
    apply = serializers.BooleanField(required=False, default=True)


class ApplySerializer(HouseSerializer):
    """Documents to settle with what is unapplied; none: the oldest debts."""

    on_date = serializers.DateField()
    remittance = AdviceSerializer(many=True, required=False, default=list)


class ReverseSerializer(HouseSerializer):
    """Why and when a payment goes back."""

    kind = serializers.ChoiceField(choices=ReversalKind.choices)
    reversed_on = serializers.DateField()
    reason = Line(max_length=200)


class ReceiptSerializer(HouseModelSerializer):
    """Money without an owner."""

    amount = MoneyField(read_only=True)
    tender = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = UnidentifiedReceipt
        fields = (
            "id",
            "entity",
            "tender",
            "received_on",
            "amount",
            "external_id",
            "payer_text",
            "reference",
            "likely_payer",
            "confidence",
            "state",
            "payment",
            "next_step",
            "next_step_on",
        )
        read_only_fields = fields


class IdentifySerializer(HouseSerializer):
    """The owner of a receipt."""

    payer = serializers.SlugRelatedField(slug_field="number", queryset=Account.objects.all())
    identified_on = serializers.DateField()
    remittance = AdviceSerializer(many=True, required=False, default=list)


class TenderTypeSerializer(HouseModelSerializer):
    """A kind of tender."""

    class Meta:
        model = TenderType
        fields = ("id", "code", "name", "clearing_account", "is_active")
        read_only_fields = fields
