"""Rating for carriers and partners, for machines: agreements, what they derive, margins."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Charge
from catalog.rules.selection import attribute_pairs
from customers.models import Account
from foundation import scope
from foundation.api import (
    DecimalTextField,
    HouseModelSerializer,
    HousePagination,
    HouseSerializer,
    HouseViewSet,
    Listed,
    NumberedField,
    Problem,
    Retrieved,
)
from rating import operations, queries
from rating.api.asked import ACCOUNT, DAYS, account_asked, days_asked
from rating.api.serializers import DatedSerializer
from rating.choices import Purpose
from rating.models import DerivedRating, RatingAgreement

VIEW, AGREE = "rating.view_ratingagreement", "rating.agree_rating"
MOST_DAYS = 366


class RatingAgreementSerializer(DatedSerializer):
    """An agreement and its local days, `end` exclusive; by `own_charge`, or as a `share`."""

    charge = serializers.CharField(source="charge.reference", read_only=True)
    own_charge = serializers.CharField(source="own_charge.reference", read_only=True, default="")
    attributes = serializers.SerializerMethodField()

    class Meta:
        model = RatingAgreement
        fields = [
            "id", "charge", "purpose", "account", "own_charge", "share", "attributes", "start",
            "end", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_attributes(self, agreement: RatingAgreement) -> dict[str, str]:
        """Return what the events carry; nothing for all of them."""
        return dict(attribute_pairs(agreement.attribute_key))


class AgreeRatingSerializer(HouseSerializer):
    """Of which charge, for what, with whom, and either by their charge or as a share."""

    charge = NumberedField(Charge.objects.all(), by="reference", help_text="MOBILE/1/CALLS")
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    account = NumberedField(Account.objects.all(), help_text="That of the carrier or partner.")
    own_charge = NumberedField(
        Charge.objects.all(), by="reference", required=False, default=None, allow_null=True
    )
    share = DecimalTextField(
        max_digits=9, decimal_places=7, min_value=0, required=False, default=None,
        allow_null=True, help_text='Of what the event costs the customer; "0.2" is a fifth.',
    )  # fmt: skip
    attributes = serializers.DictField(
        child=serializers.CharField(max_length=100), required=False, default=dict,
        help_text="Of the events meant; without any, all of them.",
    )  # fmt: skip
    start = serializers.DateField()


class EndAgreementSerializer(HouseSerializer):
    """The first local day without the agreement."""

    end = serializers.DateField()


class RatingAgreementViewSet(Listed, Retrieved, HouseViewSet):
    """By which charges and shares usage is rated again for carriers and partners."""

    queryset = RatingAgreement.objects.select_related("charge", "account", "own_charge")
    serializer_class = RatingAgreementSerializer
    required_permissions = {"list": VIEW, "retrieve": VIEW, "create": AGREE, "end": AGREE}
    filterset_fields = ("charge__reference", "purpose", "account__number")

    @extend_schema(request=AgreeRatingSerializer, responses={201: RatingAgreementSerializer})
    def create(self, request: Request) -> Response:
        """Agree that usage is rated for a purpose from a local day on, also a past one."""
        data = self.checked(AgreeRatingSerializer)
        starts = data.pop("start")
        made = operations.agree_rating(**data, starts=starts, actor=self.actor)
        return self.created(self.shown(made))

    @extend_schema(request=EndAgreementSerializer, responses={200: RatingAgreementSerializer})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: Any = None) -> Response:
        """End an agreement: what it derived of that day and later is taken back."""
        data = self.checked(EndAgreementSerializer)
        done = operations.end_agreement(
            agreement=self.get_object(), ends=data["end"], actor=self.actor
        )
        return Response(self.shown(done))


class DerivedRatingSerializer(HouseModelSerializer):
    """What one event comes to for one purpose; without an amount, `reason` says why."""

    class Meta:
        model = DerivedRating
        fields = [
            "event_id", "purpose", "account_id", "subscription_charge_id", "on_date",
            "agreement_id", "quantity", "attribute_key", "amount", "currency",
            "price_version_id", "reason",
        ]  # fmt: skip
        read_only_fields = fields


class MarginSerializer(HouseSerializer):
    """What the usage of a charge brings before tax, costs and shares out, in a currency.

    `retail` and `margin` are null where bill lines price the usage; `unrated` counts what has no
    amount for a purpose.
    """

    charge = serializers.CharField(source="reference")
    currency = serializers.CharField()
    events = serializers.IntegerField()
    retail = serializers.DecimalField(max_digits=24, decimal_places=10, allow_null=True)
    wholesale = serializers.DecimalField(max_digits=24, decimal_places=10)
    partner = serializers.DecimalField(max_digits=24, decimal_places=10)
    margin = serializers.DecimalField(max_digits=24, decimal_places=10, allow_null=True)
    unrated = serializers.IntegerField()


class NewestEvents(HousePagination):
    """The events stored last first, each with its purposes."""

    ordering = ("-event_id", "purpose")  # type: ignore[assignment]


class DerivedRatingViewSet(Listed, HouseViewSet):
    """What usage comes to for carriers and partners, derived within minutes after it came."""

    queryset = DerivedRating.objects.none()
    serializer_class = DerivedRatingSerializer
    pagination_class = NewestEvents
    required_permissions = {"list": "rating.view_usageevent", "margins": VIEW}
    query_parameters = {"list": ("account_id", "from", "to"), "margins": ("from", "to")}

    @extend_schema(parameters=[ACCOUNT, *DAYS])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what the events of one customer's account come to, over at most 366 days."""
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """Return what is derived of an account and days."""
        if getattr(self, "swagger_fake_view", False):
            return DerivedRating.objects.none()
        given = self.request.query_params
        start, end = days_asked(given)
        account = account_asked(given)
        if (end - start).days > MOST_DAYS:
            raise Problem(400, "API-PARAMETER", f"Ask for at most {MOST_DAYS} days at once.")
        return queries.derived_ratings(account_id=account, start=start, end=end)

    @extend_schema(parameters=[*DAYS], responses={200: MarginSerializer(many=True)})
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def margins(self, request: Request) -> Response:
        """Return retail, wholesale, partner and margin of some days by charge and currency.

        Of customers of the entities that the caller works for.
        """
        start, end = days_asked(request.query_params)
        found = queries.margins(start=start, end=end, entities=scope.entities_of(self.actor))
        return Response(MarginSerializer(found, many=True).data)
