"""Find out whose money a receipt is, and say how sure that is (PAY-10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

CONFIDENCE = {
    "PAYER": 100,
    "REMITTANCE": 100,
    "CREDITOR_REFERENCE": 95,
    "FREE_TEXT": 85,
    "AMOUNT": 50,
    "NONE": 0,
}
THRESHOLD = 80
"""Below this a person decides."""

_TOKEN = re.compile(r"[A-Z0-9](?:[A-Z0-9/_.-]{2,30}[A-Z0-9])")
_CREDITOR_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")


@dataclass(frozen=True, slots=True)
class Clues:
    """What a receipt says about its sender."""

    payer: str
    documents: tuple[str, ...]
    reference: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """What we know: who pays for which account, who owes which document or amount."""

    payers: Mapping[str, int] = field(default_factory=dict)
    documents: Mapping[str, int] = field(default_factory=dict)
    squeezed: Mapping[str, int] = field(default_factory=dict)
    amounts: Mapping[Decimal, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """The payer found, and on which basis."""

    payer_id: int | None
    basis: str

    @property
    def confidence(self) -> int:
        """How sure the basis is, 0 to 100 (PAY-10)."""
        return CONFIDENCE[self.basis]

    @property
    def is_certain(self) -> bool:
        """Tell whether the receipt may be credited without asking a person."""
        return self.payer_id is not None and self.confidence >= THRESHOLD


NOBODY = Match(None, "NONE")


def match(clues: Clues, book: Book) -> Match:
    """Try the bases from the surest to the weakest; the first that names one payer wins (PAY-10).

    A basis that names several payers ends the search: a person decides.
    """
    if clues.payer in book.payers:
        return Match(book.payers[clues.payer], "PAYER")
    trials = (
        ("REMITTANCE", map(book.documents.get, clues.documents)),
        ("CREDITOR_REFERENCE", map(book.squeezed.get, creditor_references(clues.reference))),
        ("FREE_TEXT", map(book.documents.get, tokens(clues.reference))),
        ("AMOUNT", book.amounts.get(clues.amount, frozenset())),
    )
    for basis, found in trials:
        payers = {payer_id for payer_id in found if payer_id is not None}
        if len(payers) == 1:
            return Match(payers.pop(), basis)
        if payers:
            return NOBODY
    return NOBODY


def tokens(text: str) -> tuple[str, ...]:
    """Cut free text into what may be document numbers."""
    return tuple(dict.fromkeys(_TOKEN.findall(text.upper())))


def creditor_references(text: str) -> tuple[str, ...]:
    """Return the document parts of the valid creditor references in a text.

    Source: ISO 11649 (RF, two check digits by MOD 97-10, up to 21 characters).
    """
    kept = re.sub(r"[^A-Z0-9 ]", "", text.upper())
    words = [*kept.split(), kept.replace(" ", "")]
    return tuple(
        dict.fromkeys(
            word[4:] for word in words if _CREDITOR_REFERENCE.fullmatch(word) and _is_sound(word)
        )
    )


def creditor_reference(number: str) -> str:
    """Return the creditor reference of a document number (ISO 11649)."""
    body = squeeze(number)
    check = 98 - int(_digits(f"{body}RF00")) % 97
    return f"RF{check:02d}{body}"


def squeeze(number: str) -> str:
    """Reduce a document number to its letters and digits."""
    return re.sub(r"[^A-Z0-9]", "", number.upper())


def squeezed_documents(documents: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Index documents by their squeezed number; two that look alike belong to nobody."""
    index: dict[str, int] = {}
    clashes: set[str] = set()
    for number, payer_id in documents:
        key = squeeze(number)
        if index.setdefault(key, payer_id) != payer_id:
            clashes.add(key)
    return {key: payer_id for key, payer_id in index.items() if key not in clashes}


def _is_sound(reference: str) -> bool:
    return int(_digits(reference[4:] + reference[:4])) % 97 == 1


def _digits(text: str) -> str:
    return "".join(str(int(character, 36)) for character in text)
