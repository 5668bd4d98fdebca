"""A bill run: one cycle, one bill date, one frozen list of payers."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.stamped import Stamped
from invoicing.choices import RunKind, RunState
from invoicing.models.cycle import BillCycle


class BillRuns(models.QuerySet["BillRun"]):
    """Runs, and those that bill whole periods."""

    def cyclic(self) -> BillRuns:
        """Leave out interim runs, which bill a few payers inside their period (UNIT-8)."""
        return self.exclude(kind=RunKind.INTERIM)

    def last_posted_at(self, cycle: BillCycle, before: date) -> datetime | None:
        """Return when the last run of a cycle before a bill date was posted."""
        runs = self.cyclic().filter(cycle=cycle, bill_date__lt=before, posted_at__isnull=False)
        return runs.order_by("-bill_date").values_list("posted_at", flat=True).first()


class BillRun(Stamped):
    """A run carries its payers from SELECT to POST; a trial run is the run itself.

    `totals` holds the control totals by currency as they stood when the run was reviewed (BR-8);
    `run_hash` covers them and every draft, and is what an approver approves (BR-6).
    """

    kind = models.CharField(max_length=12, choices=RunKind.choices, default=RunKind.CYCLE)
    cycle = models.ForeignKey(BillCycle, on_delete=models.PROTECT, related_name="runs")
    bill_date = models.DateField()
    cutoff_at = models.DateTimeField(help_text="Usage received later waits for the next run.")
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.CREATED)
    workers = models.PositiveSmallIntegerField(default=1)
    inputs_stamp = models.CharField(
        max_length=64,
        blank=True,
        help_text="Catalogue and tax tables that the drafts were made by.",
    )
    inputs_snapshot = models.TextField(
        blank=True, help_text="The transactions that had ended before the first draft was made."
    )
    run_hash = models.CharField(max_length=64, blank=True)
    totals = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True, help_text="Why the run stopped, if it did.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_hash = models.CharField(max_length=64, blank=True)
    selected_at = models.DateTimeField(null=True, blank=True)
    calculated_at = models.DateTimeField(null=True, blank=True)
    posting_started_at = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = BillRuns.as_manager()

    class Meta:
        ordering: ClassVar = ["-bill_date", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cycle", "bill_date"],
                condition=Q(kind=RunKind.CYCLE) & ~Q(state=RunState.CANCELLED),
                name="invoicing_billrun_one_per_cycle_and_date",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(created_by__isnull=True)
                | ~Q(approved_by=models.F("created_by")),
                name="invoicing_billrun_approver_is_not_creator",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RunState.values), name="invoicing_billrun_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[
                        RunState.APPROVED,
                        RunState.POSTING,
                        RunState.POSTED,
                        RunState.CLOSED,
                    ]
                )
                | (Q(approved_at__isnull=False) & Q(approved_hash=models.F("run_hash"))),
                name="invoicing_billrun_posts_only_what_was_approved",
            ),
        ]
        permissions: ClassVar = [
            ("start_run", "Can start a bill run and calculate its drafts"),
            ("approve_run", "Can approve a bill run"),
            ("post_run", "Can post an approved bill run"),
            ("cancel_run", "Can cancel a bill run before posting"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}: {self.bill_date}"

    @property
    def is_working(self) -> bool:
        """Tell whether the run moves by itself until the next stop."""
        return self.state in (
            RunState.CREATED,
            RunState.SELECTED,
            RunState.CALCULATING,
            RunState.CALCULATED,
            RunState.APPROVED,
            RunState.POSTING,
            RunState.POSTED,
        )

    @property
    def is_before_posting(self) -> bool:
        """Tell whether the run may still be recalculated or cancelled (BR-9)."""
        return self.state in (
            RunState.CREATED,
            RunState.SELECTED,
            RunState.CALCULATING,
            RunState.CALCULATED,
            RunState.IN_REVIEW,
            RunState.APPROVED,
        )
