"""The completeness gate of orders: everything that is missing, named at once (C12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that keeps an order from being submitted; `item` 0 is the order itself."""

    item: int
    field: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the gate knows about the account on the order's days."""

    number: str
    status: str
    opened_on: date
    closed_on: date | None
    has_payer: bool
    has_billing_address: bool
    has_billing_jurisdiction: bool
    has_cycle: bool


@dataclass(frozen=True, slots=True)
class ChargeFacts:
    """What the gate knows about one charge of the ordered offer."""

    code: str
    kind: str
    has_price: bool
    identifier_type: str = ""
    needs_agreed_date: bool = False


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What the gate knows about the ordered offer version."""

    code: str
    is_published: bool
    is_on_sale: bool
    minimum: Decimal | None
    maximum: Decimal | None
    charges: tuple[ChargeFacts, ...]
    terms_months: tuple[int, ...] = ()
    required_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What the gate knows about the subscription that an item changes."""

    number: str
    is_of_account: bool
    is_live: bool
    effective_on: date
    end_on: date | None
    offer_version_id: int | None
    has_change_after: bool


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item of the order with all that it refers to."""

    seq: int
    action: str
    effective_on: date
    offer: OfferFacts | None = None
    offer_version_id: int | None = None
    subscription: SubscriptionFacts | None = None
    quantity: Decimal | None = None
    activation_on: date | None = None
    acceptance_on: date | None = None
    agreed_on: date | None = None
    term_months: int | None = None
    trial_end_on: date | None = None
    own_prices: frozenset[str] = frozenset()
    unknown_prices: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    taken_identifiers: tuple[tuple[str, str], ...] = ()
    kept_identifier_types: frozenset[str] = frozenset()
    attributes: Mapping[str, object] = field(default_factory=dict)


def missing_in_order(account: AccountFacts, items: tuple[ItemFacts, ...]) -> list[Missing]:
    """Return everything that keeps the order from being carried out; empty when complete."""
    found = [*_missing_in_account(account, items)]
    if not items:
        found.append(Missing(0, "items", "ORD-1", "The order has no items."))
    for item in items:
        found.extend(_missing_in_item(account, item))
    found.extend(_repeated(items))
    return found


def _missing_in_account(account: AccountFacts, items: tuple[ItemFacts, ...]) -> Iterator[Missing]:
    adds = any(item.action != "TERMINATE" for item in items)
    if account.status not in {"PENDING", "ACTIVE"} and adds:
        yield Missing(
            0, "account", "ORD-2", f"Account {account.number} is {account.status.lower()}."
        )
    if not adds:
        return
    if not account.has_payer:
        yield Missing(0, "account", "HIER-2", f"Nobody pays for account {account.number} then.")
        return
    if not account.has_billing_address:
        yield Missing(0, "billing_address", "ORD-3", "The payer has no billing address.")
    elif not account.has_billing_jurisdiction:
        yield Missing(0, "jurisdiction", "TAX-4", "The billing address has no tax jurisdiction.")
    if not account.has_cycle:
        yield Missing(0, "cycle", "ORD-4", "The payer has no bill cycle.")


def _missing_in_item(account: AccountFacts, item: ItemFacts) -> Iterator[Missing]:
    seq = item.seq
    if item.effective_on < account.opened_on:
        yield Missing(
            seq,
            "effective_on",
            "ORD-5",
            f"The account opens on {account.opened_on}; the item wants {item.effective_on}.",
        )
    if account.closed_on is not None and item.effective_on >= account.closed_on:
        yield Missing(seq, "effective_on", "ORD-5", f"The account closed on {account.closed_on}.")
    if item.action == "ADD":
        yield from _missing_in_add(item)
    else:
        yield from _missing_in_subscription(item)
    if item.action == "MODIFY":
        yield from _missing_in_modify(item)
    for kind, value in item.taken_identifiers:
        yield Missing(
            seq, "identifiers", "I-22", f"{kind} {value} belongs to another service then."
        )


def _missing_in_add(item: ItemFacts) -> Iterator[Missing]:
    seq = item.seq
    if item.quantity is None:
        yield Missing(seq, "quantity", "ORD-6", "A quantity is needed.")
    if item.activation_on is not None and item.activation_on < item.effective_on:
        yield Missing(
            seq, "activation_on", "ORD-7", "Activation cannot come before the effective date."
        )
    starts_on = item.activation_on or item.effective_on
    if item.acceptance_on is not None and item.acceptance_on < starts_on:
        yield Missing(seq, "acceptance_on", "ORD-7", "Acceptance cannot come before activation.")
    if item.trial_end_on is not None and item.trial_end_on <= item.effective_on:
        yield Missing(seq, "trial_end_on", "CHG-10", "The trial must end after it starts.")
    if item.offer is None:
        yield Missing(seq, "offer_version", "ORD-8", "An offer is needed.")
        return
    yield from _missing_in_offer(item, item.offer)


def _missing_in_offer(item: ItemFacts, offer: OfferFacts) -> Iterator[Missing]:
    seq = item.seq
    if not offer.is_published:
        yield Missing(seq, "offer_version", "ORD-9", f"Offer {offer.code} is not published.")
    elif not offer.is_on_sale:
        yield Missing(
            seq, "offer_version", "ORD-9", f"Offer {offer.code} is not on sale on that day."
        )
    if item.quantity is not None:
        if offer.minimum is not None and item.quantity < offer.minimum:
            yield Missing(seq, "quantity", "ORD-6", f"At least {offer.minimum} must be ordered.")
        if offer.maximum is not None and item.quantity > offer.maximum:
            yield Missing(seq, "quantity", "ORD-6", f"At most {offer.maximum} may be ordered.")
    if offer.terms_months and item.term_months not in (None, *offer.terms_months):
        terms = ", ".join(str(months) for months in offer.terms_months)
        yield Missing(seq, "term_months", "ORD-18", f"Terms on offer: {terms} months.")
    for code in item.unknown_prices:
        yield Missing(seq, "prices", "PRC-2", f"Offer {offer.code} has no charge {code}.")
    for charge in offer.charges:
        if charge.needs_agreed_date and item.agreed_on is None:
            yield Missing(seq, "agreed_on", "CHG-7", f"Charge {charge.code} needs an agreed date.")
        if not charge.has_price and charge.code not in item.own_prices:
            yield Missing(
                seq, "prices", "PRC-1", f"Charge {charge.code} has no price in this currency."
            )
    have = {kind for kind, _ in item.identifiers} | item.kept_identifier_types
    needed = {charge.identifier_type for charge in offer.charges if charge.identifier_type}
    for kind in sorted(needed - have):
        yield Missing(seq, "identifiers", "ORD-10", f"Usage needs an identifier of type {kind}.")
    for name in offer.required_attributes:
        if item.attributes.get(name) in (None, ""):
            yield Missing(seq, "attributes", "ORD-11", f"Attribute {name} is needed.")


def _missing_in_subscription(item: ItemFacts) -> Iterator[Missing]:
    seq, facts = item.seq, item.subscription
    if facts is None:
        yield Missing(seq, "subscription", "ORD-12", "A subscription is needed.")
        return
    if not facts.is_of_account:
        yield Missing(seq, "subscription", "ORD-12", f"{facts.number} belongs to another account.")
    if not facts.is_live:
        yield Missing(seq, "subscription", "ORD-13", f"{facts.number} has ended.")
    if item.effective_on < facts.effective_on:
        yield Missing(
            seq, "effective_on", "ORD-5", f"{facts.number} starts on {facts.effective_on}."
        )
    if facts.end_on is not None and item.effective_on >= facts.end_on:
        yield Missing(
            seq,
            "effective_on",
            "ORD-5",
            f"{facts.number} ends on {facts.end_on}; withdraw that end before a later change.",
        )


def _missing_in_modify(item: ItemFacts) -> Iterator[Missing]:
    changes_plan = item.offer_version_id is not None
    if not (changes_plan or item.quantity is not None or item.own_prices or item.identifiers):
        yield Missing(
            item.seq,
            "action",
            "ORD-14",
            "Say what changes: quantity, own price, identifiers or offer.",
        )
    facts = item.subscription
    if not changes_plan or facts is None:
        if item.unknown_prices:
            for code in item.unknown_prices:
                yield Missing(item.seq, "prices", "PRC-2", f"There is no charge {code}.")
        return
    if facts.offer_version_id == item.offer_version_id:
        yield Missing(
            item.seq, "offer_version", "ORD-14", f"{facts.number} has this offer already."
        )
    if facts.has_change_after:
        yield Missing(
            item.seq,
            "effective_on",
            "ORD-15",
            f"{facts.number} has later changes; withdraw them before changing the plan.",
        )
    if item.offer is not None:
        yield from _missing_in_offer(item, item.offer)


def _repeated(items: tuple[ItemFacts, ...]) -> Iterator[Missing]:
    seen: set[str] = set()
    identifiers: set[tuple[str, str]] = set()
    for item in items:
        if item.subscription is not None:
            if item.subscription.number in seen:
                yield Missing(
                    item.seq,
                    "subscription",
                    "ORD-16",
                    f"{item.subscription.number} appears twice in one order.",
                )
            seen.add(item.subscription.number)
        for pair in item.identifiers:
            if pair in identifiers:
                yield Missing(
                    item.seq, "identifiers", "I-22", f"{pair[0]} {pair[1]} appears twice."
                )
            identifiers.add(pair)
