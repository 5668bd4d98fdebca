"""Which price applies, how usage becomes one quantity, and what is taken off (PRC, UNIT, DSC)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.discounts import Base, Discount, reliefs
from catalog.rules.metering import Metric, Sample, Span, aggregate, percentile_95
from catalog.rules.pricing import PriceTerms, price
from catalog.rules.selection import AmbiguousPrice, Candidate, choose
from foundation.periods import Period, Rhythm, Unit
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan, Life
from invoicing.rules.difference import Target
from invoicing.rules.discounting import Grant, Owed, holds
from invoicing.rules.prices import ContractTerms, Prices, Who
from invoicing.rules.timeline import FOREVER, Segment

D = Decimal
JAN = date(2027, 1, 1)
days = st.integers(0, 60).map(lambda n: JAN + timedelta(days=n))
rates = st.integers(0, 500).map(lambda n: D(n) / 100)
fractions = st.integers(0, 100).map(lambda n: D(n) / 100)


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        starts = draw(days)
        length = draw(st.none() | st.integers(1, 40))
        asks = draw(st.sets(st.sampled_from(["zone", "peak"])))
        found.append(
            Candidate(
                PriceTerms(number + 1, "FLAT", "EUR"),
                starts,
                None if length is None else starts + timedelta(days=length),
                segment=draw(st.sampled_from(["*", "SMB"])),
                region=draw(st.sampled_from(["*", "NORTH"])),
                channel=draw(st.sampled_from(["*", "WEB"])),
                attributes=tuple((one, draw(st.sampled_from("ab"))) for one in sorted(asks)),
            )
        )
    return found


@given(candidates(), days, st.sampled_from(["SMB", "VIP"]), st.sampled_from("ab"), st.randoms())
def test_prc1_prc3_the_most_specific_price_of_the_day_whatever_the_order(
    held: list[Candidate], day: date, segment: str, zone: str, dice: Random
) -> None:
    """Filter by hand, rank by hand; two of the highest rank are an error, never a choice."""
    asked = {"zone": zone, "peak": "a"}
    fitting = [
        one for one in held
        if one.starts <= day and not (one.ends and one.ends <= day)
        and one.segment in ("*", segment) and one.region in ("*", "NORTH")
        and one.channel in ("*", "WEB") and set(one.attributes) <= set(asked.items())
    ]  # fmt: skip
    points = {
        one.terms.price_version_id: 8 * len(one.attributes) + 4 * (one.segment != "*")
        + 2 * (one.region != "*") + (one.channel != "*")
        for one in fitting
    }  # fmt: skip
    best = [key for key, value in points.items() if value == max(points.values())]
    dice.shuffle(held)
    try:
        found = choose(
            held, segment=segment, region="NORTH", channel="WEB", attributes=asked, on_date=day
        )
    except AmbiguousPrice:
        assert len(best) > 1
    else:
        assert best == ([found.terms.price_version_id] if found else [])


@st.composite
def agreed(draw: st.DrawFn) -> list[ContractTerms]:
    """Return contract prices, nearest node first: of the charge, its product, or another's."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        starts, is_percent = draw(days), draw(st.booleans())
        found.append(
            ContractTerms(
                number + 1, *draw(st.sampled_from([(1, 0), (0, 100), (2, 0), (0, 200)])), starts,
                starts + timedelta(days=draw(st.integers(1, 40))),
                None if is_percent else draw(rates), draw(fractions) if is_percent else None,
            )
        )  # fmt: skip
    return found


@given(agreed(), days, st.none() | rates, rates, st.integers(0, 50))
def test_prc2_prc4_own_price_then_the_nearest_contract_then_the_list(
    contracts: list[ContractTerms], day: date, own: Decimal | None, listed: Decimal, quantity: int
) -> None:
    """A percentage is off what the list says, and the first that fits decides alone."""
    terms = PriceTerms(10, "PER_UNIT", "EUR", unit_price=listed)
    prices = Prices(lambda *asked: terms, {1: 100, 2: 200})
    who = Who("EUR", None, "", None, {7: contracts})
    unit = listed
    for one in contracts:
        if one.starts <= day < one.ends and (one.charge_id, one.product_id) in ((1, 0), (0, 100)):
            off = one.percent_off
            unit = one.unit_price if off is None else listed * (1 - off)  # type: ignore[assignment]
            break
    unit = unit if own is None else own
    quote = prices.quote(1, who, 7, day, own)
    assert price(quote.terms, D(quantity), "EUR").amount_exact == unit * quantity


