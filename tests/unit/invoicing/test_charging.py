"""The charge engine, worked examples rule by rule (CHG, PER, PRO, TIER-3, HIER-6)."""

import json
from datetime import date
from decimal import Decimal

import pytest

from catalog.rules.pricing import PriceTerms, Tier, price
from foundation.periods import Period, Rhythm, Unit
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan, Life, charge
from invoicing.rules.difference import Billed
from invoicing.rules.prices import ContractTerms, PriceMissing, Prices, Who, trace_of
from invoicing.rules.timeline import FOREVER, Policies, Segment
from invoicing.rules.usage import Usage

D = Decimal
MONTHLY = Rhythm(date(2020, 1, 1), Unit.MONTH, 1, 1)
JUNE_1 = date(2027, 6, 1)
ADVANCE = Timing(True, "CYCLE", "MONTH", 1)
ARREARS = Timing(False, "CYCLE", "MONTH", 1)
SEAT = ChargePlan(1, "RECURRING", ADVANCE)
CALLS = ChargePlan(2, "USAGE", ARREARS)
SETUP = ChargePlan(3, "ONE_TIME", ADVANCE)
WHO = Who("EUR", None, "", None)

PER_SEAT = PriceTerms(10, "PER_UNIT", "EUR", unit_price=D(30))
GRADUATED = PriceTerms(
    20, "GRADUATED", "EUR", tiers=(Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))
)
DEARER = PriceTerms(
    21, "GRADUATED", "EUR", tiers=(Tier(D(100), D("0.20"), D(0)), Tier(None, D("0.10"), D(0)))
)
ONCE = PriceTerms(30, "FLAT", "EUR", flat_amount=D(99))


def prices(change_on: date = FOREVER) -> Prices:
    def find(charge_id, book, currency, segment, usage_key, day):
        if currency != "EUR":
            return None
        calls = DEARER if day >= change_on else GRADUATED
        return {1: PER_SEAT, 2: calls, 3: ONCE}[charge_id]

    return Prices(find, {1: 100, 2: 200, 3: 300})


def life(*segments: Segment, **more) -> Life:
    return Life(7, 70, segments[0].start, list(segments), **more)


def on(start: date, end: date = FOREVER, quantity: str = "1", **more) -> Segment:
    return Segment(start, end, D(quantity), more.get("override"), more.get("state", "ON"))


def run(one: Life, plan: ChargePlan = SEAT, bill_date: date = JUNE_1, **more):
    calendar = Calendar(more.get("cycle", MONTHLY), bill_date, more.get("rebill", 3))
    return charge(one, plan, more.get("who", WHO), calendar, more.get("prices", prices()))


def brief(found):
    return [(p.start.month, c.start.day, c.amount) for p, c in found.items]


def bill(one: Life, found) -> None:
    """Write down what a run posted, as the next one reads it."""
    for period, item in found.items:
        rows = one.billed.setdefault((period.start, period.end), [])
        number = sum(len(each) for each in one.billed.values()) + 1
        if item.reverses is not None:
            at = rows.index(next(r for r in rows if r.id == item.reverses.id))
            rows[at] = rows[at]._replace(left=rows[at].left + item.amount)
        rows.append(
            Billed(
                number,
                number,
                item.start,
                item.end,
                item.usage_key,
                item.price_key,
                item.generation,
                item.quantity,
                item.unit_price,
                item.factor,
                item.amount,
                max(item.amount, D(0)),
                item.price_version_id,
                item.service_id,
                is_back=item.reverses is not None,
            )
        )


def test_the_first_bill_holds_the_stub_and_the_next_period_in_advance() -> None:
    """PER-6, PER-8: started 19 May, billed on 1 June: 13/31 of May and all of June."""
    found = run(life(on(date(2027, 5, 19))))
    assert brief(found) == [(5, 19, D("12.58")), (6, 1, D("30.00"))]


def test_a_charge_in_arrears_owes_only_what_has_ended() -> None:
    found = run(life(on(date(2027, 5, 19))), ChargePlan(1, "RECURRING", ARREARS))
    assert brief(found) == [(5, 19, D("12.58"))]


def test_a_second_run_bills_nothing() -> None:
    """CHG-8."""
    one = life(on(date(2027, 5, 19)))
    bill(one, run(one))
    assert run(one).items == []


def test_an_upgrade_in_the_middle_bills_the_difference_by_day() -> None:
    """CHG-3: June is billed at 1 seat; 3 seats from 11 June cost 2 more for 20 of 30 days."""
    one = life(on(date(2027, 6, 1)))
    bill(one, run(one))
    one.segments = [on(date(2027, 6, 1), date(2027, 6, 11)), on(date(2027, 6, 11), quantity="3")]
    found = run(one, bill_date=date(2027, 7, 1))
    assert brief(found) == [(6, 1, D("-20.00")), (6, 11, D("60.00")), (7, 1, D("90.00"))]


