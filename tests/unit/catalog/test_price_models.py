"""Every further price model and policy: worked examples (TIER-1, TIER-2, UNIT-9, PRO-3)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.rules.pricing import (
    CannotPriceQuantity,
    PriceTerms,
    Tier,
    choose_cell,
    price,
    price_event,
    price_transactions,
    with_override,
    with_percent_off,
)

D = Decimal
HALF = D("0.5")
STEPS = (Tier(D(10), D(5), D(1)), Tier(None, D(3), D(2)))
CELLS = (
    Tier(None, D("0.15"), D(0), "peak=yes,zone=EU"),
    Tier(None, D("0.10"), D(0), "zone=EU"),
    Tier(None, D("0.50"), D("0.02"), "*"),
)


def terms(model: str, **values: object) -> PriceTerms:
    return PriceTerms(price_version_id=1, model=model, currency="USD", **values)  # type: ignore[arg-type]


def cost(found: PriceTerms, quantity: str, **more: D) -> D:
    return price(found, D(quantity), "USD", **more).amount_exact


def test_a_percentage_falls_with_the_money_tier_by_tier() -> None:
    """GRADUATED_PERCENT: 3 % of the first 1,000 and 2 % above: 1,500 cost 30 + 10."""
    rates = (Tier(D(1000), D("0.03"), D(0)), Tier(None, D("0.02"), D(0)))
    found = terms("GRADUATED_PERCENT", tiers=rates)
    assert cost(found, "1500") == D(40)
    assert price(found, D(7), "USD", base_amount=D(1000)).amount == D(30)


def test_a_dynamic_price_is_the_cost_and_a_markup() -> None:
    """UNIT-9: 80 and 25 % are 100; a correction mirrors it; 10 % off the price leaves 90."""
    found = terms("DYNAMIC", percent=D("0.25"))
    assert cost(found, "80") == D(100)
    assert cost(found, "-80") == D(-100)
    assert cost(with_percent_off(found, D("0.1")), "80") == D(90)


@pytest.mark.parametrize(
    ("attributes", "cell", "amount"),
    [
        ({"zone": "EU", "peak": "yes"}, "peak=yes,zone=EU", "1.50"),
        ({"zone": "EU", "peak": "no"}, "zone=EU", "1.00"),
        ({"zone": "MOON"}, "*", "5.02"),
        ({}, "*", "5.02"),
    ],
)
def test_a_matrix_prices_by_its_most_particular_cell(
    attributes: dict[str, str], cell: str, amount: str
) -> None:
    """MATRIX: the cell that asks for most wins, `*` takes what matches no other."""
    chosen = choose_cell(terms("MATRIX", tiers=CELLS), attributes)
    assert chosen is not None
    assert chosen.cell == cell
    assert price(chosen, D(10), "USD").amount == D(amount)
    assert price(chosen, D(-10), "USD").amount == -D(amount)
    assert price(chosen, D(10), "USD").explain["cell"] == cell


def test_a_matrix_without_the_cell_has_no_price() -> None:
    matrix = terms("MATRIX", tiers=CELLS[:2])
    assert choose_cell(matrix, {"zone": "MOON"}) is None
    with pytest.raises(CannotPriceQuantity, match="no cell"):
        price(matrix, D(1), "USD")
    assert choose_cell(terms("PER_UNIT"), {"zone": "EU"}) == terms("PER_UNIT")


def test_a_price_by_the_day_counts_days() -> None:
    """PER_DAY: two meters at 0.25 over 31 days are 15.50; an agreed price stays by the day."""
    found = terms("PER_DAY", unit_price=D("0.25"))
    assert cost(found, "2", factor=D(31)) == D("15.50")
    assert cost(with_override(found, D("0.20")), "2", factor=D(31)) == D("12.40")


def test_a_package_begins_after_the_free_units() -> None:
    """PACKAGE: 250 units less 30 free in hundreds at 7.00 are three packages."""
    found = terms("PACKAGE", unit_price=D(7), package_size=D(100), included=D(30))
    assert cost(found, "250") == D(21)
    assert cost(found, "230") == D(14)
    assert cost(found, "30") == 0
    assert cost(found, "20", free_factor=HALF) == D(7)


def test_the_upper_bound_belongs_to_either_tier() -> None:
    """TIER-1: ten units lie in the first tier, or with `upper_exclusive` begin the second."""
    lower = terms("VOLUME", tiers=STEPS)
    upper = terms("VOLUME", tiers=STEPS, upper_exclusive=True)
    assert (cost(lower, "10"), cost(upper, "10")) == (D(51), D(32))
    assert cost(lower, "9.99999999") == cost(upper, "9.99999999")
    reached = terms("GRADUATED", tiers=STEPS, upper_exclusive=True)
    assert cost(terms("GRADUATED", tiers=STEPS), "10") == D(51)
    assert cost(reached, "10") == D(53)
    assert cost(terms("STAIRSTEP", tiers=STEPS, upper_exclusive=True), "10") == D(2)


def test_the_flat_amount_of_an_empty_tier_is_a_policy() -> None:
    for model in ("GRADUATED", "VOLUME", "STAIRSTEP"):
        assert cost(terms(model, tiers=STEPS), "0") == 0
        assert cost(terms(model, tiers=STEPS, empty_tier_flat=True), "0") == D(1)


def test_minimum_and_maximum_shrink_with_the_period_or_do_not() -> None:
    """PRO-3: half a month of 10 with a least amount of 15: 7.50 prorated, 15 as it stands."""
    shrinks = terms("PER_UNIT", unit_price=D(1), min_amount=D(15))
    stands = terms("PER_UNIT", unit_price=D(1), min_amount=D(15), bounds_prorated=False)
    assert cost(shrinks, "10", factor=HALF) == D("7.5")
    assert cost(stands, "10", factor=HALF) == D(15)
    # Usage is not prorated itself; only its bounds are.
    assert cost(shrinks, "10", bound_factor=HALF) == D(10)
    capped = terms("PER_UNIT", unit_price=D(1), max_amount=D(8))
    assert cost(capped, "10", bound_factor=HALF) == D(4)


def test_the_tier_is_chosen_before_or_after_proration() -> None:
    """Sixteen seats for half a month: by 16 they cost 3 each, by 8 they cost 5 each."""
    plain = (Tier(D(10), D(5), D(0)), Tier(None, D(3), D(0)))
    before = terms("VOLUME", tiers=plain)
    after = terms("VOLUME", tiers=plain, tier_after_proration=True)
    assert cost(before, "16", factor=HALF) == D(24)
    assert cost(after, "16", factor=HALF) == D(40)


@pytest.mark.parametrize(
    ("quantity", "amount"), [("90", "0.25"), ("150", "0.35"), ("900", "1.00"), ("0", "0")]
)
def test_an_event_bears_its_fee_within_its_bounds(quantity: str, amount: str) -> None:
    """UNIT-1: 0.002 a second, connect fee 0.05, at least 0.25 and at most 1.00."""
    call = terms(
        "PER_UNIT", unit_price=D("0.002"), event_fee=D("0.05"), event_min=D("0.25"),
        event_max=D(1),
    )  # fmt: skip
    assert price_event(call, D(quantity), "USD") == D(amount)
    assert price_event(call, -D(quantity), "USD") == -D(amount)


@pytest.mark.parametrize(
    ("values", "amounts", "expected"),
    [
        ({"event_fee": D("0.30")}, (100, 100, 100), "3.90"),
        ({"event_fee": D("0.30"), "free_events": 1}, (100, 100, 100), "2.60"),
        ({"free_amount": D(150)}, (100, 100, 100), "1.50"),
        # Whichever ends first: after one transaction, though money is left.
        ({"free_events": 1, "free_amount": D(150)}, (100, 100, 100), "2.00"),
        # After 50 of the first transaction, though another transaction would be free.
        ({"free_events": 2, "free_amount": D(50)}, (100, 100), "1.50"),
        ({"event_min": D(2)}, (100, 300), "5.00"),
        ({"event_max": D(2)}, (100, 300), "3.00"),
        # A refund mirrors what it takes back and uses up nothing that is free.
        ({"event_fee": D("0.30"), "free_events": 1}, (-100, 100, 100), "0.00"),
        ({"flat_amount": D(5), "event_fee": D("0.30")}, (100, 100), "7.60"),
        ({"min_amount": D(10), "event_fee": D("0.30")}, (100, 100), "10.00"),
        ({"event_fee": D("0.30")}, (), "0.00"),
    ],
)
def test_transactions_are_priced_one_by_one(
    values: dict[str, object], amounts: tuple[int, ...], expected: str
) -> None:
    """UNIT-9, at one per cent."""
    found = terms("PERCENT", percent=D("0.01"), **values)
    priced = price_transactions(found, [D(one) for one in amounts], "USD")
    assert priced.amount == D(expected)
    if not priced.bound:
        assert sum(row.amount for row in priced.rows) == priced.amount_exact
