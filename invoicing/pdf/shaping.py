"""Text that one glyph a letter cannot set: joined, stacked and reordered scripts, and emoji.

HarfBuzz turns a piece of one font and direction into glyphs. Each document numbers the glyphs
it shows in order of first use, so equal documents are equal byte for byte; the text behind every
glyph is written beside it, so that what is read, searched or copied is what was typed.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import uharfbuzz as hb
from reportlab.pdfbase import pdfdoc

from invoicing.pdf.fonts import FILES, HERE, Ready, flate
from invoicing.pdf.scripts import is_ignorable

SYMBOLIC = 4
UNPRINTED = [
    int.from_bytes(table, "big")
    for table in (b"GSUB", b"GPOS", b"GDEF", b"cmap", b"name", b"post")
]


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph in visual order; lengths in ems."""

    number: int
    text: str
    advance: float
    dx: float
    dy: float


class Shaper:
    """A font whose pieces are shaped, cut to the glyphs that a document shows."""

    def __init__(self, name: str) -> None:
        self.name = f"Billing-shaped-{name}"
        self._face = hb.Face(hb.Blob.from_file_path(str(HERE / FILES[name])))
        self._font = hb.Font(self._face)
        self._codes = frozenset(self._face.unicodes)
        self._em = self._face.upem
        self._used: WeakKeyDictionary[Any, dict[tuple[int, str], int]] = WeakKeyDictionary()
        self._cut: dict[tuple[int, ...], tuple[bytes, dict[int, int]]] = {}

    def holds(self, cluster: str) -> bool:
        """Say whether every character of `cluster` that has a shape has one in this font."""
        return all(ord(one) in self._codes or is_ignorable(one) for one in cluster)

    def shape(self, text: str, *, rtl: bool) -> tuple[Glyph, ...]:
        """Set `text`, of one script and direction."""
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if rtl else "ltr"
        hb.shape(self._font, buffer)
        infos, places = list(buffer.glyph_infos), list(buffer.glyph_positions)
        texts = _texts(text, [one.cluster for one in infos], rtl=rtl)
        return tuple(
            Glyph(
                info.codepoint,
                behind,
                place.x_advance / self._em,
                place.x_offset / self._em,
                place.y_offset / self._em,
            )
            for info, place, behind in zip(infos, places, texts, strict=True)
        )

    def write(self, glyphs: tuple[Glyph, ...], doc: Any) -> Iterator[tuple[str, float]]:
        """Yield operators that show `glyphs` in `doc`, each with its rise in ems."""
        used = self._used.setdefault(doc, {})
        if self not in doc.delayedFonts:
            doc.fontMapping[self.name] = f"/F{len(doc.fontMapping) + 1}"
            doc.delayedFonts.append(self)
        shown: list[str] = []
        rise = 0.0
        for glyph in glyphs:
            if glyph.dy != rise and shown:
                yield f"[{''.join(shown)}] TJ", rise
                shown = []
            rise = glyph.dy
            number = used.setdefault((glyph.number, glyph.text), len(used) + 1)
            before = -1000 * glyph.dx
            after = 1000 * (self._width(glyph.number) + glyph.dx - glyph.advance)
            shown.append(f"{_kern(before)}<{number:04X}>{_kern(after)}")
        if shown:
            yield f"[{''.join(shown)}] TJ", rise

    def internal_name(self, doc: Any) -> str:
        """Return the name by which the pages of `doc` call this font."""
        return str(doc.fontMapping[self.name])

    def addObjects(self, doc: Any) -> None:  # noqa: N802 (the library's name)
        """Add the font, cut to what `doc` shows, with widths and the text behind each glyph."""
        used = self._used.pop(doc)
        internal = self.internal_name(doc)[1:]
        program, renumbered = self._program(tuple(dict.fromkeys(one for one, _ in used)))
        base = f"{_tag(int(internal[1:]))}+{self._face_name()}"
        stream = flate(zlib.compress(program))
        stream.dictionary["Length1"] = len(program)
        places = b"\0\0" + b"".join(struct.pack(">H", renumbered[one]) for one, _ in used)
        widths = " ".join(f"{self._width(one) * 1000:.0f}" for one, _ in used)
        inner = {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": pdfdoc.PDFName(base),
            "CIDSystemInfo": Ready(b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"),
            "FontDescriptor": doc.Reference(
                self._descriptor(doc, base, stream), f"fontDescriptor:{base}"
            ),
            "DW": 0,
            "W": Ready(f"[ 1 [ {widths} ] ]".encode("ascii")),
            "CIDToGIDMap": doc.Reference(flate(zlib.compress(places)), f"glyphs:{base}"),
        }
        font = {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": pdfdoc.PDFName(base),
            "Encoding": "/Identity-H",
            "DescendantFonts": pdfdoc.PDFArray(
                [doc.Reference(pdfdoc.PDFDictionary(inner), f"inner:{internal}")]
            ),
            "ToUnicode": doc.Reference(
                flate(zlib.compress(_to_unicode(base, [text for _, text in used]))),
                f"toUnicodeCMap:{base}",
            ),
        }
        written = pdfdoc.PDFDictionary(font)
        doc.Reference(written, internal)
        doc.idToObject["BasicFonts"].dict[internal] = written

    def _program(self, glyphs: tuple[int, ...]) -> tuple[bytes, dict[int, int]]:
        if glyphs not in self._cut:
            if len(self._cut) > 64:
                self._cut.clear()
            wanted = hb.SubsetInput()
            wanted.flags = hb.SubsetFlags.NO_LAYOUT_CLOSURE | hb.SubsetFlags.NOTDEF_OUTLINE
            wanted.drop_table_tag_set.update(UNPRINTED)
            wanted.glyph_set.update(glyphs)
            plan = hb.SubsetPlan(self._face, wanted)
            renumbered = dict(plan.old_to_new_glyph_mapping)
            self._cut[glyphs] = (bytes(plan.execute().blob.data), renumbered)
        return self._cut[glyphs]

    def _descriptor(self, doc: Any, base: str, stream: Any) -> Any:
        head = bytes(self._face.reference_table("head").data)
        box = [round(side * 1000 / self._em) for side in struct.unpack(">4h", head[36:44])]
        extents = self._font.get_font_extents("ltr")
        return pdfdoc.PDFDictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": pdfdoc.PDFName(base),
                "Flags": SYMBOLIC,
                "FontBBox": pdfdoc.PDFArray(box),
                "Ascent": round(extents.ascender * 1000 / self._em),
                "Descent": round(extents.descender * 1000 / self._em),
                "CapHeight": round(extents.ascender * 700 / self._em),
                "ItalicAngle": 0,
                "StemV": 80,
                "FontFile2": doc.Reference(stream, f"fontFile:{base}"),
            }
        )

    def _width(self, glyph: int) -> float:
        advance: int = self._font.get_glyph_h_advance(glyph)
        return advance / self._em

    def _face_name(self) -> str:
        return str(self._face.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME) or self.name)


