"""Requests to give money back on a posted document."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from foundation.fields import CurrencyField, PlainAmountField, money_checks
from foundation.stamped import Stamped
from invoicing.choices import CreditScope, CreditState
from invoicing.models.invoice import Invoice


class CreditRequest(Stamped):
    """A credit asked for by one person and granted by another (ADJ-1).

    `lines` names the net to credit by line id, as text amounts; `amount` is the net in all.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_requests")
    scope = models.CharField(max_length=8, choices=CreditScope.choices)
    lines = models.JSONField(default=dict)
    amount = PlainAmountField()
    currency = CurrencyField()
    reason_code = models.CharField(max_length=32)
    comment = models.CharField(max_length=500, blank=True)
    state = models.CharField(
        max_length=8, choices=CreditState.choices, default=CreditState.PENDING
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approval_id = models.BigIntegerField(null=True, blank=True)
    credit_note = models.OneToOneField(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("requester")),
                name="invoicing_creditrequest_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="invoicing_creditrequest_amount_positive"
            ),
            *money_checks("invoicing_creditrequest", "amount"),
        ]
