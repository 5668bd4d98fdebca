"""Accounting periods: which dates may still be posted to."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from audit.models import ApprovalRequest
from foundation.stamped import Stamped
from ledger.choices import PeriodState
from ledger.models.entity import LegalEntity


class AccountingPeriod(Stamped):
    """One month of the books of one entity: OPEN → SOFT_CLOSED → CLOSED, and back with approval.

    The database refuses entries dated in a closed period (LED-2) and a close or reopening without
    a used approval of its own (guards in `sql/period_guards.sql`).
    """

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    period = DateRangeField()
    state = models.CharField(max_length=11, choices=PeriodState.choices, default=PeriodState.OPEN)
    approval = models.ForeignKey(
        ApprovalRequest, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField(null=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ["entity_id", "period"]
        permissions = [
            ("close_period", "Can close an accounting period"),
            ("reopen_period", "Can reopen an accounting period"),
        ]
        constraints = [
            ExclusionConstraint(
                name="ledger_accountingperiod_no_overlap",
                expressions=[
                    ("entity", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="ledger_accountingperiod_has_both_ends",
                condition=Q(period__startswith__isnull=False)
                & Q(period__endswith__isnull=False)
                & Q(period__isempty=False),
            ),
            models.CheckConstraint(
                name="ledger_accountingperiod_state", condition=Q(state__in=PeriodState.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period.lower:%B %Y}"
