"""Receive a usage file: keep it, refuse it as a whole, or register it in parts (RATE step 1)."""

import hashlib
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from foundation.errors import Refusal
from rating.choices import FileFormat, FileState
from rating.models import UsageFile, UsageFilePart, UsageSource
from rating.operations.excel import csv_from_excel
from rating.rules.scanning import FileRefused, Scan, scan


class CannotLoadFile(Refusal):
    """The file as a whole is refused; none of its rows was loaded."""

    rule = "FILE"
    http_status = 422


class AlreadyLoaded(Refusal):
    """The same content was loaded before (RATE step 1)."""

    rule = "SAME_FILE"


@dataclass(frozen=True, slots=True)
class Received:
    """A file kept under its hash, as the CSV that is loaded."""

    name: str
    path: Path
    sha256: str
    format: FileFormat


def keep(*, filename: str, content: bytes | Path) -> Received:
    """Keep the content in the spool under its hash; Excel becomes CSV.

    The same content again is kept once.
    """
    spool = Path(settings.VAR_DIR) / "usage"
    spool.mkdir(parents=True, exist_ok=True)
    name = Path(filename.replace("\\", "/")).name[:255] or "usage.csv"
    with NamedTemporaryFile(dir=spool, delete=False) as copy:
        if isinstance(content, bytes):
            copy.write(content)
        else:
            with content.open("rb") as original:
                shutil.copyfileobj(original, copy, 1 << 20)
    at = Path(copy.name)
    with at.open("rb") as kept:
        digest = hashlib.file_digest(kept, "sha256").hexdigest()
    kind = FileFormat.CSV
    if name.lower().endswith((".xlsx", ".xlsm")):
        kind = FileFormat.XLSX
        try:
            text = csv_from_excel(at.read_bytes(), name)
        except FileRefused:
            at.unlink()
            raise
        at.write_text(text, encoding="utf-8")
    path = spool / f"{digest}.csv"
    at.replace(path)
    return Received(name, path, digest, kind)


def register(
    *,
    source: UsageSource,
    received: Received,
    received_at: datetime,
    sequence: int | None,
    actor: User | None,
) -> UsageFile:
    """Register a file and its parts, or return the one whose load was interrupted.

    Raises: AlreadyLoaded, CannotLoadFile (which leaves a REJECTED file on record).
    """
    known = (
        UsageFile.objects.filter(source=source, sha256=received.sha256)
        .exclude(state=FileState.REJECTED)
        .first()
    )
    if known is not None:
        if known.state == FileState.LOADED:
            raise AlreadyLoaded(
                f"{source} sent this content before, as {known.name} (file {known.pk})"
            )
        return known
    file = UsageFile(
        source=source,
        name=received.name,
        sha256=received.sha256,
        format=received.format,
        received_at=received_at,
        actor=actor,
        path=str(received.path),
    )
    try:
        found = _scanned(source, received.path)
        number_file(file, sequence)
    except FileRefused as refused:
        file.state, file.problem, file.sequence = FileState.REJECTED, refused.message, None
        file.path = ""
        file.save()
        received.path.unlink(missing_ok=True)
        raise CannotLoadFile(refused.message, rule=refused.rule) from refused
    _save(file, found)
    return file


def _scanned(source: UsageSource, path: Path) -> Scan:
    with path.open("rb") as stream:
        found = scan(stream)
    if source.needs_trailer and found.declared_count is None:
        raise FileRefused("TRAILER", "the last line must be #TRAILER,count,sum")
    return found


def number_file(file: UsageFile, sequence: int | None) -> None:
    """Give the file its number and note a gap before it (RATE step 1).

    Raises: FileRefused when the number is missing or taken.
    """
    if sequence is None and file.source.numbers_files:
        found = re.search(r"([0-9]{1,18})(?:\.[A-Za-z]+)*$", file.name)
        if not found:
            raise FileRefused("SEQUENCE", "the name must end with the number of the file")
        sequence = int(found[1])
    if sequence is None:
        return
    numbered = UsageFile.objects.filter(source_id=file.source_id, sequence__isnull=False).exclude(
        state=FileState.REJECTED
    )
    if taken := numbered.filter(sequence=sequence).first():
        raise FileRefused("SEQUENCE", f"number {sequence} was received before as {taken.name}")
    file.sequence = sequence
    before = numbered.filter(sequence__lt=sequence).order_by("-sequence").first()
    if before is not None and before.sequence is not None and before.sequence + 1 < sequence:
        file.gap_before = before.sequence + 1


def _save(file: UsageFile, found: Scan) -> None:
    with transaction.atomic():
        file.state = FileState.LOADING
        file.columns = list(found.columns)
        file.declared_count = found.declared_count
        file.declared_quantity = found.declared_quantity
        file.received_count = found.rows
        file.save()
        UsageFilePart.objects.bulk_create(
            UsageFilePart(
                file=file,
                number=part.number,
                start_byte=part.start,
                end_byte=part.end,
                first_row=part.first_row,
                row_count=part.rows,
            )
            for part in found.parts
        )
