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
        "Came after the last run of its cycle, for days that run had billed. The worth is before "
        "tax: what the next document bills or gives back, each line with its own days."
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
    _found: list[LateUsage] | None = None

    def rows(self, filters: dict[str, Any]) -> Sequence[LateUsage]:
        """Calculate once for table and totals, for the entities that the person works for."""
        if self._found is None:
            self._found = operations.late_usage(entities=scope.entities_of(self.request.user))
        return self._found

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the worth by currency."""
        sums: dict[str, Decimal] = {}
        for one in self.rows(filters):
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.worth
        return [
            Total(label="Worth", amount=amount, currency=currency)
            for currency, amount in sorted(sums.items())
        ]
