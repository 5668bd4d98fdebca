"""Read usage rows strictly, text in and text out, fast enough for a million in seconds.

One reader serves CSV, Excel, the API and recycled suspense, so that all doors give one verdict.
Numbers, days and clock times repeat within a file: each is validated once and remembered.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple
from unicodedata import is_normalized, normalize
from zoneinfo import ZoneInfo

from foundation.parsing import BadValue, instant_text, is_cut
from rating.rules.reasons import Reason, Rejected

REQUIRED = ("event_key", "usage_type", "identifier_type", "identifier", "event_start", "quantity")
OPTIONAL = ("source", "event_end", "uom")
PREFIX = "attr."
KEY_LENGTH = 128
IDENTIFIER_LENGTH = 64
ATTRIBUTE_LENGTH = 200
CACHE_LIMIT, QUANTITIES_LIMIT = 20_000, 5_000
SECONDS = frozenset(f"{second:02}Z" for second in range(60))
UNREADABLE = "unreadable quotes"
"""Stands, itself and no copy, before a line that CSV cannot cut."""
EXACT = Context(prec=60)
Quantity = tuple[str, Decimal, Decimal]
"""A quantity as canonical text and value in the base unit, and as it was sent."""

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,8}))?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


_new = tuple.__new__
_key_digest = blake2b(digest_size=16).copy
_content_digest = blake2b(digest_size=8).copy


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """Stand for the rows that are guided alike but for their identifier: one object each.

    `relevant` are the attributes that filters and prices read; `by_end` says that the end of an
    event is its time (PER-4); `text` is usage type and identifier type as COPY text.
    """

    usage_type: str
    identifier_type: str
    relevant: tuple[tuple[str, str], ...] = ()
    by_end: bool = False
    text: str = ""


class Row(NamedTuple):
    """Hold one valid row: instants as UTC text without zone, quantity in the base unit.

    `raw` is the quantity as it was sent, for the control total of the sender; `number` its place
    in the file, as text.
    """

    event_key: str
    usage_type: str
    identifier_type: str
    identifier: str
    start: str
    end: str
    quantity: str
    value: Decimal
    attributes: str
    route: Route
    key_hash: str
    content_hash: str
    raw: Decimal = Decimal(0)
    number: str = ""

    def as_fields(self) -> dict[str, str]:
        """Return the row by column, as a clerk may correct it."""
        fields = {
            "event_key": self.event_key,
            "usage_type": self.usage_type,
            "identifier_type": self.identifier_type,
            "identifier": self.identifier,
            "event_start": f"{self.start}Z",
            "event_end": f"{self.end}Z",
            "quantity": self.quantity,
        }
        pairs = json.loads(self.attributes)
        return fields | {PREFIX + name: value for name, value in pairs.items()}


@dataclass(frozen=True, slots=True)
class UsageTypeTerms:
    """Say what a usage type allows.

    `units` lead to the base unit by (numerator, denominator), which keeps minutes of seconds
    exact; `relevant` are the attributes that filters and prices read; `values` closes the list of
    an attribute; `dedupe` names the fields that make an event unique instead of its key.
    """

    code: str
    base_unit: str
    units: Mapping[str, tuple[Decimal, Decimal]]
    at_end: bool = False
    allows_negative: bool = False
    relevant: tuple[str, ...] = ()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dedupe: tuple[str, ...] = ()


@dataclass(slots=True)
class Layout:
    """Map the columns of a header to the fields of a row."""

    columns: tuple[str, ...]
    attributes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.attributes = tuple(
            name.removeprefix(PREFIX) for name in self.columns if name.startswith(PREFIX)
        )

    def arranged(self, fields: Sequence[str]) -> list[str]:
        """Return the fields by standard order: six required, three optional, attributes."""
        values = dict(zip(self.columns, fields, strict=True))
        head = [values.get(name, "") for name in REQUIRED + OPTIONAL]
        return head + [values[PREFIX + name] for name in self.attributes]


def is_attribute(name: str) -> bool:
    """Tell whether an attribute may be named so: what is spelled otherwise would price nothing."""
    return _NAME.fullmatch(name) is not None


def header_problem(columns: Sequence[str]) -> tuple[str, str] | None:
    """Name the column that is wrong in a header and what is wrong with it, if anything is."""
    for name in columns:
        if columns.count(name) > 1:
            return name, f"column {name[:60]!a} is named twice"
    if missing := [name for name in REQUIRED if name not in columns]:
        return missing[0], f"column {missing[0]} is missing"
    for name in columns:
        if name.startswith(PREFIX):
            if not is_attribute(name.removeprefix(PREFIX)):
                return name, f"attribute column {name[:60]!a} is not a lower-case name"
        elif name not in REQUIRED and name not in OPTIONAL:
            return name, f"column {name[:60]!a} is not known"
    return None


class RowReader:
    """Turn the fields of a row into a `Row`, or raise `Rejected`."""

    def __init__(
        self,
        layout: Layout,
        *,
        source: str,
        zone: ZoneInfo,
        types: Mapping[str, UsageTypeTerms],
        received_at: datetime,
        late_days: int | None = None,
    ) -> None:
        self.layout = layout
        self.source = source
        self.zone = zone
        self.types = types
        received = received_at.astimezone(UTC).date()
        self.newest = received + timedelta(days=1)
        self.oldest = date.min if late_days is None else received - timedelta(days=late_days)
        self.width = len(layout.columns) + 1  # the row's number goes before
        where = {name: at for at, name in enumerate(layout.columns, 1)}
        blank = self.width  # one empty field is appended for the columns a file leaves out
        self._pick = itemgetter(0, *(where.get(name, blank) for name in REQUIRED + OPTIONAL))
        self._quantity_at = where["quantity"]
        self._pick_group = itemgetter(
            where.get("usage_type", blank),
            where.get("identifier_type", blank),
            *(where[PREFIX + name] for name in layout.attributes),
        )
        self._minutes: set[str] = set()
        self._quantities: dict[str, dict[str, dict[str, Quantity]]] = {}
        self._groups: dict[tuple[str, ...], tuple[str, Route]] = {}
        self._routes: dict[tuple[str, str, tuple[tuple[str, str], ...]], Route] = {}

    def read(self, fields: list[str]) -> Row:
        """Validate one row of text: its number, then its columns (RATE step 2).

        Raises: Rejected with the reason and the column.
        """
        if len(fields) != self.width:
            raise _unreadable(fields, self.width - 1)
        fields.append("")
        (
            number, key, kind, id_type, identifier, start, quantity, source, end, unit,
        ) = self._pick(fields)  # fmt: skip
        if source != self.source and source:
            raise Rejected(Reason.WRONG_SOURCE, "source", f"row is of source {source[:40]!r}")
        if not key or len(key) > KEY_LENGTH or not key.isprintable():
            raise Rejected(Reason.BAD_TEXT, "event_key", "1 to 128 printable characters")
        if " " in key or "E+" in key or not key.isascii():
            _require_one_spelling("event_key", key)
        terms = self.types.get(kind)
        if terms is None:
            raise Rejected(Reason.UNKNOWN_TYPE, "usage_type", "no such usage type")
        if not identifier or len(identifier) > IDENTIFIER_LENGTH or not identifier.isprintable():
            raise Rejected(Reason.BAD_TEXT, "identifier", "1 to 64 printable characters")
        if " " in identifier or "E+" in identifier or not identifier.isascii():
            _require_one_spelling("identifier", identifier)
        picked = self._pick_group(fields)
        attributes, route = self._groups.get(picked) or self._group(terms, picked)
        if start[17:] in SECONDS and start[:17] in self._minutes:
            start = start[:19]
        else:
            start = self._instant("event_start", start)
        if end:
            end = self._instant("event_end", end)
            if end < start:
                raise Rejected(Reason.BAD_TIME, "event_end", "ends before it starts")
        else:
            end = start
        try:
            amount = self._quantities[kind][unit].get(quantity)
        except KeyError:
            amount = None
        text, value, raw = amount or self._quantity(terms, unit, quantity)
        content = _content_digest()
        content.update(
            f"{kind}\x1f{id_type}\x1f{identifier}\x1f{start}\x1f{end}\x1f{text}\x1f"
            f"{attributes}".encode()
        )
        unique = _key_digest()
        if terms.dedupe:
            key_text = self._unique_text(terms, fields, start, end, text, attributes)
            unique.update(key_text.encode())
        else:
            unique.update(key.encode())
        return _new(Row, (
            key, kind, id_type, identifier, start, end, text, value, attributes, route,
            unique.hexdigest(), content.hexdigest(), raw, number,
        ))  # fmt: skip

    def _unique_text(
        self,
        terms: UsageTypeTerms,
        fields: list[str],
        start: str,
        end: str,
        quantity: str,
        attributes: str,
    ) -> str:
        """Join the fields that make an event unique, by name, so that none runs into the next."""
        _, key, kind, id_type, identifier, *_ = self._pick(fields)
        values = {
            "event_key": key, "usage_type": kind, "identifier_type": id_type,
            "identifier": identifier, "event_start": start, "event_end": end,
            "quantity": quantity, **json.loads(attributes),
        }  # fmt: skip
        return "\x1f".join(f"{name}={values.get(name, '')}" for name in terms.dedupe)

    def quantity_sent(self, fields: Sequence[str]) -> Decimal:
        """Return the quantity of a refused row as it was sent, for the sender's total (I-19).

        Zero where it cannot be read: then the total differs, and says so.
        """
        if not self.width <= len(fields) <= self.width + 1:
            return Decimal(0)
        text = fields[self._quantity_at]
        return Decimal(text) if _NUMBER.fullmatch(text) else Decimal(0)

    def _instant(self, column: str, text: str) -> str:
        """Return UTC text; a time without zone is local time of the source (PER-5)."""
        try:
            moment = instant_text(text, self.zone)
        except BadValue as bad:
            raise Rejected(Reason.BAD_TIME, column, bad.message) from None
        if moment.date() > self.newest:
            raise Rejected(Reason.IN_FUTURE, column, "later than the day after it was received")
        if moment.date() < self.oldest:
            raise Rejected(Reason.TOO_LATE, column, f"older than {self.oldest.isoformat()}")
        if text[10] == "T" and text[17:] in SECONDS:  # whole seconds with Z, the usual form
            if len(self._minutes) > CACHE_LIMIT:
                self._minutes.clear()
            self._minutes.add(text[:17])
        return utc_text(moment)

    def _quantity(self, terms: UsageTypeTerms, unit: str, text: str) -> Quantity:
        factor = terms.units.get(unit or terms.base_unit)
        if factor is None:
            raise Rejected(Reason.UNKNOWN_UNIT, "uom", f"no unit of {terms.code}")
        found = _NUMBER.fullmatch(text)
        if not found:
            raise Rejected(
                Reason.BAD_QUANTITY, "quantity", "not a plain decimal of 15 digits and 8 places"
            )
        if found[1] and Decimal(text) == 0:
            raise Rejected(Reason.BAD_QUANTITY, "quantity", "minus zero")
        if found[1] and not terms.allows_negative:
            raise Rejected(Reason.NEGATIVE, "quantity", f"{terms.code} takes no corrections")
        raw = Decimal(text)
        if factor[0] == factor[1]:
            plain = text.rstrip("0").rstrip(".") if found[3] else text
            return self._remember(terms, unit, text, (plain, raw, raw))
        product = EXACT.multiply(raw, factor[0])
        value = EXACT.divide(product, factor[1])
        places = -int(value.normalize(EXACT).as_tuple().exponent)
        if EXACT.multiply(value, factor[1]) != product or places > 8 or abs(value) >= 10**15:
            raise Rejected(Reason.BAD_QUANTITY, "quantity", "too long in the base unit")
        plain = f"{value:f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return self._remember(terms, unit, text, (plain, value, raw))

    def _remember(self, terms: UsageTypeTerms, unit: str, text: str, known: Quantity) -> Quantity:
        cache = self._quantities.setdefault(terms.code, {}).setdefault(unit, {})
        if len(cache) < QUANTITIES_LIMIT:
            cache[text] = known
        return known

    def _group(self, terms: UsageTypeTerms, picked: tuple[str, ...]) -> tuple[str, Route]:
        """Validate identifier type and attributes once for all rows that share them."""
        if not picked[1].isidentifier() or len(picked[1]) > 16:
            raise Rejected(Reason.BAD_TEXT, "identifier_type", "1 to 16 letters")
        pairs = {}
        for name, text in zip(self.layout.attributes, picked[2:], strict=True):
            value = normalize("NFC", text.strip(" "))
            if len(value) > ATTRIBUTE_LENGTH or not value.isprintable():
                raise Rejected(
                    Reason.BAD_TEXT,
                    PREFIX + name,
                    f"up to {ATTRIBUTE_LENGTH} printable characters",
                )
            if value and not is_attribute(name):
                message = "not a lower-case name of an attribute"
                raise Rejected(Reason.BAD_ATTRIBUTE, PREFIX + name, message)
            if value:
                pairs[name] = value
            if value and value not in terms.values.get(name, {value}):
                raise Rejected(Reason.BAD_ATTRIBUTE, PREFIX + name, f"not a value of {terms.code}")
            if name in terms.relevant and ("," in value or "=" in value):
                raise Rejected(
                    Reason.BAD_ATTRIBUTE, PREFIX + name, "holds a comma or an equal sign"
                )
        relevant = tuple((name, pairs[name]) for name in terms.relevant if name in pairs)
        if len(self._groups) > CACHE_LIMIT:
            self._groups.clear()
        route = self._route(terms, picked[1], relevant)
        found = self._groups[picked] = _json(pairs), route
        return found

    def _route(
        self, terms: UsageTypeTerms, id_type: str, relevant: tuple[tuple[str, str], ...]
    ) -> Route:
        """Return the one route of a usage type, identifier type and relevant attributes."""
        key = (terms.code, id_type, relevant)
        if key not in self._routes:
            self._routes[key] = Route(
                terms.code, id_type, relevant, terms.at_end, f"{terms.code}\t{id_type}"
            )
        return self._routes[key]


def _require_one_spelling(column: str, text: str) -> None:
    """Refuse what another spelling of the same, or another one spelled alike, would pass by."""
    if text != text.strip(" "):
        raise Rejected(Reason.BAD_TEXT, column, "blanks before or behind it")
    if is_cut(text):
        raise Rejected(Reason.BAD_TEXT, column, "a long number that a spreadsheet has cut")
    if not is_normalized("NFC", text):
        raise Rejected(Reason.BAD_TEXT, column, "accents not in composed form (Unicode NFC)")


def _unreadable(fields: list[str], width: int) -> Rejected:
    """Say why a row is no row; what stands for unreadable quotes is taken off again."""
    if len(fields) > 1 and fields[1] is UNREADABLE:
        del fields[1]
        return Rejected(Reason.BAD_ROW, "", "quotes that are not closed or not doubled")
    message = f"{len(fields) - 1} fields where the header names {width}"
    return Rejected(Reason.BAD_ROW, "", message)


def relevant_of(terms: UsageTypeTerms, attributes: str) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a stored event that filters and prices read."""
    pairs = json.loads(attributes)
    return tuple((name, pairs[name]) for name in terms.relevant if name in pairs)


def _json(pairs: Mapping[str, str]) -> str:
    return json.dumps(pairs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def utc_text(moment: datetime) -> str:
    """Write an instant as UTC text that compares as text."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text.rstrip("0") if moment.microsecond else text
