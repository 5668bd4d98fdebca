"""Late usage: what came after its bill, and what the next one will add for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from foundation import scope
from foundation.screens import Column, Empty, ListScreen, Total
from invoicing import operations
from invoicing.operations import LateUsage
from invoicing.views import links


class LateUsageList(ListScreen):
    """Usage that came after its days were billed, by account, valued in money (RATE-3)."""

    reach = "own"
    title = "Late usage"
    permission = "invoicing.view_invoice"
    intro = (
        "Came after the last run of its cycle, for days that run had billed; most events first. "
        "The worth is before tax: what the next document bills or gives back, each line with its "
        "own days. It is worked out for the accounts shown, and for all in an export."
    )
    columns = (
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda one: links.account(one.account_id),
        ),
        Column(label="Name", value="account_name"),
        Column(
            label="Events",
            value="events",
            kind="number",
            link=lambda one: (
                links.named("rating:account_usage", one.account_id)
                + f"?start={one.first_day}&end={one.last_day}"
            ),
        ),
        Column(label="First day", value="first_day", kind="date"),
        Column(label="Last day", value="last_day", kind="date"),
        Column(label="Worth", value="worth", kind="money"),
        Column(label="Note", value="problem"),
    )
    empty = Empty(title="Nothing came late", text="All usage came before its days were billed.")
    _shown: Sequence[LateUsage] = ()

    def rows(self, filters: dict[str, Any]) -> Sequence[LateUsage]:
        """Return who has late usage, of the entities that the person works for."""
        return operations.late_accounts(entities=scope.entities_of(self.request.user))

    def look_up(self, rows: list[LateUsage]) -> None:
        """Work out what the usage of the accounts of a page, or of a stretch, is worth."""
        rows[:] = self._shown = operations.valued_usage(rows)

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the worth of the accounts shown by currency."""
        sums: dict[str, Decimal] = {}
        for one in self._shown:
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + (one.worth or 0)
        return [
            Total(label="Worth on this page", amount=amount, currency=currency)
            for currency, amount in sorted(sums.items())
        ]
