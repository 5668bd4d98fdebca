"""Write what the orders of a subscription come to: plans, timelines, pauses, services, dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q

from catalog.choices import Granularity
from catalog.models import Charge, EntitlementSpec
from customers.choices import OrderAction, OrderState, TermType
from customers.choices import SubscriptionState as State
from customers.models import (
    OrderItem,
    Subscription,
    SubscriptionCharge,
    SubscriptionItem,
    SubscriptionPause,
)
from customers.operations import moments, provisioning, timelines
from customers.rules.history import Action, Beginning, Standing
from customers.rules.replay import ChargeTerms, Drawn, Replayed, replay, standing_on
from customers.rules.timeline import Span, Timeline
from foundation.errors import Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import User

IN_FORCE = (OrderState.SUBMITTED, OrderState.COMPLETED)


class NotOrdered(Refusal):
    """Nothing is known of how the subscription began, so it cannot be told anew."""

    rule = "ORD-13"


def rewrite(
    subscription: Subscription, *, as_of: date, actor: User | None, is_new: bool = False
) -> Replayed:
    """Make everything stored of a subscription what its orders in force come to.

    What it handed on to other accounts is rewritten after it. The caller holds the row; `is_new`
    says that nothing is stored yet. A second call changes nothing.
    """
    items = items_in_force(subscription)
    story = _story(subscription, items)
    replayed = replay(*story)
    if not (is_new or replayed.history.plans or _was_ordered(subscription)):
        raise NotOrdered(f"no order made subscription {subscription.number}: order it anew")
    old_end, new_end = subscription.end_on, replayed.history.end_on
    grows = old_end is not None and (new_end is None or new_end > old_end)
    if grows:
        _write_dates(subscription, replayed, as_of, actor)
    _write_plans(subscription, replayed, actor, is_new=is_new)
    moments.write(subscription, *story)
    if not is_new or replayed.history.pauses:
        _write_pauses(subscription, replayed)
    if not grows:
        _write_dates(subscription, replayed, as_of, actor)
    source = transfer_to(subscription) if replayed.history.took_over else None
    provisioning.rewrite(subscription, items, replayed.history, source, actor=actor, is_new=is_new)
    if not is_new:
        for heir in heirs(subscription):
            rewrite(heir, as_of=as_of, actor=actor)
    return replayed


def _was_ordered(subscription: Subscription) -> bool:
    """Tell whether an order, perhaps withdrawn by now, made the subscription."""
    begins = Q(subscription=subscription, action=OrderAction.ADD) | Q(successor=subscription)
    return OrderItem.objects.filter(begins).exists()


def items_in_force(subscription: Subscription) -> list[OrderItem]:
    """Return the order items of a subscription that count, in the order in which they came."""
    return list(
        OrderItem.objects.filter(
            subscription=subscription, order__state__in=IN_FORCE, withdrawn_on__isnull=True
        )
        .select_related("offer_version")
        .prefetch_related("prices")
        .order_by("pk")
    )


def heirs(subscription: Subscription) -> Iterable[Subscription]:
    """Return the subscriptions that this one was handed on to, locked."""
    return Subscription.objects.select_for_update().filter(
        transferred_by__subscription=subscription
    )


def transfer_to(subscription: Subscription) -> OrderItem | None:
    """Return the transfer in force that brought a subscription from another account."""
    return (
        OrderItem.objects.filter(
            successor=subscription, order__state__in=IN_FORCE, withdrawn_on__isnull=True
        )
        .select_related("subscription")
        .first()
    )


def replay_of(subscription: Subscription, items: Sequence[OrderItem]) -> Replayed:
    """Return what the items come to; a subscription that was handed on begins with its past."""
    return replay(*_story(subscription, items))


def _story(
    subscription: Subscription, items: Sequence[OrderItem]
) -> tuple[list[Action], Beginning, dict[int, list[ChargeTerms]]]:
    """Gather what the history of a subscription is told from."""
    standing = taken_over(subscription)
    beginning = Beginning(
        effective_on=subscription.effective_on,
        activation_on=subscription.activation_on,
        acceptance_on=subscription.acceptance_on,
        taken_over=standing,
    )
    versions = {item.offer_version_id for item in items if item.offer_version_id is not None}
    if standing is not None:
        versions.add(standing.version_id)
    return [_action(item) for item in items], beginning, _charges(versions)


def taken_over(subscription: Subscription) -> Standing | None:
    """Return what the account before had on the day of the transfer; None if that is withdrawn."""
    transfer = transfer_to(subscription)
    if transfer is None or transfer.subscription is None:
        return None
    before = transfer.subscription
    replayed = replay_of(before, items_in_force(before))
    return standing_on(replayed, transfer.effective_on, before.effective_on)


def _action(item: OrderItem) -> Action:
    """Return an item as the rules read it; an offer's own trial counts from the item's day."""
    version = item.offer_version
    trial_end = item.trial_end_on
    if trial_end is None and item.action == OrderAction.ADD and version and version.trial_days:
        trial_end = item.effective_on + timedelta(days=version.trial_days)
    is_start = item.action in {OrderAction.ADD, OrderAction.RENEW}
    return Action(
        id=item.pk,
        action=item.action,
        on=item.effective_on,
        version_id=item.offer_version_id,
        quantity=item.quantity,
        prices={price.charge_id: price.unit_price for price in item.prices.all()},
        with_one_time=item.with_one_time,
        agreed_on=item.agreed_on,
        trial_end_on=trial_end,
        trial_outcome=item.trial_outcome,
        term_months=item.term_months,
        renewal=item.renewal,
        price_policy=item.price_policy if is_start else "",
        pause_policy=item.pause_policy,
        pause_reason=item.pause_reason,
        credits_days=item.credits_days,
        waives_fee=item.waives_fee,
        waived_from=item.waived_from,
        advance_fate=item.advance_fate,
        reason=item.reason,
        at=None if item.action == OrderAction.TRANSFER else item.effective_at,
    )


def _charges(version_ids: set[int]) -> dict[int, list[ChargeTerms]]:
    found: dict[int, list[ChargeTerms]] = {version_id: [] for version_id in version_ids}
    caps = EntitlementSpec.objects.filter(
        offer_version=OuterRef("offer_version"),
        usage_type=OuterRef("usage_type"),
        ends_trial=True,
    )
    charges = Charge.objects.filter(offer_version__in=version_ids).annotate(caps=Exists(caps))
    for charge in charges.order_by("sequence", "code"):
        found[charge.offer_version_id].append(
            ChargeTerms(
                id=charge.pk,
                kind=charge.kind,
                trigger=charge.trigger,
                alignment=charge.alignment,
                change_day=charge.change_day,
                unit=charge.period_unit,
                count=charge.period_count,
                in_advance=charge.timing == "ADVANCE",
                is_flat=charge.price_model == "FLAT",
                to_the_second=charge.granularity == Granularity.SECOND,
                caps_trial=charge.caps,
            )
        )
    return found


def _write_dates(
    subscription: Subscription, replayed: Replayed, as_of: date, actor: User | None
) -> None:
    told = replayed.history
    term = DateRange(*told.term) if told.term else None
    wanted = {
        "term_type": TermType.TERMED if term else TermType.EVERGREEN,
        "term": term,
        "renewal": told.renewal,
        "trial_end_on": told.trial_end_on,
        "end_on": told.end_on,
        "end_reason": told.end_reason,
        "price_policy": told.price_policy,
    }
    if all(getattr(subscription, name) == value for name, value in wanted.items()):
        return
    for name, value in wanted.items():
        setattr(subscription, name, value)
    if told.end_on is None and subscription.state in {State.PENDING_END, State.TERMINATED}:
        is_trial = told.trial_end_on is not None and told.trial_end_on > as_of
        is_trial = is_trial and subscription.state == State.PENDING_END
        subscription.state = State.TRIAL if is_trial else State.ACTIVE
    subscription.updated_by = actor
    subscription.save()


def _write_plans(
    subscription: Subscription, replayed: Replayed, actor: User | None, *, is_new: bool
) -> None:
    """Write items, their charges and the timelines; what is no longer wanted keeps no day."""
    stored: dict[int, SubscriptionItem] = {}
    segments: dict[int, dict[int, Span]] = {}
    if not is_new:
        rows = SubscriptionItem.objects.select_for_update().filter(subscription=subscription)
        stored = {row.order_item_id or 0: row for row in rows}
        segments = timelines.stored_of(subscription)
    items = _write_items(subscription, stored, replayed.plans, actor)
    wanted: dict[int, Timeline] = {}
    charges = _stored_charges(subscription) if stored else {}
    for drawn in replayed.plans:
        row = items[drawn.plan.action_id]
        for charge in _write_charges(subscription, row, drawn, charges):
            wanted[charge.pk] = drawn.timelines.get(charge.charge_id, ())
    # What goes first makes room for what comes.
    for charge_id, before in segments.items():
        if not wanted.get(charge_id):
            timelines.write(charge_id, before, ())
    for charge_id in sorted(wanted.keys() & segments.keys()):
        timelines.write(charge_id, segments[charge_id], wanted[charge_id])
    timelines.start({one: line for one, line in wanted.items() if line and one not in segments})


def _write_items(
    subscription: Subscription,
    stored: dict[int, SubscriptionItem],
    plans: Sequence[Drawn],
    actor: User | None,
) -> dict[int, SubscriptionItem]:
    days = {one.plan.action_id: DateRange(one.plan.start, one.plan.end) for one in plans}
    changing = [row for key, row in stored.items() if days.get(key) != row.valid]
    gone = [row for row in changing if (row.order_item_id or 0) not in days]
    for row in changing if len(changing) > 1 else gone:
        if not row.valid.isempty:
            row.valid = DateRange(empty=True)
            row.save()
    found = {}
    for one in plans:
        plan, quantity = one.plan, one.plan.steps[-1].quantity
        row = stored.get(plan.action_id) or SubscriptionItem(
            subscription=subscription,
            offer_version_id=plan.version_id,
            order_item_id=plan.action_id or None,
            created_by=actor,
        )
        if row.pk is None or row.valid != days[plan.action_id] or row.quantity != quantity:
            row.valid, row.quantity = days[plan.action_id], quantity
            row.save()
        found[plan.action_id] = row
    return found


def _stored_charges(subscription: Subscription) -> dict[int, dict[int, SubscriptionCharge]]:
    """Return the charges of a subscription by item and charge of the catalogue."""
    found: dict[int, dict[int, SubscriptionCharge]] = {}
    for row in SubscriptionCharge.objects.filter(subscription=subscription).order_by("pk"):
        found.setdefault(row.item_id, {})[row.charge_id] = row
    return found


def _write_charges(
    subscription: Subscription,
    item: SubscriptionItem,
    drawn: Drawn,
    stored: dict[int, dict[int, SubscriptionCharge]],
) -> list[SubscriptionCharge]:
    known = stored.get(item.pk, {})
    new = []
    for charge_id, anchor in drawn.anchors.items():
        row = known.get(charge_id)
        if row is None:
            new.append(
                SubscriptionCharge(
                    item=item,
                    subscription=subscription,
                    account_id=subscription.account_id,
                    charge_id=charge_id,
                    anchor=anchor,
                )
            )
        elif row.anchor != anchor:
            row.anchor = anchor
            row.save(update_fields=["anchor"])
    return [*known.values(), *SubscriptionCharge.objects.bulk_create(new)]


def _write_pauses(subscription: Subscription, replayed: Replayed) -> None:
    wanted = [
        (DateRange(one.start, one.end), one.policy, one.reason, one.action_id)
        for one in replayed.history.pauses
    ]
    rows = SubscriptionPause.objects.filter(subscription=subscription).order_by("valid")
    if list(rows.values_list("valid", "policy", "reason", "order_item_id")) == wanted:
        return
    rows.delete()
    SubscriptionPause.objects.bulk_create(
        SubscriptionPause(
            subscription=subscription,
            valid=valid,
            policy=policy,
            reason=reason,
            order_item_id=item_id,
        )
        for valid, policy, reason, item_id in wanted
    )
