"""Strict parsers of one field: the same for API, form, import and command.

Text that a person or a machine sends becomes a value here and nowhere else. ASCII digits only; no
NaN, infinity, exponent, underscore, thousands mark or foreign digit; no character that hides or
reorders what is read. An excess decimal is refused, never rounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from foundation.currencies import MINOR_UNITS

_DECIMAL: Final = re.compile(r"-?[0-9]{1,24}(?:\.[0-9]{1,24})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(Z|[+-][0-9]{2}:[0-5][0-9])?",
    re.ASCII,
)
_CUT: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}", re.ASCII)
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_TRUE: Final = frozenset({"true", "yes", "1"})
_FALSE: Final = frozenset({"false", "no", "0"})
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset({"\u200c", "\u200d"})
"""Zero-width joiners: letters of Persian and parts of emoji, harmless inside a text."""
_OFFSETS: Final = (timedelta(hours=-12), timedelta(hours=14))
"""The westmost and the eastmost zone on earth."""
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2199, 12, 31)


class BadValue(ValueError):
    """The text is not such a value; `rule` names the kind of fault, `message` says it in words."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


BENT: Final = " (over 15 digits)"
"""Marks a fraction of a workbook that has more digits than a spreadsheet keeps."""
LARGEST_AMOUNT: Final = Decimal("99999999999999")
"""What a column of document amounts holds."""


def decimal_text(
    text: str,
    *,
    places: int,
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
) -> Decimal:
    """Read a decimal with at most `places` decimals, within the limits (both inclusive)."""
    if text.endswith(BENT):
        raise BadValue("DECIMALS", f"{text} is not exact in a spreadsheet; round it in its cell")
    if not _DECIMAL.fullmatch(text):
        raise BadValue("NUMBER", f"{_shown(text)} is not a number such as 1234.56")
    value = Decimal(text)
    if -int(value.normalize().as_tuple().exponent) > places:
        raise BadValue("DECIMALS", f"{text} has more than {places} decimals")
    if minimum is not None and value < minimum:
        raise BadValue("RANGE", f"{text} is less than {minimum:f}")
    if maximum is not None and value > maximum:
        raise BadValue("RANGE", f"{text} is more than {maximum:f}")
    return value if value else abs(value)


def amount_text(
    text: str,
    *,
    currency: str,
    minimum: Decimal | None = None,
    maximum: Decimal = LARGEST_AMOUNT,
) -> Decimal:
    """Read a document amount no finer than the minor unit of `currency`."""
    places = MINOR_UNITS[currency_text(currency)]
    return decimal_text(text, places=places, minimum=minimum, maximum=maximum)


def integer_text(text: str, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """Read a whole number within the limits (both inclusive); `1.0` is none."""
    if not _INTEGER.fullmatch(text):
        raise BadValue("NUMBER", f"{_shown(text)} is not a whole number")
    value = int(text)
    if (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
        raise BadValue("RANGE", f"{text} is not from {minimum} to {maximum}")
    return value


def date_text(text: str) -> date:
    """Read a calendar date written YYYY-MM-DD, from 1900 to 2199."""
    if not _DATE.fullmatch(text):
        raise BadValue("DATE", f"{_shown(text)} is not a date written YYYY-MM-DD")
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise BadValue("DATE", f"{text} is not in the calendar") from None
    if not _EARLIEST <= value <= _LATEST:
        raise BadValue("RANGE", f"{text} is not from {_EARLIEST} to {_LATEST}")
    return value


def instant_text(text: str, zone: ZoneInfo | None = None) -> datetime:
    """Read an instant, YYYY-MM-DDTHH:MM:SS with Z or an offset, and return it in UTC.

    Without an offset it is local time in `zone`, and refused when no zone is given, when the
    clocks skip it, or when they repeat it: which of the two was meant cannot be known.
    """
    match = _INSTANT.fullmatch(text)
    if not match:
        raise BadValue("INSTANT", f"{_shown(text)} is not a time written YYYY-MM-DDTHH:MM:SSZ")
    day, clock, offset = match.groups()
    date_text(day)
    try:
        value = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    except ValueError:
        raise BadValue("INSTANT", f"{text} is not a time of day") from None
    if (ahead := value.utcoffset()) is not None:
        if not _OFFSETS[0] <= ahead <= _OFFSETS[1]:
            raise BadValue("INSTANT", f"{text} has an offset of no zone, beyond -12:00 to +14:00")
        return value.astimezone(UTC)
    if zone is None:
        raise BadValue("ZONE", f"{text} says no zone; end it with Z or an offset such as +01:00")
    return _local(value, zone)


def plain_text(text: str, max_length: int, *, required: bool = True) -> str:
    """Read one line of text, without surrounding blanks, in composed form (NFC).

    Refused are NUL and other control characters, lone surrogates, and marks that reorder or hide
    what a reader sees.
    """
    value = unicodedata.normalize("NFC", text.strip())
    for character in value:
        if unicodedata.category(character) in _HIDDEN_CATEGORIES and character not in _JOINERS:
            raise BadValue("TEXT", f"the text holds a hidden character (U+{ord(character):04X})")
    if len(value) > max_length:
        raise BadValue("LENGTH", f"the text is longer than {max_length} characters")
    if required and not value:
        raise BadValue("REQUIRED", "a value is required")
    return value


def code_text(text: str, max_length: int) -> str:
    """Read a code or number of ours: ASCII letters, digits and `-_./*`, no blanks."""
    value = plain_text(text, max_length)
    if not re.fullmatch(r"[A-Za-z0-9*][A-Za-z0-9._/*-]*", value):
        raise BadValue("CODE", f"{_shown(value)} is not a code: letters, digits and -_./ only")
    return value


def key_text(text: str, max_length: int) -> str:
    """Read what tells things apart (a number, an identifier), whole.

    `4.91512E+14` is what a spreadsheet makes of a long number: its last digits are gone, and
    others look the same.
    """
    value = plain_text(text, max_length)
    if is_cut(value):
        raise BadValue("DIGITS", f"{value} is a long number cut by a spreadsheet")
    return value


def is_cut(text: str) -> bool:
    """Tell a long number that a spreadsheet has cut, `4.91512E+14`."""
    return _CUT.fullmatch(text) is not None


def currency_text(text: str) -> str:
    """Read a currency code of ISO 4217, in capitals."""
    if text not in MINOR_UNITS:
        raise BadValue("CURRENCY", f"{_shown(text)} is not a currency code such as EUR")
    return text


def boolean_text(text: str) -> bool:
    """Read true/false, yes/no or 1/0, in any case."""
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue("BOOLEAN", f"{_shown(text)} is neither true nor false")


def choice_text(text: str, choices: Collection[str]) -> str:
    """Read one of the given words, exactly as spelled."""
    if text not in choices:
        raise BadValue("CHOICE", f"{_shown(text)} is not one of {', '.join(sorted(choices))}")
    return text


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    first = value.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = value.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) != value:
        raise BadValue("INSTANT", f"{value} does not exist in {zone.key}: the clocks skip it")
    if first != second:
        raise BadValue("INSTANT", f"{value} happens twice in {zone.key}: say the offset")
    return first


def _shown(text: str) -> str:
    """Quote what was sent so that a message can hold it: short, and ASCII only."""
    shown = ascii(text[:40])
    return f"{shown}…" if len(text) > 40 else shown
