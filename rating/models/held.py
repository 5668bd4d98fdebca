"""What balances and automatic top-ups of an account have in common: what they are for."""

from __future__ import annotations

from django.db import models


class HeldByAccount(models.Model):
    """Something that an account holds for one usage type, or for all that is billed."""

    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False
    )
    usage_type = models.ForeignKey(
        "catalog.UsageType",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="Empty: money for everything that is billed.",
    )

    class Meta:
        abstract = True
