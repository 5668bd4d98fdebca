"""Read everything a chunk of payers needs, in a fixed number of statements (BR-2).

Rows come typed and all at once: the driver converts them in C, and nothing is read one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

import customers.queries
from foundation.sql import statement

Row = tuple[Any, ...]
DAY = timedelta(days=1)
ARRAYS = frozenset(
    {
        "commitments",
        "payers",
        "accounts",
        "lines",
        "invoices",
        "long_charges",
        "daily",
        "by_service",
        "charges",
    }
)


class Window(NamedTuple):
    """How far back a run looks, for charges up to a cycle long and for longer ones (CHG-6).

    `run_id` is 0 where the run is not stored. `told_after` is the moment the run before was
    posted; None for a first run. `long_usage` are the usage charges among the longer ones.
    """

    run_id: int
    bill_date: date
    since: date
    long_since: date
    long_charges: tuple[int, ...]
    told_after: datetime | None = None
    long_usage: frozenset[int] = frozenset()
    has_redirections: bool = False
    has_discounts: bool = False
    has_commitments: bool = False
    has_splits: bool = False


class Rows(NamedTuple):
    """The inputs of a chunk, set by set, in the order of the sets' statements."""

    payers: list[Row]
    owners: list[Row]
    timelines: list[Row]
    contracts: list[Row]
    exemptions: list[Row]
    billed: list[Row]
    by_hand: list[Row]
    waiting: list[Row]
    previous: list[Row]
    redirections: list[Row]
    granted: list[Row]
    off_documents: list[Row]
    splits: list[Row]


def fetch(cursor: CursorWrapper, payer_ids: Sequence[int], window: Window) -> Rows:
    """Read the sets; the number of statements does not depend on the payers."""
    ids, today = list(payer_ids), window.bill_date
    owners = customers.queries.set_rows(
        cursor, "owners", payers=ids, since=window.since, until=today + DAY, on_date=today
    )
    redirections: list[Row] = []
    if window.has_redirections:
        redirections = customers.queries.set_rows(
            cursor,
            "redirections",
            payers=ids,
            accounts=sorted({row[1] for row in owners}),
            since=window.since,
            on_date=today,
        )
    accounts = sorted({row[1] for row in (*owners, *redirections)})
    chain: dict[str, Any] = {"accounts": accounts, "since": window.since, "until": None}
    return Rows(
        payers=customers.queries.set_rows(cursor, "payers", payers=ids, on_date=today),
        owners=owners,
        timelines=customers.queries.set_rows(
            cursor, "timelines", accounts=accounts, since=window.long_since
        ),
        contracts=customers.queries.set_rows(cursor, "contract_prices", **chain),
        exemptions=customers.queries.set_rows(cursor, "exemptions", on_date=today, **chain),
        billed=own_rows(
            cursor,
            "billed_items",
            accounts=accounts,
            run_id=window.run_id,
            since=window.since,
            long_charges=list(window.long_charges),
            long_since=window.long_since,
        ),
        by_hand=own_rows(cursor, "manual_credits", payers=ids, since=window.long_since),
        waiting=own_rows(cursor, "waiting_items", payers=ids, run_id=window.run_id),
        previous=own_rows(cursor, "previous_documents", payers=ids) if window.run_id else [],
        redirections=redirections,
        granted=customers.queries.set_rows(
            cursor,
            "granted_discounts",
            accounts=accounts,
            on_date=today,
            since=window.long_since,
        )
        if window.has_discounts
        else [],
        off_documents=own_rows(cursor, "off_documents", payers=ids, run_id=window.run_id)
        if window.has_discounts
        else [],
        splits=customers.queries.set_rows(cursor, "splits", accounts=accounts, since=window.since)
        if window.has_splits
        else [],
    )


def fetch_usage(
    cursor: CursorWrapper,
    accounts: Sequence[int],
    window: Window,
    cuts: Iterable[date],
    daily: Sequence[int],
    by_service: Sequence[int],
) -> list[Row]:
    """Read the usage of the accounts in the window, summed between the cuts."""
    steps = sorted({window.since, *(one for one in cuts if one > window.since)})
    return own_rows(
        cursor,
        "usage",
        accounts=list(accounts),
        since=window.since,
        until=window.bill_date,
        cuts=steps,
        daily=list(daily),
        by_service=list(by_service),
    )


def fetch_earlier_usage(
    cursor: CursorWrapper,
    accounts: Sequence[int],
    window: Window,
    starts: Mapping[int, date],
    daily: Sequence[int],
) -> list[Row]:
    """Read the usage before the window of subscription charges from a day on (TIER-3)."""
    return own_rows(
        cursor,
        "usage_earlier",
        accounts=list(accounts),
        charges=list(starts),
        starts=list(starts.values()),
        until=window.since,
        daily=list(daily),
    )


def fetch_told_late(cursor: CursorWrapper, accounts: Sequence[int], window: Window) -> list[Row]:
    """Read the orders told since the run before that reach behind the look-back (CHG-6)."""
    if window.told_after is None:
        return []
    return own_rows(
        cursor,
        "told_late",
        accounts=list(accounts),
        since=window.since,
        told_after=window.told_after,
    )


def fetch_samples(
    cursor: CursorWrapper,
    accounts: Sequence[int],
    window: Window,
    charges: Sequence[int],
    carried: Sequence[int],
    since: date,
) -> list[Row]:
    """Read the usage of subscription charges event by event, and the levels they began with."""
    return own_rows(
        cursor,
        "samples",
        accounts=list(accounts),
        charges=list(charges),
        carried=list(carried),
        since=since,
        until=window.bill_date,
    )


def own_rows(
    cursor: CursorWrapper, name: str, **binds: int | str | date | datetime | list[Any] | None
) -> list[Row]:
    """Return the rows of one of this room's statements."""
    cursor.execute(
        statement("invoicing", name),
        {
            key: array(value) if key in ARRAYS and isinstance(value, list) else value
            for key, value in binds.items()
        },
    )
    return cursor.fetchall()


def array(values: Sequence[object]) -> str:
    """Write numbers or plain words as an array literal; far cheaper than a list of binds."""
    return "{" + ",".join(map(str, values)) + "}"
