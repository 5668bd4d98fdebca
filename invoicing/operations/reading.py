"""Read everything a chunk of payers needs, in a fixed number of statements (BR-2).

The rows stay COPY text: what decides a document is mixed into the payer's stamp, so that posting
can tell whose inputs have changed since the draft, and is parsed only where a draft is made.
Usage is left out of the stamp: what arrives after the draft waits for the next run (PER-8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

from django.db.backends.utils import CursorWrapper

import customers.queries
from foundation.copying import copy_lines
from foundation.sql import statement

NULL = "\\N"


class Window(NamedTuple):
    """How far back a run looks, for charges up to a cycle long and for longer ones (CHG-6)."""

    run_id: int
    bill_date: date
    since: date
    long_since: date
    long_charges: tuple[int, ...]


class Rows(NamedTuple):
    """The inputs of a chunk as COPY text, set by set, in the order of the sets' statements."""

    payers: list[str]
    members: list[str]
    membership: list[str]
    segments: list[str]
    contracts: list[str]
    exemptions: list[str]
    billed: list[str]
    by_hand: list[str]
    waiting: list[str]


def fetch(cursor: CursorWrapper, payer_ids: Sequence[int], window: Window) -> Rows:
    """Read the sets; the number of statements does not depend on the payers."""
    ids, today = list(payer_ids), window.bill_date

    def of_customers(name: str, **binds: Sequence[int] | date | None) -> list[str]:
        return customers.queries.set_lines(cursor, name, **binds)

    membership = of_customers(
        "membership", payers=ids, since=window.since, until=today + timedelta(days=1)
    )
    accounts = sorted({int(line.split("\t", 2)[1]) for line in membership})
    chain: dict[str, Sequence[int] | date | None] = {
        "accounts": accounts,
        "on_date": today,
        "since": window.since,
        "until": None,
    }
    return Rows(
        payers=of_customers("payers", payers=ids, on_date=today),
        members=of_customers("members", payers=ids, on_date=today),
        membership=membership,
        segments=of_customers("segments", accounts=accounts, since=window.long_since),
        contracts=of_customers("contract_prices", **chain),
        exemptions=of_customers("exemptions", **chain),
        billed=_own(
            cursor,
            "billed_items",
            accounts=accounts,
            run_id=window.run_id,
            since=window.since,
            long_charges=list(window.long_charges),
            long_since=window.long_since,
        ),
        by_hand=_own(cursor, "manual_credits", payers=ids, since=window.long_since),
        waiting=_own(cursor, "waiting_items", payers=ids, run_id=window.run_id),
    )


def fetch_usage(cursor: CursorWrapper, rows: Rows, window: Window) -> list[str]:
    """Read the usage of the accounts in the window."""
    accounts = sorted({int(line.split("\t", 2)[1]) for line in rows.membership})
    return _own(cursor, "usage", accounts=accounts, since=window.since, until=window.bill_date)


def fetch_previous(cursor: CursorWrapper, payer_ids: Sequence[int]) -> list[str]:
    """Read the latest posted cycle document of each payer."""
    return _own(cursor, "previous_documents", payers=list(payer_ids))


def stamps(rows: Rows) -> dict[int, int]:
    """Return the fingerprint of each payer's inputs; equal inputs give equal stamps."""
    found = {int(line.split("\t", 1)[0]): crc32(line.encode()) for line in rows.payers}
    payers_of: dict[str, list[int]] = {}
    for line in rows.membership:
        payer, account, _ = line.split("\t", 2)
        payers_of.setdefault(account, []).append(int(payer))
    for line in rows.members:
        payer_id = int(line.split("\t", 1)[0])
        found[payer_id] = crc32(line.encode(), found[payer_id])
    for lines in (rows.segments, rows.contracts, rows.exemptions, rows.billed):
        for line in lines:
            data = line.encode()
            for payer_id in payers_of.get(line.split("\t", 1)[0], ()):
                found[payer_id] = crc32(data, found[payer_id])
    for line in rows.waiting:
        payer_id = int(line.split("\t", 1)[0])
        found[payer_id] = crc32(line.encode(), found[payer_id])
    return found


def read_stamps(cursor: CursorWrapper, payer_ids: Sequence[int], window: Window) -> dict[int, int]:
    """Return the fingerprints of the payers' inputs as they are now."""
    return stamps(fetch(cursor, payer_ids, window))


def columns(lines: Iterable[str]) -> Iterable[list[str]]:
    """Yield the values of each row, still as COPY text."""
    return (line.split("\t") for line in lines)


def _own(cursor: CursorWrapper, name: str, **binds: object) -> list[str]:
    return copy_lines(cursor, statement("invoicing", name), binds)
