"""How the console presents itself: its name, its sections and what each links to."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Billing engine",
    "SITE_HEADER": "Billing engine",
    "SITE_SYMBOL": "receipt_long",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"show_search": True, "show_all_applications": True, "navigation": []},
}
