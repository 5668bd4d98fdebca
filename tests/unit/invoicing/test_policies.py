"""Policies of a charge, worked examples: stubs, whose day it is, run date, split prices."""

from datetime import date
from decimal import Decimal

from catalog.rules.pricing import PriceTerms
from foundation.periods import Rhythm, Unit
from invoicing.rules.calendar import Timing
from invoicing.rules.charging import ChargePlan
from invoicing.rules.prices import ContractTerms, Prices, Who
from invoicing.rules.timeline import FOREVER, Policies
from tests.unit.invoicing.test_charging import JUNE_1, bill, brief, life, on, run

D = Decimal
MAY_1, JULY_1 = date(2027, 5, 1), date(2027, 7, 1)


ADVANCE = Timing(True, "CYCLE", "MONTH", 1)


def plan(timing: Timing = ADVANCE, **more) -> ChargePlan:
    return ChargePlan(1, "RECURRING", timing, **more)


ARREARS = Timing(False, "CYCLE", "MONTH", 1)
RUN_DATE = Timing(False, "CYCLE", "MONTH", 1, to_run_date=True)


def test_a_leading_stub_is_merged_with_the_first_whole_period() -> None:
    """PRO-2 MERGE, arrears: begun 19 May, nothing on 1 June; 13/31 of May and June on 1 July."""
    merged = plan(ARREARS, policies=Policies(start="MERGE"))
    one = life(on(date(2027, 5, 19)))
    assert brief(run(one, merged)) == []
    found = run(one, merged, JULY_1)
    assert brief(found) == [(5, 19, D("12.58")), (6, 1, D("30.00"))]
    bill(one, found)
    assert brief(run(one, merged, JULY_1)) == []


def test_a_leading_stub_without_a_whole_period_after_it_does_not_wait() -> None:
    """PRO-2 MERGE: begun 19 May and gone by June, there is nothing to merge it with."""
    merged = plan(ARREARS, policies=Policies(start="MERGE"))
    assert brief(run(life(on(date(2027, 5, 19), JUNE_1)), merged)) == [(5, 19, D("12.58"))]


def test_a_trailing_stub_is_billed_with_the_last_whole_period() -> None:
    """PRO-2 MERGE, advance: ends 11 July; on 1 June also 10/31 of July, once."""
    merged = plan(policies=Policies(end="MERGE"))
    one = life(on(MAY_1, date(2027, 7, 11)))
    bill(one, run(one, merged, MAY_1))
    found = run(one, merged)
    assert brief(found) == [(6, 1, D("30.00")), (7, 1, D("9.68"))]
    bill(one, found)
    assert brief(run(one, merged, JULY_1)) == []


def test_a_last_partial_period_may_be_free() -> None:
    """PRO-2 FREE at the end: June until the 16th costs nothing; what was billed comes back."""
    free = plan(policies=Policies(end="FREE"))
    one = life(on(MAY_1))
    bill(one, run(one, free))
    one.segments = [on(MAY_1, date(2027, 6, 16))]
    assert brief(run(one, free)) == [(6, 1, D("-30.00"))]


def test_a_first_partial_period_is_free_whatever_changes_inside_it() -> None:
    """PRO-2 FREE at the start: 19–31 May is free, though the quantity rose on the 25th."""
    free = plan(policies=Policies(start="FREE"))
    day = date(2027, 5, 25)
    one = life(on(date(2027, 5, 19), day), on(day, quantity="2"))
    assert brief(run(one, free)) == [(6, 1, D("60.00"))]


def test_the_day_of_a_change_belongs_to_whom_the_charge_says() -> None:
    """PRO-5: one seat, three from 11 June: 10, 11 or both of these days are at one seat."""
    change = date(2027, 6, 11)
    one = life(on(JUNE_1, change), on(change, quantity="3"))
    for owner, old, new in (
        ("NEW", "10.00", "60.00"),  # 30 × 10/30 and 90 × 20/30
        ("OLD", "11.00", "57.00"),  # 30 × 11/30 and 90 × 19/30
        ("BOTH", "11.00", "60.00"),  # 30 × 11/30 and 90 × 20/30
    ):
        owned = plan(policies=Policies(change_day=owner))
        assert [c.amount for _, c in run(one, owned).items] == [D(old), D(new)]


def test_a_change_on_the_first_day_of_a_period_divides_nothing() -> None:
    """PRO-5."""
    one = life(on(MAY_1, JUNE_1), on(JUNE_1, quantity="3"))
    for owner in ("OLD", "BOTH"):
        found = run(one, plan(policies=Policies(change_day=owner)))
        assert brief(found) == [(5, 1, D("30.00")), (6, 1, D("90.00"))]


