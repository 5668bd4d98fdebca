"""Documents: invoices and credit memos, drafts until they are posted."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from customers.models import Account
from foundation.fields import (
    CurrencyField,
    FxRateField,
    PlainAmountField,
    money_checks,
    number_checks,
)
from invoicing.choices import DocumentOrigin, DocumentState, DocumentType
from ledger.models import LegalEntity

LIVE = [DocumentState.DRAFT, DocumentState.POSTED, DocumentState.SUPPRESSED]


class Invoice(models.Model):
    """A document to one payer in one currency; amounts of every type are positive (INV-3).

    A draft has no number, no open item and no journal entry; posting gives it all three and the
    database then refuses every change. `period` is the cycle period that ends on the bill date.
    Whether it is paid is read from its open item.
    """

    run_id = models.BigIntegerField(null=True)
    doc_type = models.CharField(
        max_length=11, choices=DocumentType.choices, default=DocumentType.INVOICE
    )
    origin = models.CharField(
        max_length=10, choices=DocumentOrigin.choices, default=DocumentOrigin.CYCLE
    )
    state = models.CharField(
        max_length=10, choices=DocumentState.choices, default=DocumentState.DRAFT
    )
    number = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001 (null until posted)
    entity = models.ForeignKey(
        LegalEntity,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    payer = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    currency = CurrencyField()
    fx_rate = FxRateField(default=1, help_text="Functional units per unit of the currency.")
    invoice_date = models.DateField()
    tax_date = models.DateField()
    due_date = models.DateField()
    period_start = models.DateField()
    period_end = models.DateField()
    net = PlainAmountField()
    tax = PlainAmountField()
    rounding = PlainAmountField(default=0)
    total = PlainAmountField()
    prepaid = PlainAmountField(default=0)
    payable = PlainAmountField()
    functional_total = PlainAmountField()
    refers_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=200, blank=True)
    po_number = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, default="en")
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    content_hash = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    posted_at = models.DateTimeField(null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entity", "doc_type", "number"], name="invoicing_invoice_number_once"
            ),
            models.UniqueConstraint(
                fields=["payer", "period_end"],
                condition=Q(origin=DocumentOrigin.CYCLE, state__in=LIVE),
                name="invoicing_invoice_one_cycle_document",
            ),
            models.CheckConstraint(
                condition=Q(state=DocumentState.POSTED, number__isnull=False)
                | (~Q(state=DocumentState.POSTED) & Q(number__isnull=True)),
                name="invoicing_invoice_number_only_when_posted",
            ),
            models.CheckConstraint(
                condition=Q(total=F("net") + F("tax")), name="invoicing_invoice_net_plus_tax"
            ),
            models.CheckConstraint(
                condition=Q(payable=F("total") - F("prepaid") + F("rounding")),
                name="invoicing_invoice_payable",
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0), name="invoicing_invoice_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(period_start__lt=F("period_end")),
                name="invoicing_invoice_period_ends_later",
            ),
            *number_checks("invoicing_invoice", "fx_rate", "functional_total"),
            *money_checks(
                "invoicing_invoice", "net", "tax", "rounding", "total", "prepaid", "payable"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["payer", "-id"], name="invoicing_invoice_of_payer"),
            models.Index(fields=["run_id"], name="invoicing_invoice_of_run"),
            models.Index(
                fields=["refers_to"],
                condition=Q(refers_to__isnull=False),
                name="invoicing_invoice_refers_to",
            ),
        ]
        permissions: ClassVar = [
            ("request_credit", "Can request a credit memo"),
            ("approve_credit", "Can approve a credit memo"),
            ("request_debit", "Can request a debit memo"),
            ("approve_debit", "Can approve a debit memo"),
            ("export_lists", "Can export lists to files"),
        ]

    def __str__(self) -> str:
        return self.number or f"Draft {self.pk}"

    @property
    def is_posted(self) -> bool:
        """Tell whether the document has been issued and may not change any more."""
        return self.state == DocumentState.POSTED

    @property
    def sign(self) -> int:
        """Return -1 for documents that reduce what the payer owes."""
        return -1 if self.doc_type == DocumentType.CREDIT_NOTE else 1
