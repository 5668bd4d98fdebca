from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from foundation.money import quantize
from foundation.periods import Period
from foundation.proration import CannotProrate, Convention, factor, factor_of_moments

D = Decimal
MAY = Period(date(2027, 5, 1), date(2027, 6, 1))
FROM_19 = Period(date(2027, 5, 19), date(2027, 6, 1))
FEBRUARY = Period(date(2027, 2, 1), date(2027, 3, 1))
QUARTER = Period(date(2027, 1, 1), date(2027, 4, 1))


@pytest.mark.parametrize("convention", list(Convention))
def test_pro_a_full_period_is_one_under_every_convention(convention: Convention):
    assert factor(FEBRUARY, FEBRUARY, convention=convention) == 1


@pytest.mark.parametrize(
    ("convention", "numerator", "denominator"),
    [
        (Convention.ACTUAL_DAYS, 13, 31),
        (Convention.FIXED_30, 13, 30),
        (Convention.THIRTY_360, 12, 30),
        (Convention.MONTHS_PLUS_DAYS, 13, 31),
        (Convention.ACTUAL_365, 13 * 12, 365),
        (Convention.FULL_IF_ANY, 1, 1),
        (Convention.ONLY_IF_FULL, 0, 1),
    ],
)
def test_pro_thirteen_days_of_may(convention: Convention, numerator: int, denominator: int):
    assert factor(MAY, FROM_19, convention=convention) == D(numerator) / denominator


def test_pro_1_rounds_once():
    exact = D(1) * D("29.99") * factor(MAY, FROM_19, convention=Convention.ACTUAL_DAYS)
    assert quantize(exact, "EUR") == D("12.58")


def test_pro_thirty_360_gives_february_its_missing_days_on_the_last():
    last = Period(date(2027, 2, 28), date(2027, 3, 1))
    rest = Period(date(2027, 2, 1), date(2027, 2, 28))
    assert factor(FEBRUARY, last, convention=Convention.THIRTY_360) == D(3) / 30
    assert factor(FEBRUARY, rest, convention=Convention.THIRTY_360) == D(27) / 30


def test_pro_fixed_30_never_passes_one():
    all_but_first = Period(date(2027, 5, 2), date(2027, 6, 1))
    assert factor(MAY, all_but_first, convention=Convention.FIXED_30) == 1


def test_pro_months_plus_days_of_a_quarter():
    segment = Period(date(2027, 2, 10), date(2027, 4, 1))
    # One whole month to 10 March, then 22 of the 31 days to 10 April.
    expected = (1 + D(22) / 31) / 3
    assert factor(QUARTER, segment, convention=Convention.MONTHS_PLUS_DAYS, months=3) == expected


def test_pro_seconds_know_the_short_night():
    zone = ZoneInfo("Europe/Berlin")
    march = Period(date(2027, 3, 1), date(2027, 4, 1))
    last_four = Period(date(2027, 3, 28), date(2027, 4, 1))
    assert factor(march, last_four, convention=Convention.SECONDS, zone=zone) == D(95) / 743
    with pytest.raises(CannotProrate, match="time zone"):
        factor(march, last_four, convention=Convention.SECONDS)


def test_pro_6_rounds_the_factor_only_when_asked():
    assert factor(MAY, FROM_19, convention=Convention.ACTUAL_DAYS, decimals=4) == D("0.4194")


def test_pro_a_segment_lies_inside_its_period():
    with pytest.raises(CannotProrate, match="not a part"):
        factor(MAY, Period(date(2027, 5, 31), date(2027, 6, 2)), convention=Convention.ACTUAL_DAYS)


def test_moments_are_worth_their_seconds() -> None:
    """PRO-5, SECOND: March 2027 in Berlin has 743 hours, since the clocks go forward."""
    march, berlin = Period(date(2027, 3, 1), date(2027, 4, 1)), ZoneInfo("Europe/Berlin")
    start, noon = datetime(2027, 2, 28, 23, tzinfo=UTC), datetime(2027, 3, 28, 10, tzinfo=UTC)
    end = datetime(2027, 3, 31, 22, tzinfo=UTC)
    assert factor_of_moments(march, start, end, zone=berlin) == 1
    first = factor_of_moments(march, start, noon, zone=berlin)
    assert first == Decimal(659) / 743
    assert first + factor_of_moments(march, noon, end, zone=berlin) == 1
    assert factor_of_moments(march, start, noon, zone=berlin, decimals=4) == Decimal("0.8869")


def test_moments_outside_their_period_are_refused() -> None:
    march, berlin = Period(date(2027, 3, 1), date(2027, 4, 1)), ZoneInfo("Europe/Berlin")
    early = datetime(2027, 2, 28, 22, tzinfo=UTC)
    with pytest.raises(CannotProrate):
        factor_of_moments(march, early, early + timedelta(hours=5), zone=berlin)
