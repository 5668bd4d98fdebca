"""Set up who sends usage."""

from collections.abc import Mapping

from django.contrib.auth.models import User

from foundation.errors import Invalid
from foundation.parsing import BadValue, plain_text
from foundation.permissions import require
from rating.models import UsageSource
from rating.rules.partials import PartTerms


def create_source(
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
    parts: PartTerms | None = None,
    session_hours: int = 24,
    actor: User | None = None,
) -> UsageSource:
    """Create a source of usage; `column_map`, `constants` and `date_format` as `ColumnMap` reads.

    `parts` names the attributes of rows that are parts of a session, which wait `session_hours`.

    Raises: Forbidden, Invalid.
    """
    require(actor, "rating.add_usagesource")
    try:
        source = UsageSource(
            code=plain_text(code, 32),
            name=plain_text(name, 120),
            time_zone=known_zone(time_zone),
            late_days=late_days,
            needs_trailer=needs_trailer,
            numbers_files=numbers_files,
            column_map=dict(column_map or {}),
            constants=dict(constants or {}),
            date_format=date_format,
            session_attribute=parts.session if parts else "",
            sequence_attribute=parts.sequence if parts else "",
            last_attribute=parts.last if parts else "",
            session_hours=session_hours,
            created_by=actor,
            updated_by=actor,
        )
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    if (found := source.mapping) and (problem := found.problem()):
        raise Invalid(problem, rule="MAPPING")
    source.save()
    return source


def known_zone(name: str) -> str:
    """Return a time zone's name if there is such a zone.

    Raises: BadValue.
    """
    from zoneinfo import available_timezones

    if name not in available_timezones():
        raise BadValue("ZONE", "no such time zone")
    return name
