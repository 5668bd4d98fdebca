"""Read the commitments of a chunk of payers, and what was billed towards them (COM-1, COM-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.backends.utils import CursorWrapper

import customers.queries
from foundation.periods import Period
from invoicing.operations.reading import Window, own_rows
from invoicing.rules.committing import Promise
from invoicing.rules.difference import ONE, Billed

if TYPE_CHECKING:
    from invoicing.operations.inputs import Payer

ZERO: Final = Decimal(0)


def attach_promises(
    cursor: CursorWrapper,
    payers: Mapping[int, Payer],
    payers_of: Mapping[int, Sequence[Payer]],
    window: Window,
) -> None:
    """Give each payer the commitments of the accounts it pays for: three statements a chunk.

    A commitment is measured over what the payer of its account is billed. Whoever pays only for
    some charges of the account has nothing to do with it.
    """
    rows = customers.queries.set_rows(
        cursor,
        "agreed_commitments",
        accounts=sorted(payers_of),
        on_date=window.bill_date,
        since=window.long_since,
    )
    promises: dict[int, Promise] = {}
    payer_of: dict[int, int] = {}
    for number, spec_id, amount, starts, ends, account_id, owner_id, own, _ in rows:
        promise = promises.get(number)
        if promise is None:
            own_payers = (
                one for one in payers_of[account_id] if not one.owners[account_id].is_guest
            )
            payer = next(own_payers, None)
            if payer is None:
                continue
            promise = promises[number] = Promise(
                number, spec_id, account_id, amount, Period(starts, ends)
            )
            payer.promises.append(promise)
            payer_of[number] = payer.id
        if own is not None and owner_id in payers[payer_of[number]].owners:
            promise.charges.add(own)
    pairs = [(one.id, own) for one in promises.values() for own in sorted(one.charges)]
    since = min((one.term.start for one in promises.values()), default=window.since)
    measured = own_rows(
        cursor,
        "measured",
        commitments=[number for number, _ in pairs],
        charges=[own for _, own in pairs],
        payers=[payer_of[number] for number, _ in pairs],
        since=since,
        run_id=window.run_id,
    )
    for number, charge, day, what, amount in measured:
        promises[number].measured[charge, day, what] = amount
    _billed(cursor, promises, window)


def _billed(cursor: CursorWrapper, promises: Mapping[int, Promise], window: Window) -> None:
    """Attach the shortfalls that were billed, with what of each may still be given back."""
    rows = own_rows(
        cursor, "billed_shortfalls", charges=[-one for one in promises], run_id=window.run_id
    )
    back: dict[int, Decimal] = {}
    for row in rows:
        if row[8] is not None:
            back[row[8]] = back.get(row[8], ZERO) + row[7]
    for own, number, line_id, start, end, key, generation, amount, _, payer_id in rows:
        left = max(ZERO, amount + back.get(number, ZERO)) if amount > ZERO else ZERO
        promises[-own].billed.setdefault((start, end), []).append(
            Billed(
                number, line_id, start, end, "", key, generation, ONE, amount, ONE, amount, left,
                None, None, payer_id,
            )
        )  # fmt: skip
