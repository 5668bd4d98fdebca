"""What is asked for: the items of an order as they are given, kept and quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from catalog.choices import EndDay
from catalog.models import Charge, OfferVersion
from customers.choices import (
    AdvanceFate,
    EndRule,
    OrderAction,
    PausePolicy,
    PauseReason,
    PricePolicy,
    Renewal,
    TrialOutcome,
)
from customers.models import (
    Account,
    Address,
    Order,
    OrderItem,
    OrderItemDiscount,
    OrderItemIdentifier,
    OrderItemPrice,
    Subscription,
)
from customers.operations import ordered_discounts
from customers.operations.coupons import CannotGrantDiscount
from customers.operations.parties import AddressInput, record_address
from customers.queries.offers import current_item, unit_prices
from customers.queries.periods import period_end
from customers.queries.worth import terms_of_item
from customers.rules.component_words import ComponentWords
from customers.rules.renewal import raised
from foundation.errors import Invalid
from foundation.periods import local_date

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class InvalidItem(Invalid):
    """An item cannot be meant as it is given; `item` is its place in the order, `field` what."""

    def __init__(self, item: int, field_name: str, message: str, *, rule: str = "INVALID") -> None:
        super().__init__(f"item {item}: {message}", rule=rule)
        self.item, self.field, self.text = item, field_name, message


@dataclass(frozen=True, slots=True)
class IdentifierInput:
    """An identifier that a service shall have; equal service keys share one service."""

    type: str
    value: str
    service_key: str = "1"


@dataclass(frozen=True, slots=True)
class Phase:
    """A later state of what is added: from a day on another quantity, other own prices (ramp)."""

    on: date
    quantity: Decimal | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ComponentInput:
    """A component as it is asked for: how many for each bundle, and the identifiers it shall have.

    Without a quantity there are as many as the catalogue has, or as there were.
    """

    quantity: Decimal | None = None
    identifiers: Sequence[IdentifierInput] = ()


def components_of(words: Iterable[ComponentWords]) -> dict[str, ComponentInput]:
    """Return components as they were written, by offer."""
    return {
        one.offer: ComponentInput(
            one.quantity, [IdentifierInput(kind, value) for kind, value in one.identifiers]
        )
        for one in words
    }


@dataclass(frozen=True, slots=True)
class ItemInput:
    """One item as it is asked for; what an action does not use stays empty.

    `prices` maps charge codes of the offer to own unit prices. `effective_on` defaults to the
    order's requested day; `effective_at` gives a moment instead, whose day counts where the
    account is, and of an end the day after where the offer bills the last day (PRO-5).
    `awaits_activation` and `awaits_acceptance` keep charges with that trigger waiting until the
    day is recorded (CHG-7).

    ADD takes `phases`, later states of a ramp. ADD and MODIFY take `discounts`, codes of discounts
    or coupons that hold from the item's day on; of a bundle, `components` by the code of their
    offer, of which an optional one is left out, or goes, with quantity 0. SUSPEND takes its policy
    (that of the offer unless given), a reason, and under REDUCE the suspension prices as `prices`.
    TERMINATE may name the day by `end_rule`, waive the fee of an early end and, with
    `waived_from`, what is not billed of charges in arrears; `advance_fate` says what becomes of
    the running period of charges in advance, and with `sets_off` what is given back settles the
    oldest open items. RESUME may give back the days that were charged on (`credits_days`, CHG-12).
    RENEW begins a term of `term_months`, or none, with an `uplift` on today's unit prices if
    given. TRANSFER hands the subscription to `target_account`.
    """

    action: OrderAction | str
    offer_version: OfferVersion | None = None
    subscription: Subscription | None = None
    quantity: Decimal | None = None
    effective_on: date | None = None
    effective_at: datetime | None = None
    activation_on: date | None = None
    acceptance_on: date | None = None
    agreed_on: date | None = None
    awaits_activation: bool = False
    awaits_acceptance: bool = False
    trial_end_on: date | None = None
    trial_outcome: TrialOutcome | str = TrialOutcome.CONVERT
    term_months: int | None = None
    price_policy: PricePolicy | str = ""
    with_one_time: bool | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    identifiers: Sequence[IdentifierInput] = ()
    service_address: AddressInput | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    renewal: Renewal | str = Renewal.AUTO
    uplift: Decimal | None = None
    pause_policy: PausePolicy | str = ""
    pause_reason: PauseReason | str = PauseReason.CUSTOMER
    end_rule: EndRule | str = EndRule.ON_DATE
    credits_days: bool = False
    waives_fee: bool = False
    waived_from: date | None = None
    advance_fate: AdvanceFate | str = ""
    sets_off: bool = False
    target_account: Account | None = None
    phases: Sequence[Phase] = ()
    discounts: Sequence[str] = ()
    components: Mapping[str, ComponentInput] = field(default_factory=dict)


def record_item(
    order: Order,
    seq: int,
    given: ItemInput,
    actor: User | None,
    *,
    part_of: OrderItem | None = None,
) -> tuple[OrderItem, int]:
    """Keep an item of a draft as it was asked for, its phases behind it as items of their own.

    The item of a component follows that of its bundle, `part_of`. Returns the last place taken.
    """
    item = _record_item(order, seq, given, actor, part_of=part_of)
    for phase in given.phases:
        seq += 1
        later = ItemInput(
            action=OrderAction.MODIFY,
            quantity=phase.quantity,
            effective_on=phase.on,
            prices=phase.prices,
        )
        _record_item(order, seq, later, actor, phase_of=item)
    return item, seq


def drop_items(order: Order) -> None:
    """Take the items of a draft away, to be asked for anew; the database refuses any other."""
    items = OrderItem.objects.filter(order=order)
    OrderItemPrice.objects.filter(item__in=items).delete()
    OrderItemDiscount.objects.filter(item__in=items).delete()
    OrderItemIdentifier.objects.filter(item__in=items).delete()
    items.filter(part_of__isnull=False).update(part_of=None)
    items.filter(phase_of__isnull=False).delete()
    items.delete()


def _record_item(
    order: Order,
    seq: int,
    given: ItemInput,
    actor: User | None,
    *,
    phase_of: OrderItem | None = None,
    part_of: OrderItem | None = None,
) -> OrderItem:
    if given.action not in OrderAction.values:
        raise Invalid(f"{given.action!r} is not an order action")
    if given.quantity is not None and given.quantity <= 0:
        raise InvalidItem(seq, "quantity", "the quantity must be more than zero")
    with_one_time = given.with_one_time
    if with_one_time is None:
        with_one_time = given.action == OrderAction.ADD
    item = OrderItem.objects.create(
        order=order,
        seq=seq,
        action=given.action,
        offer_version=given.offer_version,
        subscription=given.subscription,
        quantity=given.quantity,
        effective_on=_effective_on(order, seq, given),
        activation_on=given.activation_on,
        acceptance_on=given.acceptance_on,
        agreed_on=given.agreed_on,
        awaits_activation=given.awaits_activation,
        awaits_acceptance=given.awaits_acceptance,
        trial_end_on=given.trial_end_on,
        term_months=given.term_months,
        price_policy=given.price_policy or _policy(given),
        with_one_time=with_one_time,
        service_address=_address(given, part_of, actor),
        attributes=dict(given.attributes),
        reason=given.reason,
        trial_outcome=given.trial_outcome,
        renewal=given.renewal,
        uplift=given.uplift,
        pause_policy=_pause_policy(order, given),
        pause_reason=given.pause_reason if given.action == OrderAction.SUSPEND else "",
        effective_at=given.effective_at,
        credits_days=given.credits_days,
        waives_fee=given.waives_fee,
        waived_from=given.waived_from,
        advance_fate=given.advance_fate if given.action == OrderAction.TERMINATE else "",
        sets_off=given.sets_off and given.action == OrderAction.TERMINATE,
        target_account=given.target_account,
        phase_of=phase_of,
        part_of=part_of,
    )
    _record_prices(item, given)
    OrderItemIdentifier.objects.bulk_create(
        OrderItemIdentifier(item=item, type=one.type, value=one.value, service_key=one.service_key)
        for one in given.identifiers
    )
    try:
        ordered_discounts.record(item, given.discounts, actor)
    except CannotGrantDiscount as refused:
        raise InvalidItem(seq, "discounts", refused.message, rule=refused.rule) from refused
    return item


def _address(given: ItemInput, part_of: OrderItem | None, actor: User | None) -> Address | None:
    """Return where the service is used; that of a component is where that of its bundle is."""
    if given.service_address:
        return record_address(address=given.service_address, actor=actor)
    return part_of.service_address if part_of is not None else None


def _effective_on(order: Order, seq: int, given: ItemInput) -> date:
    """Return the day of an item; that of an end may follow from the running period or term."""
    day = given.effective_on or order.requested_on
    if given.effective_at is not None:
        day = _day_of_moment(order, given, given.effective_at)
    if given.action != OrderAction.TERMINATE or given.subscription is None:
        return day
    if given.end_rule == EndRule.PERIOD_END:
        return period_end(subscription=given.subscription, on_date=day)
    if given.end_rule == EndRule.TERM_END:
        term = given.subscription.term
        if term is None or term.upper is None:
            text = f"{given.subscription.number} has no term"
            raise InvalidItem(seq, "end_rule", text, rule="ORD-24")
        return max(day, term.upper)
    return day


def _day_of_moment(order: Order, given: ItemInput, moment: datetime) -> date:
    """Map a moment to the local day; an end comes a day later where the last day is billed."""
    if given.effective_on is not None:
        raise Invalid("give a day or a moment, not both", rule="PRO-5")
    day = local_date(moment, ZoneInfo(order.account.time_zone))
    if given.action != OrderAction.TERMINATE or given.subscription is None:
        return day
    current = current_item(given.subscription, day)
    is_billed = current is not None and current.offer_version.end_day == EndDay.LAST_DAY_BILLED
    return day + timedelta(days=1) if is_billed else day


def _policy(given: ItemInput) -> str:
    """Return the policy when none is given: a renewal keeps it, a start floats."""
    if given.action == OrderAction.RENEW and given.subscription is not None:
        return given.subscription.price_policy
    return PricePolicy.FLOATING


def _pause_policy(order: Order, given: ItemInput) -> str:
    """Return what a suspension does to charges: as asked for, else as the offer says (PRO-4)."""
    if given.action != OrderAction.SUSPEND:
        return ""
    if given.pause_policy or given.subscription is None:
        return given.pause_policy or PausePolicy.STOP
    current = current_item(given.subscription, given.effective_on or order.requested_on)
    return current.offer_version.suspension_policy if current else PausePolicy.STOP


def _record_prices(item: OrderItem, given: ItemInput) -> None:
    if not given.prices:
        return
    version_id = item.offer_version_id
    if item.phase_of is not None:
        version_id = item.phase_of.offer_version_id
    if version_id is None and item.subscription is not None:
        current = current_item(item.subscription, item.effective_on)
        version_id = current.offer_version_id if current else None
    charges = {charge.code: charge for charge in Charge.objects.filter(offer_version=version_id)}
    for code, price in given.prices.items():
        if code not in charges:
            raise InvalidItem(item.seq, "prices", f"there is no charge {code}", rule="PRC-2")
        if price < 0:
            raise InvalidItem(item.seq, "prices", "a price is not negative", rule="PRC-2")
        OrderItemPrice.objects.create(item=item, charge=charges[code], unit_price=price)


def quote(order: Order, item: OrderItem) -> None:
    """Keep the list prices of the day, as quoted (RA-7), and what an uplift makes of them."""
    item.price_snapshot = _quoted(order, item)
    item.save(update_fields=["price_snapshot"])
    if item.action != OrderAction.RENEW or item.uplift is None:
        return
    own = {price.charge_id for price in item.prices.all()}
    OrderItemPrice.objects.bulk_create(
        OrderItemPrice(item=item, charge_id=charge_id, unit_price=raised(price, item.uplift))
        for charge_id, price in unit_prices(item).items()
        if charge_id not in own
    )


def _quoted(order: Order, item: OrderItem) -> list[dict[str, Any]]:
    version_id = item.offer_version_id
    if version_id is None:
        return []
    account = Account.objects.select_related("customer").get(pk=order.account_id)
    charges = Charge.objects.filter(offer_version=version_id).order_by("sequence", "code")
    return [
        {
            "charge": charge.code,
            "currency": account.currency,
            "own_price": None if own is None else str(own),
            "price_version": terms.price_version_id if terms else None,
            "unit_price": str(terms.unit_price) if terms else None,
            "flat_amount": str(terms.flat_amount) if terms else None,
        }
        for charge, own, terms in terms_of_item(account, item, charges)
    ]
