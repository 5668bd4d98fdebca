"""What offer versions and price versions share: a reviewed life."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q

from catalog import choices
from catalog.choices import VersionState
from foundation.stamped import Stamped


class Versioned(Stamped):
    """Draft, review, approval by another person, publication, retirement.

    What a version says is frozen from its submission on; the database refuses changes and every
    step that is not in the life cycle (`sql/version_life.sql`).
    """

    state = models.CharField(
        max_length=12, choices=choices.VersionState, default=VersionState.DRAFT, editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        """No table of its own."""

        abstract = True

    @property
    def is_draft(self) -> bool:
        """Say whether its content may still change."""
        return self.state == VersionState.DRAFT

    @property
    def is_published(self) -> bool:
        """Say whether it may be sold and priced."""
        return self.state == VersionState.PUBLISHED


def life_checks(prefix: str) -> list[CheckConstraint]:
    """Return the checks of a reviewed life: known states, maker is not checker."""
    return [
        CheckConstraint(
            name=f"{prefix}_state_is_known", condition=Q(state__in=VersionState.values)
        ),
        CheckConstraint(
            name=f"{prefix}_author_does_not_approve",
            condition=Q(approved_by__isnull=True)
            | (
                (Q(created_by__isnull=True) | ~Q(approved_by=F("created_by")))
                & (Q(submitted_by__isnull=True) | ~Q(approved_by=F("submitted_by")))
            ),
        ),
        CheckConstraint(
            name=f"{prefix}_author_does_not_publish",
            condition=Q(published_by__isnull=True)
            | Q(created_by__isnull=True)
            | ~Q(published_by=F("created_by")),
        ),
        CheckConstraint(
            name=f"{prefix}_published_was_approved",
            condition=Q(state__in=["DRAFT", "IN_REVIEW"])
            | (Q(submitted_at__isnull=False) & Q(approved_at__isnull=False)),
        ),
    ]
