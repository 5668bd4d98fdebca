"""Write events and their sums, an identifier at a time (RATE steps 5 and 6)."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from rating.operations.outcome import Batch, Outcome, unguided
from rating.operations.partitions import ensure_partitions
from rating.queries.guides import Guides
from rating.rules.guiding import Group, Guide
from rating.rules.reasons import Reason
from rating.rules.rows import Route, Row

RECEIVED_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "on_date",
    "source_id", "file_id", "received_at", "usage_type", "identifier_type", "identifier",
    "event_start", "event_end", "row_number", "event_key", "quantity", "attributes",
)  # fmt: skip
COUNTED_COLUMNS = (*RECEIVED_COLUMNS, "attribute_key", "billable_quantity")
BY_ITSELF_COLUMNS = (*RECEIVED_COLUMNS, "id")
RATED_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "on_date", "attribute_key",
    "billable_quantity", "price_version_id", "amount_exact", "currency", "event_start", "id",
)  # fmt: skip
SUM_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "attribute_key", "on_date", "quantity",
    "event_count", "amount",
)  # fmt: skip
DRAWN = 500
"""Identities that are drawn at a time."""

Sum = list[Decimal | int | str]
"""Quantity, number of events and amount; NULL text where events are not rounded one by one."""


class EventLines:
    """Gather the COPY text of events by month, of the results of some, and their sums."""

    def __init__(self, batch: Batch, identities: Iterator[int]) -> None:
        self.fixed = f"{batch.source_id}\t{batch.file_id}\t{batch.received_at.isoformat()}\t"
        self.identities = identities
        self.counted: dict[str, list[str]] = defaultdict(list)
        self.by_itself: dict[str, list[str]] = defaultdict(list)
        self.rated: list[str] = []
        self.sums: dict[tuple[Guide, Group, str], Sum] = {}
        self.count = 0
        self.quantity = Decimal(0)

    def add(
        self, guides: Guides, route: Route, identifier: str, rows: list[Row], outcome: Outcome
    ) -> None:
        """Guide the rows of one identifier that are guided alike, and price them by event."""
        windows = guides.windows_of(route, identifier)
        lead, sums, by_end, counted = guides.lead, self.sums, route.by_end, self.counted
        shown = copying.escape(identifier) if "\\" in identifier else identifier
        fixed = f"{self.fixed}{route.text}\t{shown}\t"
        count, sent = 0, self.quantity
        for row in rows:
            key, _, _, _, start, end, text, value, attributes, _, _, _, _, number = row
            found = lead(windows, end if by_end else start, start, text, attributes)
            if isinstance(found, Reason):
                outcome.refused.append(unguided(row, found))
                continue
            guide, group, day, rated = found
            if "\\" in key or "\\" in attributes:
                key, attributes = copying.escape(key), copying.escape(attributes)
            event = (
                f"{guide.owner}{day}\t{fixed}{start}Z\t{end}Z\t{number}\t{key}\t{text}\t"
                f"{attributes}\t"
            )
            if guide.by_event:
                identity = next(self.identities)
                self.by_itself[start[:7]].append(f"{event}{identity}\n")
                self.rated.append(
                    f"{guide.owner}{day}\t{group.text}\t{rated[2]}\t{start}Z\t{identity}\n"
                )
            else:
                counted[start[:7]].append(f"{event}{group.text}\t{rated[2]}\n")
            count += 1
            sent += value
            total = sums.get((guide, group, day))
            if total is None:
                sums[guide, group, day] = [rated[0], 1, rated[1]]
                continue
            total[0] += rated[0]  # type: ignore[operator]
            total[1] += 1  # type: ignore[operator]
            if guide.by_event:
                total[2] += rated[1]  # type: ignore[operator]
        self.count, self.quantity = self.count + count, sent


def write_events(
    cursor: CursorWrapper, batch: Batch, guides: Guides, rows: list[Row], outcome: Outcome
) -> None:
    """Guide each row, price what is rounded by event, write events and sums."""
    groups: dict[tuple[Route, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[9], row[3]].append(row)
    lines = EventLines(batch, _identities(cursor))
    for route, identifier in sorted(groups, key=guides.first_account):  # the table's own order
        lines.add(guides, route, identifier, groups[route, identifier], outcome)
    if not lines.count:
        return
    outcome.loaded, outcome.loaded_quantity = lines.count, lines.quantity
    ensure_partitions(cursor, lines.counted.keys() | lines.by_itself.keys())
    for columns, months in (
        (COUNTED_COLUMNS, lines.counted), (BY_ITSELF_COLUMNS, lines.by_itself)
    ):  # fmt: skip
        for month in sorted(months):
            events = "".join(months.pop(month))
            copying.copy_text(cursor, "rating_usageevent", columns, [events])
    if lines.rated:
        copying.copy_text(cursor, "rating_ratedusage", RATED_COLUMNS, ["".join(lines.rated)])
    _add_sums(cursor, lines.sums)


def _identities(cursor: CursorWrapper) -> Iterator[int]:
    """Yield identities of new events, drawn as they are needed."""
    while True:
        cursor.execute(
            "SELECT nextval('rating_usageevent_id_seq') FROM generate_series(1, %s)", [DRAWN]
        )
        yield from [identity for (identity,) in cursor.fetchall()]


def _add_sums(cursor: CursorWrapper, sums: dict[tuple[Guide, Group, str], Sum]) -> None:
    """Add sums onto the aggregates, in key order."""
    sql.run(cursor, "rating", "sum_stage_table")
    copying.copy_text(
        cursor,
        "rating_sum_stage",
        SUM_COLUMNS,
        [
            "".join([
                f"{guide.owner}{group.text}\t{day}\t{quantity}\t{count}\t{amount}\n"
                for (guide, group, day), (quantity, count, amount) in sums.items()
            ])
        ],
    )  # fmt: skip
    sql.run(cursor, "rating", "add_sums")
    sql.run(cursor, "rating", "request_draws")
    sql.run(cursor, "rating", "request_derivations")
