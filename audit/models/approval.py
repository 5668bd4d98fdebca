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
    """A reason that people choose from a list instead of typing it.

    `gl_code` and `tax_treatment` (a tax category) are what an adjustment for this reason is
    booked on and taxed as, where the person who asks names none.
    """

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

    Without an amount every such action needs approval. A limit is of one currency and holds for
    what a person does within 24 hours; with a role, for those who hold it. `free_share` bounds it
    further to a share of the document. `permissions` are what the approver must hold besides
    `audit.approve_request`.
    """

    action = models.CharField(max_length=80)
    currency = CurrencyField(blank=True, default="")
    role = models.CharField(max_length=150, blank=True, default="", help_text="Empty: anybody.")
    free_up_to = PlainAmountField(null=True, blank=True)
    free_share = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="At most this part of the document: 0.1 is a tenth.",
    )
    permissions = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "approval policies"
        constraints = [
            models.UniqueConstraint(
                fields=["action", "currency", "role"], name="audit_approvalpolicy_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(free_up_to__isnull=True) | (Q(free_up_to__gte=0) & ~Q(currency="")),
                name="audit_approvalpolicy_limit_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(free_share__isnull=True) | Q(free_share__gte=0, free_share__lte=1),
                name="audit_approvalpolicy_share_is_a_part",
            ),
            *money_checks("audit_approvalpolicy", "free_up_to"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.currency} {self.role}".strip()


class ApprovalRequest(models.Model):
    """One act that waits for a second person, bound to exactly what was asked.

    The database keeps it so: what was asked never changes, maker and checker differ, a decision
    is made once, and an approval is used once (guards in `sql/approval_guards.sql`). `alone`
    records that it lay within the limit up to which its maker needs nobody else.
    """

    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    payload_hash = models.CharField(max_length=64)
    currency = CurrencyField(blank=True, default="")
    amount = AmountField(null=True)
    state = models.CharField(
        max_length=9, choices=ApprovalState.choices, default=ApprovalState.PENDING
    )
    alone = models.BooleanField(default=False)
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
                condition=Q(state__in=["PENDING", "EXPIRED", "WITHDRAWN"])
                | Q(approver__isnull=False)
                | Q(alone=True),
                name="audit_approvalrequest_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(alone=False) | Q(approver__isnull=True),
                name="audit_approvalrequest_alone_is_by_nobody_else",
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
