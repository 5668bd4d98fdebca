"""The writes of the catalogue."""

from catalog.operations.bundles import add_component, remove_component, weigh_bundle
from catalog.operations.discounts import (
    CannotDefineDiscount,
    define_commitment,
    define_coupons,
    define_discount,
    define_promotion,
    end_discount_def,
    end_spent_budgets,
    stop_promotion,
)
from catalog.operations.entitlements import add_entitlement, remove_entitlement
from catalog.operations.life import (
    CannotApprove,
    CannotPublish,
    NotADraft,
    WrongState,
)
from catalog.operations.offers import (
    add_charge,
    approve_offer,
    create_offer,
    create_offer_with_draft,
    draft_version,
    publish_offer,
    reject_offer,
    remove_charge,
    retire_offer,
    submit_offer,
)
from catalog.operations.price_import import ImportReport, import_prices
from catalog.operations.prices import (
    RetroactivePrice,
    approve_price,
    discard_price,
    draft_price,
    publish_price,
    reject_price,
    retire_price,
    revise_price,
    submit_price,
)
from catalog.operations.queue import advance_prices
from catalog.operations.setup import (
    define_gl_code,
    define_price_book,
    define_product,
    define_revenue_rule,
    define_unit,
    define_usage_type,
)
from catalog.operations.zone_fallbacks import set_zone_fallbacks
from catalog.operations.zone_import import (
    ZoneReport,
    define_band_plan,
    define_zone_map,
    import_zones,
)

__all__ = [
    "CannotApprove",
    "CannotDefineDiscount",
    "CannotPublish",
    "ImportReport",
    "NotADraft",
    "RetroactivePrice",
    "WrongState",
    "ZoneReport",
    "add_charge",
    "add_component",
    "add_entitlement",
    "advance_prices",
    "approve_offer",
    "approve_price",
    "create_offer",
    "create_offer_with_draft",
    "define_band_plan",
    "define_commitment",
    "define_coupons",
    "define_discount",
    "define_gl_code",
    "define_price_book",
    "define_product",
    "define_promotion",
    "define_revenue_rule",
    "define_unit",
    "define_usage_type",
    "define_zone_map",
    "discard_price",
    "draft_price",
    "draft_version",
    "end_discount_def",
    "end_spent_budgets",
    "import_prices",
    "import_zones",
    "publish_offer",
    "publish_price",
    "reject_offer",
    "reject_price",
    "remove_charge",
    "remove_component",
    "remove_entitlement",
    "retire_offer",
    "retire_price",
    "revise_price",
    "set_zone_fallbacks",
    "stop_promotion",
    "submit_offer",
    "submit_price",
    "weigh_bundle",
]
