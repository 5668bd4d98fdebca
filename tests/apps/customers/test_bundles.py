"""Bundles: one order, one life, and components that bill like anything else (BND-1 to BND-4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from catalog.models import OfferVersion
from customers import operations
from customers.models import (
    GrantedDiscount,
    Order,
    OrderItem,
    ServiceIdentifier,
    Subscription,
)
from customers.operations import CannotWithdraw, IncompleteOrder, InvalidItem, ItemInput, Phase
from tests.apps.customers import build, bundling
from tests.apps.customers.bundling import Home, of

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR, APR = (date(2027, month, 1) for month in (1, 2, 3, 4))
Wants = dict[str, Any]
BOX: Wants = {"treatment": "LIST", "min_quantity": 0, "default_quantity": 2, "max_quantity": 3}


@pytest.fixture(autouse=True)
def judged() -> Iterator[None]:
    """Whatever a test has done, every component lives within its bundle."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def home(charges: tuple[Wants, ...] = ({},), **parts: Wants) -> OfferVersion:
    """Publish a bundle of a line, included, and of two boxes at list, up to three, or none."""
    build.offer("LINE", charges)
    build.offer("BOX")
    for code in parts.keys() - {"LINE", "BOX"}:
        build.offer(code)
    return bundling.bundle(parts={"LINE": {}, "BOX": BOX} | parts)


def asked(order: Order) -> list[tuple[Any, ...]]:
    """Return the items of an order: place, action, what it is about, quantity."""
    rows = order.items.select_related("offer_version__offer", "subscription").order_by("seq")
    return [
        (
            row.seq,
            row.action,
            row.offer_version.offer.code if row.offer_version else code_of(row.subscription),
            row.quantity,
        )
        for row in rows
    ]


def code_of(sub: Subscription | None) -> str:
    assert sub is not None
    return sub.items.order_by("pk")[0].offer_version.offer.code


def told(order: Order) -> list[tuple[int, str, str]]:
    return [(one.item, one.rule, one.message) for one in operations.missing_in(order=order)]


def draft(one: Home, action: str, on: date, sub: Subscription | None = None, **more: Any) -> Order:
    item = ItemInput(action=action, subscription=sub or one.whole, effective_on=on, **more)
    return operations.place_order(account=one.account, items=[item], requested_on=on, actor=None)


def test_a_bundle_brings_its_components() -> None:
    """BND-2: two bundles with two boxes each have two lines and four boxes."""
    one = bundling.order(home(), quantity=D(2))
    assert asked(one.order) == [
        (1, "ADD", "HOME", 2),
        (2, "ADD", "LINE", 2),
        (3, "ADD", "BOX", 4),
    ]
    assert one.order.state == "COMPLETED"
    assert one.part("LINE").state == "ACTIVE"
    assert build.timeline(one.whole, "FEE") == [(JAN, None, 2, None, "ON")]
    assert build.timeline(one.part("LINE")) == [(JAN, None, 2, 0, "ON")]
    assert build.timeline(one.part("BOX")) == [(JAN, None, 4, None, "ON")]


def test_what_is_included_has_its_usage_at_its_own_price() -> None:
    """Recurring and one-time charges cost nothing; calls cost what they cost."""
    one_time = {"code": "FIT", "kind": "ONE_TIME"}
    version = home(({}, one_time, build.usage_charge()))
    one = bundling.order(version, components={"LINE": of(1, "491")})
    line = one.part("LINE")
    prices = [build.timeline(line, code)[0][3] for code in ("C1", "FIT", "CALLS")]
    assert prices == [0, 0, None]
    assert ServiceIdentifier.objects.get(value="491").service.subscription == line


def test_what_is_missing_in_a_component_is_told_at_the_bundle() -> None:
    version = home(({}, build.usage_charge()))
    item = ItemInput(action="ADD", offer_version=version, quantity=D(1), effective_on=JAN)
    order = operations.place_order(
        account=build.account(), items=[item], requested_on=JAN, actor=None
    )
    assert told(order) == [(1, "ORD-10", "LINE: Usage needs an identifier of type MSISDN.")]


