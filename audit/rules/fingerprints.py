"""One spelling for the same content, so that it can be compared by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID


def canonical(content: object) -> str:
    """Write content as JSON with sorted keys; amounts, dates and ids as text, floats refused."""
    return json.dumps(
        _plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fingerprint(content: object) -> str:
    """Return the SHA-256 of the canonical spelling, as hex."""
    return hashlib.sha256(canonical(content).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(content: object) -> object:
    match content:
        case float():
            raise TypeError("a float has no exact spelling; use Decimal")
        case Enum():
            return _plain(content.value)
        case None | bool() | int() | str():
            return content
        case Decimal():
            return format(content.normalize(), "f") if content else "0"
        case datetime() | date():
            return content.isoformat()
        case UUID():
            return str(content)
        case Mapping():
            return {str(key): _plain(value) for key, value in content.items()}
        case list() | tuple():
            return [_plain(value) for value in content]
        case _:
            raise TypeError(f"{type(content).__name__} has no canonical spelling")
