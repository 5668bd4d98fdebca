"""Prices that hold their tax: worked examples."""

from __future__ import annotations

from tests.unit.tax.places import (
    DE,
    D,
    amounts,
    certificate,
    line,
    tax,
)


def test_inclusive_prices_hold_their_tax() -> None:
    """TAX-10: 119.00 holds 19.00; 108.75 holds 8.75, split on the rates."""
    (german,) = tax(line("119.00", "GOODS", DE, inclusive=True), currency="EUR", seller="DE")
    assert (german.net, german.tax, german.taxes[0].basis) == (D("100.00"), D("19.00"), D("100"))
    (stacked,) = tax(line("108.75", inclusive=True))
    assert stacked.net == D("100.00")
    assert amounts(stacked) == ["6.50", "1.25", "1.00"]


def test_an_inclusive_price_of_ten_is_rounded_once() -> None:
    """TAX-10: 10.00 − 10.00/1.0875 = 0.80 (0.8046), split 0.065 : 0.0125 : 0.01."""
    (answer,) = tax(line("10.00", inclusive=True))
    assert (answer.net, answer.tax) == (D("9.20"), D("0.80"))
    assert amounts(answer) == ["0.60", "0.11", "0.09"]


def test_inclusive_lines_of_a_document_are_grouped() -> None:
    """TAX-10: three of 0.99 at 19 % hold 0.47 (2.97 − 2.97/1.19), not 3 · 0.16."""
    lines = [line("0.99", "GOODS", DE, inclusive=True) for _ in range(3)]
    german = {"currency": "EUR", "seller": "DE"}
    together = tax(*lines, rounding="DOCUMENT", **german)  # type: ignore[arg-type]
    assert sum(one.tax for one in together) == D("0.47")
    assert sum(one.net for one in together) == D("2.50")
    apart = tax(*lines, **german)  # type: ignore[arg-type]
    assert sum(one.tax for one in apart) == D("0.48")


def test_compounded_and_fixed_taxes_can_be_inclusive() -> None:
    (compounded,) = tax(line("114.19", "TELECOM", inclusive=True))
    assert compounded.net == D("100.00")
    assert amounts(compounded) == ["6.50", "1.25", "1.00", "5.44"]
    (seats,) = tax(line("111.75", "SEAT", inclusive=True, quantity=D(4)))
    assert seats.net == D("100.00")
    assert amounts(seats)[-1] == "3.00"
    (capped,) = tax(line("110.75", "LEVIED", inclusive=True))
    assert capped.net == D("100.00")
    assert amounts(capped)[-1] == "2.00"


def test_an_exempt_buyer_pays_an_inclusive_price_whole() -> None:
    (answer,) = tax(line("10.00", inclusive=True, exemptions=(certificate(),)))
    assert (answer.net, answer.tax) == (D("10.00"), D(0))