@pytest.mark.parametrize(
    ("boxes", "told_of"),
    [
        (of(0), ""),
        (of(3), ""),
        (of(4), "BOX: at most 3 for each bundle."),
        (of("0.5"), "BOX: At least 1.00000000 must be ordered."),
    ],
)
def test_a_component_has_its_bounds(boxes: Any, told_of: str) -> None:
    """BND-1, for each unit of the bundle; the offer of the component has bounds of its own."""
    version = home()
    item = ItemInput(
        action="ADD", offer_version=version, quantity=D(1), effective_on=JAN,
        components={"BOX": boxes},
    )  # fmt: skip
    order = operations.place_order(
        account=build.account(), items=[item], requested_on=JAN, actor=None
    )
    assert [message for _, _, message in told(order)] == ([told_of] if told_of else [])


def test_only_what_belongs_to_a_bundle_is_asked_of_it() -> None:
    version = home()
    for sold, components in (
        (version, {"TV": of(1)}),
        (version, {"BOX": of(-1)}),
        (build.offer("PLAIN"), {"BOX": of(1)}),
    ):
        with pytest.raises(InvalidItem) as refusal:
            bundling.order(sold, components=components)
        assert (refusal.value.field, refusal.value.rule) == ("components", "BND-1")
    with pytest.raises(IncompleteOrder, match="LINE: at least 1 for each bundle"):
        bundling.order(version, components={"LINE": of(0)})


def test_a_component_off_sale_is_named() -> None:
    version = home()
    sold = OfferVersion.objects.get(offer__code="BOX")
    sold.state = "RETIRED"
    sold.save()
    with pytest.raises(InvalidItem, match="offer BOX is not on sale"):
        bundling.order(version)
    bundling.order(version, components={"BOX": of(0)})


def test_components_change_with_their_bundle() -> None:
    """BND-2: so many for each bundle as there were, unless asked for otherwise."""
    one = bundling.order(home())
    grown = one.change(FEB, quantity=D(3))
    assert asked(grown) == [
        (1, "MODIFY", "HOME", 3),
        (2, "MODIFY", "LINE", 3),
        (3, "MODIFY", "BOX", 6),
    ]
    fewer = one.change(MAR, components={"BOX": of(1)})
    assert asked(fewer) == [(1, "MODIFY", "HOME", None), (2, "MODIFY", "BOX", 3)]
    assert build.timeline(one.part("BOX")) == [
        (JAN, FEB, 2, None, "ON"),
        (FEB, MAR, 6, None, "ON"),
        (MAR, None, 3, None, "ON"),
    ]


def test_an_optional_component_goes_and_comes() -> None:
    one = bundling.order(home())
    first = one.part("BOX")
    one.change(FEB, components={"BOX": of(0)})
    first.refresh_from_db()
    assert (first.end_on, first.state) == (FEB, "TERMINATED")
    one.change(MAR, components={"BOX": of(1)})
    second = one.part("BOX")
    assert second != first
    assert build.timeline(second) == [(MAR, None, 1, None, "ON")]
    assert told(draft(one, "MODIFY", APR, components={"LINE": of(0)})) == [
        (1, "BND-1", "LINE: at least 1 for each bundle.")
    ]


def test_a_change_of_components_is_a_change() -> None:
    """ORD-14 asks for something that changes; the components of a bundle are something."""
    one = bundling.order(home())
    assert told(draft(one, "MODIFY", FEB)) != []
    assert told(draft(one, "MODIFY", FEB, components={"BOX": of(1)})) == []


def test_what_is_done_to_a_bundle_is_done_to_its_components() -> None:
    """BND-2: suspended, resumed, ended and brought back together."""
    one = bundling.order(home())
    line = one.part("LINE")
    one.act("SUSPEND", FEB, pause_policy="REDUCE", prices={"FEE": D(1)})
    one.act("RESUME", MAR)
    assert [state for *_, state in build.timeline(one.whole, "FEE")] == ["ON", "REDUCED", "ON"]
    assert [state for *_, state in build.timeline(line)] == ["ON", "OFF", "ON"]
    one.act("TERMINATE", APR)
    line.refresh_from_db()
    assert (line.end_on, line.state) == (APR, "TERMINATED")
    one.act("RESUME", date(2027, 4, 10))
    line.refresh_from_db()
    assert (line.end_on, line.state) == (None, "ACTIVE")


