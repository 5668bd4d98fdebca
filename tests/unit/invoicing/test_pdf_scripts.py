"""Names in every script of the field: each letter shown, in its joined form, readable again."""

import hashlib
import io
import struct
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from invoicing.pdf import PrintedParty, render
from invoicing.pdf.fonts import FILES, HERE
from invoicing.pdf.scripts import clusters, levels, visual_order
from invoicing.pdf.shaping import shaper
from invoicing.pdf.text import runs, unit_width, wrap
from tests.unit.invoicing.test_pdf import DOCUMENT, text_of

NAMES = {
    "devanagari": "श्री विक्रम वर्मा एवं पुत्र",
    "thai": "บริษัท ปตท. จำกัด (มหาชน) น้ำ",
    "bengali": "গণপ্রজাতন্ত্রী কো",
    "gurmukhi": "ਪੰਜਾਬ ਨੈਸ਼ਨਲ",
    "gujarati": "ગુજરાત શક્તિ",
    "oriya": "ଓଡ଼ିଶା",
    "tamil": "தமிழ் நாடு கொ",
    "telugu": "తెలుగు సంస్థ",
    "kannada": "ಕರ್ನಾಟಕ ಬ್ಯಾಂಕ್",
    "malayalam": "മലയാളം ക്ഷ",
    "sinhala": "ශ්‍රී ලංකා",
    "lao": "ນ້ຳ ລາວ",
    "khmer": "ភាសាខ្មែរ",
    "myanmar": "မြန်မာ",
    "ethiopic": "አዲስ አበባ",
    "tibetan": "བོད་ཡིག",
    "thaana": "ދިވެހި",
    "syriac": "ܣܘܪܝܝܐ",
    "cherokee": "ᏣᎳᎩ",
    "emoji": "😀 👩‍👩‍👧 👍🏽 🇩🇪 1️⃣ ❤️",
    "regular": "مُحَمَّد שָׁלוֹם می‌خواهم Ж\u0301 e\u0323\u0301",
}


def letters(text: str) -> str:
    return "".join(text.split())


def shown(text: str) -> Any:
    """Return the glyphs of `text` as numbers, font by font, from left to right."""
    return [(one.font, [glyph.number for glyph in one.glyphs]) for one in runs(text, "regular")]


@pytest.mark.parametrize(("script", "name"), NAMES.items())
def test_every_letter_of_a_script_has_its_glyph(script: str, name: str) -> None:
    pieces = runs(name, "regular")
    assert script in {one.font for one in pieces if one.glyphs}
    assert all(glyph.number for one in pieces for glyph in one.glyphs)
    assert "[U+" not in "".join(one.text for one in pieces)
    kept = {"emoji": ""}.get(script, "".join(glyph.text for one in pieces for glyph in one.glyphs))
    assert not kept or sorted(letters(kept)) == sorted(
        letters("".join(one.text for one in pieces if one.glyphs))
    )


@pytest.mark.parametrize(
    "script", [one for one in NAMES if one not in {"thaana", "syriac", "regular"}]
)
def test_a_name_in_any_script_is_read_again_as_it_was_typed(script: str) -> None:
    name = NAMES[script]
    pdf = render(replace(DOCUMENT, buyer=PrintedParty(name)))
    assert letters(unicodedata.normalize("NFKC", name)) in letters(text_of(pdf))
    spoken = PdfReader(io.BytesIO(pdf)).pages[0].get_contents()
    assert spoken is not None
    word = next(one for one in runs(name, "bold") if one.read).read
    assert word.encode("utf-16-be").hex().upper().encode() in spoken.get_data()


@pytest.mark.parametrize("name", ["شركة חברה", "مُحَمَّد", "שָׁלוֹם"])
def test_right_to_left_names_keep_every_letter_and_every_vowel(name: str) -> None:
    printed = text_of(render(replace(DOCUMENT, buyer=PrintedParty(name))))
    assert sorted(letters(name)) == sorted(c for c in printed if "\u0590" <= c <= "\u06ff")


