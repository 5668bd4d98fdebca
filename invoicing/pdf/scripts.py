"""What a text is made of before any font is chosen: clusters, scripts and reading direction.

Source: Unicode Standard Annex 9 (direction), Annex 29 (clusters, as far as names need them).
"""

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

from bidi import algorithm

RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb]"
)
JOINERS = "\u200c\u200d"
# Whatever a simple font cannot set: marks, joiners, right-to-left and stacked scripts, and all
# beyond the first plane. Most names hold none of these and never get further than this search.
NEEDS_SHAPING = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u109f\u1100-\u11ff\u1200-\u139f\u135d-\u135f\u13a0-\u13ff\u1780-\u17ff"
    "\u1ab0-\u1aff\u1cd0-\u1cff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u3099\u309a\ua8e0-\ua8ff"
    "\uaa60-\uaa7f\uab70-\uabbf\ufb1d-\ufdff\ufe00-\ufe0f\ufe20-\ufe2f\ufe70-\ufefe"
    "\U00010000-\U0010ffff]"
)
_BLOCKS = (
    (0x0700, 0x074F, "syriac"),
    (0x0780, 0x07BF, "thaana"),
    (0x0860, 0x086F, "syriac"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0A00, 0x0A7F, "gurmukhi"),
    (0x0A80, 0x0AFF, "gujarati"),
    (0x0B00, 0x0B7F, "oriya"),
    (0x0B80, 0x0BFF, "tamil"),
    (0x0C00, 0x0C7F, "telugu"),
    (0x0C80, 0x0CFF, "kannada"),
    (0x0D00, 0x0D7F, "malayalam"),
    (0x0D80, 0x0DFF, "sinhala"),
    (0x0E00, 0x0E7F, "thai"),
    (0x0E80, 0x0EFF, "lao"),
    (0x0F00, 0x0FFF, "tibetan"),
    (0x1000, 0x109F, "myanmar"),
    (0x1200, 0x139F, "ethiopic"),
    (0x13A0, 0x13FF, "cherokee"),
    (0x1780, 0x17FF, "khmer"),
    (0x19E0, 0x19FF, "khmer"),
    (0x1CD0, 0x1CFF, "devanagari"),
    (0x2D80, 0x2DDF, "ethiopic"),
    (0xA8E0, 0xA8FF, "devanagari"),
    (0xA9E0, 0xA9FF, "myanmar"),
    (0xAA60, 0xAA7F, "myanmar"),
    (0xAB00, 0xAB2F, "ethiopic"),
    (0xAB70, 0xABBF, "cherokee"),
    (0x1F000, 0x1FAFF, "emoji"),
)
_STARTS = [start for start, _, _ in _BLOCKS]
# A consonant after one of these is set below or beside the one before: no line is cut there.
_LINKING = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2")
_TRAILING = frozenset("\u0e33\u0eb3")


def clusters(text: str) -> list[str]:
    """Cut `text` into what a reader sees as one letter each; joined again they are `text`."""
    found: list[str] = []
    for char in text:
        if found and (_extends(char) or _holds_next(found[-1], char)):
            found[-1] += char
        else:
            found.append(char)
    return found


def is_ignorable(char: str) -> bool:
    """Say whether `char` only steers its neighbours and has no shape of its own."""
    code = ord(char)
    return char in JOINERS or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE01EF


def block_font(char: str) -> str:
    """Return the font made for the block of `char`, or nothing."""
    at = bisect_right(_STARTS, ord(char)) - 1
    return _BLOCKS[at][2] if at >= 0 and ord(char) <= _BLOCKS[at][1] else ""


def levels(pieces: list[str]) -> list[int]:
    """Return the direction of every cluster: odd is right to left; the text is one paragraph."""
    heads = "".join(_counted(piece[0]) for piece in pieces)
    if not RIGHT_TO_LEFT.search(heads):
        return [0] * len(pieces)
    storage = algorithm.get_empty_storage()
    base = algorithm.get_base_level(heads)
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    algorithm.get_embedding_levels(heads, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    return [one["level"] for one in storage["chars"]]


def visual_order(directions: list[int]) -> list[int]:
    """Return positions from left to right of pieces with these levels (UAX 9, rule L2)."""
    order = list(range(len(directions)))
    for level in range(max(directions, default=0), 0, -1):
        start = None
        for at in range(len(order) + 1):
            inside = at < len(order) and directions[order[at]] >= level
            if inside and start is None:
                start = at
            elif not inside and start is not None:
                order[start:at] = reversed(order[start:at])
                start = None
    return order


def _extends(char: str) -> bool:
    code = ord(char)
    return (
        _is_mark(char)
        or is_ignorable(char)
        or char in _TRAILING
        or 0x1160 <= code <= 0x11FF  # vowels and finals of a Korean syllable typed in parts
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
    )


def _holds_next(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if last in _LINKING:
        return block_font(char) == block_font(last)
    if last == "\u200d":
        return block_font(cluster[0]) == "emoji" or not char.isascii()
    return len(cluster) == 1 and all(0x1F1E6 <= ord(one) <= 0x1F1FF for one in (last, char))


def _counted(char: str) -> str:
    """Stand in for what the algorithm drops, so that every cluster keeps its level."""
    return "\u00b7" if unicodedata.bidirectional(char) in {"", "BN", "B", "S"} else char


@lru_cache(maxsize=4096)
def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Mc", "Me"}
