"""What is remembered of an event's price is what the published rules say, to the last digit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.events import Increments, rate_event
from catalog.rules.pricing import PriceTerms, price_event, round_event
from catalog.rules.timebands import Band, Bands
from rating.queries.enriching import Enricher
from rating.queries.guides import LocalDays
from rating.rules.eventprices import (
    MOST_AMOUNT,
    AmountTooLarge,
    BandPrices,
    EventPrice,
    counted,
    plain,
)
from rating.rules.guiding import ChargeTerms, Guide, UsageCharge

D = Decimal
STEPS = Increments(D(60), D(6))
EVERY = frozenset(range(1, 8))
PLAN = Bands((Band("OFF", EVERY, 0, 0), Band("PEAK", EVERY, 510, 1200, 1)))
ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe")
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
starts = st.integers(0, 365 * 86_400).map(lambda after: NEW_YEAR + timedelta(seconds=after))
quantities = st.decimals(-20_000, 20_000, places=3)


def terms(number: int, unit: str) -> PriceTerms:
    return PriceTerms(number, "PER_UNIT", "EUR", unit_price=D(unit), event_fee=D("0.05"))


def priced(number: int, unit: str) -> EventPrice:
    return EventPrice(terms(number, unit), "EUR", 4, "ROUND_HALF_UP", STEPS, D(1))


@given(st.lists(quantities, min_size=1, max_size=30))
def test_a_quantity_comes_to_the_same_whenever_it_is_asked(asked: list[Decimal]) -> None:
    """UNIT-1, UNIT-2: 61 seconds in 60/6 are 66, at 0.0020 with a fee of 0.05 they cost 0.182."""
    price = priced(7, "0.002")
    for quantity in asked * 2:
        text = plain(quantity)
        found = price.known.get(text) or price.rate(quantity, text)
        size = STEPS.of(abs(quantity))
        billable = size if quantity >= 0 else -size
        amount = round_event(price_event(price.terms, billable, "EUR"), 4)
        assert (found.billable, found.amount) == (billable, amount)
        assert found.text == f"{plain(billable)}\t7\t{plain(amount)}\tEUR"
        assert found.seconds == size
    assert price.rate(D(61), "61").text == "66\t7\t0.182\tEUR"


@given(starts, st.integers(-20_000, 20_000), st.sampled_from(ZONES))
def test_an_event_is_cut_where_its_bands_begin(start: datetime, seconds: int, zone: str) -> None:
    """UNIT-5: what is known of an hour answers only for the events that stay in its first band."""
    by_band = {"OFF": priced(1, "0.001"), "PEAK": priced(2, "0.004")}
    enricher = Enricher(cast(Any, None))
    charge = ChargeTerms(
        1, "CALL", by_event=True, bands=PLAN, unit_seconds=D(1), first=STEPS.first,
        following=STEPS.following,
    )  # fmt: skip
    guide = Guide(1, 1, "EUR", zone, UsageCharge(1, charge, ()), "*")
    day = start.astimezone(ZoneInfo(zone)).date().isoformat()
    guide.banded = {day: BandPrices(by_band)}
    enricher.prepare(guide)
    text = f"{start:%Y-%m-%dT%H:%M:%S}"
    billable = counted(STEPS, D(seconds))
    end = start + timedelta(seconds=int(abs(billable)))
    pieces = [
        (D(int((at - start).total_seconds())), band)
        for at, band in PLAN.pieces(start, end, ZoneInfo(zone))
    ]
    exact = rate_event(
        lambda band: by_band[band].terms, billable, "EUR", cuts=pieces, increments=STEPS
    ).amount
    for _ in range(2):
        found = enricher.rate(guide, text, str(seconds), day)
        assert (found.amount, found.billable) == (round_event(exact, 4), billable)


@given(starts, st.sampled_from(ZONES))
def test_an_hour_has_a_local_day_unless_one_begins_in_it(start: datetime, zone: str) -> None:
    """PER-4: at half past six in the evening, UTC, a day begins in Kolkata."""
    days = LocalDays(zone)
    text = f"{start:%Y-%m-%dT%H:%M}"
    found = days[text[:13]] or days[text]
    assert date.fromisoformat(found) == start.astimezone(ZoneInfo(zone)).date()
    assert LocalDays("Asia/Kolkata")["2027-05-03T18"] == ""


def test_an_amount_that_fits_no_column_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        priced(1, "0.002").rate(D(MOST_AMOUNT) * 1000, "x")


@pytest.mark.parametrize(
    ("number", "text"),
    [("-0.00", "0"), ("60.000", "60"), ("1E+2", "100"), ("-0.50", "-0.5"), ("100", "100")],
)
def test_numbers_are_written_as_the_database_writes_them(number: str, text: str) -> None:
    assert plain(D(number)) == text
