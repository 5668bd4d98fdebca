"""The classes of bad row: what each puts into a row of a kind of file.

A class names a sort of value (number, day, text, …) or, where the kinds differ, each kind. What
comes of it stands in docs/formats/bad-files.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.doors.file_kinds import Kind, Row, World

NUMBERS: Final = {
    "NaN": "NaN",
    "infinity": "Infinity",
    "signalling NaN": "sNaN",
    "1e999999": "1e999999",
    "exponent": "1e3",
    "hexadecimal": "0x10",
    "underscores": "1_000",
    "Arabic digits": "٣",
    "full-width digits": "１２",
    "thousand marks": "1,000.50",
    "thousands by blanks": "1\u00a0000",
    "thousands by apostrophes": "1'000",
    "comma for the point": "1,5",
    "both turned round": "1.000,50",
    "currency sign": "€1",
    "currency word": "1 EUR",
    "per cent": "5%",
    "minus look-alike": "−1",
    "minus behind": "1-",
    "accountant's minus": "(1)",
    "plus sign": "+1",
    "negative": "-1",
    "minus zero": "-0",
    "excess decimals": "1.12345678901",
    "beyond the column": "9" * 20,
    "far beyond the column": "1" * 5_000,
    "no digit before the point": ".5",
    "leading zeros": "007",
    "a formula as a number": "=1+1",
    "a number of one hidden character": "1\u200b",
}
CUT: Final = "4.91512E+14"
DAYS: Final = {
    "29 February of a common year": "2027-02-29",
    "29 February 1900": "1900-02-29",
    "month 13": "2027-13-01",
    "day first": "03/04/2027",
    "dotted day": "03.04.2027",
    "two-digit year": "27-05-03",
    "year 9999": "9999-12-31",
    "Excel serial": "46145",
    "24:00": "2027-05-03T24:00:00Z",
    "leap second": "2027-05-03T23:59:60Z",
    "offset of no zone": "2027-05-03T10:15:22+20:00",
    "offset of 60 minutes": "2027-05-03T10:15:22+00:60",
    "hour that the clocks skip": "2027-03-28T02:30:00",
    "hour that comes twice": "2026-10-25T02:30:00",
    "time without a zone": "2027-05-03T10:15:22",
    "full-width digits in a day": "２027-05-03",
}
TEXTS: Final = {
    "right-to-left override": "abc\u202ecod.exe",
    "zero-width blank": "Mill\u200b",
    "half a character pair": "\ufdd0",
    "control character": "a\x07b",
    "formula": "=cmd|' /C calc'!A0",
    "formula by at sign": "@SUM(A1)",
    "HTML": "<script>alert(1)</script>",
    "SQL": "'; DROP TABLE ledger_journalline; --",
    "text in two Unicode forms": "Gro\u0308\u00dfe",
    "longer than the column": "x" * 5_000,
}
CODES: Final = {
    "look-alike letters in a code": "АТА",
    "blank inside a code": "A B",
    "formula as a code": "=A1",
    "path as a code": "../../etc/passwd",
}
SORTS: Final = {"number": NUMBERS, "day": DAYS, "text": TEXTS, "code": CODES}


def by_kind(**changes: Row) -> Callable[[Kind, World], Row | None]:
    return lambda kind, world: changes.get(kind.name)


def closed(kind: Kind, world: World) -> Row | None:
    """Name what has come to its end."""
    return {
        "usage": {"identifier": "4916"},
        "accounts": {"parent": world.closed},
        "orders": {"account": world.closed},
        "payments": {"payer": world.closed},
    }.get(kind.name)


def of_sort(sort: str, value: str) -> Callable[[Kind, World], Row | None]:
    def change(kind: Kind, world: World) -> Row | None:
        column = kind.columns.get(sort)
        return {column: value} if column else None

    return change


ROWS: Final[dict[str, dict[str, Callable[[Kind, World], Row | None]]]] = {
    "Numbers": {name: of_sort("number", value) for name, value in NUMBERS.items()},
    "Days and times": {
        **{name: of_sort("day", value) for name, value in DAYS.items()},
        "in a closed period": by_kind(
            prices={"valid_from": "2026-01-15"},
            accounts={"opened_on": "2026-01-15"},
            orders={"effective_on": "2026-01-15"},
            payments={"received_on": "2026-01-15"},
        ),
        "in the future": by_kind(
            usage={"event_start": "2027-09-01T00:00:00Z"},
            prices={"valid_from": "2027-09-01"},
            accounts={"opened_on": "2027-09-01"},
            orders={"effective_on": "2027-09-01"},
            payments={"received_on": "2027-09-01"},
        ),
        "more than 400 days ago": by_kind(
            usage={"event_start": "2026-04-01T00:00:00Z"},
            prices={"valid_from": "2026-04-01"},
            accounts={"opened_on": "2026-04-01"},
            orders={"effective_on": "2026-04-01"},
            payments={"received_on": "2026-04-01"},
        ),
        "ends before it begins": by_kind(
            usage={"event_end": "2027-05-02T00:00:00Z"}, prices={"valid_to": "2027-05-01"}
        ),
    },
    "Texts and codes": {
        **{name: of_sort("text", value) for name, value in TEXTS.items()},
        **{name: of_sort("code", value) for name, value in CODES.items()},
        "a long number that a spreadsheet has cut": by_kind(
            usage={"event_key": CUT},
            prices={"charge": CUT},
            customers={"number": CUT},
            accounts={"number": CUT},
            orders={"identifiers": f"MSISDN:{CUT}"},
            payments={"external_id": CUT},
        ),
        "an identifier cut likewise": by_kind(usage={"identifier": CUT}),
        "a key in two Unicode forms": by_kind(usage={"event_key": "cafe\u0301"}),
        "no price": by_kind(prices={"unit_price": ""}),
        "a needed value is left out": by_kind(
            usage={"event_start": ""},
            prices={"model": ""},
            customers={"legal_name": ""},
            accounts={"name": ""},
            orders={"action": ""},
            payments={"amount": ""},
        ),
        "a word that is not on the list": by_kind(
            usage={"attr.zone": "MOON"},
            prices={"model": "GUESS"},
            customers={"kind": "ALIEN"},
            accounts={"entity": "XX"},
            orders={"action": "DANCE"},
            payments={"tender": "GOLD"},
        ),
    },
    "Whose it is": {
        "unknown account": by_kind(
            usage={"identifier": "4999"},
            prices={"charge": "MOBILE/1/NONE"},
            accounts={"customer": "C-404"},
            orders={"account": "A-404"},
            payments={"payer": "Q-9"},
        ),
        "closed account": closed,
    },
    "Money": {
        "no currency": of_sort("currency", "EURO"),
        "another currency": of_sort("currency", "USD"),
        "yen with decimals": lambda kind, world: (
            {kind.columns["currency"]: "JPY", kind.columns["money"]: "10.55"}
            if "currency" in kind.columns
            else None
        ),
    },
}
