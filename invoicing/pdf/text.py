"""Text as it is set: in which fonts, from left to right, how wide, and where a line is broken.

A name is printed as typed. A character that no embedded font holds is printed as its code point
in brackets, never dropped, never a box.
"""

from dataclasses import dataclass
from functools import lru_cache

from invoicing.pdf.fonts import face
from invoicing.pdf.scripts import (
    INVISIBLE,
    NEEDS_SHAPING,
    block_font,
    clusters,
    is_ignorable,
    levels,
    visual_order,
)
from invoicing.pdf.shaping import Glyph, shaper

FALLBACK = ("far", "korean", "emoji")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one font and direction; `glyphs` only where letters are not set one by one.

    `read` is what a reader copies in place of the glyphs; readers order right-to-left letters
    themselves, so it is empty there.
    """

    font: str
    text: str
    glyphs: tuple[Glyph, ...] = ()
    read: str = ""


@lru_cache(maxsize=20_000)
def runs(text: str, weight: str) -> tuple[Piece, ...]:
    """Cut `text` into pieces, from left to right."""
    text = INVISIBLE.sub("", text)
    if not NEEDS_SHAPING.search(text):
        return tuple(Piece(font, piece) for font, piece in _plain(text, weight))
    pieces = clusters(text)
    found: list[tuple[str, bool, int, str]] = []
    for cluster, level in zip(pieces, levels(pieces), strict=True):
        for font, shaped, shown in _fonts(cluster, weight, level):
            if found and found[-1][:3] == (font, shaped, level):
                found[-1] = (font, shaped, level, found[-1][3] + shown)
            else:
                found.append((font, shaped, level, shown))
    in_order = (found[at] for at in visual_order([level for _, _, level, _ in found]))
    return tuple(_piece(*one) for one in in_order)


@lru_cache(maxsize=20_000)
def unit_width(text: str, weight: str) -> float:
    """Width of `text` at size 1."""
    return sum(
        sum(one.advance for one in piece.glyphs)
        if piece.glyphs
        else sum(map(face(piece.font).unit_widths.__getitem__, map(ord, piece.text)))
        for piece in runs(text, weight)
    )


@lru_cache(maxsize=20_000)
def wrap(text: str, weight: str, size: float, width: float) -> tuple[str, ...]:
    """Break `text` into lines no wider than `width`; a word wider than a line is cut."""
    limit = width / size
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}" if line else word
        if unit_width(candidate, weight) <= limit:
            line = candidate
            continue
        if line:
            lines.append(line)
        *full, line = _cut(word, weight, limit)
        lines.extend(full)
    return (*lines, line) if line or not lines else tuple(lines)


def _piece(font: str, shaped: bool, level: int, shown: str) -> Piece:
    if not shaped:
        return Piece(font, shown)
    rtl = level % 2 == 1
    return Piece(font, shown, shaper(font).shape(shown, rtl=rtl), "" if rtl else shown)


def _plain(text: str, weight: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    order = (weight, "far", "korean")
    for char in text:
        code, shown = ord(char), char
        font = next((name for name in order if code in face(name).unit_widths), "")
        if not font:
            font, shown = weight, f"[U+{code:04X}]"
        if pieces and pieces[-1][0] == font:
            pieces[-1] = (font, pieces[-1][1] + shown)
        else:
            pieces.append((font, shown))
    return pieces


def _fonts(cluster: str, weight: str, level: int) -> list[tuple[str, bool, str]]:
    """Choose (font, shaped, text) for one cluster; several where no font holds all of it."""
    if len(cluster) == 1 and level % 2 == 0 and not NEEDS_SHAPING.search(cluster):
        ((font, shown),) = _plain(cluster, weight)
        if shown == cluster:
            return [(font, False, cluster)]
    emoji = ("emoji",) if "\ufe0f" in cluster else ()
    wanted = (*emoji, block_font(cluster[0]), weight, *FALLBACK)
    for name in dict.fromkeys(filter(None, wanted)):
        if shaper(name).holds(cluster):
            return [(name, True, cluster)]
    bare = "".join(one for one in cluster if not is_ignorable(one))
    if len(bare) > 1:
        return [found for one in bare for found in _fonts(one, weight, level)]
    return [(weight, False, f"[U+{ord(one):04X}]") for one in bare]


def _cut(word: str, weight: str, limit: float) -> list[str]:
    pieces, piece, used = [], "", 0.0
    for cluster in clusters(word):
        wide = unit_width(cluster, weight)
        if piece and used + wide > limit:
            pieces.append(piece)
            piece, used = "", 0.0
        piece, used = piece + cluster, used + wide
    return [*pieces, piece]
