"""The kinds of money that we take, as data."""

from __future__ import annotations

from django.db import models

from foundation.stamped import Stamped


class TenderType(Stamped):
    """A kind of tender and the clearing account that holds it until the bank confirms.

    A new kind is a row: nothing in the code knows cash from cheques.
    """

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=60)
    clearing_account = models.CharField(
        max_length=16,
        help_text="Number of the clearing account in the chart, for example 1012.",
    )
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        verbose_name = "tender type"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z][A-Z0-9_]*$"),
                name="payments_tendertype_code_plain",
            ),
        ]

    def __str__(self) -> str:
        return self.name
