"""Credits return the original tax."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tax.rules import CannotCreditMoreThanTheLine, credit_share

D = Decimal


def test_thirds_return_the_whole_tax() -> None:
    """TAX-12: 10.00 with 0.83 of tax, credited in three parts."""
    first = credit_share(D("0.83"), D("10.00"), D(0), D("3.33"), currency="USD")
    second = credit_share(D("0.83"), D("10.00"), D("3.33"), D("3.33"), currency="USD")
    third = credit_share(D("0.83"), D("10.00"), D("6.66"), D("3.34"), currency="USD")
    assert [first, second, third] == [D("0.28"), D("0.27"), D("0.28")]
    assert first + second + third == D("0.83")


def test_a_full_credit_returns_exactly_the_line_tax() -> None:
    """TAX-12, the public one-cent class."""
    assert credit_share(D("1.91"), D("10.03"), D(0), D("10.03"), currency="EUR") == D("1.91")
    assert credit_share(D("-1.91"), D("-10.03"), D(0), D("-10.03"), currency="EUR") == D("-1.91")


def test_tax_credited_before_counts_as_it_was() -> None:
    rest = credit_share(
        D("1.00"), D("10"), D("5"), D("5"), currency="USD", tax_credited_before=D("0.48")
    )
    assert rest == D("0.52")


def test_a_line_without_net_returns_its_tax_whole() -> None:
    assert credit_share(D("0.75"), D(0), D(0), D(0), currency="USD") == D("0.75")


@pytest.mark.parametrize("credit", ["10.01", "-0.01"])
def test_more_than_the_line_is_refused(credit: str) -> None:
    with pytest.raises(CannotCreditMoreThanTheLine):
        credit_share(D("1.00"), D("10.00"), D(0), D(credit), currency="USD")


cents = st.integers(1, 500_000).map(lambda value: D(value) / 100)


@settings(max_examples=200, deadline=None)
@given(cents, st.integers(0, 100_000), st.lists(st.integers(1, 1000), min_size=1, max_size=9))
def test_any_parts_return_exactly_the_tax(net: D, tax_cents: int, cuts: list[int]) -> None:
    """TAX-12: whatever the parts, what they return adds up to the line's tax."""
    tax = D(tax_cents) / 100
    credited, returned = D(0), D(0)
    for number, cut in enumerate(cuts):
        left = net - credited
        part = (
            left if number == len(cuts) - 1 else min(left, (net * cut / 2000).quantize(D("0.01")))
        )
        returned += credit_share(tax, net, credited, part, currency="USD")
        credited += part
        assert 0 <= returned <= tax
    assert returned == tax