def test_a_backdated_termination_gives_back_what_was_billed_too_much() -> None:
    """CHG-5: ended 16 May, June already billed: 16/31 of May and all of June come back."""
    one = life(on(date(2027, 4, 1)))
    bill(one, run(one, bill_date=date(2027, 5, 1)))
    bill(one, run(one))
    one.segments = [on(date(2027, 4, 1), date(2027, 5, 16))]
    found = run(one, bill_date=date(2027, 7, 1))
    assert brief(found) == [(5, 1, D("-15.48")), (6, 1, D("-30.00"))]
    assert all(item.reverses is not None for _, item in found.items)


def test_a_charge_that_lives_on_no_day_any_more_is_given_back_whole() -> None:
    """CHG-3: a change with effect from the first day leaves no segment; what was billed goes."""
    one = life(on(date(2027, 5, 1)))
    bill(one, run(one, bill_date=date(2027, 5, 1)))
    one.segments = []
    assert brief(run(one)) == [(5, 1, D("-30.00"))]


def test_a_one_time_charge_that_is_withdrawn_is_given_back() -> None:
    """CHG-3, PRO-3."""
    one = life(on(date(2027, 5, 10), date(2027, 5, 11)))
    bill(one, run(one, SETUP))
    one.segments = []
    assert brief(run(one, SETUP, bill_date=date(2027, 7, 1))) == [(5, 10, D("-99.00"))]


def test_what_was_billed_before_the_horizon_is_reported_not_corrected() -> None:
    """CHG-6: ended in March, billed up to May; with one earlier period only May comes back."""
    one = life(on(date(2027, 3, 1)))
    for month in (3, 4, 5):
        bill(one, run(one, bill_date=date(2027, month, 1)))
    one.segments = [on(date(2027, 3, 1), date(2027, 3, 16))]
    found = run(one, rebill=1)
    assert brief(found) == [(5, 1, D("-30.00"))]
    assert found.uncorrected_before == date(2027, 5, 1)
    one.segments = [on(date(2027, 3, 1), date(2027, 5, 16))]
    assert run(one, rebill=1).uncorrected_before is None


def test_what_lies_before_the_horizon_is_reported_not_billed() -> None:
    """CHG-6: active since January, never billed; with one earlier period only May is looked at."""
    found = run(life(on(date(2027, 1, 1))), rebill=1)
    assert brief(found) == [(5, 1, D("30.00")), (6, 1, D("30.00"))]
    assert found.unbilled_before == date(2027, 5, 1)


def test_a_charge_without_segments_owes_nothing() -> None:
    """CHG-7: no trigger date, no segments, no items."""
    assert run(Life(7, 70, JUNE_1, [])).items == []


def test_policies_of_start_and_end() -> None:
    """PRO-2."""
    full = ChargePlan(1, "RECURRING", ADVANCE, policies=Policies(start="FULL"))
    keep = ChargePlan(1, "RECURRING", ADVANCE, policies=Policies(end="KEEP"))
    assert brief(run(life(on(date(2027, 5, 19))), full))[0] == (5, 19, D("30.00"))
    ended = life(on(date(2027, 5, 1), date(2027, 5, 16)))
    assert brief(run(ended, keep)) == [(5, 1, D("30.00"))]


def test_a_one_time_charge_is_billed_once_and_never_prorated() -> None:
    """PRO-3."""
    one = life(on(date(2027, 5, 19)))
    found = run(one, SETUP)
    assert brief(found) == [(5, 19, D("99.00"))]
    bill(one, found)
    assert run(one, SETUP, date(2027, 7, 1)).items == []


def used(day: int, quantity: str, key: str = "", month: int = 5) -> Usage:
    return Usage(date(2027, month, day), key, D(quantity), D(0), 5)


def test_usage_of_the_ended_period_is_priced_as_one_quantity() -> None:
    """PER-4, TIER-2: 150 calls: 100 at 0.10 and 50 at 0.05; usage of June waits."""
    one = life(on(date(2027, 1, 1)), usage=[used(3, "90"), used(9, "60"), used(1, "7", month=6)])
    assert brief(run(one, CALLS)) == [(5, 1, D("12.50"))]


def test_late_usage_bills_the_difference_of_the_whole_quantity() -> None:
    """CHG-5, RATE-3: 30 more calls in May cost 30 · 0.05, not 30 · 0.10."""
    one = life(on(date(2027, 1, 1)), usage=[used(3, "150")])
    bill(one, run(one, CALLS))
    one.usage.append(used(30, "30"))
    found = run(one, CALLS, date(2027, 7, 1))
    assert brief(found) == [(5, 1, D("1.50"))]
    assert found.items[0][1].quantity == D(30)


