"""Memos that people ask for: credits of documents, goodwill on account, debit memos."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from customers.models import Account
from foundation.fields import CurrencyField, PlainAmountField, money_checks
from foundation.stamped import Stamped
from invoicing.choices import CreditScope, CreditState, MemoKind
from invoicing.models.invoice import Invoice


class MemoRequest(Stamped):
    """A memo asked for by one person and granted by another, or within a limit alone (ADJ-1).

    `amount` is the net in all. A credit names its document and, in `lines`, the net to credit by
    line id, as text amounts. Goodwill has no document. A debit memo may name a document and one
    of its lines (`line_id`): it then bears that line's taxes, otherwise those of `tax_category`.
    """

    kind = models.CharField(max_length=8, choices=MemoKind.choices, default=MemoKind.CREDIT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="memo_requests"
    )
    scope = models.CharField(max_length=8, choices=CreditScope.choices, blank=True, default="")
    lines = models.JSONField(default=dict, blank=True)
    line_id = models.BigIntegerField(null=True, blank=True)
    amount = PlainAmountField()
    currency = CurrencyField()
    tax_category = models.CharField(max_length=32, blank=True, default="")
    gl_code = models.CharField(max_length=32, blank=True, default="")
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
    memo = models.OneToOneField(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("requester")),
                name="invoicing_memorequest_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="invoicing_memorequest_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(kind=MemoKind.CREDIT, invoice__isnull=False)
                | Q(kind=MemoKind.GOODWILL, invoice__isnull=True)
                | Q(kind=MemoKind.DEBIT),
                name="invoicing_memorequest_credits_a_document",
            ),
            models.CheckConstraint(
                condition=Q(state=CreditState.POSTED, memo__isnull=False)
                | (~Q(state=CreditState.POSTED) & Q(memo__isnull=True)),
                name="invoicing_memorequest_posted_with_memo",
            ),
            *money_checks("invoicing_memorequest", "amount"),
        ]

    @property
    def is_debit(self) -> bool:
        """Tell whether the payer owes more by it."""
        return self.kind == MemoKind.DEBIT
