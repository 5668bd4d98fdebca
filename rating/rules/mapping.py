"""Which column of a sender's file is which field of a usage row, declared once per source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED, header_problem

TIMES = ("event_start", "event_end")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Turn rows by the sender's own columns into rows by ours.

    `columns` leads from our field to the sender's column, `constants` gives fields that the file
    does not hold, `date_format` writes times as `strptime` reads them (empty: ISO 8601).
    """

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    date_format: str = ""

    @property
    def fields(self) -> list[str]:
        """Return our fields in their standard order, attributes behind."""
        given = {*self.columns, *self.constants}
        attributes = sorted(name for name in given if name.startswith(PREFIX))
        return [name for name in REQUIRED + OPTIONAL if name in given] + attributes

    def problem(self) -> str:
        """Say what is wrong with the declaration, "" where nothing is."""
        known = (*REQUIRED, *OPTIONAL)
        for name in (*self.columns, *self.constants):
            if name not in known and not name.startswith(PREFIX):
                return f"there is no field {name[:60]!a}"
        if both := sorted(set(self.columns) & set(self.constants)):
            return f"{both[0]} is a column and a constant"
        if found := header_problem(self.fields):
            return found[1].replace("column", "field")
        if len(set(self.columns.values())) < len(self.columns):
            return "a column of the file is named for two fields"
        return ""

    def row(self, values: Mapping[str, str]) -> list[str]:
        """Return a row by our fields."""
        return [self._value(name, values) for name in self.fields]

    def own(self, field: str) -> str:
        """Return what the sender calls a field."""
        return self.columns.get(field, field)

    def _value(self, name: str, values: Mapping[str, str]) -> str:
        if name in self.constants:
            return self.constants[name]
        text = values[self.columns[name]]
        if not self.date_format or not text or name not in TIMES:
            return text
        try:
            moment = datetime.strptime(text, self.date_format)  # noqa: DTZ007  the zone follows
        except ValueError:
            return text  # refused by the reader of rows, with the text as it came
        return moment.isoformat()