def test_a_price_change_inside_the_period_lets_the_counter_run_on() -> None:
    """TIER-3: 80 before and 40 after: 80 · 0.10, then 20 · 0.20 and 20 · 0.10."""
    one = life(on(date(2027, 1, 1)), usage=[used(3, "80"), used(20, "40")])
    found = run(one, CALLS, prices=prices(change_on=date(2027, 5, 15)))
    assert brief(found) == [(5, 1, D("8.00")), (5, 15, D("6.00"))]


def test_attribute_groups_are_lines_of_their_own() -> None:
    """UNIT-2: one line per attribute group and price."""
    one = life(on(date(2027, 1, 1)), usage=[used(3, "10", "zone=A"), used(3, "10", "zone=B")])
    assert [c.usage_key for _, c in run(one, CALLS).items] == ["zone=A", "zone=B"]


def test_event_rounding_takes_the_sum_of_rounded_events() -> None:
    """UNIT-2 EVENT."""
    plan = ChargePlan(2, "USAGE", ARREARS, rounds_events=True)
    one = life(on(date(2027, 1, 1)), usage=[used(3, "10")._replace(amount=D("1.23"))])
    assert brief(run(one, plan)) == [(5, 1, D("1.23"))]


def test_silent_usage_and_a_new_price_are_noticed() -> None:
    """BR-5."""
    one = life(on(date(2027, 1, 1)), usage=[used(3, "150")])
    bill(one, run(one, CALLS))
    assert run(one, CALLS, date(2027, 7, 1)).is_silent
    seat = life(on(date(2027, 6, 1)))
    bill(seat, run(seat))
    seat.segments = [on(date(2027, 6, 1), date(2027, 7, 1)), on(date(2027, 7, 1), override=D(25))]
    assert run(seat, bill_date=date(2027, 7, 1)).is_repriced


def test_own_price_beats_contract_beats_list() -> None:
    """PRC-2, PRC-4, HIER-5: nearest node first."""
    near = ContractTerms(1, 1, 0, date.min, FOREVER, None, D("0.10"))
    far = ContractTerms(2, 0, 100, date.min, FOREVER, D(20), None)
    june = (6, 1)
    for contracts, override, amount in [
        ([], None, "30.00"),
        ([far], None, "20.00"),
        ([near, far], None, "27.00"),
        ([near], D("12.5"), "12.50"),
    ]:
        who = Who("EUR", None, "", None, {70: contracts})
        found = run(life(on(JUNE_1, override=override)), who=who)
        assert brief(found) == [(*june, D(amount))]


def test_a_charge_without_a_price_in_the_currency_is_refused() -> None:
    """PRC-1: no silent conversion."""
    with pytest.raises(PriceMissing, match="Charge 1 has no price in USD on 2027-06-01"):
        run(life(on(JUNE_1)), who=Who("USD", None, "", None))


def test_a_new_payer_bills_full_periods_that_start_after_the_move() -> None:
    """HIER-6 NEXT_PERIOD: moved on 10 June: the old payer owes June, the new one July."""
    segments = on(JUNE_1)
    move = date(2027, 6, 10)
    old = run(life(segments, member_to=move), bill_date=date(2027, 7, 1))
    new = run(life(segments, member_from=move), bill_date=date(2027, 7, 1))
    assert brief(old) == [(6, 1, D("30.00"))]
    assert brief(new) == [(7, 1, D("30.00"))]


def test_a_change_of_cycle_day_bills_the_stub_and_moves_nothing_else() -> None:
    """PER-7: billed to 15 July on the 15th; the new cycle on the 1st bills 15–31 July."""
    on_15 = Rhythm(date(2020, 1, 15), Unit.MONTH, 1, 15)
    one = life(on(date(2027, 5, 15)))
    bill(one, run(one, bill_date=date(2027, 6, 15), cycle=on_15))
    found = run(one, bill_date=date(2027, 8, 1))
    assert [(p, c.start, c.amount) for p, c in found.items] == [
        (Period(date(2027, 7, 1), date(2027, 8, 1)), date(2027, 7, 15), D("16.45")),
        (Period(date(2027, 8, 1), date(2027, 9, 1)), date(2027, 8, 1), D("30.00")),
    ]
    bill(one, found)
    assert run(one, bill_date=date(2027, 8, 1)).items == []


def test_the_trace_says_what_the_catalogue_explains() -> None:
    """D11: written by hand for speed, equal to the calculation's own account of itself."""
    for quantity in ("150", "7.25"):
        priced = price(GRADUATED, D(quantity), "EUR")
        assert json.loads(trace_of(priced)) == priced.explain
