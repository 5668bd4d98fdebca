"""Embedded fonts: Latin to Arabic from DejaVu, Chinese and Japanese from Droid, Korean from Nanum.

A name is printed as typed. Right-to-left text is joined and reordered for the eye; a character
that no embedded font holds is printed as its code point in brackets, never dropped, never a box.
"""

import re
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import arabic_reshaper
from bidi import get_display
from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.ttfonts import (
    FF_NONSYMBOLIC,
    FF_SYMBOLIC,
    SUBSETN,
    TTFont,
    makeToUnicodeCMap,
)

HERE = Path(__file__).parent / "fonts"
COMMON = "€£¥ÄÖÜäöüßÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØÙÚÛÝàáâãåæçèéêëìíîïñòóôõøùúûýÿ§°·×–—‘’“”…©®%"
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)


class _Ready(pdfdoc.PDFObject):  # type: ignore[misc]
    """An object whose bytes are known already."""

    def __init__(self, ready: bytes) -> None:
        self.ready = ready

    def format(self, document: Any) -> bytes:
        return self.ready


class _Font(TTFont):  # type: ignore[misc]
    """A font that cuts and compresses the same subset once per process, not once per document."""

    def __init__(self, name: str, filename: str) -> None:
        super().__init__(name, str(HERE / filename), shapable=False, asciiReadable=1)
        glyphs: dict[int, int] = self.face.charToGlyph
        widths: dict[int, float] = self.face.charWidths
        default: float = self.face.defaultWidth
        self.unit_widths = {
            code: widths.get(code, default) / 1000 for code in glyphs if code <= 0xFFFF
        }
        self._cut: dict[tuple[int, ...], tuple[bytes, bytes, bytes, int]] = {}

    def addObjects(self, doc: Any) -> None:  # noqa: N802 (the library's name)
        """Add one font object and its descriptor for every subset that `doc` used."""
        state = self.state.pop(doc)
        for number, subset in enumerate(state.subsets):
            internal = f"{state.internalName}+{number}"
            base = b"".join((SUBSETN(number), b"+", self.face.name)).decode("ascii")
            widths, to_unicode, program, length = self._pieces(base, subset)
            font: Any = pdfdoc.PDFTrueTypeFont()
            font.Name, font.BaseFont = internal, base
            font.FirstChar, font.LastChar = 0, len(subset) - 1
            font.Widths = _Ready(widths)
            font.ToUnicode = doc.Reference(_flate(to_unicode), "toUnicodeCMap:" + base)
            font.FontDescriptor = doc.Reference(
                self._descriptor(doc, base, program, length), "fontDescriptor:" + base
            )
            doc.Reference(font, internal)
            doc.idToObject["BasicFonts"].dict[internal] = font

    def _pieces(self, base: str, subset: list[int]) -> tuple[bytes, bytes, bytes, int]:
        key = tuple(subset)
        if key not in self._cut:
            if len(self._cut) > 64:
                self._cut.clear()
            program = self.face.makeSubset(subset)
            widths = " ".join(f"{self.face.getCharWidth(code):g}" for code in subset)
            unicode_map = makeToUnicodeCMap(base, subset).encode("ascii")
            self._cut[key] = (
                f"[ {widths} ]".encode("ascii"),
                zlib.compress(unicode_map),
                zlib.compress(program),
                len(program),
            )
        return self._cut[key]

    def _descriptor(self, doc: Any, base: str, program: bytes, length: int) -> Any:
        face = self.face
        stream = _flate(program)
        stream.dictionary["Length1"] = length
        return pdfdoc.PDFDictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": pdfdoc.PDFName(base),
                "Flags": (face.flags & ~FF_NONSYMBOLIC) | FF_SYMBOLIC,
                "FontBBox": pdfdoc.PDFArray(face.bbox),
                "Ascent": face.ascent,
                "Descent": face.descent,
                "CapHeight": face.capHeight,
                "ItalicAngle": face.italicAngle,
                "StemV": face.stemV,
                "MissingWidth": face.defaultWidth,
                "FontFile2": doc.Reference(stream, "fontFile:" + base),
            }
        )


def _flate(compressed: bytes) -> Any:
    stream = pdfdoc.PDFStream(content=compressed)
    stream.dictionary["Filter"] = pdfdoc.PDFName("FlateDecode")
    return stream


FILES = {
    "regular": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "far": "DroidSansFallbackFull.ttf",
    "korean": "NanumGothic.ttf",
}


@lru_cache(maxsize=len(FILES))
def face(name: str) -> Any:
    """Load a font once per process, when a text first needs it."""
    return _Font(f"Billing-{name}", FILES[name])


@lru_cache(maxsize=20_000)
def runs(text: str, weight: str) -> tuple[tuple[str, str], ...]:
    """Cut `text` into (font, piece) in visual order."""
    text = INVISIBLE.sub("", text)
    if RIGHT_TO_LEFT.search(text):
        text = get_display(arabic_reshaper.reshape(text))
    order = (weight, "far", "korean")
    pieces: list[tuple[str, str]] = []
    for char in text:
        code, shown = ord(char), char
        font = next((name for name in order if code in face(name).unit_widths), "")
        if not font:
            font, shown = weight, f"[U+{code:04X}]"
        if pieces and pieces[-1][0] == font:
            pieces[-1] = (font, pieces[-1][1] + shown)
        else:
            pieces.append((font, shown))
    return tuple(pieces)


@lru_cache(maxsize=20_000)
def unit_width(text: str, weight: str) -> float:
    """Width of `text` at size 1."""
    return sum(
        sum(map(face(font).unit_widths.__getitem__, map(ord, piece)))
        for font, piece in runs(text, weight)
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


def _cut(word: str, weight: str, limit: float) -> list[str]:
    pieces, piece, used = [], "", 0.0
    for char in word:
        wide = unit_width(char, weight)
        if piece and used + wide > limit:
            pieces.append(piece)
            piece, used = "", 0.0
        piece, used = piece + char, used + wide
    return [*pieces, piece]
