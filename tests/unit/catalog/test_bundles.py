"""Bundles: what one must say before it is sold, and how its one price is shared (P8, TAX-16)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.bundles import (
    BundleFacts,
    Claim,
    PartCharge,
    PartDiscount,
    PartFacts,
    bundle_problems,
    is_shared,
    shares,
)

D = Decimal
MONTHLY = ("ADVANCE", "MONTH", 1)
FEE = PartCharge("FEE", "RECURRING", "FLAT", MONTHLY, "TELECOM", is_distinct=False)
LINE = PartFacts("LINE", "INCLUDED", D(40), (replace(FEE, code="RENT", is_distinct=True),))
BOX = PartFacts(
    "BOX", "INCLUDED", D(20), (replace(FEE, code="LOAN", tax_category="GOODS", is_distinct=True),)
)
HOME = BundleFacts(None, (FEE,), (LINE,), ("EUR",))


def told(bundle: BundleFacts) -> list[tuple[str, str]]:
    return [(one.rule, one.where) for one in bundle_problems(bundle)]


def test_a_complete_bundle_has_no_problem() -> None:
    assert told(HOME) == []
    assert told(replace(HOME, parts=())) == []


def test_a_distinct_component_needs_its_stand_alone_price() -> None:
    """P8: a bundle without SSP for a distinct component cannot be published."""
    assert told(replace(HOME, parts=(replace(LINE, ssp_weight=None),))) == [("P8", "LINE")]
    plain = replace(LINE, ssp_weight=None, charges=(FEE,))
    assert told(replace(HOME, parts=(plain,))) == []


def test_a_component_is_sold_and_priced_when_the_bundle_is() -> None:
    part = replace(LINE, unsold_on="2027-03-01", unpriced=(("RENT", "USD"),))
    found = list(bundle_problems(replace(HOME, parts=(part,))))
    assert [one.message for one in found] == [
        "LINE is not on sale on 2027-03-01, when the bundle is.",
        "LINE: charge RENT has no published price in USD.",
    ]


def test_a_bundle_without_own_charge_says_its_currencies() -> None:
    assert told(replace(HOME, charges=(), currencies=())) == [("PRC-1", "")]
    assert told(replace(HOME, charges=())) == []


def test_a_discounted_component_has_a_discount_in_every_currency() -> None:
    euro = PartDiscount("TEN", "EUR", is_of_subscription=True, may_be_given=True)
    part = replace(LINE, treatment="DISCOUNTED", discounts=(euro,))
    both = replace(HOME, parts=(part,), currencies=("EUR", "USD"))
    assert told(both) == [("DSC-1", "LINE")]
    anywhere = replace(euro, currency="")
    assert told(replace(both, parts=(replace(part, discounts=(anywhere,)),))) == []
    of_account = replace(anywhere, is_of_subscription=False)
    assert told(replace(both, parts=(replace(part, discounts=(of_account,)),))) == [
        ("DSC-1", "LINE")
    ]
    too_late = replace(anywhere, may_be_given=False)
    assert told(replace(both, parts=(replace(part, discounts=(too_late,)),))) == [
        ("DSC-1", "LINE")
    ]


def test_a_price_is_shared_where_it_covers_other_tax_categories() -> None:
    """TAX-16: only what is included and weighs takes a share."""
    mixed = replace(HOME, parts=(LINE, BOX))
    assert is_shared(mixed)
    assert not is_shared(HOME)
    assert not is_shared(replace(mixed, charges=()))
    assert not is_shared(replace(HOME, parts=(LINE, replace(BOX, treatment="LIST"))))
    assert told(mixed) == []


def test_what_is_shared_is_shared_evenly_over_time() -> None:
    """TAX-16: shares of one rhythm add up to the price in every period."""
    mixed = replace(HOME, parts=(LINE, BOX))
    loan = BOX.charges[0]
    for other in (
        replace(BOX, charges=(replace(loan, rhythm=("ARREARS", "MONTH", 1)),)),
        replace(BOX, charges=(replace(loan, model="GRADUATED"),)),
        replace(BOX, charges=(loan, replace(loan, code="CARE"))),
    ):
        assert told(replace(mixed, parts=(LINE, other))) == [("TAX-16", "BOX")]
    assert told(replace(mixed, charges=(FEE, replace(FEE, code="MORE")))) == [("TAX-16", "")]
    distinct = (replace(FEE, is_distinct=True),)
    assert told(replace(mixed, charges=distinct)) == [("TAX-16", "FEE")]
    assert told(replace(mixed, charges=distinct, ssp_weight=D(5))) == []


def test_a_price_is_shared_by_stand_alone_price_to_the_last_cent() -> None:
    """TAX-16, NUM-2: 60.00 over a line of 40 and two sets of 20 each: 30.00 and twice 15.00."""
    line, sets = Claim(1, True, D(1), D(40)), Claim(2, False, D(2), D(20))
    assert shares(D(60), [line, sets], "EUR") == {1: D("30.00"), 2: D(15)}
    # 49.99 over 40 : 20 is 33.33 (33.3267 is cut, its rest is larger) and 16.66.
    assert shares(D("49.99"), [line, replace_quantity(sets, 1)], "EUR") == {
        1: D("33.33"),
        2: D("16.66"),
    }
    # 10.00 by the unit of three is 3.3333333333 each, and three of them round to 10.00 again.
    assert shares(D(10), [replace_quantity(sets, 3)], "EUR") == {2: D("3.3333333333")}
    assert shares(D(10), [Claim(1, True, D(1), D(0))], "EUR") == {}


def replace_quantity(claim: Claim, quantity: int) -> Claim:
    return replace(claim, quantity=D(quantity))


@given(
    st.integers(0, 10**9),
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 10**4), st.integers(1, 10**6)),
        min_size=1,
        max_size=6,
    ),
)
def test_shares_come_to_the_price(cents: int, claims: list[tuple[bool, int, int]]) -> None:
    """TAX-16: what the lines come to, each rounded by itself, is the price."""
    total = D(cents).scaleb(-2)
    asked = [Claim(key, flat, D(n), D(w)) for key, (flat, n, w) in enumerate(claims)]
    found = shares(total, asked, "EUR")
    lines = [
        found[one.key] if one.is_flat else round(found[one.key] * one.quantity, 2) for one in asked
    ]
    assert sum(lines) == total
