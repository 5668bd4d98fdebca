from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from foundation import parsing
from foundation.parsing import BadValue

D = Decimal
BERLIN = ZoneInfo("Europe/Berlin")


def test_reads_plain_values():
    assert parsing.decimal_text("-1234.50", places=2) == D("-1234.50")
    assert str(parsing.decimal_text("-0.00", places=2)) == "0.00"
    assert parsing.decimal_text("1.500", places=1) == D("1.5")
    assert parsing.integer_text("42", minimum=0, maximum=42) == 42
    assert parsing.date_text("2028-02-29") == date(2028, 2, 29)
    assert parsing.plain_text("  Müller & Söhne  ", 40) == "Müller & Söhne"
    assert parsing.boolean_text("Yes")
    assert not parsing.boolean_text("0")
    assert parsing.choice_text("CARD", {"CARD", "CASH"}) == "CARD"
    assert parsing.currency_text("EUR") == "EUR"
    assert parsing.amount_text("100", currency="JPY") == D(100)
    assert parsing.code_text("PLAN-A/2", 20) == "PLAN-A/2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "NaN",
        "sNaN",
        "inf",
        "Infinity",
        "1e3",
        "1e999999",
        "1_000.50",
        "1,000.50",
        "1.000,50",
        "€1",
        "+1",
        "--1",
        "−1",
        "1.",
        ".5",
        "٣",
        "１２",
        "0x10",
        "1\n",
        "1\x00",
        "=1+1",
        "1" * 25,
        "½",
    ],
)
def test_refuses_what_only_looks_like_a_number(text: str):
    with pytest.raises(BadValue) as bad:
        parsing.decimal_text(text, places=4)
    assert bad.value.rule == "NUMBER"
    assert bad.value.message.isascii() or "…" in bad.value.message


def test_refuses_excess_decimals_and_values_out_of_range():
    with pytest.raises(BadValue, match="more than 2 decimals"):
        parsing.decimal_text("1.005", places=2)
    with pytest.raises(BadValue, match="more than 0 decimals"):
        parsing.amount_text("10.55", currency="JPY")
    with pytest.raises(BadValue, match="less than 0"):
        parsing.decimal_text("-0.01", places=2, minimum=D(0))
    with pytest.raises(BadValue, match="more than 100"):
        parsing.decimal_text("100.01", places=2, maximum=D(100))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "27-05-01",
        "2027-5-1",
        "01.05.2027",
        "20270501",
        "2027-02-29",
        "2027-13-01",
        "2027-W10-1",
        "46143",
        "1899-12-31",
        "9999-12-31",
        "２027-05-01",
        "2027-05-01T00:00",
    ],
)
def test_refuses_what_is_no_date(text: str):
    with pytest.raises(BadValue):
        parsing.date_text(text)


def test_an_instant_lies_in_a_zone_on_earth():
    """Line Islands and Baker Island bear the dates of 26 hours."""
    for offset, hour in (("+14:00", 10), ("-12:00", 12 + 24)):
        found = parsing.instant_text(f"2027-05-02T00:00:00{offset}")
        assert found == datetime(2027, 5, 1, tzinfo=UTC) + timedelta(hours=hour)


def test_a_key_that_a_spreadsheet_cut_is_none():
    assert parsing.key_text(" 4915E14 ", 20) == "4915E14"
    for text in ("4.91512E+14", "5E+15", "4,91512E+14"):
        with pytest.raises(BadValue, match="cut by a spreadsheet") as bad:
            parsing.key_text(text, 20)
        assert bad.value.rule == "DIGITS"


def test_an_instant_says_its_zone_or_is_given_one():
    assert parsing.instant_text("2027-05-01T12:00:00+02:00") == datetime(
        2027, 5, 1, 10, tzinfo=UTC
    )
    assert parsing.instant_text("2027-05-01 12:00", BERLIN) == datetime(2027, 5, 1, 10, tzinfo=UTC)
    with pytest.raises(BadValue, match="no zone"):
        parsing.instant_text("2027-05-01T12:00:00")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2027-03-28T02:30:00", "skip"),
        ("2027-10-31T02:30:00", "twice"),
        ("2027-05-01T24:00:00", "not a time of day"),
        ("2027-05-01T12:00:61Z", "not a time of day"),
        ("2027-05-01", "not a time written"),
        ("1777777777", "not a time written"),
        ("2027-05-01T12:00:00+14:01", "offset of no zone"),
        ("2027-05-01T12:00:00-12:30", "offset of no zone"),
        ("2027-05-01T12:00:00+00:60", "not a time written"),
    ],
)
def test_refuses_instants_that_are_none_or_two(text: str, why: str):
    with pytest.raises(BadValue, match=why):
        parsing.instant_text(text, BERLIN)


@pytest.mark.parametrize(
    "text", ["a\x00b", "abc\u202eexe", "a\u200bb", "a\nb", "\ud800", "\ufeffname", "a\u2028b"]
)
def test_refuses_hidden_characters(text: str):
    with pytest.raises(BadValue, match="hidden character") as bad:
        parsing.plain_text(text, 100)
    assert bad.value.rule == "TEXT"


def test_refuses_text_that_is_missing_long_or_no_choice():
    with pytest.raises(BadValue, match="required"):
        parsing.plain_text("   ", 10)
    assert parsing.plain_text("", 10, required=False) == ""
    with pytest.raises(BadValue, match="longer than 3"):
        parsing.plain_text("abcd", 3)
    with pytest.raises(BadValue, match="is not one of A, B"):
        parsing.choice_text("a", {"B", "A"})
    with pytest.raises(BadValue, match="not a currency"):
        parsing.currency_text("eur")
    with pytest.raises(BadValue, match="neither true nor false"):
        parsing.boolean_text("on")
    with pytest.raises(BadValue, match="not a code"):
        parsing.code_text("a b", 10)


def test_messages_quote_little_and_in_ascii():
    with pytest.raises(BadValue) as bad:
        parsing.date_text("x" * 1_000_000)
    assert len(bad.value.message) < 120
