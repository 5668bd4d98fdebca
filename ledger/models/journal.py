"""The journal: entries and their lines; INSERT only."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q

from foundation.fields import (
    CurrencyField,
    FxRateField,
    PlainAmountField,
    money_checks,
    number_checks,
)
from ledger.models.chart import GLAccount
from ledger.models.entity import LegalEntity


class JournalEntry(models.Model):
    """What one event of one source document did to the books (LED-1).

    `source_type` is a model's `label_lower`, `event` a number of the event table (J1 …). A
    reversal is a mirrored entry with a higher `version` and `reversal_of` set (LED-3).
    """

    entity = models.ForeignKey(
        LegalEntity,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    source_type = models.CharField(max_length=80)
    source_id = models.BigIntegerField()
    event = models.CharField(max_length=8)
    version = models.PositiveSmallIntegerField(default=1, db_default=1)
    accounting_date = models.DateField()
    currency = CurrencyField()
    fx_rate = FxRateField(default=Decimal(1), db_default=Decimal(1))
    description = models.CharField(max_length=200, blank=True, default="", db_default="")
    reversal_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    posted_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        verbose_name_plural = "journal entries"
        permissions = [
            ("post_to_soft_closed", "Can post to a soft-closed accounting period"),
            ("export_lists", "Can export lists to files"),
        ]
        constraints = [
            *number_checks("ledger_journalentry", "fx_rate"),
            models.UniqueConstraint(
                fields=["source_type", "source_id", "event", "version"],
                name="ledger_journalentry_once_per_event",
            ),
        ]
        indexes = [
            models.Index(fields=["entity", "accounting_date"], name="ledger_journalentry_date"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.source_type}/{self.source_id}"


class JournalLine(models.Model):
    """One side of one account, in the entry's currency and in the entity's functional one.

    Entries are never deleted and accounts are archived, so neither has a foreign key in the
    database: the balance trigger looks at every new line of a statement at once and requires its
    entry to be of this transaction and its account to belong to the entry's entity.
    """

    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    account = models.ForeignKey(
        GLAccount,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    currency = CurrencyField()
    debit = PlainAmountField(default=Decimal(0), db_default=Decimal(0))
    credit = PlainAmountField(default=Decimal(0), db_default=Decimal(0))
    functional_debit = PlainAmountField(default=Decimal(0), db_default=Decimal(0))
    functional_credit = PlainAmountField(default=Decimal(0), db_default=Decimal(0))
    customer_id = models.BigIntegerField(null=True)
    payer_id = models.BigIntegerField(null=True)
    product_id = models.BigIntegerField(null=True)
    jurisdiction_id = models.BigIntegerField(null=True)
    tax_type = models.CharField(max_length=32, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            *money_checks("ledger_journalline", "debit", "credit"),
            models.CheckConstraint(
                name="ledger_journalline_has_one_side",
                condition=Q(
                    debit__gte=0, credit__gte=0, functional_debit__gte=0, functional_credit__gte=0
                )
                & (Q(debit=0) | Q(credit=0))
                & (Q(functional_debit=0) | Q(functional_credit=0))
                & (Q(debit=0) | Q(functional_credit=0))
                & (Q(credit=0) | Q(functional_debit=0)),
            ),
            models.CheckConstraint(
                name="ledger_journalline_is_not_empty",
                condition=~Q(debit=F("credit"), functional_debit=F("functional_credit")),
            ),
        ]
        indexes = [models.Index(fields=["account", "entry"], name="ledger_journalline_account")]

    def __str__(self) -> str:
        return f"line {self.pk} of entry {self.entry_id}"
