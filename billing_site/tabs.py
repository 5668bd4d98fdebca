"""Rows of pages that belong together although their rooms do not know each other."""

from __future__ import annotations

from typing import NamedTuple


class SharedFigures(NamedTuple):
    """Figures above a page of another room; see `foundation.screens.tabs`."""

    permission: str
    source: str


class SharedTab(NamedTuple):
    """One page of a row; see `foundation.screens.tabs`."""

    label: str
    url_name: str
    permission: str


CONSOLE_TABS: tuple[tuple[SharedTab, ...], ...] = (
    (
        SharedTab("Account", "customers:account", "customers.view_account"),
        SharedTab("Tree", "customers:account_tree", "customers.view_account"),
        SharedTab("Services", "customers:account_services", "customers.view_subscription"),
        SharedTab("Orders", "customers:account_orders", "customers.view_order"),
        SharedTab("Invoices", "invoicing:account_invoices", "invoicing.view_invoice"),
        SharedTab("Next invoice", "invoicing:account_next", "invoicing.view_invoice"),
        SharedTab("Open items", "receivables:account_items", "receivables.view_openitem"),
        SharedTab("Payments", "payments:account_payments", "payments.view_payment"),
        SharedTab("Usage", "rating:account_usage", "rating.view_usageevent"),
        SharedTab("Balances", "rating:account_balances", "rating.view_balancebucket"),
        SharedTab("Pools", "rating:account_pools", "rating.view_ratingpool"),
        SharedTab("History", "console:account_history", "audit.view_change"),
    ),
    (
        SharedTab("Price", "catalog:price", "catalog.view_priceversion"),
        SharedTab("Simulator", "invoicing:price_simulation", "invoicing.view_invoice"),
    ),
    (
        SharedTab("Comparison", "rating:rerate", "rating.view_reratejob"),
        SharedTab("Next documents", "invoicing:rerate_preview", "invoicing.view_invoice"),
    ),
)

# Reports that are not in the sidebar, with the page from which they are reached.
CONSOLE_WAYS: dict[str, tuple[str, str]] = dict.fromkeys(
    ("invoicing:register", "invoicing:taxes", "invoicing:late_usage", "payments:cash"),
    ("Reports", "console:reports"),
)

# What an account owes stands at its head, although the room of accounts knows no money.
CONSOLE_FIGURES: dict[str, tuple[SharedFigures, ...]] = {
    "customers:account": (
        SharedFigures("receivables.view_openitem", "billing_site.views.standing.of_account"),
    ),
}
