"""Nothing is lost or invented when money is rounded and shared out (NUM)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from foundation.currencies import MINOR_UNITS
from foundation.money import allocate, cash_rounding, minor_units, quantize

currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF", *sorted(MINOR_UNITS)])
exact = st.decimals(
    min_value=-(10**14), max_value=10**14, places=10, allow_nan=False, allow_infinity=False
)
weights = st.lists(
    st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False), min_size=1, max_size=40
).filter(any)


def unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-minor_units(currency))


@given(exact, currencies)
def test_num_1_is_the_nearest_unit_and_away_from_zero_on_a_tie(amount: Decimal, currency: str):
    rounded = quantize(amount, currency)
    assert abs(rounded - amount) * 2 <= unit(currency)
    if abs(rounded - amount) * 2 == unit(currency):
        assert abs(rounded) > abs(amount)
    assert quantize(rounded, currency) == rounded
    assert quantize(-amount, currency) == -rounded
    assert not (rounded == 0 and rounded.is_signed())


@given(exact, exact, currencies)
def test_num_1_keeps_the_order(a: Decimal, b: Decimal, currency: str):
    small, large = sorted((a, b))
    assert quantize(small, currency) <= quantize(large, currency)


@given(exact, weights, currencies)
def test_num_2_shares_add_up_and_stay_within_a_unit(
    amount: Decimal, shares: list[Decimal], currency: str
):
    total = quantize(amount, currency)
    parts = allocate(total, shares, currency)
    assert sum(parts) == total
    whole = sum(Fraction(share) for share in shares)
    for part, share in zip(parts, shares, strict=True):
        assert part == quantize(part, currency)
        assert abs(Fraction(part) - Fraction(total) * Fraction(share) / whole) < Fraction(
            unit(currency)
        )
        assert share or not part
        assert not part or (part > 0) == (total > 0)


@given(exact, weights, currencies, st.randoms(use_true_random=False))
def test_num_2_is_fair_whatever_the_order(amount, shares, currency, random):
    total = quantize(amount, currency)
    order = list(range(len(shares)))
    random.shuffle(order)
    plain = allocate(total, shares, currency)
    shuffled = allocate(total, [shares[i] for i in order], currency)
    assert sorted(plain) == sorted(shuffled)
    for i, share in enumerate(shares):
        for j, other in enumerate(shares):
            if share > other:
                assert abs(plain[i]) >= abs(plain[j])


@given(exact, weights, currencies)
def test_num_2_of_a_negative_total_is_the_mirror(
    amount: Decimal, shares: list[Decimal], currency: str
):
    total = quantize(amount, currency)
    assert allocate(-total, shares, currency) == [-p for p in allocate(total, shares, currency)]


@given(exact, st.sampled_from(["0.05", "0.10", "0.50", "1"]))
def test_num_5_reaches_a_multiple_of_the_step_by_half_a_step_at_most(amount: Decimal, coin: str):
    step, payable = Decimal(coin), quantize(amount, "CHF")
    rounding = cash_rounding(payable, step)
    assert (payable + rounding) % step == 0
    assert abs(rounding) * 2 <= step
    steps = ((payable / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * step
    assert payable + rounding == steps
