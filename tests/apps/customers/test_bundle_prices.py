"""One price for several tax categories, shared among the components of a bundle (TAX-16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import OfferVersion, PriceVersion
from customers import operations, queries
from customers.operations import InvalidItem, ItemInput, Phase
from tests.apps.customers import build, bundling
from tests.apps.customers.bundling import Home, of

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR, APR = (date(2027, month, 1) for month in (1, 2, 3, 4))


def prices(one: Home, day: date) -> dict[str, Decimal | None]:
    """Return the own prices of the bundle and its components on a day."""
    found = {}
    for code, sub in {"FEE": one.whole, **{c: one.part(c) for c in ("LINE", "BOX")}}.items():
        for start, end, _, price, _ in build.timeline(sub, "FEE" if code == "FEE" else "RENT"):
            if start <= day and (end is None or day < end):
                found[code] = price
    return found


def mixed(price: str = "60", *, model: str = "FLAT", **terms: Any) -> OfferVersion:
    """Publish a bundle of a line worth 40, a service, and a box worth 20 each, goods."""
    bundling.taxed("TELECOM", "LINE")
    bundling.taxed("GOODS", "BOX", price_model="PER_UNIT")
    parts: dict[str, dict[str, Any]] = {
        "LINE": {"ssp_weight": D(40)},
        "BOX": {"ssp_weight": D(20), "min_quantity": 0, "max_quantity": 3},
    }
    charges = ({"code": "FEE", "price_model": model},)
    version = bundling.bundle("HOME", parts, charges, price=None, **terms)
    fee = version.charges.get()
    row = PriceVersion.objects.create(
        charge=fee, currency="EUR", valid=(date(2020, 1, 1), None),
        **{"flat_amount" if model == "FLAT" else "unit_price": D(price)},
    )  # fmt: skip
    build.walk(row)
    return version


def test_a_price_is_shared_by_stand_alone_price() -> None:
    """TAX-16: 60.00 over a line of 40 and a box of 20 is 40.00 and 20.00."""
    one = bundling.order(mixed())
    assert prices(one, JAN) == {"FEE": 0, "LINE": D(40), "BOX": D(20)}


def test_what_the_bundle_itself_is_worth_stays_with_it() -> None:
    """TAX-16: 60.00 over 60 : 40 : 20 is 30.00, 20.00 and 10.00."""
    one = bundling.order(mixed(ssp_weight=D(60)))
    assert prices(one, JAN) == {"FEE": D(30), "LINE": D(20), "BOX": D(10)}


def test_shares_follow_the_quantities() -> None:
    """TAX-16: with two boxes, 60.00 over 40 : 40 is 30.00 and twice 15.00; without, 60.00."""
    one = bundling.order(mixed())
    one.change(FEB, components={"BOX": of(2)})
    assert prices(one, FEB) == {"FEE": 0, "LINE": D(30), "BOX": D(15)}
    assert prices(one, JAN) == {"FEE": 0, "LINE": D(40), "BOX": D(20)}
    one.change(MAR, components={"BOX": of(0)})
    assert prices(one, MAR) == {"FEE": 0, "LINE": D(60)}


def test_a_price_by_the_bundle_grows_with_its_quantity() -> None:
    """TAX-16: 30.00 each is 90.00 of three, over 120 : 60 the line 60.00 and each box 10.00."""
    one = bundling.order(mixed("30", model="PER_UNIT"), quantity=D(3))
    assert prices(one, JAN) == {"FEE": 0, "LINE": D(60), "BOX": D(10)}
    one.change(FEB, quantity=D(2))
    assert prices(one, FEB) == {"FEE": 0, "LINE": D(40), "BOX": D(10)}


def test_the_price_of_the_order_is_shared_and_stays_agreed() -> None:
    """PRC-2: another price of the order is another total; a change of quantity keeps it."""
    one = bundling.order(mixed(), prices={"FEE": D(30)})
    assert prices(one, JAN) == {"FEE": 0, "LINE": D(20), "BOX": D(10)}
    one.change(FEB, components={"BOX": of(2)})
    assert prices(one, FEB) == {"FEE": 0, "LINE": D(15), "BOX": D("7.5")}
    one.change(MAR, prices={"FEE": D(60)})
    assert prices(one, MAR) == {"FEE": 0, "LINE": D(30), "BOX": D(15)}


def test_a_bundle_of_one_category_keeps_its_price() -> None:
    bundling.taxed("TELECOM", "LINE")
    one = bundling.order(bundling.bundle("HOME", {"LINE": {}}, category="TELECOM"))
    assert build.timeline(one.whole, "FEE") == [(JAN, None, 1, None, "ON")]
    assert build.timeline(one.part("LINE"), "RENT") == [(JAN, None, 1, 0, "ON")]


def test_the_price_comes_back_to_the_bundle_once_nothing_shares_it() -> None:
    """TAX-16: without the box all is of one category, and the bundle is 60.00 again."""
    one = bundling.order(mixed(ssp_weight=D(60), category="TELECOM"))
    one.change(FEB, components={"BOX": of(0)})
    assert prices(one, FEB) == {"FEE": D(60), "LINE": 0}
    one.change(MAR, components={"BOX": of(1)})
    assert prices(one, MAR) == {"FEE": D(30), "LINE": D(20), "BOX": D(10)}


def test_a_shared_price_has_no_ramp() -> None:
    with pytest.raises(InvalidItem, match="has no ramp"):
        bundling.order(mixed(), phases=[Phase(FEB, D(2))])


def test_what_a_contract_prices_is_shared_by_the_price_of_the_order() -> None:
    """PRC-2: a share would outrank the contract without anybody's having said so."""
    version, account = mixed(), build.account()
    contract = operations.draft_contract(account=account, valid_from=JAN, actor=None)
    operations.set_contract_price(
        contract=contract, charge=version.charges.get(), currency="EUR", unit_price=D(50),
        actor=None,
    )  # fmt: skip
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    item = ItemInput(action="ADD", offer_version=version, quantity=D(1), effective_on=JAN)
    with pytest.raises(InvalidItem, match="give its price in the order"):
        build.submit(account, item, as_of=JAN)
    build.submit(account, replace(item, prices={"FEE": D(50)}), as_of=JAN)


def test_a_shared_draft_is_not_changed_in_the_form() -> None:
    """The form would show the share of the bundle as the price that was asked for."""
    version = mixed()
    item = ItemInput(action="ADD", offer_version=version, quantity=D(1), effective_on=JAN)
    order = operations.place_order(
        account=build.account(), items=[item], requested_on=JAN, actor=None
    )
    assert not queries.can_be_revised(order=order)
