"""How the console presents itself: its name, its sections and what each links to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar; shown to whoever may open the page."""

    title: str
    icon: str
    url_name: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the trade and its pages."""

    title: str
    entries: tuple[Entry, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "",
        (
            Entry("Home", "home", "console:home"),
            Entry("Approvals", "approval", "console:approvals"),
            Entry("Reports", "monitoring", "console:reports"),
        ),
    ),
    Section(
        "Customers",
        (
            Entry("Customers", "groups", "customers:customers"),
            Entry("Accounts", "account_tree", "customers:accounts"),
            Entry("Orders", "shopping_cart", "customers:orders"),
            Entry("Subscriptions", "autorenew", "customers:subscriptions"),
            Entry("Fall-out", "sync_problem", "customers:fallout"),
            Entry("Upcoming", "event_upcoming", "customers:upcoming"),
            Entry("Exemptions", "verified_user", "customers:certificates"),
        ),
    ),
    Section(
        "Catalog",
        (
            Entry("Prices", "sell", "catalog:matrix"),
            Entry("Prices waiting", "pending_actions", "catalog:queue"),
            Entry("Offers", "storefront", "catalog:offers"),
            Entry("Products", "category", "admin:catalog_product_changelist"),
            Entry("Price books", "import_contacts", "admin:catalog_pricebook_changelist"),
            Entry("Discounts", "percent", "catalog:discounts"),
            Entry("Promotions", "campaign", "catalog:promotions"),
            Entry("Commitments", "handshake", "catalog:commitments"),
            Entry("Zones", "travel_explore", "catalog:zone_import"),
            Entry("Time bands", "schedule", "admin:catalog_bandplan_changelist"),
            Entry("Usage types", "speed", "admin:catalog_usagetype_changelist"),
            Entry("Jurisdictions", "public", "tax:places"),
            Entry("Tax rules", "gavel", "tax:rules"),
            Entry("Why this tax", "help", "tax:why"),
        ),
    ),
    Section(
        "Usage",
        (
            Entry("Usage files", "upload_file", "rating:files"),
            Entry("Suspense", "rule", "rating:suspense"),
            Entry("Events", "sensors", "rating:events"),
            Entry("Rating again", "restart_alt", "rating:rerates"),
            Entry("Usage alerts", "notifications", "rating:alerts"),
            Entry("Top-ups", "add_card", "rating:top_ups"),
            Entry("Rate anything", "calculate", "rating:try"),
            Entry("Margins", "trending_up", "rating:margins"),
        ),
    ),
    Section(
        "Billing",
        (
            Entry("Bill runs", "receipt_long", "invoicing:runs"),
            Entry("Invoices and memos", "description", "invoicing:invoices"),
            Entry("Memos to grant", "undo", "invoicing:credits"),
            Entry("Held accounts", "pan_tool", "invoicing:held"),
            Entry("Interim bills", "bolt", "invoicing:interims"),
            Entry("Charges left off", "playlist_remove", "invoicing:left_off"),
            Entry("Bill cycles", "event_repeat", "invoicing:cycles"),
        ),
    ),
    Section(
        "Cash",
        (
            Entry("Payments", "payments", "payments:payments"),
            Entry("Unidentified receipts", "person_search", "payments:unidentified"),
            Entry("Payment batches", "inventory", "payments:batches"),
            Entry("Ageing", "hourglass_bottom", "receivables:ageing"),
            Entry("Open items", "request_quote", "receivables:items"),
        ),
    ),
    Section(
        "Ledger",
        (
            Entry("Trial balance", "balance", "ledger:trial_balance"),
            Entry("Journal", "menu_book", "ledger:entries"),
            Entry("Periods", "event_available", "ledger:periods"),
            Entry("Exchange rates", "currency_exchange", "ledger:rates"),
            Entry("Legal entities", "apartment", "admin:ledger_legalentity_changelist"),
            Entry("Chart of accounts", "account_tree", "admin:ledger_glaccount_changelist"),
        ),
    ),
    Section(
        "Control",
        (
            Entry("Integrity", "verified", "console:integrity"),
            Entry("Imports", "drive_folder_upload", "console:imports"),
            Entry("Job runs", "schedule", "console:jobs"),
            Entry("Business events", "campaign", "admin:audit_businessevent_changelist"),
            Entry("Row history", "history", "admin:audit_change_changelist"),
            Entry("Approval policies", "policy", "admin:audit_approvalpolicy_changelist"),
            Entry("People", "group", "admin:auth_user_changelist"),
            Entry("Roles", "badge", "admin:auth_group_changelist"),
            Entry("Webhooks", "webhook", "console:webhooks"),
            Entry("API keys", "key", "console:keys"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sections for this user, with the page shown now marked."""
    from billing_site.queries.doors import may_open  # the settings import this module

    found: list[dict[str, Any]] = []
    addresses: list[tuple[str, dict[str, Any]]] = []
    for section in SECTIONS:
        items = []
        for entry in section.entries:
            if not may_open(request.user, entry.url_name):
                continue
            link = reverse(entry.url_name)
            item = {"title": entry.title, "icon": entry.icon, "link": link, "active": False}
            items.append(item)
            addresses.append((link, item))
        if items:
            found.append({"title": section.title, "separator": bool(found), "items": items})
    home = reverse("console:home")
    current = [
        pair
        for pair in addresses
        if request.path == pair[0] or (request.path.startswith(pair[0]) and pair[0] != home)
    ]
    if current:
        _, nearest = max(current, key=lambda pair: len(pair[0]))
        nearest["active"] = True
    return found


def environment(request: HttpRequest) -> list[str] | None:
    """Return the badge that says which installation this is; none in production."""
    name: str = settings.ENVIRONMENT_NAME
    if not name:
        return None
    return [name, "info" if name.lower() in ("development", "demo") else "warning"]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Billing engine",
    "SITE_HEADER": "Billing engine",
    "SITE_SUBHEADER": "Billing and collections",
    "SITE_SYMBOL": "receipt_long",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "billing_site.sidebar.environment",
    "BORDER_RADIUS": "6px",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("favicon.svg"),
        }
    ],
    "SCRIPTS": [lambda request: static("console.js")],
    "STYLES": [lambda request: static("console.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .012 220)",
            "100": "oklch(94.5% .028 220)",
            "200": "oklch(89% .055 221)",
            "300": "oklch(81% .09 222)",
            "400": "oklch(72% .115 224)",
            "500": "oklch(60% .115 228)",
            "600": "oklch(49% .1 231)",
            "700": "oklch(43% .088 232)",
            "800": "oklch(37% .072 233)",
            "900": "oklch(32% .058 234)",
            "950": "oklch(23% .045 236)",
        },
    },
    "COMMAND": {"search_callback": "billing_site.views.search.found", "search_models": False},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "billing_site.sidebar.navigation",
    },
}
