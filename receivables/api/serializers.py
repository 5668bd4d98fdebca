"""What open items, allocations and balances look like on the wire."""

from __future__ import annotations

from rest_framework import serializers

from foundation.api import HouseModelSerializer, HouseSerializer, MoneyField
from receivables.models import Allocation, OpenItem


class OpenItemSerializer(HouseModelSerializer):
    """An open item; what is open now."""

    amount = MoneyField(read_only=True)
    open = MoneyField(read_only=True)
    disputed = MoneyField(read_only=True)

    class Meta:
        model = OpenItem
        fields = (
            "id",
            "payer",
            "entity",
            "number",
            "side",
            "source_type",
            "source_id",
            "doc_date",
            "due_date",
            "amount",
            "open",
            "disputed",
        )
        read_only_fields = fields


class AllocationSerializer(HouseModelSerializer):
    """An allocation; a mirror is negative and names what it reverses."""

    amount = MoneyField(read_only=True)

    class Meta:
        model = Allocation
        fields = ("id", "batch", "debit_item", "credit_item", "amount", "on_date", "reverses")
        read_only_fields = fields


class NewAllocationSerializer(HouseSerializer):
    """Settle one named debit with one credit."""

    debit_item = serializers.IntegerField(min_value=1)
    credit_item = serializers.IntegerField(min_value=1)
    amount = MoneyField()
    on_date = serializers.DateField()


class ReversalSerializer(HouseSerializer):
    """Take an allocation back."""

    on_date = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class BalanceSerializer(HouseSerializer):
    """A payer's position in one currency."""

    debit = MoneyField(read_only=True)
    credit = MoneyField(read_only=True)
    disputed = MoneyField(read_only=True)
    overdue = MoneyField(read_only=True)
    balance = MoneyField(source="amount", read_only=True)


class AccountBalanceSerializer(HouseSerializer):
    """A payer's position in every currency in which something is open."""

    account = serializers.IntegerField(read_only=True)
    as_of = serializers.DateField(read_only=True)
    balances = BalanceSerializer(many=True, read_only=True)