def test_arrears_are_billed_up_to_the_day_of_the_run() -> None:
    """PER-8: on 16 June 15/30 of June; on 1 July the other half; a second run nothing."""
    through = plan(RUN_DATE)
    one = life(on(JUNE_1))
    found = run(one, through, date(2027, 6, 16))
    assert brief(found) == [(6, 1, D("15.00"))]
    bill(one, found)
    assert brief(run(one, through, date(2027, 6, 16))) == []
    assert brief(run(one, through, date(2027, 6, 10))) == [], "a run before takes nothing back"
    rest = run(one, through, JULY_1)
    assert brief(rest) == [(6, 1, D("15.00"))]
    bill(one, rest)
    assert brief(run(one, through, JULY_1)) == []


def rising(day: date) -> Prices:
    """Thirty until the day, forty-five from it on."""
    low = PriceTerms(10, "PER_UNIT", "EUR", unit_price=D(30))
    high = PriceTerms(11, "PER_UNIT", "EUR", unit_price=D(45))
    return Prices(
        lambda charge, book, currency, segment, key, on_day: high if on_day >= day else low,
        {1: 100},
        lambda charge, currency: [date(2020, 1, 1), day, date(2027, 6, 20)],
    )


def test_a_price_change_inside_a_period_splits_only_where_it_is_asked_for() -> None:
    """CHG-9: 30 until 15 June, 45 from the 16th: 15/30 of each; otherwise the price of 1 June."""
    prices = rising(date(2027, 6, 16))
    one = life(on(JUNE_1))
    assert brief(run(one, plan(), prices=prices)) == [(6, 1, D("30.00"))]
    split = run(one, plan(splits=True), prices=prices)
    assert brief(split) == [(6, 1, D("15.00")), (6, 16, D("22.50"))]
    bill(one, split)
    assert brief(run(one, plan(splits=True), prices=prices)) == []


def test_own_and_locked_prices_do_not_split() -> None:
    """CHG-9 is about prices that float."""
    prices = rising(date(2027, 6, 16))
    own = run(life(on(JUNE_1, override=D(20))), plan(splits=True), prices=prices)
    locked = life(on(JUNE_1)._replace(price_day=JUNE_1))
    assert brief(own) == [(6, 1, D("20.00"))]
    assert brief(run(locked, plan(splits=True), prices=prices)) == [(6, 1, D("30.00"))]


def test_an_agreed_price_that_begins_inside_a_period_splits_it() -> None:
    """CHG-9, HIER-5: 10 % off from 11 June on: 30 × 10/30 and 27 × 20/30."""
    terms = ContractTerms(1, 1, 0, date(2027, 6, 11), FOREVER, None, D("0.10"))
    who = Who("EUR", None, "", None, {70: [terms]})
    found = run(life(on(JUNE_1)), plan(splits=True), who=who, prices=rising(FOREVER))
    assert brief(found) == [(6, 1, D("10.00")), (6, 11, D("18.00"))]


def test_a_changed_amount_may_be_given_back_whole_and_billed_anew() -> None:
    """CHG-3 REBILL: 30.00 back and 10.00 anew where NET shows −20.00; the rest is untouched."""
    rebill = plan(rebills=True)
    one = life(on(MAY_1))
    bill(one, run(one, rebill))
    one.segments = [on(MAY_1, date(2027, 6, 11)), on(date(2027, 6, 11), quantity="3")]
    found = run(one, rebill)
    assert brief(found) == [(6, 1, D("-30.00")), (6, 1, D("10.00")), (6, 11, D("60.00"))]
    assert found.items[0][1].factor == 1
    bill(one, found)
    assert brief(run(one, rebill)) == []


def test_what_was_credited_by_hand_is_corrected_by_the_difference_alone() -> None:
    """CHG-11 goes before CHG-3 REBILL: of 30.00 a clerk gave 5.00 back."""
    one = life(on(JUNE_1))
    bill(one, run(one))
    (item,) = one.billed[JUNE_1, JULY_1]
    one.billed[JUNE_1, JULY_1] = [item._replace(left=D("25.00"))]
    one.segments = [on(JUNE_1, date(2027, 6, 11))]
    assert brief(run(one, plan(rebills=True))) == [(6, 1, D("-20.00"))]


def test_a_quarterly_charge_is_pinned_where_it_says() -> None:
    """PER-6: begun 10 February, billed monthly on the 1st.

    From the next cycle day: quarters from 1 March. In whole steps: from 1 May, three months after
    1 February; until there each stub is a part of the quarter that ends at the anchor.
    """
    monthly = Rhythm(date(2020, 1, 1), Unit.MONTH, 1, 1)
    one = life(on(date(2027, 2, 10)))
    for anchor, starts in (
        ("NEXT_CYCLE_DATE", [(2, 10), (3, 1), (6, 1)]),
        ("WHOLE_STEP", [(2, 10), (5, 1)]),
    ):
        quarterly = plan(Timing(True, "CYCLE", "MONTH", 3, anchor))
        found = run(one, quarterly, cycle=monthly)
        assert [(c.start.month, c.start.day) for _, c in found.items] == starts
