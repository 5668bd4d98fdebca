"""How much is read of what comes from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read at most; a larger one is refused before it is opened."""

    file_bytes: int = 100 * 1024 * 1024
    unpacked_bytes: int = 50 * 1024 * 1024
    ratio: int = 100
    members: int = 200
    csv_rows: int = 1_000_000
    xlsx_rows: int = 200_000
    columns: int = 60
    value_length: int = 32_000


DEFAULT: Final = Limits()
