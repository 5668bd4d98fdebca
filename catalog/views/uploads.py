"""What the imports of the catalogue share: a file that is small enough, and what it got wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile

from foundation.errors import Invalid
from foundation.screens import Column, Table, Total

LARGEST: Final = 2 * 1024 * 1024
"""Bytes that a page takes; a larger file is imported at the server."""
SHOWN: Final = 500


def file_field(columns: str = "") -> forms.FileField:
    """Return the field for a CSV or Excel file; `columns` says which it has."""
    return forms.FileField(
        label="CSV or XLSX file",
        help_text=f"{columns} At most 2 MB here; a larger file is imported at the server.".strip(),
        widget=forms.FileInput({"accept": ".csv,.xlsx"}),
    )


def content_of(file: UploadedFile) -> bytes:
    """Return what is in the file.

    Raises: Invalid where it is too large for a page.
    """
    if (file.size or 0) > LARGEST:
        raise Invalid("the file is larger than 2 MB; import it by the command", rule="SIZE")
    content: bytes = file.read()
    return content


def problems_table(problems: Iterable[Any]) -> Table:
    """Return the rows that are not taken: where, what stood there, and why not."""
    return Table(
        columns=(
            Column(label="Row", value="row", kind="number"),
            Column(label="Column", value="column", kind="code"),
            Column(label="Value", value="value"),
            Column(label="Why not", value="message"),
            Column(label="Rule", value="rule", kind="code"),
            Column(label="What to do", value="remedy"),
        ),
        rows=list(islice(problems, SHOWN)),
        caption="Rows that are not taken",
        empty="Every row can be taken.",
    )


def told(
    report: Any, changes: Sequence[Any], kinds: Iterable[str], columns: Sequence[Column]
) -> dict[str, Any]:
    """Arrange what an import changes, or would, for `catalog/partials/import_report.html`.

    `kinds` are the words of `report.counts` that are shown; `columns` say a change.
    """
    counts = report.counts
    return {
        "totals": [
            *(Total(label=kind.title(), amount=counts[kind], kind="number") for kind in kinds),
            Total(label="Rows not taken", amount=counts["rejected_rows"], kind="number"),
        ],
        "changes": Table(
            columns=columns, rows=changes[:SHOWN], caption="What changes", empty="Nothing changes."
        ),
        "problems": problems_table(report.problems),
        "left_out": max(0, len(changes) - SHOWN) + max(0, len(report.problems) - SHOWN),
    }
