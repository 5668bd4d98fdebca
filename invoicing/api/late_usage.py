"""Late usage on the wire: what came after its bill, and what the next one adds (RATE-3)."""

from __future__ import annotations

from rest_framework import serializers

from foundation.api import HouseSerializer


class LateUsageSerializer(HouseSerializer):
    """The late usage of an account; `worth` is before tax, in its currency."""

    account_id = serializers.IntegerField()
    account_number = serializers.CharField()
    account_name = serializers.CharField()
    currency = serializers.CharField()
    events = serializers.IntegerField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    worth = serializers.DecimalField(max_digits=18, decimal_places=4)
    problem = serializers.CharField(help_text="Why it could not be worked out.")
