"""Who may do what: the roles of the house as data.

A role is a group. `may` lists permissions as "app.codename"; "app.view_*" and the like stand for
every such permission there is. What a role may not do follows from what is not listed, and the
pairs that one person must not hold together stand in `FORBIDDEN_PAIRS` (the database refuses
them too: `sql/forbidden_pairs.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass

AUDITOR = "Auditor"
CARE = "Care agent"
CATALOG = "Catalog manager"
OPERATOR = "Billing operator"
CASH = "Cash clerk"
COLLECTIONS = "Collections agent"
APPROVER = "Finance approver"
CONTROLLER = "Controller"
ACCESS = "Access admin"
INTEGRATION = "Integration"

ROOMS = (
    "audit", "ledger", "tax", "catalog", "customers", "receivables", "rating", "invoicing",
    "payments", "revrec", "collections",
)  # fmt: skip
# Package by label: that of collections has another name, which the standard library has taken.
PACKAGES = {label: {"collections": "collecting"}.get(label, label) for label in ROOMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role: its group's name, its demo user, what it is for, and what it may."""

    name: str
    username: str
    purpose: str
    may: tuple[str, ...]
    handles_money: bool = True


def reads(*rooms: str) -> tuple[str, ...]:
    """Return the right to read everything in the rooms, but not keys and policies of access."""
    return tuple(f"{room}.view_*" for room in rooms)


def edits(*models: str) -> tuple[str, ...]:
    """Return the rights to add and change the models ("app.model")."""
    return tuple(
        f"{app}.{verb}_{model}"
        for app, model in (name.split(".") for name in models)
        for verb in ("add", "change")
    )


def exports(*rooms: str) -> tuple[str, ...]:
    """Return the right to take the lists of the rooms away as files."""
    return tuple(f"{room}.export_lists" for room in rooms)


# What every role of the trade reads: who the customer is, what was billed, what is owed.
READ_TRADE = reads("catalog", "customers", "invoicing", "receivables")

# Lists without personal data: those of customers and of usage are for whoever works with them.
BOOKS = ("audit", "ledger", "tax", "catalog", "receivables", "invoicing", "payments")

