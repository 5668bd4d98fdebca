"""Which topics somebody wants to hear: names, all of a noun, or all there are."""

from __future__ import annotations

import re
from typing import Final

EVERYTHING: Final = "*"
PATTERN: Final = re.compile(r"\*|[a-z_]{1,40}\.(?:\*|[a-z_]{1,39})", re.ASCII)


def is_pattern(text: str) -> bool:
    """Tell whether the text names a topic, all topics of a noun (`order.*`) or all there are."""
    return PATTERN.fullmatch(text) is not None
