"""Who made a row and who changed it last."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from foundation.errors import Refusal


class StaleRow(Refusal):
    """Somebody else changed the row since it was read."""

    rule = "STALE"


class Stamped(models.Model):
    """Mutable row with stamps and an optimistic lock; `version` grows by one with each save."""

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self.version += 1
            fields = kwargs.get("update_fields")
            if fields is not None:
                kwargs["update_fields"] = {*fields, "version", "updated_at"}
        super().save(*args, **kwargs)

    def require_version(self, version: int) -> None:
        """Refuse when the row is no longer the version that the caller has read.

        Call it with the row locked.

        Raises: StaleRow.
        """
        if self.version != version:
            raise StaleRow(
                f"this {self._meta.verbose_name} was changed in the meantime "
                f"(version {self.version}, not {version}); read it again"
            )
