"""Read stored events back to be guided and priced again (RATE-2)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db.backends.utils import CursorWrapper
from psycopg import sql as composed

from foundation import sql
from rating.queries.guides import Guides
from rating.rules.guiding import Guide, Window
from rating.rules.rows import Route, Row, UsageTypeTerms, relevant_of

PAGE = 20_000
HEADS_LIMIT = 50_000
FIELDS = 6
"""Of a stored event's text, before how it stands."""
APART = "\x1f"
"""Parts what belongs to the head of an event."""


def utc(text: str) -> str:
    """Return the database's text of an instant in UTC as ours ("2026-05-03T10:15:22")."""
    return text[:-3].replace(" ", "T")


def stored(text: str) -> str:
    """Return our text of an instant so that it compares with the database's; not its zone."""
    return text.replace("T", " ")


def stored_pages(
    cursor: CursorWrapper, binds: Mapping[str, Any], name: str = "rerate_events"
) -> Iterator[list[str]]:
    """Yield the stored events of a scope as a text each, a page in memory at a time.

    They come as they lie in the table; other statements may run between the pages. One text per
    event, to be cut at its first FIELDS tabs, costs a fifth of a column for each field, on either
    side of the connection.
    """
    pages = composed.Identifier(f"rating_stored_{uuid4().hex}").as_string()
    cursor.execute(f"DECLARE {pages} NO SCROLL CURSOR FOR {sql.statement('rating', name)}", binds)
    while True:
        cursor.execute(f"FETCH {PAGE} FROM {pages}")
        page = [text for (text,) in cursor.fetchall()]
        if page:
            yield page
        if len(page) < PAGE:
            break
    cursor.execute(f"CLOSE {pages}")


class StoredHeads(dict[str, tuple[list[Window], bool]]):
    """Lead stored events by their heads: to their windows, and whether their end is their time.

    A head is usage type, identifier type and identifier, and the attributes where any of them is
    one that filters or prices read. Heads repeat, and are remembered for a while. Windows are told
    in the words of the database, so that no instant has to be rewritten.
    """

    def __init__(self, types: Mapping[str, UsageTypeTerms], guides: Guides) -> None:
        super().__init__()
        self._types = types
        self._guides = guides
        self.in_lines = False
        """Whether any head that was learned leads to a charge whose line prices its events."""
        self._routes: dict[tuple[str, str, tuple[tuple[str, str], ...]], Route] = {}

    @property
    def names(self) -> list[str]:
        """Return the attributes that are part of a head."""
        return sorted({name for terms in self._types.values() for name in terms.relevant})

    def learn(self, cursor: CursorWrapper, heads: set[str]) -> None:
        """Load by sets what is not known of the heads of a page."""
        if len(self) > HEADS_LIMIT:
            self.clear()
        new = {head: head.split(APART) for head in heads - self.keys()}
        self._guides.learn(cursor, {(kind, value) for _, kind, value, *_ in new.values()})
        for head, (usage_type, kind, value, *attributes) in new.items():
            route = self._route(usage_type, kind, attributes)
            windows = self._guides.windows_of(route, value)
            self[head] = [(stored(lo), stored(hi), one) for lo, hi, one in windows], route.by_end
            self.in_lines |= any(
                not one.by_event for _, _, one in windows if isinstance(one, Guide)
            )

    def row(self, fields: list[str]) -> Row:
        """Return an event as the row that it came in, but for its key."""
        head, start, _, end, quantity, attributes, _ = fields
        usage_type, kind, value, *relevant = head.split(APART)
        return Row(
            "", usage_type, kind, value, utc(start), utc(end or start), quantity,
            Decimal(quantity), attributes, self._route(usage_type, kind, relevant), "", "",
        )  # fmt: skip

    def _route(self, usage_type: str, kind: str, attributes: list[str]) -> Route:
        """Return the route of an event: one object for all alike."""
        terms = self._types.get(usage_type)
        relevant = relevant_of(terms, attributes[0]) if terms and attributes else ()
        key = usage_type, kind, relevant
        if key not in self._routes:
            self._routes[key] = Route(*key, terms.at_end if terms else False)
        return self._routes[key]
