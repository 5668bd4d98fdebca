"""Uses of coupons over the API: which account used which, and one more (DSC-3)."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers import operations
from customers.models import Account, CouponRedemption, Subscription
from foundation.api import HouseModelSerializer, HouseSerializer, HouseViewSet, Listed, Retrieved
from foundation.api.texts import CodeField, NumberedField


class RedemptionSerializer(HouseModelSerializer):
    """A use of a coupon, and the discount that it gave; `valid_to` is the first day without it."""

    coupon = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    subscription = serializers.CharField(source="grant.subscription.number", default=None)
    discount = serializers.CharField(source="grant.discount.code")
    state = serializers.CharField(source="grant.state")
    valid_from = serializers.DateField(source="grant.valid.lower")
    valid_to = serializers.DateField(source="grant.valid.upper", allow_null=True)

    class Meta:
        model = CouponRedemption
        fields = [
            *("id", "coupon", "account", "subscription", "discount", "state", "valid_from"),
            *("valid_to", "redeemed_at", "given_back_at"),
        ]
        read_only_fields = fields


class NewRedemptionSerializer(HouseSerializer):
    """A coupon to be used from a day on, by an account or for one of its subscriptions."""

    account = NumberedField(Account.objects.all())
    code = CodeField(max_length=32)
    valid_from = serializers.DateField(source="starts")
    subscription = NumberedField(Subscription.objects.all(), required=False)


class RedemptionViewSet(Listed, Retrieved, HouseViewSet):
    """Uses of coupons; of uses at the same moment as many succeed as the coupon has left."""

    queryset = CouponRedemption.objects.select_related(
        "coupon", "account", "grant__discount", "grant__subscription"
    )
    serializer_class = RedemptionSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_granteddiscount",
        "retrieve": "customers.view_granteddiscount",
        "create": "customers.grant_discount",
    }
    filterset_fields = {
        "account__number": ["exact"], "coupon__code": ["exact"], "grant__state": ["exact"],
    }  # fmt: skip

    @extend_schema(request=NewRedemptionSerializer, responses={201: RedemptionSerializer})
    def create(self, request: Request) -> Response:
        """Use a coupon: its discount is given, or waits for a second person."""
        given = operations.redeem_coupon(**self.checked(NewRedemptionSerializer), actor=self.actor)
        return self.created(RedemptionSerializer(self.get_queryset().get(grant=given)).data)
