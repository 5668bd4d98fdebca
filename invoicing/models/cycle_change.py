"""Another bill day that a payer gets when the running period has been billed (PER-7)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from foundation.stamped import Stamped
from invoicing.choices import CycleChangeState
from invoicing.models.cycle import BillCycle
from invoicing.models.run import BillRun


class CycleChange(Stamped):
    """A cycle and day that an account takes at the end of its running period.

    `boundary` is that end, a local date. The first run of the account's cycle of that bill date or
    a later one carries the change out as it closes: by then the period is billed in full.
    """

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    cycle = models.ForeignKey(BillCycle, models.PROTECT, related_name="+")
    day = models.PositiveSmallIntegerField("bill day")
    boundary = models.DateField()
    state = models.CharField(
        max_length=9, choices=CycleChangeState.choices, default=CycleChangeState.PENDING
    )
    run = models.ForeignKey(BillRun, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["boundary", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state=CycleChangeState.PENDING),
                name="invoicing_cyclechange_one_pending",
            ),
            models.CheckConstraint(
                condition=Q(day__range=(1, 31)), name="invoicing_cyclechange_day_of_month"
            ),
            models.CheckConstraint(
                condition=Q(state=CycleChangeState.DONE, run__isnull=False)
                | Q(state__in=CycleChangeState.without_run(), run__isnull=True),
                name="invoicing_cyclechange_done_by_a_run",
            ),
        ]

    def __str__(self) -> str:
        day = f"{self.boundary.day} {self.boundary:%b %Y}"
        return f"on day {self.day}, once billed up to {day}"
