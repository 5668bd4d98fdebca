"""What is remembered of an event's price is what the published rules say, to the last digit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.queries import CompiledCatalog
from catalog.rules.events import Increments, rate_event
from catalog.rules.pricing import PriceTerms, price_event, round_event
from catalog.rules.timebands import Band, Bands
from rating.queries.guides import Guides
from rating.queries.prices import EventPrices
from rating.rules.eventprices import (
    MOST_AMOUNT,
    AmountTooLarge,
    BandPrices,
    EventPrice,
    Rated,
    counted,
    plain,
)
from rating.rules.guiding import (
    AFTER_ALL,
    BEFORE_ALL,
    ChargeTerms,
    Group,
    Guide,
    UsageCharge,
    Window,
)
from rating.rules.hours import Hours

D = Decimal
TODAY = date(2027, 5, 3)
NO_ONE = CompiledCatalog("", {}, {}, {}, {})
ONE = D(1)
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
        assert found.seconds == max(1, size)
    assert price.rate(D(61), "61").text == "66\t7\t0.182\tEUR"


class Banded:
    """A charge with bands, and the prices of its only group on every day that is asked for."""

    def __init__(self, zone: str, unit_seconds: Decimal | None = ONE) -> None:
        self.by_band = {"OFF": priced(1, "0.001"), "PEAK": priced(2, "0.004")}
        charge = ChargeTerms(
            1, "CALL", by_event=True, bands=PLAN, unit_seconds=unit_seconds, first=STEPS.first,
            following=STEPS.following,
        )  # fmt: skip
        self.group = Group("*")
        self.guide = Guide(1, 1, "EUR", zone, UsageCharge(1, charge, ()), self.group)
        self.guides = Guides(charges={1: charge}, prices=EventPrices(on_date=TODAY, listed=NO_ONE))
        self.guides.enricher.prepare(self.guide)

    def rated(self, start: str, quantity: str) -> Rated:
        """Rate an event that begins at an instant, as a load and rating again do."""
        day = self.guide.hours.at(start).day
        self.group.prices[day] = BandPrices(self.by_band)
        windows: list[Window] = [(BEFORE_ALL, AFTER_ALL, self.guide)]
        found = self.guides.lead(windows, start, start, quantity, "{}")
        assert isinstance(found, tuple)
        return found[3]


@given(starts, st.integers(-90_000, 90_000), st.sampled_from(ZONES))
def test_an_event_is_cut_where_its_bands_begin(start: datetime, seconds: int, zone: str) -> None:
    """UNIT-5: what is known of an hour answers only for the events that stay in its bands.

    The database's text of an instant leads where ours does.
    """
    banded = Banded(zone)
    billable = counted(STEPS, D(seconds))
    end = start + timedelta(seconds=int(abs(billable)))
    pieces = [
        (D(int((at - start).total_seconds())), band)
        for at, band in PLAN.pieces(start, end, ZoneInfo(zone))
    ]
    exact = rate_event(
        lambda band: banded.by_band[band].terms, billable, "EUR", cuts=pieces, increments=STEPS
    ).amount
    for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S+00") * 2:
        found = banded.rated(start.strftime(form), str(seconds))
        assert (found.amount, found.billable) == (round_event(exact, 4), billable)


@pytest.mark.parametrize("unit_seconds", [None, D(1)])
@pytest.mark.parametrize(
    ("start", "version"), [("08:29:59", "1"), ("08:30:00", "2"), ("08:30:01", "2")]
)
def test_what_takes_no_time_is_in_the_band_that_has_begun(
    start: str, version: str, unit_seconds: Decimal | None
) -> None:
    """UNIT-5: a message sent as half past eight strikes bears the price of the band from then on.

    So does one whose hour was asked for before.
    """
    banded = Banded("UTC", unit_seconds)
    for at in ("08:00:00", start, start):
        found = banded.rated(f"2027-05-03T{at}", "1" if unit_seconds is None else "0")
    assert found.text.split("\t")[1] == version


@given(starts, st.sampled_from(ZONES))
def test_an_hour_has_a_local_day_unless_one_begins_in_it(start: datetime, zone: str) -> None:
    """PER-4: at half past six in the evening, UTC, a day begins in Kolkata."""
    found = Hours(ZoneInfo(zone)).at(f"{start:%Y-%m-%dT%H:%M}")
    assert date.fromisoformat(found.day) == start.astimezone(ZoneInfo(zone)).date()
    assert Hours(ZoneInfo("Asia/Kolkata"))["2027-05-03T18"].day == ""


@given(starts, st.sampled_from(ZONES))
def test_an_hour_knows_its_band_and_the_next(start: datetime, zone: str) -> None:
    """UNIT-5: bands by the hour are those of the plan, to the second at which each ends."""
    hour = start.replace(minute=0, second=0)
    found = Hours(ZoneInfo(zone), PLAN)[f"{start:%Y-%m-%dT%H}"]
    ends = hour + timedelta(seconds=found.further)
    pieces = list(PLAN.pieces(hour, ends, ZoneInfo(zone)))
    assert pieces == [(hour, found.band), (hour + timedelta(seconds=found.room), found.then)]


def test_an_amount_that_fits_no_column_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        priced(1, "0.002").rate(D(MOST_AMOUNT) * 1000, "x")


@pytest.mark.parametrize(
    ("number", "text"),
    [("-0.00", "0"), ("60.000", "60"), ("1E+2", "100"), ("-0.50", "-0.5"), ("100", "100")],
)
def test_numbers_are_written_as_the_database_writes_them(number: str, text: str) -> None:
    assert plain(D(number)) == text
