"""A part of a period whose fraction has no end: exact on paper, exact here (PRO-1, PRO-3).

The answers are counted in fractions; the engine multiplies decimals.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.commitments import shortfall
from catalog.rules.metering import Metric
from catalog.rules.pricing import PriceTerms, Tier, price, price_transactions
from foundation.money import quantize, round_places
from foundation.periods import Period, Rhythm, Unit
from foundation.proration import Convention, factor
from rating.rules.grants import GrantTerms, grants_due, rhythm_of

D, F = Decimal, Fraction
TIERED = ("GRADUATED", "VOLUME", "STAIRSTEP")
DAYS = st.sampled_from([7, 28, 29, 30, 31, 90, 92, 365, 366]).flatmap(
    lambda full: st.tuples(st.integers(1, full - 1), st.just(full))
)


def half_up(exact: Fraction) -> Decimal:
    """Round an amount that is not negative to cents."""
    return D(floor(exact * 100 + F(1, 2))).scaleb(-2)


def share(part: int, full: int) -> Decimal:
    start = date(2026, 1, 1)
    whole = Period(start, start + timedelta(days=full))
    some = Period(start, start + timedelta(days=part))
    return factor(whole, some, convention=Convention.ACTUAL_DAYS)


def decimal(value: Fraction) -> Decimal:
    return D(value.numerator) / D(value.denominator)


@given(days=DAYS, cents=st.integers(0, 10**6))
def test_pro_1_a_tie_is_rounded_up_whatever_the_days(days: tuple[int, int], cents: int) -> None:
    """189.644 for 5 of 28 days is 33.865, so 33.87."""
    part, full = days
    owed = F(10 * cents + 5, 1000)
    whole = owed * full / part
    terms = PriceTerms(1, "PER_UNIT", "EUR", unit_price=D(1))
    fixed = PriceTerms(1, "FLAT", "EUR", flat_amount=decimal(whole))
    for one, quantity in ((terms, decimal(whole)), (fixed, D(1))):
        assert price(one, quantity, "EUR", factor=share(part, full)).amount == half_up(owed)


@pytest.mark.parametrize("model", TIERED)
@given(days=DAYS, times=st.integers(1, 500), exclusive=st.booleans())
def test_pro_3_a_prorated_bound_is_met_exactly(
    model: str, days: tuple[int, int], times: int, exclusive: bool
) -> None:
    """300 for 10 of 30 days are 100: the hundredth unit is in the tier that ends there."""
    part, full = days
    bound, quantity = D(times * full), D(times * part)
    tiers = (Tier(bound, D(3), D(20)), Tier(None, D(1), D(50)))
    terms = PriceTerms(1, model, "EUR", tiers=tiers, upper_exclusive=exclusive)
    found = price(terms, quantity, "EUR", tier_factor=share(part, full)).amount_exact
    above = D(50) if exclusive else D(0)
    expected = {
        "GRADUATED": quantity * 3 + 20 + above,
        "VOLUME": quantity + 50 if exclusive else quantity * 3 + 20,
        "STAIRSTEP": D(50) if exclusive else D(20),
    }
    assert found == expected[model]


@given(days=DAYS, times=st.integers(1, 500))
def test_tier_1_a_prorated_quantity_meets_its_bound(days: tuple[int, int], times: int) -> None:
    part, full = days
    tiers = (Tier(D(times * part), D(3), D(20)), Tier(None, D(1), D(50)))
    for exclusive, amount in ((False, D(20)), (True, D(50))):
        terms = PriceTerms(
            1,
            "STAIRSTEP",
            "EUR",
            tiers=tiers,
            tier_after_proration=True,
            upper_exclusive=exclusive,
        )
        found = price(terms, D(times * full), "EUR", factor=share(part, full))
        assert found.amount_exact == amount


@given(days=DAYS, times=st.integers(1, 500), size=st.integers(1, 40), used=st.integers(0, 10**4))
def test_pro_3_prorated_free_units_begin_no_package(
    days: tuple[int, int], times: int, size: int, used: int
) -> None:
    """300 free for 10 of 30 days are 100; of 200 used one package of 100 is charged."""
    part, full = days
    terms = PriceTerms(
        1, "PACKAGE", "EUR", unit_price=D(7), package_size=D(size), included=D(times * full)
    )
    quantity = D(times * part + used)
    found = price(terms, quantity, "EUR", free_factor=share(part, full))
    assert found.amount_exact == 7 * ceil(F(used, size))


@given(days=DAYS, cents=st.integers(0, 10**6))
def test_com_1_the_least_amount_of_a_part_is_exact(days: tuple[int, int], cents: int) -> None:
    part, full = days
    owed = F(10 * cents + 5, 1000)
    least = decimal(owed * full / part)
    terms = PriceTerms(1, "PER_UNIT", "EUR", min_amount=least, bill_zero=True)
    found = price(terms, D(0), "EUR", bound_factor=share(part, full))
    assert found.amount == half_up(owed)
    assert shortfall(least, D(0), "EUR", factor=share(part, full)) == half_up(owed)


@given(days=DAYS, times=st.integers(1, 500))
def test_unit_9_a_prorated_free_amount_frees_the_transaction_it_covers(
    days: tuple[int, int], times: int
) -> None:
    part, full = days
    terms = PriceTerms(
        1, "PERCENT", "EUR", percent=D("0.01"), event_fee=D("0.30"), free_amount=D(times * full)
    )
    found = price_transactions(terms, [D(times * part)], "EUR", free_factor=share(part, full))
    assert found.amount_exact == 0


@given(part=st.integers(1, 29), times=st.integers(1, 500))
def test_pro_3_a_part_of_a_grant_loses_no_unit(part: int, times: int) -> None:
    """300 units for 10 of 30 days are 100, not 99."""
    end = date(2026, 7, 1)
    start = end - timedelta(days=part)
    terms = GrantTerms(D(times * 30))
    cycle = Rhythm(date(2026, 1, 1), Unit.MONTH, 1)
    rhythm = rhythm_of(terms, start=start, cycle=cycle)
    (found,) = grants_due(
        terms, rhythm=rhythm, start=start, end=end, items=D(1), since=start, until=end
    )
    assert found.quantity == times * part


def test_unit_7_a_mean_that_is_converted_is_rounded_as_what_it_is() -> None:
    """A third, three times, is one, rounded down to whole ones too."""
    metric = Metric(numerator=D(3), places=0, mode="ROUND_DOWN")
    assert metric.converted(D(1) / 3) == 1


@given(top=st.integers(-(10**9), 10**9), bottom=st.integers(1, 366))
def test_num_1_rounds_what_a_fraction_without_end_was_before_it_was_cut(
    top: int, bottom: int
) -> None:
    """Multiply the cut quotient back: what comes out is a whole number again."""
    whole = D(top) / bottom * bottom
    assert round_places(whole, 0, "ROUND_DOWN") == top
    assert quantize(whole, "JPY") == top
