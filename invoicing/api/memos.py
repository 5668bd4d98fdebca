"""Memos for machines: ask for credits, goodwill and debits, and grant what others asked for."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import invoicing.queries
from customers.models import Account
from foundation import clock
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from foundation.errors import Invalid
from invoicing import operations
from invoicing.api.documents import InvoiceDetailSerializer
from invoicing.choices import CreditScope, MemoKind
from invoicing.models import Invoice, MemoRequest


class CreditSerializer(HouseModelSerializer):
    """A credit that was asked for, and the memo it led to."""

    invoice = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    memo = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    amount = MoneyField(read_only=True)

    class Meta:
        model = MemoRequest
        fields = (
            "id", "kind", "account", "invoice", "scope", "amount", "reason_code", "comment",
            "state", "memo",
        )  # fmt: skip
        read_only_fields = fields


class CreditLineSerializer(HouseSerializer):
    """How much of one line to credit, net."""

    line = serializers.IntegerField()
    net = MoneyField()


class NewCreditSerializer(HouseSerializer):
    """A credit to ask for: whole, by line, or an amount."""

    invoice = serializers.IntegerField(help_text="Id of the document.")
    scope = serializers.ChoiceField(choices=CreditScope.choices)
    amount = MoneyField(required=False)
    lines = CreditLineSerializer(many=True, required=False)
    reason_code = serializers.CharField(max_length=32)
    comment = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class GrantSerializer(HouseSerializer):
    """The date of the memo; today where it is left out."""

    on_date = serializers.DateField(required=False)


class NewGoodwillSerializer(HouseSerializer):
    """A credit on account to ask for; with a tax category it is taxed."""

    account = serializers.CharField(max_length=32, help_text="Number of a paying account.")
    amount = MoneyField()
    tax_category = serializers.CharField(
        max_length=32, required=False, default="", allow_blank=True
    )
    reason_code = serializers.CharField(max_length=32)
    comment = serializers.CharField(max_length=200)


class NewDebitSerializer(NewGoodwillSerializer):
    """A debit memo to ask for: free-standing with a GL code, or on a billed line."""

    gl_code = serializers.CharField(max_length=32, required=False, default="", allow_blank=True)
    line = serializers.IntegerField(required=False)


def account_of(data: dict[str, Any]) -> Account:
    """Return the account that a body names, in whose currency its amount must be."""
    account = Account.objects.select_related("entity").filter(number=data["account"]).first()
    if account is None:
        raise Invalid("there is no such account", rule="ADJ-1")
    data["amount"].of(account.currency, rule="ADJ-1")
    return account


class MemoViewSet(Listed, Retrieved, HouseViewSet):
    """What credit and debit memos have in common: asked for, granted by another, issued."""

    queryset = MemoRequest.objects.select_related("account__entity", "invoice", "memo")
    serializer_class = CreditSerializer
    filterset_fields = {"kind": ["exact"], "state": ["exact"], "invoice__number": ["exact"]}

    @extend_schema(request=GrantSerializer, responses={200: InvoiceDetailSerializer})
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, pk: Any = None) -> Response:
        """Grant a credit that somebody else asked for; return the memo."""
        asked = self.get_object()
        data = self.checked(GrantSerializer)
        zone = ZoneInfo(asked.account.entity.time_zone)
        on_date: date = data.get("on_date") or clock.today(zone)
        note = operations.grant_memo(
            request_id=asked.pk, approver=cast(User, request.user), on_date=on_date
        )
        shown = invoicing.queries.documents().get(pk=note.pk)
        return Response(InvoiceDetailSerializer(shown).data)


class CreditMemoViewSet(MemoViewSet):
    """Credits of documents and goodwill on account, issued as credit memos."""

    queryset = MemoViewSet.queryset.exclude(kind=MemoKind.DEBIT)
    own = frozenset({"create", "goodwill"})
    required_permissions = {
        "list": "invoicing.view_memorequest",
        "retrieve": "invoicing.view_memorequest",
        "create": "invoicing.request_credit",
        "goodwill": "invoicing.request_credit",
        "grant": "invoicing.approve_credit",
    }

    @extend_schema(request=NewCreditSerializer, responses={201: CreditSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a credit (ADJ-1)."""
        data = self.checked(NewCreditSerializer)
        invoice = Invoice.objects.select_related("entity").filter(pk=data["invoice"]).first()
        if invoice is None:
            raise Invalid("there is no such document", rule="ADJ-1")
        terms = {"currency": invoice.currency, "rule": "ADJ-1", "what": "the document"}
        amount = data.get("amount")
        asked = operations.request_credit(
            invoice_id=invoice.pk,
            scope=data["scope"],
            reason_code=data["reason_code"],
            comment=data["comment"],
            lines={one["line"]: one["net"].of(**terms) for one in data.get("lines", ())},
            amount=None if amount is None else amount.of(**terms),
            requester=cast(User, request.user),
            on_date=clock.today(ZoneInfo(invoice.entity.time_zone)),
        )
        return self.created(dict(CreditSerializer(asked).data))

    @extend_schema(request=NewGoodwillSerializer, responses={201: CreditSerializer})
    @action(detail=False, methods=["post"])
    def goodwill(self, request: Request) -> Response:
        """Ask for a credit on account that belongs to no document (J9)."""
        data = self.checked(NewGoodwillSerializer)
        account = account_of(data)
        asked = operations.request_goodwill(
            account_id=account.pk,
            amount=data["amount"].amount,
            tax_category=data["tax_category"],
            reason_code=data["reason_code"],
            comment=data["comment"],
            requester=cast(User, request.user),
            on_date=clock.today(ZoneInfo(account.entity.time_zone)),
        )
        return self.created(dict(CreditSerializer(asked).data))


class DebitMemoViewSet(MemoViewSet):
    """Debit memos: free-standing, or more of a billed line."""

    queryset = MemoViewSet.queryset.filter(kind=MemoKind.DEBIT)
    own = frozenset({"create"})
    required_permissions = {
        "list": "invoicing.view_memorequest",
        "retrieve": "invoicing.view_memorequest",
        "create": "invoicing.request_debit",
        "grant": "invoicing.approve_debit",
    }

    @extend_schema(request=NewDebitSerializer, responses={201: CreditSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a debit memo (J6)."""
        data = self.checked(NewDebitSerializer)
        account = account_of(data)
        asked = operations.request_debit(
            account_id=account.pk,
            amount=data["amount"].amount,
            gl_code=data["gl_code"],
            tax_category=data["tax_category"],
            line_id=data.get("line"),
            reason_code=data["reason_code"],
            comment=data["comment"],
            requester=cast(User, request.user),
            on_date=clock.today(ZoneInfo(account.entity.time_zone)),
        )
        return self.created(dict(CreditSerializer(asked).data))
