"""Read stored events back as rows to be guided and priced again (RATE-2)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db.backends.utils import CursorWrapper
from psycopg import sql as composed

from foundation import sql
from rating.rules.rows import Route, Row, UsageTypeTerms, relevant_of

PAGE = 20_000
CACHE_LIMIT = 50_000
FIELDS = 9
"""Of a stored event's text, before how it stands."""


def stored_pages(
    cursor: CursorWrapper, binds: Mapping[str, Any], name: str = "rerate_events"
) -> Iterator[list[list[str]]]:
    """Yield the stored events of a scope in fields of text, a page in memory at a time.

    They come as they lie in the table; other statements may run between the pages. One text per
    event costs a fifth of a column for each field, on either side of the connection.
    """
    cut = FIELDS
    pages = composed.Identifier(f"rating_stored_{uuid4().hex}").as_string()
    cursor.execute(f"DECLARE {pages} NO SCROLL CURSOR FOR {sql.statement('rating', name)}", binds)
    while True:
        cursor.execute(f"FETCH {PAGE} FROM {pages}")
        page = [text.split("\t", cut) for (text,) in cursor.fetchall()]
        if page:
            yield page
        if len(page) < PAGE:
            break
    cursor.execute(f"CLOSE {pages}")


class StoredRows:
    """Turn the fields of stored events into rows; routes and numbers seen are remembered."""

    def __init__(self, types: Mapping[str, UsageTypeTerms]) -> None:
        self._types = types
        self._relevant = {
            code: tuple(f'"{name}"' for name in terms.relevant) for code, terms in types.items()
        }
        self._groups: dict[tuple[str, str, str], Route] = {}
        self._routes: dict[tuple[str, str, tuple[tuple[str, str], ...]], Route] = {}
        self._numbers: dict[str, Decimal] = {}

    def row(self, fields: list[str], key: str = "") -> Row:
        """Return an event as the row that it came in; its key is given where it is needed."""
        _, _, start, end, kind, id_type, identifier, quantity, attributes, _ = fields
        group = ""
        for name in self._relevant.get(kind, ()):
            if name in attributes:
                group = attributes
                break
        route = self._groups.get((kind, id_type, group))
        if route is None:
            route = self._route(kind, id_type, group)
        value = self._numbers.get(quantity)
        if value is None:
            value = self._number(quantity)
        start = start.replace(" ", "T")
        end = end.replace(" ", "T") if end else start
        return _new(Row, (
            key, kind, id_type, identifier, start, end, quantity, value, attributes, route,
            "", "", 0, "",
        ))  # fmt: skip

    def _number(self, text: str) -> Decimal:
        if len(self._numbers) > CACHE_LIMIT:
            self._numbers.clear()
        number = self._numbers[text] = Decimal(text)
        return number

    def _route(self, kind: str, id_type: str, attributes: str) -> Route:
        """Return the route of an event: one object for all alike. Attributes of "" say nothing."""
        terms = self._types.get(kind)
        relevant: tuple[tuple[str, str], ...] = ()
        if terms is not None and attributes:
            relevant = relevant_of(terms, attributes)
        key = (kind, id_type, relevant)
        route = self._routes.get(key)
        if route is None:
            route = Route(kind, id_type, relevant, terms.at_end if terms else False)
            self._routes[key] = route
        if len(self._groups) > CACHE_LIMIT:
            self._groups.clear()
        self._groups[kind, id_type, attributes] = route
        return route


_new: Any = tuple.__new__
