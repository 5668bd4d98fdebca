"""JSON within bounds: size, nesting and repeated names are checked before anything is built."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from foundation.api.problems import Problem

MAX_BYTES = 20 * 1024 * 1024
MAX_DEPTH = 24
HALVES = re.compile(rb"\\u[dD][89a-fA-F]")
SQUARE = bytes.maketrans(b"{}", b"[]")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class BoundedJSONParser(JSONParser):
    """Read JSON of at most 20 MiB and 24 levels, without repeated names, NaN or infinity."""

    refuses_halves = True

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body."""
        body: bytes = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise Problem(413, "API-SIZE", f"Send at most {MAX_BYTES // 1024 // 1024} MiB.")
        if depth(body) > MAX_DEPTH:
            raise Problem(400, "API-DEPTH", f"Nest at most {MAX_DEPTH} levels.")
        try:
            text = codecs.decode(body, "utf-8")
            found = json.loads(
                text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_refuse_float
            )
            if self.refuses_halves and HALVES.search(body):
                json.dumps(found, ensure_ascii=False).encode()
            return found
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        except UnicodeEncodeError as error:
            raise ParseError("A text holds half a character (a lone surrogate).") from error
        except json.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}") from error


class RowsParser(BoundedJSONParser):
    """Read rows that are judged one by one: half a character condemns its row, not the call."""

    refuses_halves = False


def depth(body: bytes) -> int:
    """Return how deep brackets nest, outside strings, without parsing; exact up to the bound.

    Innermost pairs are taken out of the whole body at once, level by level: looking at each
    bracket takes longer than all else that is done to read and check ten thousand rows.
    """
    if b"\\" in body:  # what is escaped ends no string
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(body.split(b'"')[::2]).translate(SQUARE, NO_BRACKETS)
    for level in range(MAX_DEPTH + 1):
        outer = brackets.replace(b"[]", b"")
        if len(outer) == len(brackets):
            return level + brackets.count(b"[")
        brackets = outer
    return MAX_DEPTH + 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("A name appears twice in one object.")
    return found


def _refuse(word: str) -> Any:
    raise ParseError(f"{word} is not a number.")


def _refuse_float(text: str) -> Any:
    raise ParseError(f'Write {text} as a string ("{text}"): decimals are never JSON numbers.')
