"""Who works for which legal entity."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ledger.models.entity import LegalEntity


class EntityAccess(models.Model):
    """A person works for this entity; whoever has no row works for all of them (F36)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "entity access"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "entity"], name="ledger_entityaccess_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id}: entity {self.entity_id}"
