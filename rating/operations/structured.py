"""Turn a JSON file of usage into the CSV that is loaded: an array, lines, or CloudEvents.

An object is a row by the names of the API, `attributes` inside; a CloudEvent (1.0) carries such a
row as its data. Row numbers are those of the objects. Numbers keep the digits that were written.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from foundation.verdicts import BadFile
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED

ENDINGS = (".json", ".jsonl", ".ndjson")
FIELDS = frozenset(REQUIRED + OPTIONAL)
TRAILER_FIELDS = {"count", "quantity"}
_NO_TEXT = "\r\n\0" + "".join(map(chr, range(0xD800, 0xE000)))
_AS_TEXT = dict.fromkeys(map(ord, _NO_TEXT), "\v")
"""A row stays one line of UTF-8; the mark that stands for the rest is refused (BAD_TEXT)."""

Fields = dict[str, str]


def csv_from_json(content: bytes, filename: str) -> str:
    """Return the rows of a JSON file as CSV text with one line per row.

    The last object may be `{"trailer": {"count": 2, "quantity": "12.5"}}`.

    Raises: BadFile.
    """
    rows: list[Fields] = []
    trailer = ""
    for number, found in enumerate(_objects(content), 1):
        if trailer:
            raise BadFile("TRAILER", "the trailer is not the last object", row=number)
        if set(found) == {"trailer"}:
            trailer = _trailer(found["trailer"], number)
        else:
            rows.append(_flat(_row(found, number), number))
    attributes = sorted({name for row in rows for name in row if name.startswith(PREFIX)})
    columns = [*REQUIRED, *OPTIONAL, *attributes]
    out = StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write([name.translate(_AS_TEXT) for name in columns])
    for row in rows:
        write([row.get(name, "").translate(_AS_TEXT) for name in columns])
    if trailer:
        out.write(f"{trailer.translate(_AS_TEXT)}\n")
    return out.getvalue()


def _objects(content: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects of an array, or one from each line that is not empty."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile("ENCODING", "the file is not UTF-8 text") from None
    if "\x00" in text:
        raise BadFile("ENCODING", "a NUL byte: the file is damaged")
    if not text.strip():
        raise BadFile("EMPTY", "the file is empty")
    if text.lstrip().startswith("["):
        values = _parsed(text, 0)
        numbered = list(enumerate(values, 1))
    else:
        lines = [line for line in text.split("\n") if line.strip()]
        numbered = [(number, _parsed(line, number)) for number, line in enumerate(lines, 1)]
    for number, value in numbered:
        if not isinstance(value, dict):
            raise BadFile("JSON", f"row {number} is not an object", row=number)
        yield value


def _parsed(text: str, row: int) -> Any:
    where = f"line {row} is" if row else "the file is"
    try:
        return json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_no_number,
            object_pairs_hook=_once,
        )  # fmt: skip
    except BadFile:
        raise
    except (ValueError, RecursionError) as error:
        raise BadFile("JSON", f"{where} not JSON: {str(error)[:80]}", row=row) from None


def _no_number(text: str) -> Any:
    raise BadFile("JSON", f"{text} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a field twice: readers differ about which of them counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadFile("JSON", "an object names a field twice")
    return found


def _trailer(value: Any, row: int) -> str:
    if not isinstance(value, dict) or set(value) != TRAILER_FIELDS:
        raise BadFile("TRAILER", "the trailer says count and quantity", row=row)
    return f"#TRAILER,{value['count']},{value['quantity']}"


def _row(found: dict[str, Any], number: int) -> Mapping[str, Any]:
    """Return the row of an object; of a CloudEvent what its data leaves out comes from it.

    Source and id together make an event unique: without one of them it has no key. Type is the
    usage type, subject the identifier, time the start. Other attributes of the envelope,
    extensions too, are not usage.
    """
    if "specversion" not in found:
        return found
    if found["specversion"] != "1.0":
        raise BadFile("JSON", f"row {number} is a CloudEvent of another version", row=number)
    data = found.get("data", {})
    if not isinstance(data, dict):
        raise BadFile("JSON", f"row {number}: the data of the CloudEvent is no object", row=number)
    source, own = found.get("source"), found.get("id")
    is_unique = isinstance(source, str) and isinstance(own, str) and source and own
    envelope = {
        "event_key": f"{source}#{own}" if is_unique else "",
        "usage_type": found.get("type"),
        "identifier": found.get("subject"),
        "event_start": found.get("time"),
    }
    return {**envelope, **data}


def _flat(row: Mapping[str, Any], number: int) -> Fields:
    """Return a row as text by column; null is left out."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name == "attributes" and isinstance(value, dict):
            flat |= {f"{PREFIX}{key}": one for key, one in value.items()}
        elif name in FIELDS:
            flat[name] = value
        else:
            raise BadFile("HEADER", f"row {number}: field {name[:60]!r} is not known", row=number)
    fields: Fields = {}
    for name, value in flat.items():
        if isinstance(value, bool):
            fields[name] = "true" if value else "false"
        elif isinstance(value, str):
            fields[name] = value
        elif value is not None:
            raise BadFile(
                "JSON", f"row {number}: {name[:60]} is neither text nor a number", row=number
            )
    return fields
