"""What usage would cost, for machines; nothing is stored."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Account
from foundation import clock, scope
from foundation.api import HouseSerializer, HouseViewSet
from foundation.errors import Invalid
from rating import queries
from rating.api.serializers import PlainField, RowsField, UsageRowSerializer
from rating.queries import MOST_TRIED


class RatingPreviewSerializer(HouseSerializer):
    """An account, a day and events."""

    account_id = serializers.IntegerField(min_value=1)
    on_date = serializers.DateField()
    rows = RowsField()


class TriedRowSerializer(UsageRowSerializer):
    """An event as it is sent; what is left out is filled in."""

    event_key = serializers.CharField(max_length=128, required=False)
    identifier_type = serializers.CharField(max_length=16, required=False)
    identifier = serializers.CharField(max_length=64, required=False)
    event_start = serializers.CharField(required=False)


class RatingPreviewSchemaSerializer(HouseSerializer):
    """An account, a day and events, for the description of the API."""

    account_id = serializers.IntegerField(min_value=1)
    on_date = serializers.DateField()
    rows = TriedRowSerializer(many=True)


class TriedSerializer(HouseSerializer):
    """What an event would cost and why; amounts are text, empty where there is none."""

    number = serializers.IntegerField()
    event = serializers.CharField()
    problem = serializers.CharField()
    charge = serializers.CharField()
    day = serializers.CharField()
    group = serializers.CharField()
    quantity = PlainField(allow_null=True)
    exact = PlainField(allow_null=True)
    amount = PlainField(allow_null=True)
    currency = serializers.CharField()
    price_version_id = serializers.IntegerField(allow_null=True)
    steps = serializers.ListField(child=serializers.CharField())


class RatingPreviewViewSet(HouseViewSet):
    """Rate events for an account without storing them."""

    queryset = Account.objects.none()
    serializer_class = RatingPreviewSerializer
    required_permissions = {"create": "rating.view_usageevent"}
    own = frozenset({"create"})
    asking = own

    @extend_schema(
        request=RatingPreviewSchemaSerializer, responses={200: TriedSerializer(many=True)}
    )
    def create(self, request: Request) -> Response:
        """Answer for each event its charge, price and steps, or why it has none."""
        data = self.checked(RatingPreviewSerializer)
        accounts = scope.narrowed(Account.objects.all(), self.actor)
        account = accounts.filter(pk=data["account_id"]).first()
        if account is None:
            raise Invalid(f"there is no account {data['account_id']}", rule="UNKNOWN")
        if len(data["rows"]) > MOST_TRIED:
            raise Invalid(f"rate at most {MOST_TRIED} events at a time", rule="SIZE")
        found = queries.try_events(
            account=account, rows=data["rows"], as_of=clock.now(), on_date=data["on_date"]
        )
        return Response(TriedSerializer(found, many=True).data)
