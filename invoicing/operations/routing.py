"""Say who bills what of an account: its payers by day, and whom charges are redirected to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from invoicing.operations.reading import Row
from invoicing.rules.redirecting import Redirection, Rooms, Span, Stretch, stretches
from invoicing.rules.timeline import FOREVER

Route: TypeAlias = tuple[int, date, date, tuple[Stretch, ...]]
"""Payer, first day and end of the periods billed to it; or, where there are some, stretches."""

ALWAYS = (date.min, FOREVER)


class Routes:
    """The routes of a chunk's charges; most accounts have one payer and no redirection."""

    def __init__(
        self,
        payers: Sequence[int],
        of_account: Mapping[int, list[Span]],
        redirections: Sequence[Row],
        sorts: Mapping[int, tuple[int, str]],
    ) -> None:
        self._rooms: dict[int, Rooms] = {payer: {} for payer in payers}
        self._sorts = sorts
        self._rules: dict[int, list[Redirection]] = {}
        for row in redirections:
            charges = None if row[8] is None else frozenset(row[8])
            end = FOREVER if row[4] is None else row[4]
            self._rules.setdefault(row[1], []).append(
                Redirection(row[0], row[2], row[3], end, row[5], row[6], row[7], charges)
            )
        self._spans = of_account
        self._plain: dict[int, list[Route]] = {
            account: [(*span, ()) for span in spans]
            for account, spans in of_account.items()
            if len(spans) == 1 and account not in self._rules
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
        return [(payer, *ALWAYS, each) for payer, each in found.items()]
