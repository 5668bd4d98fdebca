"""Payers by SQL and by the pure rule are the same; a withdrawn order leaves no trace."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection

from customers import operations, queries
from customers.choices import AccountRole
from customers.models import (
    Account,
    AccountPosition,
    ServiceIdentifier,
    Subscription,
    SubscriptionItem,
)
from customers.rules import hierarchy
from foundation.errors import Refusal
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
START = date(2027, 1, 1)
DAYS = 60


def grown(chance: Random) -> list[Account]:
    """Grow a random forest and move its accounts about, on random days."""
    nodes = [build.account(f"Root {number}") for number in range(2)]
    for number in range(10):
        nodes.append(build.account(f"Node {number}", parent=chance.choice(nodes)))
    for _ in range(15):
        node, parent = chance.choice(nodes), chance.choice([*nodes, None])
        role = chance.choice([None, AccountRole.PAYER, AccountRole.NON_PAYER])
        day = START + timedelta(chance.randrange(DAYS))
        try:
            operations.move_account(
                account=node, parent=parent, role=role, on_date=day, as_of=START, actor=None
            )
        except Refusal as refusal:
            assert refusal.rule in {"HIER-1", "HIER-6"}, refusal  # noqa: PT017
    return nodes


def positions() -> dict[int, list[hierarchy.Position]]:
    found: dict[int, list[hierarchy.Position]] = {}
    for row in AccountPosition.objects.order_by("valid"):
        found.setdefault(row.account_id, []).append(
            hierarchy.Position(row.valid.lower, row.valid.upper, row.parent_id, row.role)
        )
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_database_and_the_rule_name_the_same_payer_on_every_day(seed: int) -> None:
    nodes = grown(Random(seed))
    ids = [node.pk for node in nodes]
    truth = positions()
    with connection.cursor() as cursor:
        ranges = queries.set_rows(
            cursor, "owners", payers=ids, since=START, until=START + timedelta(DAYS), on_date=START
        )
    for offset in range(0, DAYS, 3):
        day = START + timedelta(offset)
        expected = {pk: hierarchy.payer(truth, pk, day) for pk in ids}
        assert None not in expected.values()
        assert {pk: queries.payer_of(account_id=pk, on_date=day) for pk in ids} == expected
        assert queries.membership_of(payer_ids=ids, on_date=day) == expected
        by_range = {
            account: payer for payer, account, since, until, *_ in ranges if since <= day < until
        }
        assert by_range == expected


@pytest.mark.parametrize("seed", range(6))
def test_applied_moves_leave_a_sound_tree_on_every_day(seed: int) -> None:
    grown(Random(seed))
    for offset in range(0, DAYS, 7):
        day = START + timedelta(offset)
        operations.apply_due_moves(as_of=day)
        assert queries.hierarchy_findings(day) == []


def picture(subscription: Subscription) -> object:
    return (
        build.timeline(subscription, "C1"),
        build.timeline(subscription, "CALLS"),
        build.timeline(subscription, "L1"),
        list(
            SubscriptionItem.objects.filter(subscription=subscription, valid__isempty=False)
            .order_by("valid")
            .values_list("offer_version_id", "quantity", "valid")
        ),
        sorted(
            ServiceIdentifier.objects.filter(service__subscription=subscription).values_list(
                "value", "valid"
            ),
            key=str,
        ),
        subscription.state,
        subscription.end_on,
    )


@pytest.mark.parametrize("seed", range(8))
def test_withdrawn_orders_leave_what_they_found(seed: int) -> None:
    chance = Random(seed)
    small = build.offer("SMALL", charges=({}, build.usage_charge()))
    large = build.offer("LARGE", charges=({"code": "L1"},))
    sub = build.add(build.account(), small, START, identifiers=[build.number("490")])
    pictures, orders, day = [picture(sub)], [], START
    for number in range(chance.randrange(1, 6)):
        day += timedelta(chance.randrange(1, 20))
        change = chance.choice(["quantity", "price", "plan", "number", "end"])
        on_small = SubscriptionItem.objects.filter(
            subscription=sub, offer_version=small, valid__contains=day
        ).exists()
        if change == "quantity" or (not on_small and change in ("price", "plan")):
            quantity = build.ONE * chance.randrange(2, 9)
            orders.append(build.modify(sub, day, as_of=START, quantity=quantity))
        elif change == "price":
            orders.append(build.modify(sub, day, as_of=START, prices={"C1": build.TEN}))
        elif change == "plan":
            orders.append(build.modify(sub, day, as_of=START, offer_version=large))
        elif change == "number":
            new = [build.number(f"49{seed}{number}")]
            orders.append(build.modify(sub, day, as_of=START, identifiers=new))
        else:
            orders.append(build.terminate(sub, day, as_of=START))
        sub.refresh_from_db()
        pictures.append(picture(sub))
        if sub.end_on is not None:
            break
    for order in reversed(orders):
        sub.refresh_from_db()
        assert picture(sub) == pictures.pop()
        operations.cancel_order(order=order, as_of=START, actor=None)
    sub.refresh_from_db()
    assert [picture(sub)] == pictures
