"""Receive a usage file: look it over, keep it in parts, or refuse it as a whole (RATE step 1)."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from foundation.errors import FileRefused, Refusal
from foundation.locks import advisory_lock
from foundation.tabular import read_file, require_unchanged
from foundation.verdicts import BadFile, visible
from rating.choices import FileFormat, FileState
from rating.models import UsageFile, UsageFilePart, UsageSource
from rating.operations.excel import csv_from_excel
from rating.operations.mapped import csv_from_own
from rating.operations.structured import ENDINGS, csv_from_json
from rating.rules.scanning import Scan, deal, part_count

COPY_BYTES = 1 << 20
LEFT_SECONDS = 24 * 60 * 60
WORKBOOKS = (".xlsx", ".xlsm", ".xls")


class CannotLoadFile(FileRefused):
    """The file as a whole is refused; none of its rows was loaded."""


class AlreadyLoaded(Refusal):
    """The same content was loaded before (RATE step 1)."""

    rule = "SAME_FILE"


@dataclass(slots=True)
class Received:
    """A file as it came: its hash and either its rows in parts or what condemns it."""

    name: str
    format: FileFormat
    sha256: str = ""
    folder: Path | None = None
    scan: Scan | None = None
    part_rows: tuple[int, ...] = ()
    problem: BadFile | None = None


class _Hashed:
    """Read a stream and hash what goes by."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Read and hash."""
        data = self._stream.read(size)
        self._digest.update(data)
        return data

    def readline(self, size: int) -> bytes:
        """Read a line and hash it."""
        data = self._stream.readline(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        """Return the hash of the whole stream, read to its end."""
        while self.read(COPY_BYTES):
            pass
        return self._digest.hexdigest()


def keep(*, source: UsageSource, filename: str, content: bytes | Path) -> Received:
    """Read the content once: hash it, look it over, and keep its rows in parts in the spool.

    The same content of a source is kept once. Excel, JSON and files with columns of their own
    become CSV.
    """
    name = visible(Path(filename.replace("\\", "/")).name[-255:], most=255) or "usage.csv"
    before = content.stat() if isinstance(content, Path) else None
    is_workbook = name.lower().endswith(WORKBOOKS)
    if (mapping := source.mapping) and not name.lower().endswith(ENDINGS):
        received = Received(name, FileFormat.XLSX if is_workbook else FileFormat.CSV)
        _keep_converted(source, received, content, partial(csv_from_own, mapping=mapping))
    elif is_workbook:
        received = Received(name, FileFormat.XLSX)
        _keep_converted(source, received, content, csv_from_excel)
    elif name.lower().endswith(ENDINGS):
        received = Received(name, FileFormat.JSON)
        _keep_converted(source, received, content, csv_from_json)
    else:
        received = Received(name, FileFormat.CSV)
        with _opened(content) as stream:
            _keep_parts(source, received, stream, _size(content))
    if isinstance(content, Path) and before is not None:
        try:
            require_unchanged(content, before)
        except BadFile as bad:
            _drop(received)
            received.problem = bad
    return received


def _keep_converted(
    source: UsageSource,
    received: Received,
    content: bytes | Path,
    convert: Callable[[bytes, str], str],
) -> None:
    try:
        whole = content if isinstance(content, bytes) else read_file(content)
        received.sha256 = hashlib.sha256(whole).hexdigest()
        text = convert(whole, received.name).encode()
    except BadFile as bad:
        received.problem = bad
    else:
        _keep_parts(source, received, BytesIO(text), len(text), received.sha256)


def _drop(received: Received) -> None:
    discard(str(received.folder or ""))
    received.folder = None


def verdict(bad: BadFile) -> str:
    """Write why a file is refused, as it is kept: the words, then the rule."""
    return f"{visible(bad.message, most=250)} ({bad.rule})"


@contextmanager
def _opened(content: bytes | Path) -> Iterator[BinaryIO]:
    with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as stream:
        yield stream


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _keep_parts(
    source: UsageSource, received: Received, stream: BinaryIO, size: int, digest: str = ""
) -> None:
    spool = Path(settings.VAR_DIR) / "usage"
    spool.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=spool))
    hashed, parts = _Hashed(stream), part_count(size)
    try:
        _deal_rows(received, cast("BinaryIO", hashed), folder, parts)
    except BadFile as refused:
        received.problem = refused
    received.sha256 = digest or hashed.hexdigest()
    kept = spool / f"{source.pk}-{received.sha256}-{parts}"
    if received.problem is not None:
        shutil.rmtree(folder)
        return
    received.folder = kept
    try:
        folder.rename(kept)
    except OSError:  # kept before, perhaps by a load that is running: those parts are the same
        shutil.rmtree(folder)
        if not kept.exists():
            raise
        kept.touch()
    _clear(spool, kept)


