"""The chart of accounts, and which accounts an event moves."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from foundation.stamped import Stamped
from ledger.choices import AccountKind
from ledger.models.entity import LegalEntity


class GLAccount(Stamped):
    """An account of a legal entity; control accounts are recomputed from documents."""

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=16)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=9, choices=AccountKind.choices)
    is_control = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "GL account"
        ordering = ["entity_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "number"], name="ledger_glaccount_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class PostingRule(Stamped):
    """Which accounts an event (J1, J2 …) debits and credits, from a date on.

    `gl_code` narrows the rule to one kind of line; the rule with an empty code is the fallback.
    """

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=8)
    gl_code = models.CharField(max_length=32, blank=True, default="")
    debit_number = models.CharField(max_length=16)
    credit_number = models.CharField(max_length=16)
    valid = DateRangeField()

    class Meta:
        ordering = ["entity_id", "event", "gl_code"]
        constraints = [
            ExclusionConstraint(
                name="ledger_postingrule_no_overlap",
                expressions=[
                    ("entity", RangeOperators.EQUAL),
                    ("event", RangeOperators.EQUAL),
                    ("gl_code", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="ledger_postingrule_valid_is_not_empty",
                condition=models.Q(valid__isempty=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.gl_code} {self.debit_number}/{self.credit_number}"
