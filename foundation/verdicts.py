"""What is said of a file from outside: which row and column, what stood there, why, what to do.

One shape for every door: the page, the API, the command and the record that is kept. A value is
shown as it can be read safely: short, and with hidden characters spelled out.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

SHOWN: Final = 200
"""How many characters of a value are shown and kept."""

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

REMEDIES: Final[dict[str, str]] = {
    "ALL_OR_NOTHING": "Correct the rows that are named, or allow the others to be taken.",
    "ALREADY_IMPORTED": "Nothing is to be done: look at what came of it the first time.",
    "ARCHIVE": "Copy the values into a new workbook and save it as .xlsx.",
    "ATTRIBUTES": "Write name=value;name=value.",
    "BOOLEAN": "Write true or false.",
    "CELL": "Correct the formula in the workbook, or write the value itself.",
    "CHANGED": "Wait until the file is written whole, then send it again.",
    "CHOICE": "Write one of the words that are allowed, exactly as spelled.",
    "CODE": "Write letters, digits and -_./ only.",
    "COLUMNS": "Give every line as many values as the heading has names; quote commas.",
    "COUNTRY": "Write the country as two capitals, such as DE.",
    "CURRENCY": "Write the code of the currency in capitals, such as EUR.",
    "DATE": "Write the day as YYYY-MM-DD.",
    "DECIMALS": "Round the value as it is meant, then send it again.",
    "DELIMITER": "Save the file with commas between the values.",
    "DIGITS": "Format the column as text and enter the values again.",
    "EMPTY": "Check that the right file was sent.",
    "ENCODING": "Save the file as UTF-8.",
    "FORMAT": "Send a .csv file, or a workbook saved as .xlsx.",
    "HEADER": "Name the columns as the description of the format does.",
    "INSTANT": "Write the time as YYYY-MM-DDTHH:MM:SS with Z or an offset.",
    "LENGTH": "Shorten the value.",
    "LINES": "Save the file with line feeds (LF or CRLF).",
    "MERGED": "Unmerge the cells and fill each of them.",
    "NUMBER": "Write the number with digits and a point, such as 1234.56.",
    "PAIRS": "Write the pairs as the description of the format does.",
    "QUOTES": "Close every quote; double a quote inside a quoted value.",
    "RANGE": "Check the value; it is outside what is allowed.",
    "REQUIRED": "Fill in the value.",
    "ROWS": "Cut the file into several.",
    "SHEETS": "Keep the sheet that is meant and delete the others.",
    "SIZE": "Cut the file into several.",
    "TEXT": "Type the text again; it holds a character that nobody sees.",
    "TOGETHER": "Correct the row that is named; rows that belong together are taken together.",
    "ZONE": "End the time with Z or an offset such as +01:00.",
}
OTHERWISE: Final = "Correct what the message names, then send the file again."


def remedy(rule: str) -> str:
    """Say what to do about a fault of a rule."""
    return REMEDIES.get(rule, OTHERWISE)


def visible(text: str, most: int = SHOWN) -> str:
    """Return the beginning of a text with hidden characters spelled out, as `\\u202e`."""
    start = text[: most + 1]
    if not (start.isascii() and start.isprintable()):
        start = "".join(_spelled(character) for character in start)
    return start if len(start) <= most else f"{start[: most - 1]}…"


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that was not taken: where, what stood there, and why; row 0 is the file itself.

    `next_step` says what to do where a room knows better than the table of remedies.
    """

    row: int
    column: str
    value: str
    rule: str
    message: str
    next_step: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", visible(self.value))

    @property
    def remedy(self) -> str:
        """Say what to do about it."""
        return self.next_step or remedy(self.rule)

    def as_facts(self) -> dict[str, object]:
        """Return the problem as commands and the API write it."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "rule": self.rule,
            "message": self.message,
            "remedy": self.remedy,
        }


class BadFile(ValueError):
    """The file as a whole cannot be read; `rule` names the fault, `message` how to mend it.

    `row` (0 where it is none), `column` and `value` say where the fault was met.
    """

    def __init__(
        self, rule: str, message: str, *, row: int = 0, column: str = "", value: str = ""
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.problem = RowProblem(row, column, value, rule, message)