@given(st.lists(st.integers(0, 50).map(D), max_size=60), st.integers(0, 80))
def test_unit3_at_least_95_of_100_samples_lie_at_or_below_and_fewer_below(
    values: list[Decimal], expected: int
) -> None:
    """What is missing counts as zero."""
    found = percentile_95(values, expected)
    samples = values + [D(0)] * (expected - len(values))
    if samples:
        assert found in samples
        assert 100 * sum(one <= found for one in samples) >= 95 * len(samples)
        assert 100 * sum(one < found for one in samples) < 95 * len(samples)


@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 90)), max_size=8),
    st.none() | st.integers(0, 90),
    st.integers(0, 1439),
)
def test_unit4_unit6_a_level_counts_by_the_minutes_it_was_held_and_once(
    told: list[tuple[int, int]], carried: int | None, again: int
) -> None:
    """Counted minute by minute; a level that is told again while it holds changes nothing."""
    start = datetime(2027, 5, 3, tzinfo=UTC)
    whole = Span(start, start + timedelta(days=1))
    steps = dict(told)
    levels, level = [], carried or 0
    for minute in range(1440):
        level = steps.get(minute, level)
        levels.append(level)

    def counted(at: dict[int, int]) -> Decimal:
        samples = [Sample(start + timedelta(minutes=m), D(v)) for m, v in at.items()]
        metric = Metric("TIME_WEIGHTED", carries_over=True)
        held = None if carried is None else D(carried)
        return aggregate(metric, samples, whole, zone=ZoneInfo("UTC"), carried=held)

    exact = Fraction(sum(levels), 1440)
    scaled = D((exact * 10**8 + Fraction(1, 2)).__floor__()).scaleb(-8)
    assert counted(steps) == scaled
    if carried is not None or any(minute <= again for minute in steps):
        assert counted({**steps, again: levels[again]}) == scaled


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(D("0.01"), ROUND_HALF_UP)


@given(
    st.integers(0, 20), st.integers(0, 30), rates, rates, fractions, rates, fractions, fractions,
    st.permutations(range(6)),
)  # fmt: skip
def test_dsc1_the_stages_come_in_their_order_whatever_the_order_given(
    quantity: int, free: int, unit: Decimal, special: Decimal, percent: Decimal, amount: Decimal,
    offer: Decimal, account: Decimal, order: list[int],
) -> None:  # fmt: skip
    """Free units, special price, percent, amount, then what is off the offer and the account."""
    given_ = [
        Discount(1, "FREE_UNITS", "CHARGE", D(free)),
        Discount(2, "PRICE_OVERRIDE", "CHARGE", special),
        Discount(3, "PERCENT", "CHARGE", percent),
        Discount(4, "AMOUNT", "CHARGE", amount),
        Discount(5, "PERCENT", "OFFER", offer),
        Discount(6, "PERCENT", "ACCOUNT", account),
    ]
    whole = cents(unit * quantity)
    base = Base(whole, D(quantity), D(1), ("c", "o", "a"), frozenset(range(1, 7)))
    left = whole
    left -= cents(left * min(free, quantity) / quantity) if quantity else 0
    left = min(left, max(special * quantity, D(0)))
    left -= cents(left * percent)
    left -= min(left, amount)
    left -= cents(left * offer)
    left -= cents(left * account)
    found = reliefs([base], [given_[one] for one in order], "EUR")
    assert whole - sum((one.amount for one in found), D(0)) == left
    assert [one.grant_id for one in found] == sorted(one.grant_id for one in found)


@given(st.integers(1, 28), st.integers(1, 6), st.booleans())
def test_dsc5_a_discount_holds_for_as_many_full_periods_as_it_says(
    first: int, periods: int, counts_stub: bool
) -> None:
    """From the first charged day on, without a gap; a first part is one more, or it counts."""
    start = date(2027, 1, first)
    marks = [date(2027, month, 1) for month in range(1, 12)]
    grant = Grant(
        Discount(5, "PERCENT", "CHARGE", D("0.1")), "TEN", "Ten off", JAN, FOREVER, periods,
        counts_stub, False, {7: 70}, {},
    )  # fmt: skip
    life = Life(7, 1, start, [Segment(start, FOREVER, D(1), None, "ON")])
    plan = ChargePlan(1, "RECURRING", Timing(True, "CYCLE", "MONTH", 1))
    calendar = Calendar(Rhythm(JAN, Unit.MONTH, 1, 1), date(2027, 12, 1), 12)
    held = []
    for begin, end in pairwise(marks):
        target = Target(
            max(begin, start), end, "", "v1", D(1), D(30), D(1), D(30), D(30), 1, None, None
        )
        held.append(holds(grant, Owed(life, plan, Period(begin, end), [target]), calendar))
    stub = first > 1 and not counts_stub
    assert held == [number < periods + stub for number in range(len(held))]
