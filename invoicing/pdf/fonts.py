"""Embedded fonts: how each is loaded, cut to what a document uses, and written into its file.

Plain text (one glyph a letter, left to right) is written by reportlab's simple fonts, cut and
compressed once per process; `shaping` writes what needs more than that.
"""

import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

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
FILES = {
    "regular": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "far": "DroidSansFallbackFull.ttf",
    "korean": "NanumGothic.ttf",
    "emoji": "NotoEmoji-Regular.ttf",
    "bengali": "NotoSansBengali-Regular.ttf",
    "cherokee": "NotoSansCherokee-Regular.ttf",
    "devanagari": "NotoSansDevanagari-Regular.ttf",
    "ethiopic": "NotoSansEthiopic-Regular.ttf",
    "gujarati": "NotoSansGujarati-Regular.ttf",
    "gurmukhi": "NotoSansGurmukhi-Regular.ttf",
    "kannada": "NotoSansKannada-Regular.ttf",
    "khmer": "NotoSansKhmer-Regular.ttf",
    "lao": "NotoSansLao-Regular.ttf",
    "malayalam": "NotoSansMalayalam-Regular.ttf",
    "myanmar": "NotoSansMyanmar-Regular.ttf",
    "oriya": "NotoSansOriya-Regular.ttf",
    "sinhala": "NotoSansSinhala-Regular.ttf",
    "syriac": "NotoSansSyriac-Regular.ttf",
    "tamil": "NotoSansTamil-Regular.ttf",
    "telugu": "NotoSansTelugu-Regular.ttf",
    "thaana": "NotoSansThaana-Regular.ttf",
    "thai": "NotoSansThai-Regular.ttf",
    "tibetan": "NotoSerifTibetan-Regular.ttf",
}


class Ready(pdfdoc.PDFObject):  # type: ignore[misc]
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
            font.Widths = Ready(widths)
            font.ToUnicode = doc.Reference(flate(to_unicode), "toUnicodeCMap:" + base)
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
        stream = flate(program)
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


def flate(compressed: bytes) -> Any:
    """Return a stream of bytes that are compressed already."""
    stream = pdfdoc.PDFStream(content=compressed)
    stream.dictionary["Filter"] = pdfdoc.PDFName("FlateDecode")
    return stream


@lru_cache(maxsize=len(FILES))
def face(name: str) -> Any:
    """Load a font for plain text once per process, when a text first needs it."""
    return _Font(f"Billing-{name}", FILES[name])