ROLES: tuple[Role, ...] = (
    Role(
        name=AUDITOR,
        username="auditor",
        purpose="Reads everything in every room, with history and evidence; changes nothing.",
        may=(*reads(*ROOMS), *exports(*BOOKS)),
        handles_money=False,
    ),
    Role(
        name=CARE,
        username="care",
        purpose="Customers, their accounts, orders and services; adjusts bills, asks for credits.",
        may=(
            *READ_TRADE,
            *reads("rating", "payments"),
            *edits(
                "customers.customer",
                "customers.account",
                "customers.contact",
                "customers.address",
                "customers.contract",
                "customers.exemptioncertificate",
            ),
            "customers.place_order",
            "customers.cancel_order",
            "customers.move_account",
            "customers.hold_account",
            "customers.close_account",
            "customers.import_customers",
            "customers.export_lists",
            "customers.set_contract_price",
            "customers.grant_discount",
            "customers.adjust_next_bill",
            "customers.agree_commitment",
            "customers.request_certificate",
            "receivables.dispute_item",
            "invoicing.request_credit",
        ),
    ),
    Role(
        name=CATALOG,
        username="catalog",
        purpose="Drafts products, charges and prices and imports price sheets; publishes nothing.",
        may=(
            *reads("catalog", "tax"),
            *edits(
                "catalog.product",
                "catalog.unitofmeasure",
                "catalog.usagetype",
                "catalog.pricebook",
                "catalog.zonemap",
                "catalog.bandplan",
                "catalog.timeband",
                "catalog.holiday",
                "catalog.discountdef",
                "catalog.promotion",
                "catalog.coupon",
                "catalog.commitmentspec",
            ),
            "catalog.draft_offer",
            "catalog.draft_price",
            "catalog.import_prices",
            "catalog.export_lists",
        ),
    ),
    Role(
        name=OPERATOR,
        username="operator",
        purpose="Loads usage, clears suspense, runs the bills and posts what another released.",
        may=(
            *READ_TRADE,
            *reads("rating", "payments", "tax"),
            "audit.view_importbatch",
            "audit.view_importrowerror",
            "audit.view_jobrun",
            "audit.release_job",
            "audit.view_approvalrequest",
            "rating.load_usage",
            "rating.recycle_suspense",
            "rating.rate_usage",
            *edits("rating.usagesource"),
            *exports("rating", "invoicing"),
            "customers.hold_account",
            "invoicing.hold_account",
            "invoicing.start_run",
            "invoicing.post_run",
            "invoicing.cancel_run",
            "invoicing.request_debit",
            "rating.sell_balance",
            "rating.set_top_up",
        ),
    ),
    Role(
        name=CASH,
        username="cash",
        purpose="Records, allocates and reverses payments.",
        may=(
            *READ_TRADE,
            *reads("payments"),
            "rating.view_topuprequest",
            "rating.answer_top_up",
            "payments.record_payment",
            "payments.import_payments",
            "payments.reverse_payment",
            "receivables.allocate",
            "receivables.dispute_item",
            *exports("payments", "receivables"),
        ),
    ),
    Role(
        name=COLLECTIONS,
        username="collector",
        purpose="Works what is overdue: reads accounts, items and payments.",
        may=(
            *READ_TRADE,
            *reads("payments", "collections"),
            "customers.hold_account",
            "receivables.dispute_item",
            *exports("receivables"),
        ),
    ),
    Role(
        name=APPROVER,
        username="approver",
        purpose="Releases bill runs, approves credits, write-offs and prices others prepared.",
        may=(
            *READ_TRADE,
            *reads("rating", "payments", "tax", "audit", "ledger"),
            "auth.view_user",
            "audit.approve_request",
            "invoicing.approve_run",
            *exports("audit", "ledger", "invoicing", "receivables", "payments"),
            "invoicing.approve_credit",
            "invoicing.approve_debit",
            "catalog.approve_offer",
            "catalog.publish_offer",
            "catalog.approve_price",
            "catalog.publish_price",
            "customers.sign_contract",
            "customers.approve_certificate",
            "customers.approve_discount",
            "payments.reverse_payment",
            "payments.reverse_any_payment",
            "rating.write_off_usage",
            "rating.adjust_balance",
            "rating.set_cap",
            "rating.set_top_up",
            "rating.sell_balance",
            "rating.approve_rerate",
            "rating.open_pool",
            "rating.agree_rating",
        ),
    ),
    Role(
        name=CONTROLLER,
        username="controller",
        purpose="Owns the books: periods, chart, series, exchange rates, thresholds.",
        may=(
            *reads(*ROOMS),
            *exports(*BOOKS),
            "invoicing.add_billcycle",
            "ledger.add_accountingperiod",
            "ledger.close_period",
            "ledger.reopen_period",
            "ledger.post_to_soft_closed",
            "tax.change_tax_tables",
            "auth.view_user",
            "audit.approve_request",
            *edits(
                "ledger.legalentity",
                "ledger.exchangerate",
                "ledger.glaccount",
                "ledger.postingrule",
                "audit.approvalpolicy",
                "audit.reasoncode",
                "payments.tendertype",
                "tax.taxregistration",
                "tax.taxcategory",
                "catalog.glcode",
                "catalog.revenuerule",
            ),
        ),
    ),
    Role(
        name=ACCESS,
        username="access",
        purpose="Users, roles, API keys and webhooks; no money right whatever.",
        may=(
            "auth.view_user",
            "auth.add_user",
            "auth.change_user",
            "auth.view_group",
            "audit.view_apikey",
            "audit.add_apikey",
            "audit.change_apikey",
            "audit.view_webhookendpoint",
            "audit.add_webhookendpoint",
            "audit.change_webhookendpoint",
            "audit.view_webhookdelivery",
        ),
        handles_money=False,
    ),
    Role(
        name=INTEGRATION,
        username="integration",
        purpose="The user behind an API key: reads, loads usage, places orders, records payments.",
        may=(
            *READ_TRADE,
            *reads("rating", "payments"),
            "audit.view_businessevent",
            "customers.place_order",
            "rating.load_usage",
            "rating.reserve_balance",
            "rating.answer_top_up",
            "payments.record_payment",
        ),
    ),
)
BY_NAME = {role.name: role for role in ROLES}

MONEY_ROLES = tuple(role.name for role in ROLES if role.handles_money)
FORBIDDEN_PAIRS: tuple[tuple[str, str], ...] = (
    (CASH, APPROVER),
    (CATALOG, APPROVER),
    (CARE, APPROVER),
    (OPERATOR, CONTROLLER),
    *((ACCESS, name) for name in MONEY_ROLES),
    *((INTEGRATION, name) for name in (APPROVER, CONTROLLER)),
)


def conflicts(names: set[str]) -> list[tuple[str, str]]:
    """Return the pairs among the roles that one person must not hold together."""
    return [pair for pair in FORBIDDEN_PAIRS if set(pair) <= names]


def expand(patterns: tuple[str, ...], existing: set[str]) -> tuple[set[str], set[str]]:
    """Return the permissions that the patterns name, and the named ones that do not exist."""
    found: set[str] = set()
    absent: set[str] = set()
    for pattern in patterns:
        if pattern.endswith("*"):
            found |= {name for name in existing if name.startswith(pattern[:-1])}
        elif pattern in existing:
            found.add(pattern)
        else:
            absent.add(pattern)
    return found, absent
