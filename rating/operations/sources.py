"""Set up who sends usage."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from django.contrib.auth.models import User
from django.db import transaction

from foundation.errors import Invalid
from foundation.parsing import BadValue, plain_text
from foundation.permissions import require
from rating.models import UsageSource


def define_source(
    *,
    code: str,
    name: str,
    time_zone: str = "UTC",
    late_days: int | None = None,
    needs_trailer: bool = False,
    numbers_files: bool = False,
    column_map: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    date_format: str = "",
    session_attribute: str = "",
    sequence_attribute: str = "",
    last_attribute: str = "",
    session_hours: int = 24,
    is_active: bool = True,
    actor: User | None = None,
) -> UsageSource:
    """Define a source of usage by its code: make it, or change it to what is said.

    `column_map`, `constants` and `date_format` as `ColumnMap` reads them. The three attributes
    are those of rows that are parts of a session, which wait `session_hours`.

    Raises: Forbidden, Invalid.
    """
    require(actor, "rating.add_usagesource", "rating.change_usagesource")
    try:
        values = {
            "name": plain_text(name, 120),
            "time_zone": known_zone(time_zone),
            "late_days": late_days,
            "needs_trailer": needs_trailer,
            "numbers_files": numbers_files,
            "column_map": dict(column_map or {}),
            "constants": dict(constants or {}),
            "date_format": date_format,
            "session_attribute": session_attribute,
            "sequence_attribute": sequence_attribute,
            "last_attribute": last_attribute,
            "session_hours": session_hours,
            "is_active": is_active,
        }
        code = plain_text(code, 32)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    with transaction.atomic():
        held = UsageSource.objects.select_for_update().filter(code=code).first()
        source = held or UsageSource(code=code, created_by=actor)
        for field, value in values.items():
            setattr(source, field, value)
        if (found := source.mapping) and (problem := found.problem()):
            raise Invalid(problem, rule="MAPPING")
        source.updated_by = actor
        source.save()
    return source


def known_zone(name: str) -> str:
    """Return a time zone's name if there is such a zone.

    Raises: BadValue.
    """
    if name not in available_timezones():
        raise BadValue("ZONE", "no such time zone")
    return name
