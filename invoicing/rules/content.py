"""The fingerprint of what a document says (I-23)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=65536)
def plain(number: Decimal) -> str:
    """Write a number without needless zeros or exponent, so that equal numbers look equal."""
    return format(number.normalize(), "f")


def grouped(number: Decimal) -> str:
    """Write a number for people: thousands apart, no needless zeros, 1,234.5."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fingerprint(header: str, lines: Iterable[str]) -> bytes:
    """Return the hash of a document: header first, then each line with its taxes, in order."""
    return sha256("\n".join((header, *lines)).encode()).digest()


def header_text(
    doc_type: str, payer_id: int, currency: str, invoice_date: str, net: Decimal, tax: Decimal
) -> str:
    """Write what the fingerprint keeps of a document's head."""
    return f"{doc_type}|{payer_id}|{currency}|{invoice_date}|{plain(net)}|{plain(tax)}"


def line_text(
    account_id: int,
    text: str,
    start: str,
    end: str,
    quantity: Decimal,
    net: Decimal,
    tax: Decimal,
) -> str:
    """Write what the fingerprint keeps of a line."""
    return f"{account_id}|{text}|{start}|{end}|{plain(quantity)}|{plain(net)}|{plain(tax)}"