@lru_cache(maxsize=len(FILES))
def shaper(name: str) -> Shaper:
    """Load a font for shaped text once per process, when a text first needs it."""
    return Shaper(name)


def _texts(text: str, starts: list[int], *, rtl: bool) -> list[str]:
    """Share the characters of each cluster among its glyphs, in the order they are read."""
    order = range(len(starts) - 1, -1, -1) if rtl else range(len(starts))
    bounds = sorted({*starts, len(text)})
    ends = dict(pairwise(bounds))
    shared = [""] * len(starts)
    members: dict[int, list[int]] = {}
    for at in order:
        members.setdefault(starts[at], []).append(at)
    for start, glyphs in members.items():
        rest = text[start : ends[start]]
        for at in glyphs[:-1]:
            shared[at], rest = rest[:1], rest[1:]
        shared[glyphs[-1]] = rest
    return shared


def _kern(thousandths: float) -> str:
    return f" {thousandths:.0f} " if round(thousandths) else ""


def _tag(number: int) -> str:
    """Return the six letters that mark the name of a font as a subset."""
    return "SHAP" + chr(65 + number // 26 % 26) + chr(65 + number % 26)


def _to_unicode(base: str, texts: list[str]) -> bytes:
    lines = [
        f"<{number:04X}> <{text.encode('utf-16-be').hex().upper()}>"
        for number, text in enumerate(texts, start=1)
        if text
    ]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    mapped = "\n".join(
        "\n".join((f"{len(block)} beginbfchar", *block, "endbfchar")) for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        f"/CMapName /{base} def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{mapped}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode("ascii")
