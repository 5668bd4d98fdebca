"""How much may be given back, and how an amount is spread (ADJ-1, NUM-2)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.rules.crediting import CannotCredit, Creditable, chosen, spread, whole

D = Decimal
LINES = [
    Creditable(1, 1, D("60.00"), D("0")),
    Creditable(2, 2, D("25.16"), D("5.16")),
    Creditable(3, 3, D("-10.00"), D("0")),
]


def test_a_full_credit_gives_back_what_is_left_of_each_line() -> None:
    assert whole(LINES) == {1: D("60.00"), 2: D("20.00"), 3: D("-10.00")}


def test_a_document_given_back_wholly_has_nothing_left() -> None:
    with pytest.raises(CannotCredit, match="left"):
        whole([Creditable(1, 1, D("60.00"), D("60.00"))])


def test_a_line_is_never_credited_beyond_what_is_left_of_it() -> None:
    assert chosen(LINES, {2: D("20.00")}, "EUR") == {2: D("20.00")}
    with pytest.raises(
        CannotCredit, match=r"Line 2: 20.01 EUR cannot be credited, 20.00 are left"
    ):
        chosen(LINES, {2: D("20.01")}, "EUR")


@pytest.mark.parametrize("wanted", [{9: D(1)}, {1: D(0)}, {1: D(-1)}, {1: D("0.001")}, {}])
def test_what_is_no_credit_is_refused(wanted: dict[int, D]) -> None:
    with pytest.raises(CannotCredit):
        chosen(LINES, wanted, "EUR")


def test_an_amount_is_spread_over_what_is_left() -> None:
    assert spread(LINES, D("10.00"), "EUR") == {1: D("7.50"), 2: D("2.50")}


@given(
    st.lists(st.decimals("0.01", "9999.99", places=2), min_size=1, max_size=12),
    st.data(),
)
def test_spreading_loses_nothing_and_stays_within_each_line(
    nets: list[D], data: st.DataObject
) -> None:
    lines = [Creditable(n, n, net, D(0)) for n, net in enumerate(nets, start=1)]
    amount = data.draw(st.decimals("0.01", sum(nets, D(0)), places=2))
    parts = spread(lines, amount, "EUR")
    assert sum(parts.values(), D(0)) == amount
    assert all(D(0) < part <= nets[line - 1] for line, part in parts.items())


DISCOUNTED = [
    Creditable(1, 1, D("30.00"), D("0")),
    Creditable(2, 2, D("-3.00"), D("0"), 1),
    Creditable(3, 3, D("10.00"), D("0")),
]


def test_a_line_is_given_back_with_its_discounts_in_proportion() -> None:
    """DSC-6: 9.00 of a line of 30.00 less 3.00: 10.00 of the line, 1.00 of its discount."""
    assert chosen(DISCOUNTED, {1: D("9.00")}, "EUR") == {1: D("10.00"), 2: D("-1.00")}
    assert chosen(DISCOUNTED, {1: D("27.00")}, "EUR") == {1: D("30.00"), 2: D("-3.00")}
    with pytest.raises(CannotCredit, match=r"27.00 are left after its discounts"):
        chosen(DISCOUNTED, {1: D("27.01")}, "EUR")
    with pytest.raises(CannotCredit, match="discounts are given back with it"):
        chosen(DISCOUNTED, {1: D("30.00"), 2: D("-0.01")}, "EUR")
    kept = {1: D("10.00"), 2: D("-1.00")}
    assert chosen(DISCOUNTED, kept, "EUR") == kept, "what was asked for is checked as it was"


@given(st.decimals("0.01", "37.00", places=2))
def test_an_amount_is_spread_over_lines_after_their_discounts(amount: D) -> None:
    """DSC-6: the parts sum to the amount, and a full credit returns exactly the discount."""
    parts = spread(DISCOUNTED, amount, "EUR")
    assert sum(parts.values(), D(0)) == amount
    assert parts.get(1, D(0)) <= 30
    assert parts.get(2, D(0)) >= -3
    if amount == 37:
        assert parts == {1: D("30.00"), 2: D("-3.00"), 3: D("10.00")}
