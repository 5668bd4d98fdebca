"""Split billing over the API: which charges of an account another payer pays (HIER-8)."""

from __future__ import annotations

from decimal import Decimal

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from customers import operations
from customers.models import Account, ChargeRedirection, Subscription
from foundation.api import HouseModelSerializer, HouseSerializer, HouseViewSet, Listed, Retrieved
from foundation.api.texts import DecimalTextField, LineField, NumberedField


class RedirectionSerializer(HouseModelSerializer):
    """A redirection; `valid_to` is the first day without it, `cap` the most of a month."""

    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    payer = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    subscription = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    product = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)

    class Meta:
        model = ChargeRedirection
        fields = [
            *("id", "account", "payer", "subscription", "product", "section", "currency", "cap"),
            *("valid_from", "valid_to", "reason"),
        ]


class NewRedirectionSerializer(HouseSerializer):
    """What of an account's charges another payer is to pay; all of it where nothing is named."""

    account = NumberedField(Account.objects.all())
    payer = NumberedField(Account.objects.all())
    valid_from = serializers.DateField(source="starts")
    valid_to = serializers.DateField(source="ends", required=False, allow_null=True)
    subscription = NumberedField(Subscription.objects.all(), required=False)
    product = NumberedField(Product.objects.all(), by="code", required=False)
    section = LineField(max_length=40, required=False, allow_blank=True)
    cap = DecimalTextField(
        max_digits=18, decimal_places=4, min_value=Decimal("0.0001"), required=False
    )
    reason = LineField(max_length=200, required=False, allow_blank=True)


class EndSerializer(HouseSerializer):
    """The first day without it."""

    on_date = serializers.DateField()


class RedirectionViewSet(Listed, Retrieved, HouseViewSet):
    """Redirections of charges to another payer; never rewritten, only ended."""

    queryset = ChargeRedirection.objects.select_related(
        "account", "payer", "subscription", "product"
    )
    serializer_class = RedirectionSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_account",
        "retrieve": "customers.view_account",
        "create": "customers.move_account",
        "end": "customers.move_account",
    }
    filterset_fields = {"account__number": ["exact"], "payer__number": ["exact"]}

    @extend_schema(request=NewRedirectionSerializer, responses={201: RedirectionSerializer})
    def create(self, request: Request) -> Response:
        """Let another payer pay, for full periods that begin on the days."""
        made = operations.redirect_charges(
            **self.checked(NewRedirectionSerializer), actor=self.actor
        )
        return self.created(self.shown(made))

    @extend_schema(request=EndSerializer, responses={200: RedirectionSerializer})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str | None = None) -> Response:
        """End it: periods that begin on the day or later are the account's own payer's again."""
        row = operations.end_redirection(
            redirection=self.get_object(), **self.checked(EndSerializer), actor=self.actor
        )
        return Response(self.shown(row))
