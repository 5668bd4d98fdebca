"""The parsers take what they would write, and nothing that only looks like it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from foundation.parsing import BadValue, date_text, decimal_text, plain_text


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=8, allow_nan=False))
def test_a_number_written_plainly_is_read_exactly(value: Decimal):
    assert decimal_text(format(value, "f"), places=8) == value


@given(st.text(max_size=30))
@example("1e5")
@example("٣")
def test_whatever_is_read_as_a_number_is_plain_ascii(text: str):
    try:
        value = decimal_text(text, places=24)
    except BadValue:
        return
    assert text.isascii()
    assert set(text) <= set("-.0123456789")
    assert value == Decimal(text)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_date_is_read_as_written(day: date):
    assert date_text(day.isoformat()) == day


@given(st.text(max_size=60))
def test_a_text_read_once_is_read_again_the_same(text: str):
    try:
        value = plain_text(text, 100)
    except BadValue:
        return
    assert plain_text(value, 100) == value
    assert "\x00" not in value