def _clear(spool: Path, newest: Path) -> None:
    """Throw away what loads that died left a day before the newest, unless a load needs it."""
    for folder in spool.iterdir():
        if newest.stat().st_mtime - folder.stat().st_mtime > LEFT_SECONDS:
            discard(str(folder))


def _deal_rows(received: Received, stream: BinaryIO, folder: Path, parts: int) -> None:
    """Write the rows of a file to its parts.

    Raises: BadFile.
    """
    received.scan = scan = Scan(stream)
    column = scan.columns.index("identifier")
    counts = [0] * parts
    with ExitStack() as stack:
        files = [
            stack.enter_context(part_path(folder, number).open("wb"))
            for number in range(1, parts + 1)
        ]
        for first, lines in scan.blocks():
            for at, rows in enumerate(deal(lines, first, column=column, parts=parts)):
                if rows:
                    rows.append(b"")
                    files[at].write(b"\n".join(rows))
                    counts[at] += len(rows) - 1
    received.part_rows = tuple(counts)


def part_path(folder: Path, number: int) -> Path:
    """Return where the rows of a part are kept."""
    return folder / f"{number:04}.csv"


def discard(folder: str) -> None:
    """Throw away kept parts once no load needs them."""
    if folder and not UsageFile.objects.filter(path=folder, state=FileState.LOADING).exists():
        shutil.rmtree(folder, ignore_errors=True)


def register(
    *,
    source: UsageSource,
    received: Received,
    received_at: datetime,
    sequence: int | None,
    actor: User | None,
) -> UsageFile:
    """Register a file and its parts, or return the one whose load was interrupted.

    Files of one source are registered one after the other.

    Raises: AlreadyLoaded, CannotLoadFile (which leaves a REJECTED file on record).
    """
    file = UsageFile(
        source=source,
        name=received.name,
        sha256=received.sha256,
        format=received.format,
        received_at=received_at,
        actor=actor,
    )
    try:
        with transaction.atomic():
            advisory_lock("usage-files", str(source.pk))
            known = _known(source, received)
            if known is not None:
                return known
            found = _accepted(source, received)
            number_file(file, sequence)
            _save(file, found, received)
    except BadFile as refused:
        file.state, file.problem, file.sequence = FileState.REJECTED, verdict(refused), None
        file.save()
        discard(str(received.folder or ""))
        raise CannotLoadFile(refused) from refused
    return file


def _known(source: UsageSource, received: Received) -> UsageFile | None:
    """Return the file of the same content whose load was interrupted or is under way."""
    known = (
        UsageFile.objects.filter(source=source, sha256=received.sha256)
        .exclude(state=FileState.REJECTED)
        .first()
    )
    if known is not None and known.state == FileState.LOADED:
        discard(str(received.folder or ""))
        raise AlreadyLoaded(
            f"{source} sent this content before, as {known.name} (file {known.pk})"
        )
    return known


def _accepted(source: UsageSource, received: Received) -> Scan:
    if received.problem is not None:
        raise received.problem
    assert received.scan is not None
    if source.needs_trailer and received.scan.declared_count is None:
        raise BadFile("TRAILER", "the last line must be #TRAILER,count,sum")
    return received.scan


def number_file(file: UsageFile, sequence: int | None) -> None:
    """Give the file its number and note a gap before it (RATE step 1).

    Raises: BadFile when the number is missing or taken.
    """
    if sequence is None and file.source.numbers_files:
        found = re.search(r"([0-9]{1,18})(?:\.[A-Za-z]+)*$", file.name)
        if not found:
            raise BadFile("SEQUENCE", "the name must end with the number of the file")
        sequence = int(found[1])
    if sequence is None:
        return
    numbered = UsageFile.objects.filter(source_id=file.source_id, sequence__isnull=False).exclude(
        state=FileState.REJECTED
    )
    if taken := numbered.filter(sequence=sequence).first():
        raise BadFile("SEQUENCE", f"number {sequence} was received before as {taken.name}")
    file.sequence = sequence
    before = numbered.filter(sequence__lt=sequence).order_by("-sequence").first()
    if before is not None and before.sequence is not None and before.sequence + 1 < sequence:
        file.gap_before = before.sequence + 1


def _save(file: UsageFile, found: Scan, received: Received) -> None:
    with transaction.atomic():
        file.state = FileState.LOADING
        file.path = str(received.folder)
        file.columns = list(found.columns)
        file.declared_count = found.declared_count
        file.declared_quantity = found.declared_quantity
        file.received_count = found.rows
        file.save()
        UsageFilePart.objects.bulk_create(
            UsageFilePart(file=file, number=number, row_count=rows)
            for number, rows in enumerate(received.part_rows, 1)
            if rows
        )
