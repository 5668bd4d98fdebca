"""One event over bands, slots and increments, against counting increment by increment (UNIT-5)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.events import Increments, rate_event
from catalog.rules.pricing import PriceTerms, Tier, price_event
from catalog.rules.quantities import billable

D = Decimal
ZERO = D(0)
PEAK = PriceTerms(1, "PER_UNIT", "EUR", unit_price=D("0.02"), event_fee=D("0.05"))
CHEAP = PriceTerms(2, "PER_UNIT", "EUR", unit_price=D("0.01"), event_fee=D("0.03"))
BY_BAND = {"PEAK": PEAK, "CHEAP": CHEAP}
SLOTS = PriceTerms(
    3, "SLOTS", "EUR",
    tiers=(
        Tier(D(180), D("0.02"), D("0.10")), Tier(D(600), D("0.01"), ZERO), Tier(None, ZERO, D(1)),
    ),
)  # fmt: skip


def call(seconds: object, *cuts: tuple[int, str], first: int = 0, following: int = 0,
         mode: str = "UP") -> Decimal:  # fmt: skip
    return rate_event(
        BY_BAND.__getitem__, D(str(seconds)), "EUR",
        cuts=[(D(at), band) for at, band in cuts],
        increments=Increments(D(first), D(following), mode),
    ).amount  # fmt: skip


def test_a_call_is_split_where_the_band_changes() -> None:
    """50 dear seconds, 30 cheap ones, the connect fee of the first band."""
    assert call(80, (0, "PEAK"), (50, "CHEAP")) == D("1.35")


def test_a_whole_increment_runs_past_the_end_of_its_band() -> None:
    """UNIT-5: 60/6, 20 s before the cheap band: 60 dear, 42 cheap, though only 20 were dear."""
    assert call(100, (0, "PEAK"), (20, "CHEAP"), first=60, following=6) == D("1.67")
    assert call(100, (0, "PEAK"), (62, "CHEAP"), first=60, following=6) == D("1.73")
    assert call(100, (0, "PEAK"), (66, "CHEAP"), first=60, following=6) == D("1.73")


def test_slots_count_from_the_start_of_the_event_and_not_of_the_band() -> None:
    """0.10 and 180 s at 0.02, then 0.01 to 600 s, then 1.00 for all the rest."""
    for seconds, amount in ((0, "0"), (1, "0.12"), (180, "3.70"), (300, "4.90"), (601, "8.90")):
        assert rate_event(lambda _: SLOTS, D(seconds), "EUR").amount == D(amount)
    other = PriceTerms(4, "SLOTS", "EUR", tiers=(Tier(D(180), D(1), ZERO), Tier(None, D(2), ZERO)))
    found = rate_event(
        {"A": SLOTS, "B": other}.__getitem__, D(200), "EUR", cuts=[(ZERO, "A"), (D(100), "B")]
    )
    assert found.amount == D("0.10") + 100 * D("0.02") + 80 + 20 * 2
    assert [(one.band, one.slot, one.end - one.start) for one in found.pieces] == [
        ("A", 1, D(100)), ("B", 1, D(80)), ("B", 2, D(20)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "seconds", "expected"),
    [("UP", 61, 66), ("MIDDLE", 62, 60), ("MIDDLE", 63, 66), ("DOWN", 65, 60), ("DOWN", 66, 66),
     ("DOWN", 5, 60), ("UP", 0, 0)],
)  # fmt: skip
def test_what_is_beyond_the_first_increment_is_rounded_by_mode(
    mode: str, seconds: int, expected: int
) -> None:
    found = billable(D(seconds), first=D(60), following=D(6), mode=mode)
    assert found == expected
    assert billable(found, first=D(60), following=D(6), mode=mode) == expected


def test_fee_least_and_greatest_amount_and_corrections() -> None:
    bounded = PriceTerms(
        1, "PER_UNIT", "EUR", unit_price=D("0.01"), event_fee=D("0.05"), event_min=D("0.20"),
        event_max=D(1),
    )  # fmt: skip
    for seconds, amount, bound in ((0, "0", ""), (3, "0.20", "MIN"), (30, "0.35", ""),
                                   (400, "1", "MAX"), (-30, "-0.35", "")):  # fmt: skip
        found = rate_event(lambda _: bounded, D(seconds), "EUR")
        assert (found.amount, found.bound) == (D(amount), bound)


def test_what_has_no_length_is_priced_whole_by_its_first_band() -> None:
    flat = PriceTerms(1, "FLAT", "EUR", flat_amount=D("0.15"))
    found = rate_event(lambda _: flat, D(300), "EUR", cuts=[(ZERO, "A"), (D(100), "B")])
    assert (found.amount, len(found.pieces)) == (D("0.15"), 1)


amounts = st.integers(0, 300).map(lambda cents: D(cents).scaleb(-3))
steps = st.sampled_from([(1, 1), (60, 6), (60, 60), (30, 1), (6, 6), (10, 7)])


@given(
    seconds=st.integers(1, 400),
    cuts=st.lists(st.integers(1, 400), max_size=3, unique=True),
    uppers=st.lists(st.integers(1, 300), max_size=2, unique=True),
    rates=st.lists(st.tuples(amounts, amounts), min_size=12, max_size=12),
    increments=steps,
)
def test_the_closed_form_is_the_sum_of_its_increments(
    seconds: int, cuts: list[int], uppers: list[int], rates: list[tuple[Decimal, Decimal]],
    increments: tuple[int, int],
) -> None:  # fmt: skip
    """An oracle that walks from increment to increment, with fractions."""
    bounds = [*sorted(uppers), None]
    bands = {
        str(number): PriceTerms(
            number, "SLOTS", "EUR",
            tiers=tuple(
                Tier(None if upper is None else D(upper), *rates[number * 3 + slot])
                for slot, upper in enumerate(bounds)
            ),
        )
        for number in range(4)
    }  # fmt: skip
    begins = [(0, "0"), *((at, str(1 + n)) for n, at in enumerate(sorted(cuts)))]
    found = rate_event(
        bands.__getitem__, D(seconds), "EUR", cuts=[(D(at), band) for at, band in begins],
        increments=Increments(D(increments[0]), D(increments[1])),
    )  # fmt: skip
    entered: set[int] = set()
    at, step, total = 0, increments[0], Fraction(0)
    while at < seconds:
        band = [code for begin, code in begins if begin <= at][-1]
        slot = next(n for n, upper in enumerate(bounds) if upper is None or at < upper)
        tier = bands[band].tiers[slot]
        total += step * Fraction(tier.unit_price)
        lower = 0 if slot == 0 else bounds[slot - 1]
        if slot not in entered and (slot == 0 or not entered or max(entered) < slot):
            assert lower is not None
            total += Fraction(tier.flat_amount)
            entered.add(slot)
        at, step = at + step, increments[1]
    assert found.quantity == at
    assert Fraction(found.amount) == total
    assert sum((one.end - one.start for one in found.pieces), ZERO) == at


@given(st.integers(0, 500), steps)
def test_without_bands_an_event_costs_what_the_line_engine_says(
    seconds: int, increments: tuple[int, int]
) -> None:
    first, following = map(D, increments)
    found = rate_event(lambda _: PEAK, D(seconds), "EUR", increments=Increments(first, following))
    size = billable(D(seconds), first=first, following=following)
    assert found.amount == price_event(PEAK, size, "EUR")
