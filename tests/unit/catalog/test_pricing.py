"""The price models: worked examples first, then what holds for every price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import choices
from catalog.rules import pricing
from catalog.rules.counters import split_counter
from catalog.rules.pricing import (
    CannotPriceQuantity,
    PriceTerms,
    Tier,
    price,
    price_events,
    with_override,
    with_percent_off,
)
from catalog.rules.quantities import billable

D = Decimal

TIERS = (Tier(D(10), D(5), D(0)), Tier(D(100), D(4), D(2)), Tier(None, D(3), D(0)))


def terms(model: str, **values: object) -> PriceTerms:
    values.setdefault("currency", "USD")
    return PriceTerms(price_version_id=1, model=model, **values)  # type: ignore[arg-type]


def test_every_model_of_the_catalogue_can_be_priced() -> None:
    assert set(pricing.MODELS) == set(choices.PriceModel.values)


@pytest.mark.parametrize(
    ("model", "values", "quantity", "amount"),
    [
        ("FLAT", {"flat_amount": D("29.99")}, D(3), "29.99"),
        ("PER_UNIT", {"unit_price": D("0.0123")}, D(1000), "12.30"),
        # TIER-1: the upper bound belongs to the lower tier; fractions split exactly.
        ("GRADUATED", {"tiers": TIERS}, D(10), "50.00"),
        ("GRADUATED", {"tiers": TIERS}, D("10.5"), "54.00"),  # 50 + 0.5·4 + 2
        ("GRADUATED", {"tiers": TIERS}, D(100), "412.00"),
        ("GRADUATED", {"tiers": TIERS}, D(120), "472.00"),
        ("VOLUME", {"tiers": TIERS}, D(10), "50.00"),
        ("VOLUME", {"tiers": TIERS}, D(11), "46.00"),
        ("VOLUME", {"tiers": TIERS}, D(101), "303.00"),
        ("STAIRSTEP", {"tiers": (Tier(D(5), D(0), D(20)), Tier(None, D(0), D(35)))}, D(5), "20"),
        ("STAIRSTEP", {"tiers": (Tier(D(5), D(0), D(20)), Tier(None, D(0), D(35)))}, D(6), "35"),
        ("PACKAGE", {"unit_price": D(7), "package_size": D(100)}, D(100), "7.00"),
        ("PACKAGE", {"unit_price": D(7), "package_size": D(100)}, D("100.001"), "14.00"),
        ("OVERAGE", {"unit_price": D("0.10"), "included": D(500)}, D(500), "0.00"),
        ("OVERAGE", {"unit_price": D("0.10"), "included": D(500)}, D(620), "12.00"),
        ("PERCENT", {"percent": D("0.029"), "flat_amount": D("0.30")}, D(100), "3.20"),
        ("PERCENT", {"percent": D("0.01"), "min_amount": D(5)}, D(100), "5.00"),
        ("PERCENT", {"percent": D("0.01"), "max_amount": D(5)}, D(1000), "5.00"),
    ],
)
def test_models_price_as_published(
    model: str, values: dict[str, object], quantity: D, amount: str
) -> None:
    """TIER-1, TIER-2."""
    assert price(terms(model, **values), quantity, "USD").amount == D(amount)


def test_zero_costs_nothing_unless_zero_is_billed() -> None:
    """TIER-2: q=0 is 0 unless bill_zero."""
    for model in pricing.MODELS:
        assert price(terms(model, flat_amount=D(9), tiers=TIERS), D(0), "USD").amount == 0
    billed = terms("FLAT", flat_amount=D(9), bill_zero=True)
    assert price(billed, D(0), "USD").amount == 9
    least = terms("PER_UNIT", unit_price=D(1), min_amount=D(25), bill_zero=True)
    assert price(least, D(0), "USD").amount == 25
    assert price(least, D(0), "USD").bound == "MIN"


def test_percent_takes_its_share_of_a_base_amount() -> None:
    priced = price(terms("PERCENT", percent=D("0.1")), D(1), "USD", base_amount=D("123.45"))
    assert priced.amount == D("12.35")
    assert priced.unit_price == D("0.1")


def test_a_factor_prorates_the_exact_amount_before_the_one_rounding() -> None:
    """PRO-1: 15 of 31 days of 29.99."""
    priced = price(terms("FLAT", flat_amount=D("29.99")), D(1), "USD", factor=D(15) / D(31))
    assert priced.amount == D("14.51")


def test_tier_bounds_follow_tier_proration() -> None:
    """PRO-3: half a period halves the tiers, not the quantity."""
    tiers = (Tier(D(10), D(0), D(0)), Tier(None, D(1), D(0)))
    assert price(terms("GRADUATED", tiers=tiers), D(10), "USD", tier_factor=D("0.5")).amount == 5
    over = terms("OVERAGE", unit_price=D(1), included=D(10))
    assert price(over, D(10), "USD", tier_factor=D("0.5")).amount == 5


def test_event_rounding_differs_from_line_rounding() -> None:
    """UNIT-2: three events of 0.0049 make 0.01 by line and 0.00 or 0.03 by event."""
    each = terms("PER_UNIT", unit_price=D("0.0049"))
    events = [D(1)] * 3
    assert price(each, D(3), "USD").amount == D("0.01")
    assert price_events(each, events, "USD", decimals=2) == D("0.00")
    assert price_events(each, events, "USD", decimals=2, mode="ROUND_UP") == D("0.03")


@pytest.mark.parametrize("model", sorted(pricing.COUNTED))
def test_counted_models_do_not_round_events(model: str) -> None:
    """UNIT-2."""
    with pytest.raises(CannotPriceQuantity):
        price_events(terms(model, tiers=TIERS), [D(1)], "USD", decimals=2)


def test_the_counter_runs_on_over_a_price_change() -> None:
    """TIER-3: 8 units at the old price, 6 at the new one; the new ones meet tier 2 from 10 on."""
    old = terms("GRADUATED", tiers=(Tier(D(10), D(5), D(0)), Tier(None, D(4), D(0))))
    new = terms("GRADUATED", tiers=(Tier(D(10), D(6), D(0)), Tier(None, D(3), D(0))))
    first, second = split_counter([(old, D(8)), (new, D(6))], "USD")
    assert first.amount == D(40)
    assert second.amount == D(2 * 6 + 4 * 3)
    assert [(row.tier, row.quantity) for row in second.rows] == [(1, D(2)), (2, D(4))]


def test_what_has_no_price_is_refused() -> None:
    closed = terms("VOLUME", tiers=TIERS[:2])
    with pytest.raises(CannotPriceQuantity, match="above the last tier"):
        price(closed, D(101), "USD")
    with pytest.raises(CannotPriceQuantity, match="above the last tier"):
        price(terms("GRADUATED", tiers=TIERS[:2]), D(101), "USD")
    with pytest.raises(CannotPriceQuantity, match="negative"):
        price(terms("GRADUATED", tiers=TIERS), D(-1), "USD")
    with pytest.raises(CannotPriceQuantity, match="EUR"):
        price(terms("FLAT"), D(1), "EUR")


def test_agreed_prices_replace_or_lower_the_listed_one() -> None:
    """PRC-2 and PRC-4."""
    listed = terms("GRADUATED", tiers=TIERS)
    assert price(with_override(listed, D("3.5")), D(120), "USD").amount == D(420)
    assert price(with_override(terms("FLAT", flat_amount=D(9)), D(7)), D(3), "USD").amount == 7
    assert price(with_percent_off(listed, D("0.10")), D(120), "USD").amount == D("424.80")
    assert price(with_percent_off(listed, D("0.10")), D(1), "USD").explain["override"] is True


def test_an_explanation_adds_up_to_the_amount() -> None:
    explained = price(terms("GRADUATED", tiers=TIERS), D(120), "USD").explain
    rows = explained["rows"]
    assert isinstance(rows, list)
    assert sum(D(row["amount"]) for row in rows) == D(str(explained["amount"]))
    assert sum(D(row["quantity"]) for row in rows) == D(120)


@pytest.mark.parametrize(
    ("quantity", "first", "following", "charged"),
    [
        ("0", 60, 60, "0"),
        ("1", 60, 60, "60"),
        ("61", 60, 60, "120"),
        ("31", 30, 6, "36"),
        ("30", 30, 6, "30"),
        ("7.5", 0, 0, "7.5"),
        ("7.5", 0, 1, "8"),
    ],
)
def test_increments_round_up(quantity: str, first: int, following: int, charged: str) -> None:
    """UNIT-1: 60/60 and 30/6."""
    assert billable(D(quantity), first=D(first), following=D(following)) == D(charged)


def test_zero_is_charged_an_increment_only_on_wish() -> None:
    assert billable(D(0), first=D(60), following=D(60), charge_zero=True) == 60


amounts = st.decimals(min_value=0, max_value=1000, places=4)
quantities = st.decimals(min_value=0, max_value=100_000, places=6)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    uppers = sorted(draw(st.sets(st.integers(1, 50_000), max_size=5)))
    return tuple(Tier(upper, draw(amounts), D(0)) for upper in [*(D(one) for one in uppers), None])


@settings(max_examples=150, deadline=None)
@given(tiers(), quantities, quantities)
def test_graduated_prices_add_up_over_any_split(steps: tuple[Tier, ...], a: D, b: D) -> None:
    """TIER-2, TIER-3: a counter that runs on makes the parts add up to the whole."""
    graduated = terms("GRADUATED", tiers=steps)
    parts = split_counter([(graduated, a), (graduated, b)], "USD")
    whole = price(graduated, a + b, "USD")
    assert sum(part.amount_exact for part in parts) == whole.amount_exact
    assert sum((row.quantity for row in whole.rows), D(0)) == a + b


@settings(max_examples=150, deadline=None)
@given(tiers(), quantities, quantities)
def test_a_greater_quantity_never_costs_less_when_graduated(
    steps: tuple[Tier, ...], a: D, b: D
) -> None:
    graduated = terms("GRADUATED", tiers=steps)
    less, more = sorted((a, b))
    assert price(graduated, less, "USD").amount_exact <= price(graduated, more, "USD").amount_exact


@settings(max_examples=150, deadline=None)
@given(amounts, quantities)
def test_one_open_tier_is_a_price_per_unit(unit_price: D, quantity: D) -> None:
    one = (Tier(None, unit_price, D(0)),)
    expected = price(terms("PER_UNIT", unit_price=unit_price), quantity, "USD").amount
    for model in ("GRADUATED", "VOLUME"):
        assert price(terms(model, tiers=one), quantity, "USD").amount == expected


@settings(max_examples=150, deadline=None)
@given(quantities, st.integers(1, 500))
def test_packages_cover_the_quantity_and_no_more(quantity: D, size: int) -> None:
    priced = price(terms("PACKAGE", unit_price=D(1), package_size=D(size)), quantity, "USD")
    packages = priced.amount_exact
    assert packages * size >= quantity > (packages - 1) * size or quantity == packages == 0


@settings(max_examples=150, deadline=None)
@given(st.decimals(min_value=0, max_value=1_000_000, places=2), amounts, amounts)
def test_percentages_stay_within_their_bounds(value: D, low: D, high: D) -> None:
    least, most = sorted((low.quantize(D("0.01")), high.quantize(D("0.01"))))
    bounded = terms("PERCENT", percent=D("0.03"), min_amount=least, max_amount=most)
    priced = price(bounded, value, "USD")
    assert priced.amount == 0 if value == 0 else least <= priced.amount <= most
