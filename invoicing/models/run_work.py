"""What a run has to do and what it found: chunks, accounts, findings."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from customers.models import Account
from foundation.fields import CurrencyField, PlainAmountField, money_checks
from invoicing.choices import AccountState, ChunkStage, Severity
from invoicing.models.run import BillRun
from invoicing.rules.findings import LEFT_OFF


class BillRunChunk(models.Model):
    """A piece of work: some payers of a run, carried through one stage in one transaction.

    `attempts` is counted before the work, so that a chunk that kills its worker is noticed.
    """

    run = models.ForeignKey(BillRun, on_delete=models.PROTECT, related_name="chunks")
    seq = models.PositiveIntegerField()
    stage = models.CharField(max_length=8, choices=ChunkStage.choices, default=ChunkStage.DRAFT)
    payers = models.PositiveIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["run_id", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "seq"], name="invoicing_billrunchunk_numbered")
        ]


class BillRunAccount(models.Model):
    """A payer in a run: how far it came and why it stopped.

    `amount` is the signed total of its documents of the run (a credit memo counts negative).
    `is_open` holds the payer: it can be open in one run only (BR-2).
    """

    run = models.ForeignKey(
        BillRun,
        on_delete=models.PROTECT,
        related_name="accounts",
        db_index=False,
        db_constraint=False,
    )
    chunk_id: int
    chunk = models.ForeignKey(
        BillRunChunk, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    payer = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    state = models.CharField(
        max_length=12, choices=AccountState.choices, default=AccountState.QUEUED
    )
    is_open = models.BooleanField(default=True)
    reason = models.CharField(max_length=500, blank=True)
    currency = CurrencyField()
    amount = PlainAmountField(default=0)
    documents = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "payer"], name="invoicing_billrunaccount_once_per_run"
            ),
            models.UniqueConstraint(
                fields=["payer"],
                condition=Q(is_open=True),
                name="invoicing_billrunaccount_open_in_one_run",
            ),
            *money_checks("invoicing_billrunaccount", "amount"),
        ]
        permissions: ClassVar = [
            ("hold_account", "Can hold or release an account of a bill run"),
        ]


class BillRunFinding(models.Model):
    """Something a person should see before posting (BR-5)."""

    run = models.ForeignKey(BillRun, on_delete=models.PROTECT, related_name="findings")
    payer_id = models.BigIntegerField()
    rule = models.CharField(max_length=24)
    severity = models.CharField(max_length=5, choices=Severity.choices)
    message = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["payer_id", "run"], name="invoicing_finding_of_payer"),
            models.Index(
                fields=["id"], condition=Q(rule=LEFT_OFF), name="invoicing_finding_left_off"
            ),
        ]