def test_a_component_does_nothing_alone() -> None:
    """BND-3: but for its identifiers, what becomes of it is ordered with its bundle."""
    one = bundling.order(home())
    box = one.part("BOX")
    for action, more in (
        ("MODIFY", {"quantity": D(1)}),
        ("MODIFY", {"prices": {"C1": D(1)}}),
        ("SUSPEND", {}),
        ("TERMINATE", {}),
    ):
        rules = [rule for _, rule, _ in told(draft(one, action, FEB, box, **more))]
        assert rules == ["BND-3"]
    own = draft(one, "MODIFY", FEB, box, identifiers=[build.number("492")])
    assert told(own) == []
    one.act("TERMINATE", APR)
    box.refresh_from_db()
    with pytest.raises(CannotWithdraw, match="ends with its bundle"):
        operations.withdraw_end(subscription=box, as_of=FEB, actor=None)


def test_a_component_moves_to_the_next_version_of_its_offer() -> None:
    """BND-3: as the migration wizard does it; included it stays."""
    one = bundling.order(home())
    line, box = one.part("LINE"), one.part("BOX")
    for sub in (line, box):
        before = sub.items.get().offer_version
        following = bundling.next_version(before, date(2027, 1, 15))
        found = operations.migrate(
            source=before, target=following, on_date=MAR, as_of=FEB, actor=build.user(sub.number)
        )
        changes = {line: D(0), box: D(20)}  # two boxes have the new charge of 10.00 besides
        assert [(row.problem, row.difference) for row in found] == [("", changes[sub])]
    assert [build.timeline(line, code)[-1] for code in ("C1", "NEW")] == [
        (MAR, None, 1, 0, "ON"),
        (MAR, None, 1, 0, "ON"),
    ]
    assert build.timeline(box, "NEW") == [(MAR, None, 2, None, "ON")]
    other = build.offer("OTHER")
    for more in ({"offer_version": other}, {"offer_version": other, "prices": {"C1": D(1)}}):
        with pytest.raises((IncompleteOrder, InvalidItem), match=r"is a part of|is included in"):
            build.modify(line, APR, **more)


def test_no_component_outlives_its_bundle() -> None:
    """BND-4: one that came since the order was drafted, or is still to come, is named."""
    one = bundling.order(home())
    one.change(FEB, components={"BOX": of(0)})
    ends = draft(one, "TERMINATE", MAR)
    later = draft(one, "MODIFY", date(2027, 3, 15), components={"BOX": of(1)})
    operations.submit_order(order=later, as_of=FEB, actor=None)
    number = one.part("BOX").number
    assert told(ends) == [
        (1, "BND-4", f"{number} comes to the bundle on 2027-03-15; withdraw that first.")
    ]
    with pytest.raises(InvalidItem, match="comes to the bundle on 2027-03-15"):
        draft(one, "MODIFY", MAR, components={"BOX": of(1)})
    too_late = draft(one, "TERMINATE", APR)
    assert told(too_late) == []
    operations.cancel_order(order=later, as_of=FEB, actor=None)
    assert told(ends) == []


def test_withdrawing_takes_the_components_along() -> None:
    one = bundling.order(home())
    later = draft(one, "MODIFY", MAR, quantity=D(2))
    operations.submit_order(order=later, as_of=JAN, actor=None)
    part = OrderItem.objects.get(order=later, seq=2)
    with pytest.raises(CannotWithdraw, match="follows item 1"):
        operations.withdraw_item(item=part, as_of=JAN, actor=None)
    operations.cancel_order(order=later, as_of=JAN, actor=None)
    assert build.timeline(one.part("LINE")) == [(JAN, None, 1, 0, "ON")]


def test_a_draft_is_revised_with_its_components() -> None:
    version = home()
    item = ItemInput(action="ADD", offer_version=version, quantity=D(1), effective_on=JAN)
    order = operations.place_order(
        account=build.account(), items=[item], requested_on=JAN, actor=None
    )
    again = ItemInput(
        action="ADD", offer_version=version, quantity=D(1), effective_on=JAN,
        components={"BOX": of(0)},
    )  # fmt: skip
    operations.revise_order(order=order, items=[again], requested_on=JAN, actor=None)
    assert asked(order) == [(1, "ADD", "HOME", 1), (2, "ADD", "LINE", 1)]


