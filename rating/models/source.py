"""A system that sends usage."""

from django.db import models
from django.db.models import Q

from foundation.stamped import Stamped


class UsageSource(Stamped):
    """Say how the files of one sender are read: time zone, lateness, numbering, trailer."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="Zone of times that carry none."
    )
    late_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Older events wait in suspense as TOO_LATE; empty accepts any age (RATE-3).",
    )
    needs_trailer = models.BooleanField(
        default=False, help_text="Refuse a file without #TRAILER,count,sum."
    )
    numbers_files = models.BooleanField(
        default=False, help_text="The digits before the extension number the files without gap."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="rating_usagesource_code_plain",
                condition=Q(code__regex=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"),
            ),
        ]

    def __str__(self) -> str:
        return self.code
