"""Write events and their sums, an identifier at a time (RATE steps 5 and 6)."""

from collections import defaultdict
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from rating.operations.outcome import Batch, Outcome, unguided
from rating.operations.partitions import ensure_partitions
from rating.queries.guides import Guides
from rating.rules.guiding import Guide
from rating.rules.reasons import Reason
from rating.rules.rows import Route, Row

EVENT_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "attribute_key",
    "source_id", "file_id", "received_at", "usage_type", "identifier_type", "identifier",
    "event_start", "event_end", "row_number", "on_date", "event_key", "quantity", "attributes",
    "billable_quantity", "state", "price_version_id", "amount_exact", "currency",
)  # fmt: skip
SUM_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "attribute_key", "on_date", "quantity",
    "event_count", "amount",
)  # fmt: skip

Sum = list[Decimal | int | str]
"""Quantity, number of events and amount; NULL text where events are not rounded one by one."""


class EventLines:
    """Gather the COPY text of events and their sums."""

    def __init__(self, batch: Batch) -> None:
        self.fixed = f"{batch.source_id}\t{batch.file_id}\t{batch.received_at.isoformat()}\t"
        self.months: dict[str, list[str]] = defaultdict(list)
        self.sums: dict[tuple[Guide, str], Sum] = {}
        self.count = 0
        self.quantity = Decimal(0)

    def add(
        self, guides: Guides, route: Route, identifier: str, rows: list[Row], outcome: Outcome
    ) -> None:
        """Guide the rows of one identifier that are guided alike, and price them by event."""
        windows = guides.windows_of(route, identifier)
        lead, sums, months, by_end = guides.lead, self.sums, self.months, route.by_end
        shown = copying.escape(identifier) if "\\" in identifier else identifier
        fixed = f"{self.fixed}{route.text}\t{shown}\t"
        count, sent = 0, self.quantity
        for row in rows:
            key, _, _, _, start, end, text, value, attributes, _, _, _, _, number = row
            found = lead(windows, end if by_end else start, start, text, attributes)
            if isinstance(found, Reason):
                outcome.refused.append(unguided(row, found))
                continue
            guide, day, rated = found
            if "\\" in key or "\\" in attributes:
                key, attributes = copying.escape(key), copying.escape(attributes)
            months[start[:7]].append(
                f"{guide.fixed}{fixed}{start}Z\t{end}Z\t{number}\t{day}\t{key}\t"
                f"{text}\t{attributes}\t{rated[2]}\n"
            )
            count += 1
            sent += value
            total = sums.get((guide, day))
            if total is None:
                sums[guide, day] = [rated[0], 1, rated[1]]
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
    lines = EventLines(batch)
    for route, identifier in sorted(groups, key=guides.first_account):  # the table's own order
        lines.add(guides, route, identifier, groups[route, identifier], outcome)
    if not lines.count:
        return
    outcome.loaded, outcome.loaded_quantity = lines.count, lines.quantity
    ensure_partitions(cursor, lines.months)
    for month in sorted(lines.months):
        events = "".join(lines.months.pop(month))
        copying.copy_text(cursor, "rating_usageevent", EVENT_COLUMNS, [events])
    _add_sums(cursor, lines.sums)


def _add_sums(cursor: CursorWrapper, sums: dict[tuple[Guide, str], Sum]) -> None:
    """Add sums onto the aggregates, in key order."""
    sql.run(cursor, "rating", "sum_stage_table")
    copying.copy_text(
        cursor,
        "rating_sum_stage",
        SUM_COLUMNS,
        [
            "".join([
                f"{guide.fixed}{day}\t{quantity}\t{count}\t{amount}\n"
                for (guide, day), (quantity, count, amount) in sums.items()
            ])
        ],
    )  # fmt: skip
    sql.run(cursor, "rating", "add_sums")
    sql.run(cursor, "rating", "request_draws")
    sql.run(cursor, "rating", "request_derivations")
