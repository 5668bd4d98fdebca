"""Import batches: which file, what came of it, which rows were not taken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from audit.choices import BatchState
from audit.models import ImportBatch, ImportRowError
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.verdicts import RowProblem, visible


class AlreadyImported(Refusal):
    """The same content was read before for the same purpose."""

    rule = "ALREADY_IMPORTED"


def open_batch(*, kind: str, filename: str, content: bytes, actor: User | None) -> ImportBatch:
    """Open the batch of a file; the same content twice is refused, under whatever name.

    A file that was refused as a whole may be sent again.

    Raises: AlreadyImported.
    """
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        advisory_lock("import", f"{kind}:{digest}")
        read = ImportBatch.objects.filter(kind=kind, sha256=digest).exclude(
            state=BatchState.REFUSED
        )
        if (earlier := read.first()) is not None:
            raise AlreadyImported(
                f"this file was read before, as {earlier.filename} (batch {earlier.pk})"
            )
        return ImportBatch.objects.create(
            kind=kind,
            filename=visible(filename[-200:]),
            sha256=digest,
            size=len(content),
            actor=actor,
        )


def close_batch(
    batch: ImportBatch, *, counts: Mapping[str, Any], errors: Sequence[RowProblem] = ()
) -> ImportBatch:
    """Close a batch with its counts and the rows that were not taken."""
    with transaction.atomic():
        _keep(batch, errors)
        batch.state = BatchState.WITH_ERRORS if errors else BatchState.DONE
        batch.counts = dict(counts)
        batch.closed_at = Now()
        batch.save()
    batch.refresh_from_db()
    return batch


def refuse_batch(
    *,
    kind: str,
    filename: str,
    content: bytes,
    actor: User | None,
    message: str,
    errors: Sequence[RowProblem],
) -> ImportBatch:
    """Keep the record of a file that was refused as a whole; it may be sent again.

    `errors` say where and why; one that condemns the file itself is of row 0.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            kind=kind,
            filename=visible(filename[-200:]),
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            actor=actor,
            state=BatchState.REFUSED,
            message=visible(message, most=500),
            closed_at=Now(),
        )
        _keep(batch, errors)
    return batch


def _keep(batch: ImportBatch, errors: Sequence[RowProblem]) -> None:
    ImportRowError.objects.bulk_create(
        [
            ImportRowError(
                batch=batch,
                row=problem.row,
                column=problem.column[:80],
                value=problem.value,
                rule=problem.rule[:40],
                message=visible(problem.message, most=500),
            )
            for problem in errors
        ],
        batch_size=1000,
    )
