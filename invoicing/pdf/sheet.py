"""The drawing surface: text, rules and pages, written as plain PDF operators for speed."""

import io
from typing import Any

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from invoicing.pdf.fonts import COMMON, face
from invoicing.pdf.shaping import shaper
from invoicing.pdf.text import Piece, runs, unit_width

A4 = (595.28, 841.89)
LETTER = (612.0, 792.0)
rl_config.useA85 = 0  # binary streams: a quarter smaller and no base-85 pass over each page


class Sheet:
    """Pages of one document; coordinates in points from the top left corner."""

    def __init__(self, *, title: str, author: str, letter: bool) -> None:
        self.width, self.height = LETTER if letter else A4
        self._out = io.BytesIO()
        self._canvas: Any = _canvas(self._out, self.width, self.height)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._document: Any = self._canvas._doc
        self._ops: list[str] = []
        self._encoded: dict[tuple[str, str], tuple[tuple[str, str, float], ...]] = {}
        for weight in ("regular", "bold"):
            face(weight).splitString(COMMON, self._document)

    def text(
        self, x: float, y: float, text: str, size: float = 9, weight: str = "regular"
    ) -> None:
        """Write `text` with its left end at `x` and its baseline at `y`."""
        parts = "".join(
            f"{font} {size:g} Tf {rise * size:.2f} Ts {show} 0 Ts "
            if rise
            else f"{font} {size:g} Tf {show} "
            for font, show, rise in self._encode(text, weight)
        )
        self._ops.append(f"BT 1 0 0 1 {x:.2f} {self.height - y:.2f} Tm {parts}ET")

    def right(
        self, x: float, y: float, text: str, size: float = 9, weight: str = "regular"
    ) -> None:
        """Write `text` with its right end at `x`."""
        if text:
            self.text(x - unit_width(text, weight) * size, y, text, size, weight)

    def rule(
        self, x: float, y: float, to: float, *, width: float = 0.5, dashed: bool = False
    ) -> None:
        """Draw a horizontal line."""
        at = self.height - y
        dash = "[3 3] 0 d" if dashed else "[] 0 d"
        self._ops.append(f"{width:g} w {dash} {x:.2f} {at:.2f} m {to:.2f} {at:.2f} l S")

    def shade(self, x: float, y: float, to: float, height: float, grey: float = 0.94) -> None:
        """Fill a band whose top is at `y`."""
        top = self.height - y - height
        self._ops.append(f"{grey:g} g {x:.2f} {top:.2f} {to - x:.2f} {height:.2f} re f 0 g")

    def end_page(self) -> None:
        """Close the page and begin the next."""
        self._canvas._code.extend(self._ops)
        self._ops.clear()
        self._canvas.showPage()

    def finish(self) -> bytes:
        """Return the file."""
        self._canvas.save()
        return self._out.getvalue()

    def _encode(self, text: str, weight: str) -> tuple[tuple[str, str, float], ...]:
        key = (text, weight)
        if key not in self._encoded:
            self._encoded[key] = tuple(
                shown for piece in runs(text, weight) for shown in self._shown(piece)
            )
        return self._encoded[key]

    def _shown(self, piece: Piece) -> list[tuple[str, str, float]]:
        """Return (font, operator, rise) for each stretch of one piece."""
        if piece.glyphs:
            shaped = shaper(piece.font)
            stretches = list(shaped.write(piece.glyphs, self._document))
            name = shaped.internal_name(self._document)
            if piece.read:
                spoken = piece.read.encode("utf-16-be").hex().upper()
                first, last = stretches[0], stretches[-1]
                stretches[0] = (f"/Span << /ActualText <FEFF{spoken}> >> BDC {first[0]}", first[1])
                stretches[-1] = (f"{stretches[-1][0]} EMC", last[1])
            return [(name, operator, rise) for operator, rise in stretches]
        font = face(piece.font)
        return [
            (
                font.getSubsetInternalName(subset, self._document),
                f"({self._canvas._escape(chars)}) Tj",
                0.0,
            )
            for subset, chars in font.splitString(piece.text, self._document)
        ]


def _canvas(out: io.BytesIO, width: float, height: float) -> Any:
    return Canvas(out, pagesize=(width, height), invariant=1, pageCompression=1)
