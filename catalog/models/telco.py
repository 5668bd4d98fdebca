"""What rates an event by where and when: zones of numbers, bands of the week, holidays."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from foundation.stamped import Stamped


class ZoneMap(Stamped):
    """A table of prefixes; the number that was called is an attribute of the event."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    attribute = models.CharField(
        max_length=32, default="called", help_text="Attribute of the event that holds the number."
    )
    fallback = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Zone of what no prefix fits; empty sends such events to suspense.",
    )

    class Meta:
        """Ordered by code."""

        ordering = ["code"]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class ZonePrefix(models.Model):
    """A prefix of a map and its zone over a range of local days, half-open."""

    zone_map = models.ForeignKey(ZoneMap, on_delete=models.PROTECT, related_name="prefixes")
    prefix = models.CharField(max_length=16)
    zone = models.CharField(max_length=32)
    valid = DateRangeField()

    class Meta:
        """Ordered as a telephone book is."""

        ordering = ["zone_map_id", "prefix", "valid"]
        verbose_name_plural = "zone prefixes"
        constraints = [
            ExclusionConstraint(
                name="catalog_zoneprefix_one_at_a_time",
                expressions=[
                    ("zone_map", RangeOperators.EQUAL),
                    ("prefix", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="catalog_zoneprefix_is_dialled",
                condition=Q(prefix__regex=r"^[0-9A-Z*#]{1,16}$"),
            ),
            models.CheckConstraint(
                name="catalog_zoneprefix_names_a_zone",
                condition=Q(zone__regex=r"^[A-Za-z0-9][A-Za-z0-9._/*-]*$"),
            ),
            models.CheckConstraint(
                name="catalog_zoneprefix_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
        ]

    def __str__(self) -> str:
        """Show prefix and zone."""
        return f"{self.prefix} {self.zone}"


class ZoneFallback(models.Model):
    """A map that is asked, in its turn, where no prefix of a map fits, over local days."""

    zone_map = models.ForeignKey(ZoneMap, on_delete=models.PROTECT, related_name="fallbacks")
    then = models.ForeignKey(ZoneMap, on_delete=models.PROTECT, related_name="+")
    turn = models.PositiveSmallIntegerField(help_text="The first is asked first.")
    valid = DateRangeField()

    class Meta:
        """Ordered as they are asked."""

        ordering = ["zone_map_id", "turn", "valid"]
        constraints = [
            ExclusionConstraint(
                name="catalog_zonefallback_one_at_a_turn",
                expressions=[
                    ("zone_map", RangeOperators.EQUAL),
                    ("turn", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="catalog_zonefallback_is_asked_once",
                expressions=[
                    ("zone_map", RangeOperators.EQUAL),
                    ("then", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="catalog_zonefallback_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
        ]

    def __str__(self) -> str:
        """Show the turn and the days."""
        return f"{self.turn}: {self.valid}"


class BandPlan(Stamped):
    """The time bands of a week."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class TimeBand(models.Model):
    """A band of the day on some days of the week; the greatest weight wins (UNIT-5)."""

    plan = models.ForeignKey(BandPlan, on_delete=models.PROTECT, related_name="bands")
    code = models.CharField(max_length=32)
    days = ArrayField(
        models.PositiveSmallIntegerField(),
        help_text="Days on which it begins: 1 is Monday, 7 is Sunday, 8 a holiday: 1,2,3,4,5",
    )
    starts = models.TimeField(default="00:00")
    ends = models.TimeField(
        default="00:00", help_text="Not after the start: the band ends on the next day."
    )
    weight = models.SmallIntegerField(
        default=0,
        help_text="Of bands that overlap the greatest weight wins, then the later start.",
    )

    class Meta:
        """Ordered as they matter."""

        ordering = ["plan_id", "-weight", "starts", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "code", "days", "starts"], name="catalog_timeband_is_said_once"
            ),
            models.CheckConstraint(
                name="catalog_timeband_code_is_a_value",
                condition=Q(code__regex=r"^[A-Za-z0-9][A-Za-z0-9._/*-]*$"),
            ),
            models.CheckConstraint(
                name="catalog_timeband_days_are_known",
                condition=Q(days__contained_by=[1, 2, 3, 4, 5, 6, 7, 8]) & ~Q(days=[]),
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the hours."""
        return f"{self.code} {self.starts:%H:%M} to {self.ends:%H:%M}"


class Holiday(models.Model):
    """A day on which the bands of holidays begin."""

    plan = models.ForeignKey(BandPlan, on_delete=models.PROTECT, related_name="holidays")
    on_date = models.DateField()
    name = models.CharField(max_length=60)

    class Meta:
        """Ordered by day."""

        ordering = ["plan_id", "on_date"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "on_date"], name="catalog_holiday_once_a_day"),
        ]

    def __str__(self) -> str:
        """Show the day and the name."""
        return f"{self.on_date} {self.name}"