def test_a_ramp_a_trial_and_a_term_are_those_of_the_bundle() -> None:
    version = home()
    one = bundling.order(version, term_months=12, trial_end_on=FEB, phases=[Phase(MAR, D(2))])
    assert [tuple(row) for row in build.timeline(one.part("BOX"))] == [
        (JAN, FEB, 2, None, "OFF"),
        (FEB, MAR, 2, None, "ON"),
        (MAR, None, 4, None, "ON"),
    ]
    line = one.part("LINE")
    assert (line.term, line.trial_end_on) == (one.whole.term, FEB)
    operations.renew_due(as_of=date(2028, 1, 1))
    renewed = [Subscription.objects.get(pk=pk).term.upper for pk in (one.whole.pk, line.pk)]
    assert renewed == [date(2029, 1, 1)] * 2
    assert line.order_items.filter(action="RENEW").count() == 1


def test_a_bundle_that_ends_with_its_term_takes_nothing_more() -> None:
    one = bundling.order(home(), term_months=12, renewal="NONE", components={"BOX": of(0)})
    with pytest.raises(InvalidItem, match="ends with its term on 2028-01-01"):
        one.change(FEB, components={"BOX": of(1)})


def test_a_bundle_is_handed_on_whole() -> None:
    one = bundling.order(home())
    taker = build.account("Next door")
    one.act("TRANSFER", FEB, target_account=taker)
    heirs = Subscription.objects.filter(account=taker).order_by("pk")
    assert [code_of(heir) for heir in heirs] == ["HOME", "LINE", "BOX"]
    assert [heir.bundle for heir in heirs] == [None, heirs[0], heirs[0]]
    assert build.timeline(heirs[1]) == [(FEB, None, 1, 0, "ON")]
    build.modify(heirs[0], MAR, components={"BOX": of(3)})
    assert build.timeline(heirs[2])[-1] == (MAR, None, 3, None, "ON")


def test_another_version_keeps_what_it_treats_alike() -> None:
    """BND-2: what is new comes, what is gone ends, and what is treated otherwise begins anew."""
    first = home(({}, build.usage_charge()), TV={}, NET={})
    one = bundling.order(first, components={"LINE": of(1, "491")})
    parts = {"LINE": {"treatment": "LIST"}, "TV": {}, "BOX": BOX, "NEWS": {}}
    build.offer("NEWS")
    other = bundling.bundle("BIG", parts)
    old = {code: one.part(code) for code in ("LINE", "TV", "NET", "BOX")}
    changed = one.change(FEB, offer_version=other)
    assert asked(changed) == [
        (1, "MODIFY", "BIG", None),
        (2, "TERMINATE", "NET", None),
        (3, "TERMINATE", "LINE", None),
        (4, "ADD", "LINE", 1),
        (5, "ADD", "NEWS", 1),
    ]
    assert one.part("TV") == old["TV"]
    anew = one.part("LINE")
    assert build.timeline(anew) == [(FEB, None, 1, None, "ON")]
    kept = ServiceIdentifier.objects.filter(value="491").order_by("valid")
    assert [row.service.subscription for row in kept] == [old["LINE"], anew]


def test_a_bundle_may_be_inside_another() -> None:
    home()
    outer = bundling.bundle("OFFICE", {"HOME": {"default_quantity": 2}})
    one = bundling.order(outer)
    inner = one.part("HOME")
    assert [code for _, _, code, _ in asked(one.order)] == ["OFFICE", "HOME", "LINE", "BOX"]
    boxes = Subscription.objects.get(bundle=inner, items__offer_version__offer__code="BOX")
    assert build.timeline(inner, "FEE") == [(JAN, None, 2, 0, "ON")]
    assert build.timeline(boxes) == [(JAN, None, 4, None, "ON")]
    one.act("TERMINATE", FEB)
    boxes.refresh_from_db()
    assert boxes.end_on == FEB


def test_a_discounted_component_is_given_its_discounts() -> None:
    """DSC-1: those of the account's currency, from the day on which the component comes."""
    from tests.apps.customers.test_discounts import discount

    euros, dollars, any_money = (
        discount(code, **more)
        for code, more in (
            ("EURO", {"kind": "AMOUNT", "value": D(1), "currency": "EUR"}),
            ("DOLLAR", {"kind": "AMOUNT", "value": D(1), "currency": "USD"}),
            ("TENTH", {}),
        )
    )
    one = bundling.order(
        home(TV={"treatment": "DISCOUNTED", "discounts": [euros, dollars, any_money]})
    )
    given = GrantedDiscount.objects.filter(subscription=one.part("TV"))
    assert sorted(given.values_list("discount__code", flat=True)) == ["EURO", "TENTH"]
    assert {row.valid.lower for row in given} == {JAN}