def test_letters_join_stack_and_change_places() -> None:
    """UAX 9 and the scripts' own rules, seen in the glyphs."""
    (alone,), (joined,) = shown("ب"), shown("ببب")
    assert len({alone[1][0], *joined[1]}) == 4  # isolated, final, medial, initial
    (ka,), (vowel,) = shown("क"), runs("कि", "regular")
    assert [glyph.number for glyph in vowel.glyphs][1] == ka[1][0]  # the vowel stands before
    assert len(shown("क्ष")[0][1]) == 1  # three characters, one glyph
    assert any(glyph.dy or glyph.dx for one in runs("ที่", "regular") for glyph in one.glyphs)
    assert len(shown("👩‍👩‍👧")[0][1]) == len(shown("🇩🇪")[0][1]) == 1


def test_brackets_turn_with_the_direction() -> None:
    opening, closing = shown("א(")[0][1][0], shown("א)")[0][1][0]
    ((_, glyphs),) = shown("א(ב)ג")
    assert glyphs[1] == closing
    assert glyphs[3] == opening
    assert [one.text for one in runs("AT&T (محمد) Ltd", "bold")][::2] == ["AT&T (", ") Ltd"]
    assert [one.text for one in runs("חברה 12 ב", "bold")] == [" ב", "12", "חברה "]


def test_every_glyph_of_a_file_is_embedded_and_none_is_the_empty_box() -> None:
    pdf = render(replace(DOCUMENT, notes=tuple(NAMES.values())))
    seen = 0
    for page in PdfReader(io.BytesIO(pdf)).pages:
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        for font in (one.get_object() for one in fonts.values()):
            if font["/Subtype"] != "/Type0":
                continue
            inner = font["/DescendantFonts"][0].get_object()
            places = inner["/CIDToGIDMap"].get_object().get_data()
            numbers = struct.unpack(f">{len(places) // 2}H", places)
            program = inner["/FontDescriptor"]["/FontFile2"].get_object().get_data()
            assert 0 not in numbers[1:]
            assert len(numbers) - 1 == len(inner["/W"][1])
            assert b"glyf" in program[:400]
            seen += 1
    assert seen >= len(NAMES)
    assert pdf == render(replace(DOCUMENT, notes=tuple(NAMES.values())))


def test_a_character_no_font_holds_is_named_not_dropped() -> None:
    name = "Odd \U00020bb7 and \ue000 क\ue001 Ltd"
    printed = text_of(render(replace(DOCUMENT, buyer=PrintedParty(name))))
    assert "Odd[U+20BB7]and[U+E000]क[U+E001]Ltd" in letters(printed)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30) | st.text(alphabet=sorted(set("".join(NAMES.values()))), max_size=12))
def test_any_text_is_set_without_an_empty_box_and_keeps_its_width(text: str) -> None:
    pieces = runs(text, "regular")
    assert all(glyph.number for one in pieces for glyph in one.glyphs)
    assert unit_width(text, "regular") >= 0
    assert letters("".join(wrap(text, "regular", 9, 40))) == letters(text)
    found = clusters(text)
    assert "".join(found) == text
    directions = levels(found)
    assert sorted(visual_order(directions)) == list(range(len(found)))
    render(replace(DOCUMENT, buyer=PrintedParty(text)))


def test_the_names_of_most_customers_need_no_shaping() -> None:
    assert not any(one.glyphs for one in runs("Žižkov Łódź ООО «Ромашка» 株式会社 한국", "bold"))


def test_every_font_is_the_pinned_one_and_lies_beside_its_licence() -> None:
    sums = dict(line.split()[::-1] for line in (HERE / "SHA256SUMS").read_text().splitlines())
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in HERE.glob("*.ttf")
    }
    assert {path.name for path in HERE.glob("*.ttf")} == set(FILES.values())
    assert all(shaper(name).holds(" ") or name == "emoji" for name in FILES)
    families = {path.name.split("-")[0] for path in HERE.glob("*-LICENCE.txt")}
    assert all(any(name.startswith(one) for one in families) for name in FILES.values())
