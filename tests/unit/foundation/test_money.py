from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

import pytest

from foundation.money import (
    CannotAllocate,
    UnknownCurrency,
    allocate,
    cash_rounding,
    minor_units,
    quantize,
    round_places,
)

D = Decimal


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.13"),
        ("-0.125", "EUR", "-0.13"),
        ("0.124999", "EUR", "0.12"),
        ("10.5", "JPY", "11"),
        ("1.2345", "KWD", "1.235"),
        ("1.00005", "CLF", "1.0001"),
        ("-0.004", "EUR", "0.00"),
    ],
)
def test_num_1_rounds_half_away_from_zero(amount: str, currency: str, rounded: str):
    assert str(quantize(D(amount), currency)) == rounded


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_num_1_refuses_what_is_no_amount(amount: str):
    with pytest.raises(ValueError, match="is not an amount"):
        quantize(D(amount), "EUR")


def test_num_1_refuses_unknown_currencies():
    with pytest.raises(UnknownCurrency):
        quantize(D(1), "XXX")
    assert minor_units("JPY") == 0


def test_unit_2_knows_the_modes_a_price_may_name():
    assert round_places(D("0.00005"), 4, ROUND_UP) == D("0.0001")
    assert round_places(D("0.125"), 2, ROUND_HALF_EVEN) == D("0.12")
    with pytest.raises(ValueError, match="rounding mode"):
        round_places(D(1), 2, "ROUND_CEILING")


def test_num_2_hands_the_left_over_cent_to_the_first_of_equals():
    assert allocate(D("10.00"), [D(1), D(1), D(1)], "EUR") == [D("3.34"), D("3.33"), D("3.33")]


def test_num_2_prefers_the_largest_remainder_then_the_larger_weight():
    # 1.00 over 1 : 2 : 3 is 0.1666…, 0.3333…, 0.5 exactly: the cent goes to the largest remainder.
    assert allocate(D("1.00"), [D(1), D(2), D(3)], "EUR") == [D("0.17"), D("0.33"), D("0.50")]
    # 0.01 over 1 : 3 leaves remainders 1/4 and 3/4.
    assert allocate(D("0.01"), [D(1), D(3)], "EUR") == [D("0.00"), D("0.01")]


def test_num_2_keeps_the_sign_and_gives_nothing_to_zero_weights():
    assert allocate(D("-10.00"), [D(1), D(0), D("2.5")], "EUR") == [
        D("-2.86"),
        D("0.00"),
        D("-7.14"),
    ]
    assert allocate(D(0), [D(1), D(1)], "JPY") == [D(0), D(0)]


@pytest.mark.parametrize(
    ("total", "weights"),
    [("1", []), ("1", ["0", "0"]), ("1", ["1", "-1"]), ("1", ["NaN"]), ("0.001", ["1"])],
)
def test_num_2_refuses_what_cannot_be_shared(total: str, weights: list[str]):
    with pytest.raises(CannotAllocate):
        allocate(D(total), [D(weight) for weight in weights], "EUR")


@pytest.mark.parametrize(
    ("payable", "step", "rounding"),
    [
        ("10.02", "0.05", "-0.02"),
        ("10.03", "0.05", "0.02"),
        ("10.025", "0.05", "0.025"),
        ("-10.03", "0.05", "-0.02"),
        ("10.03", "0", "0"),
        ("7.49", "1", "-0.49"),
    ],
)
def test_num_5_rounds_the_payable_to_a_cash_step(payable: str, step: str, rounding: str):
    assert cash_rounding(D(payable), D(step)) == D(rounding)


def test_num_3_keeps_quantity_times_price_exact():
    quantity = D("1234567890123456.12345678")
    price = D("123456789012.1234567891")
    assert (quantity * price) / price == quantity
