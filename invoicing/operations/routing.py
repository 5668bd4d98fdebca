"""Say who bills what of an account: its payers by day, and whom charges are redirected to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from invoicing.operations.reading import Row
from invoicing.rules.redirecting import Redirection, Rooms, Span, Stretch, stretches
from invoicing.rules.timeline import FOREVER

if TYPE_CHECKING:
    from invoicing.operations.inputs import Payer

Route: TypeAlias = tuple[int, date, date, tuple[Stretch, ...], tuple[date, ...]]
"""Payer, first day and end of the periods billed to it; or, where there are some, stretches.

At last the days on which running periods are divided between payers (HIER-6, SPLIT).
"""

ALWAYS = (date.min, FOREVER)


class Routes:
    """The routes of a chunk's charges; most accounts have one payer and no redirection."""

    def __init__(
        self,
        payers: Sequence[int],
        of_account: Mapping[int, list[Span]],
        redirections: Sequence[Row],
        sorts: Mapping[int, tuple[int, str]],
        splits: Sequence[Row] = (),
    ) -> None:
        self._rooms: dict[int, Rooms] = {payer: {} for payer in payers}
        self._sorts = sorts
        self._rules: dict[int, list[Redirection]] = {}
        self.split_days = {day for _, day in splits}
        self._splits: dict[int, tuple[date, ...]] = {}
        for account, day in splits:
            self._splits[account] = (*self._splits.get(account, ()), day)
        for row in redirections:
            charges = None if row[8] is None else frozenset(row[8])
            end = FOREVER if row[4] is None else row[4]
            self._rules.setdefault(row[1], []).append(
                Redirection(row[0], row[2], row[3], end, row[5], row[6], row[7], charges)
            )
        self._spans = of_account
        self._plain: dict[int, list[Route]] = {
            account: [(*span, (), ()) for span in spans]
            for account, spans in of_account.items()
            if len(spans) == 1 and account not in self._rules and account not in self._splits
        }

    def of(self, account_id: int, own_id: int, charge_id: int) -> Sequence[Route]:
        """Return to whom a charge of a subscription is billed, one route a payer of the chunk.

        A payer that had the account, lost it and has it again has one route of two stretches.
        """
        plain = self._plain.get(account_id)
        if plain is not None:
            return plain
        product, section = self._sorts.get(charge_id, (0, ""))
        rules = [
            one for one in self._rules.get(account_id, ()) if one.takes(own_id, product, section)
        ]
        found = stretches(self._spans.get(account_id, ()), rules, self._rooms)
        days = self._splits.get(account_id, ())
        return [(payer, *ALWAYS, each, days) for payer, each in found.items()]


def price_as_payer(payers: Mapping[int, Payer], charges: frozenset[int]) -> None:
    """Let agreed prices of the payer hold before the owner's for some redirected charges (PRC-2).

    Not up to a cap: there both payers bear parts of one amount.
    """
    for payer in payers.values():
        for charge_id, life in payer.lives:
            owner = payer.owners[life.owner_id]
            if charge_id not in charges or not owner.is_guest:
                continue
            if any(one.cap is not None for one in life.stretches):
                continue
            life.priced_as = -owner.id
            payer.contracts[-owner.id] = [
                *payer.contracts.get(payer.id, ()),
                *payer.contracts.get(owner.id, ()),
            ]
