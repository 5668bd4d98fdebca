"""A system that sends usage."""

from django.db import models
from django.db.models import Q

from foundation.stamped import Stamped
from rating.rules.mapping import ColumnMap
from rating.rules.partials import PartTerms


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
    column_map = models.JSONField(
        default=dict,
        blank=True,
        help_text='Our field: the column of its files, {"event_key": "CDR_ID"}; empty: our names.',
    )
    constants = models.JSONField(
        default=dict,
        blank=True,
        help_text='Fields that its files do not hold, {"usage_type": "VOICE", "uom": "MIN"}.',
    )
    date_format = models.CharField(
        max_length=40,
        blank=True,
        default="",
        help_text="How its files write times, %d.%m.%Y %H:%M:%S; empty: 2027-05-03T10:15:22Z.",
    )
    session_attribute = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Attribute that names the session of which a row is a part; empty: no parts.",
    )
    sequence_attribute = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Attribute that counts the parts of a session, from 0 or 1 on.",
    )
    last_attribute = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text='Attribute that marks the last part by "1", "true", "yes" or "y".',
    )
    session_hours = models.PositiveIntegerField(
        default=24,
        db_default=24,
        help_text="For so long parts wait for those that lack; then what is there is one event.",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="rating_usagesource_code_plain",
                condition=Q(code__regex=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"),
            ),
            models.CheckConstraint(
                name="rating_usagesource_parts_are_named",
                condition=Q(session_attribute="", sequence_attribute="", last_attribute="")
                | Q(
                    session_attribute__gt="",
                    sequence_attribute__gt="",
                    last_attribute__gt="",
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def mapping(self) -> ColumnMap | None:
        """Return which column is which field; None for files by our own names."""
        if not self.column_map:
            return None
        return ColumnMap(self.column_map, self.constants, self.date_format)

    @property
    def part_terms(self) -> PartTerms | None:
        """Return which attributes make a row a part of a session; None where nothing comes so."""
        if not self.session_attribute:
            return None
        return PartTerms(self.session_attribute, self.sequence_attribute, self.last_attribute)

    def own_column(self, field: str) -> str:
        """Return what its files call a field."""
        return self.mapping.own(field) if self.mapping else field
