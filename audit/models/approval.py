"""Approvals: what needs a second person, and what a second person has said."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from audit.choices import ApprovalState
from foundation.fields import (
    AmountField,
    CurrencyField,
    PlainAmountField,
    money_checks,
)
from foundation.stamped import Stamped


class ReasonCode(Stamped):
    """A reason that people choose from a list instead of typing it."""

    domain = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    text = models.CharField(max_length=200)
    gl_code = models.CharField(max_length=32, blank=True, default="")
    tax_treatment = models.CharField(max_length=32, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "code"], name="audit_reasoncode_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.domain}/{self.code} {self.text}"


class ApprovalPolicy(Stamped):
    """Up to which amount an action needs nobody else, and who may approve above it.

    Without an amount every such action needs approval. `permissions` are what the approver must
    hold besides `audit.approve_request`.
    """

    action = models.CharField(max_length=80)
    currency = CurrencyField(blank=True, default="")
    free_up_to = PlainAmountField(null=True, blank=True)
    permissions = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "approval policies"
        constraints = [
            models.UniqueConstraint(
                fields=["action", "currency"], name="audit_approvalpolicy_is_unique"
            ),
            *money_checks("audit_approvalpolicy", "free_up_to"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.currency}".strip()


class ApprovalRequest(models.Model):
    """One act that waits for a second person, bound to exactly what was asked.

    The database keeps it so: what was asked never changes, maker and checker differ, a decision
    is made once, and an approval is used once (guards in `sql/approval_guards.sql`).
    """

    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    payload_hash = models.CharField(max_length=64)
    currency = CurrencyField(blank=True, default="")
    amount = AmountField(null=True)
    state = models.CharField(
        max_length=8, choices=ApprovalState.choices, default=ApprovalState.PENDING
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    comment = models.CharField(max_length=500, blank=True, default="")
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("approve_request", "Can approve what somebody else has asked for")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(requester=F("approver")), name="audit_approvalrequest_needs_two"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PENDING", "EXPIRED"]) | Q(approver__isnull=False),
                name="audit_approvalrequest_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApprovalState.values), name="audit_approvalrequest_state"
            ),
            models.UniqueConstraint(
                fields=["action", "subject_type", "subject_id", "payload_hash"],
                condition=Q(state__in=["PENDING", "APPROVED"]),
                name="audit_approvalrequest_asked_once",
            ),
            *money_checks("audit_approvalrequest", "amount"),
        ]
        indexes = [
            models.Index(fields=["state", "requested_at"], name="audit_approvalrequest_inbox"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type}/{self.subject_id} ({self.state})"
