"""Read stored events back as rows to be guided and priced again (RATE-2)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from django.db.backends.utils import CursorWrapper
from psycopg import sql as composed

from foundation import sql
from rating.rules.rows import Route, Row, UsageTypeTerms, relevant_of

PAGE = 20_000
CACHE_LIMIT = 50_000


class Numbers(dict[str, Decimal]):
    """Remember the numbers of texts."""

    def __missing__(self, text: str) -> Decimal:
        if len(self) > CACHE_LIMIT:
            self.clear()
        number = self[text] = Decimal(text)
        return number


class Stored(NamedTuple):
    """A stored event as a row, and how it stands: all that may change about it, as text.

    `place` and `part` say where it lies, `origin` is source, file and row number.
    """

    row: Row
    standing: str
    billable: str
    amount: str | None
    place: str
    part: str
    account_id: str
    on_date: str
    origin: str


def stored_pages(
    cursor: CursorWrapper, binds: Mapping[str, Any], types: Mapping[str, UsageTypeTerms]
) -> Iterator[list[Stored]]:
    """Yield the stored events of a scope, a page in memory at a time.

    They come as they lie in the table; other statements may run between the pages.
    """
    groups: dict[tuple[str, str, str], Route] = {}
    routes: dict[tuple[str, str, tuple[tuple[str, str], ...]], Route] = {}
    numbers = Numbers()
    name = composed.Identifier(f"rating_stored_{uuid4().hex}").as_string()
    cursor.execute(
        f"DECLARE {name} NO SCROLL CURSOR FOR {sql.statement('rating', 'rerate_events')}", binds
    )
    while True:
        cursor.execute(f"FETCH {PAGE} FROM {name}")
        records = cursor.fetchall()
        page = []
        for (
            standing, billable, amount, start, end, kind, id_type, identifier, quantity,
            attributes, place, part, account, day, origin, key,
        ) in records:  # fmt: skip
            group = (kind, id_type, attributes)
            route = groups.get(group)
            if route is None:
                if len(groups) > CACHE_LIMIT:
                    groups.clear()
                route = groups[group] = _route(types, group, routes)
            start = f"{start[:10]}T{start[11:]}"
            end = start if end is None else f"{end[:10]}T{end[11:]}"
            row = _new(Row, (
                key, kind, id_type, identifier, start, end, quantity, numbers[quantity],
                attributes, route, "", "", 0, "",
            ))  # fmt: skip
            page.append(
                _new(Stored, (row, standing, billable, amount, place, part, account, day, origin))
            )
        if page:
            yield page
        if len(records) < PAGE:
            break
    cursor.execute(f"CLOSE {name}")


def _route(
    types: Mapping[str, UsageTypeTerms],
    group: tuple[str, str, str],
    routes: dict[tuple[str, str, tuple[tuple[str, str], ...]], Route],
) -> Route:
    """Return the route of an event: one object for all alike."""
    kind, id_type, attributes = group
    terms = types.get(kind)
    relevant: tuple[tuple[str, str], ...] = ()
    if terms is not None and terms.relevant:
        relevant = relevant_of(terms, attributes)
    key = (kind, id_type, relevant)
    route = routes.get(key)
    if route is None:
        route = routes[key] = Route(kind, id_type, relevant, terms.at_end if terms else False)
    return route


_new: Any = tuple.__new__
