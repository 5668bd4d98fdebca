"""Read a file of catalogue rows; what is refused as a whole is kept with its verdict."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User

import audit.operations
from foundation.errors import FileRefused
from foundation.tabular import BadFile, Limits, Line, read_filled_table


def lines_of(
    content: bytes,
    filename: str,
    *,
    kind: str,
    required: Collection[str],
    optional: Collection[str],
    limits: Limits,
    actor: User | None,
    dry_run: bool,
) -> list[Line]:
    """Return the filled lines of a file; a dry run keeps no verdict.

    Raises: FileRefused.
    """
    try:
        return read_filled_table(
            content, filename, required=required, optional=optional, limits=limits
        )
    except BadFile as bad:
        if not dry_run:
            audit.operations.refuse_batch(
                kind=kind, filename=filename, content=content, actor=actor, message=bad.message,
                errors=[bad.problem],
            )  # fmt: skip
        raise FileRefused(bad) from bad
