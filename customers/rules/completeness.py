"""The completeness gate of orders: everything that is missing, named at once (C12)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

REINSTATE_DAYS: Final = 90
"""For so many days after its end a subscription can be brought back (2.11)."""


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
    is_cancelled: bool
    effective_on: date
    end_on: date | None
    offer_version_id: int | None
    is_activated: bool = True
    is_paused: bool = False
    trial_end_on: date | None = None
    term_from: date | None = None
    held_identifiers: bool = False


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
    target: AccountFacts | None = None
    target_lacks_prices: tuple[str, ...] = ()
    has_same_money: bool = True
    phase_of_on: date | None = None
    pause_policy: str = ""
    has_uplift: bool = False
    not_raised: tuple[str, ...] = ()
    waived_from: date | None = None


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
    adds = any(item.action not in {"TERMINATE", "SUSPEND", "TRANSFER"} for item in items)
    if adds:
        yield from _missing_in_payer(account)


def _missing_in_payer(account: AccountFacts) -> Iterator[Missing]:
    if account.status not in {"PENDING", "ACTIVE"}:
        yield Missing(
            0, "account", "ORD-2", f"Account {account.number} is {account.status.lower()}."
        )
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
    elif item.phase_of_on is not None:
        yield from _missing_in_phase(item, item.phase_of_on)
    else:
        yield from _missing_in_subscription(item)
        yield from _ASKED[item.action](item)
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
    if facts.is_cancelled:
        yield Missing(seq, "subscription", "ORD-13", f"{facts.number} was cancelled.")
    if item.effective_on < facts.effective_on:
        yield Missing(
            seq, "effective_on", "ORD-5", f"{facts.number} starts on {facts.effective_on}."
        )
    if facts.end_on is not None and item.effective_on >= facts.end_on and item.action != "RESUME":
        yield Missing(
            seq,
            "effective_on",
            "ORD-5",
            f"{facts.number} ends on {facts.end_on}; withdraw that end before a later change.",
        )


def _missing_in_modify(item: ItemFacts) -> Iterator[Missing]:
    changes_plan = item.offer_version_id is not None
    changes = (item.quantity, item.own_prices or None, item.identifiers or None)
    if not changes_plan and item.trial_end_on is None and changes == (None, None, None):
        yield Missing(
            item.seq,
            "action",
            "ORD-14",
            "Say what changes: quantity, own price, identifiers, trial or offer.",
        )
    facts = item.subscription
    if item.trial_end_on is not None and facts is not None:
        yield from _missing_in_trial(item, facts, item.trial_end_on)
    if not changes_plan or facts is None:
        if item.unknown_prices:
            for code in item.unknown_prices:
                yield Missing(item.seq, "prices", "PRC-2", f"There is no charge {code}.")
        return
    if facts.offer_version_id == item.offer_version_id:
        yield Missing(
            item.seq, "offer_version", "ORD-14", f"{facts.number} has this offer already."
        )
    if item.offer is not None:
        yield from _missing_in_offer(item, item.offer)


def _missing_in_trial(
    item: ItemFacts, facts: SubscriptionFacts, trial_end_on: date
) -> Iterator[Missing]:
    """A trial may be made longer or shorter while it runs, and converts at once on the day."""
    if facts.trial_end_on is None or item.effective_on >= facts.trial_end_on:
        yield Missing(item.seq, "trial_end_on", "CHG-10", f"{facts.number} is on no trial then.")
    elif trial_end_on < item.effective_on:
        yield Missing(item.seq, "trial_end_on", "CHG-10", "The trial cannot end before that day.")


def _missing_in_phase(item: ItemFacts, starts_on: date) -> Iterator[Missing]:
    if item.effective_on <= starts_on:
        yield Missing(item.seq, "effective_on", "ORD-15", "A phase comes after the start.")
    if item.quantity is None and not item.own_prices and not item.unknown_prices:
        yield Missing(item.seq, "phases", "ORD-15", "A phase needs a quantity or own prices.")
    for code in item.unknown_prices:
        yield Missing(item.seq, "prices", "PRC-2", f"There is no charge {code}.")


def _missing_in_suspend(item: ItemFacts) -> Iterator[Missing]:
    facts = item.subscription
    if facts is not None and facts.is_paused:
        yield Missing(
            item.seq, "effective_on", "ORD-20", f"{facts.number} is suspended on that day already."
        )
    if item.pause_policy == "REDUCE" and not item.own_prices:
        yield Missing(item.seq, "prices", "PRO-4", "Name the suspension prices.")
    for code in item.unknown_prices:
        yield Missing(item.seq, "prices", "PRC-2", f"There is no charge {code}.")


def _missing_in_resume(item: ItemFacts) -> Iterator[Missing]:
    facts = item.subscription
    if facts is None or facts.is_paused:
        return
    if facts.end_on is None or item.effective_on < facts.end_on:
        yield Missing(
            item.seq, "effective_on", "ORD-20", f"{facts.number} is not suspended on that day."
        )
    elif (item.effective_on - facts.end_on).days > REINSTATE_DAYS:
        yield Missing(
            item.seq,
            "effective_on",
            "ORD-21",
            f"{facts.number} ended on {facts.end_on}; it can be brought back for "
            f"{REINSTATE_DAYS} days.",
        )
    elif facts.held_identifiers:
        yield Missing(
            item.seq, "subscription", "I-22", f"Identifiers of {facts.number} are in other hands."
        )


def _missing_in_renew(item: ItemFacts) -> Iterator[Missing]:
    facts = item.subscription
    if facts is not None and facts.term_from is not None and item.effective_on < facts.term_from:
        yield Missing(
            item.seq, "effective_on", "ORD-22", f"The term began on {facts.term_from} only."
        )
    for code in item.not_raised:
        yield Missing(
            item.seq, "uplift", "ORD-22", f"Charge {code} has tiers; give it an own price instead."
        )


def _missing_in_transfer(item: ItemFacts) -> Iterator[Missing]:
    seq, facts, target = item.seq, item.subscription, item.target
    if facts is not None and item.effective_on <= facts.effective_on:
        yield Missing(seq, "effective_on", "ORD-23", f"{facts.number} must have begun before.")
    if facts is not None and not facts.is_activated:
        yield Missing(seq, "subscription", "ORD-23", f"{facts.number} waits for its activation.")
    if target is None:
        yield Missing(seq, "target_account", "ORD-23", "Name the account that takes it over.")
        return
    for one in _missing_in_payer(target):
        yield replace(one, item=seq, field="target_account")
    if item.effective_on < target.opened_on:
        yield Missing(
            seq, "target_account", "ORD-5", f"Account {target.number} opens on {target.opened_on}."
        )
    if not item.has_same_money:
        yield Missing(
            seq, "target_account", "ORD-23", f"Account {target.number} has another currency."
        )
    for code in item.target_lacks_prices:
        yield Missing(seq, "target_account", "PRC-1", f"Charge {code} has no price there.")


def _missing_in_terminate(item: ItemFacts) -> Iterator[Missing]:
    if item.waived_from is not None and item.waived_from > item.effective_on:
        yield Missing(item.seq, "waived_from", "ORD-24", "What is waived lies before the end.")


_ASKED: Mapping[str, Callable[[ItemFacts], Iterator[Missing]]] = {
    "MODIFY": _missing_in_modify,
    "SUSPEND": _missing_in_suspend,
    "RESUME": _missing_in_resume,
    "RENEW": _missing_in_renew,
    "TRANSFER": _missing_in_transfer,
    "TERMINATE": _missing_in_terminate,
}


def _repeated(items: tuple[ItemFacts, ...]) -> Iterator[Missing]:
    seen: set[tuple[str, str, date]] = set()
    identifiers: set[tuple[str, str]] = set()
    for item in items:
        if item.subscription is not None:
            key = (item.subscription.number, item.action, item.effective_on)
            if key in seen:
                yield Missing(
                    item.seq,
                    "subscription",
                    "ORD-16",
                    f"{item.subscription.number} appears twice for one day.",
                )
            seen.add(key)
        for pair in item.identifiers:
            if pair in identifiers:
                yield Missing(
                    item.seq, "identifiers", "I-22", f"{pair[0]} {pair[1]} appears twice."
                )
            identifiers.add(pair)
