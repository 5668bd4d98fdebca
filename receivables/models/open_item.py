"""What a payer owes on one document, or what we hold of the payer's money."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest

from foundation.fields import (
    CurrencyField,
    FxRateField,
    PlainAmountField,
    money_checks,
    number_checks,
)
from receivables.choices import Side


class OpenItemQuerySet(models.QuerySet["OpenItem"]):
    """Open items, narrowed in the words of the trade."""

    def debits(self) -> Self:
        """Keep what payers owe."""
        return self.filter(side=Side.DEBIT)

    def credits(self) -> Self:
        """Keep what we hold for payers."""
        return self.filter(side=Side.CREDIT)

    def unsettled(self) -> Self:
        """Keep items of which something is still open."""
        return self.filter(open__gt=0)

    def of_document(self, source_type: str, source_id: int) -> Self:
        """Keep the items of one document."""
        return self.filter(source_type=source_type, source_id=source_id)

    def with_free(self) -> Self:
        """Add `free`: what may be settled without an explicit remittance (AR-3)."""
        return self.annotate(free=Greatest(F("open") - F("disputed"), models.Value(Decimal(0))))


class OpenItem(models.Model):
    """One document's claim on a payer (side D) or a payer's credit with us (side C).

    Written once per document; afterwards only allocations move `open` and `functional_open`,
    and only dispute marks `disputed`, both by a trigger (AR-1, AR-3).
    """

    payer = models.ForeignKey(
        "customers.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    entity = models.ForeignKey(
        "ledger.LegalEntity",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    source_type = models.CharField(max_length=64, help_text="Label of the document's model.")
    source_id = models.BigIntegerField()
    number = models.CharField(max_length=32)
    side = models.CharField(max_length=1, choices=Side)
    doc_date = models.DateField("document date")
    due_date = models.DateField()
    currency = CurrencyField()
    amount = PlainAmountField()
    open = PlainAmountField()
    disputed = PlainAmountField(default=Decimal(0))
    fx_rate = FxRateField(help_text="Functional currency per 1 of the item's currency.")
    functional_amount = PlainAmountField()
    functional_open = PlainAmountField()

    objects = OpenItemQuerySet.as_manager()

    class Meta:
        verbose_name = "open item"
        default_permissions = ("view",)
        permissions = [
            ("allocate", "Can allocate credits to debits and take allocations back"),
            ("dispute_item", "Can mark part of an open item as disputed"),
            ("export_lists", "Can export lists to files"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "side"],
                name="receivables_openitem_one_per_document",
            ),
            models.CheckConstraint(
                condition=Q(side__in=Side.values), name="receivables_openitem_side_known"
            ),
            models.CheckConstraint(
                condition=Q(open__gte=0) & Q(open__lte=F("amount")),
                name="receivables_openitem_open_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(functional_open__gte=0)
                & Q(functional_open__lte=F("functional_amount"))
                & (Q(open__gt=0) | Q(functional_open=0)),
                name="receivables_openitem_functional_open_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(disputed__gte=0) & Q(disputed__lte=F("amount")),
                name="receivables_openitem_disputed_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(fx_rate__gt=0), name="receivables_openitem_fx_rate_positive"
            ),
            *money_checks("receivables_openitem", "amount", "open", "disputed"),
            *number_checks("receivables_openitem", "fx_rate", "functional_amount"),
        ]
        indexes = [
            models.Index(fields=["payer", "doc_date"], name="receivables_openitem_by_payer"),
            models.Index(
                fields=["payer", "due_date"],
                condition=Q(open__gt=0),
                name="receivables_openitem_open",
            ),
            models.Index(fields=["number"], name="receivables_openitem_by_number"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is left open."""
        return self.open == 0

    @property
    def disputed_open(self) -> Decimal:
        """What is both disputed and still open."""
        return min(self.disputed, self.open)

    @property
    def signed_open(self) -> Decimal:
        """The open amount as it counts in the payer's balance (AR-1)."""
        return self.open if self.side == Side.DEBIT else -self.open
