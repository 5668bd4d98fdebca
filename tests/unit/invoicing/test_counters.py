"""Tier counters over contract years, terms and for ever, and by service (TIER-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations

from catalog.rules.counters import resets, split_counter
from catalog.rules.pricing import PriceTerms, Tier
from foundation.periods import Rhythm, Unit
from invoicing.rules.charging import ChargePlan, Life
from invoicing.rules.prices import Prices
from invoicing.rules.usage import Usage
from tests.unit.invoicing.test_charging import (
    ARREARS,
    CALLS,
    GRADUATED,
    bill,
    brief,
    on,
    prices,
    run,
)

D = Decimal
JUNE, JULY = date(2027, 6, 1), date(2027, 7, 1)


def used(day: date, quantity: str, service: int = 1, events: int = 1) -> Usage:
    return Usage(day, "*", D(quantity), D(0), service, events)


def counting(*usage: Usage, resets: tuple[date, ...] = (date(2027, 1, 1),)) -> Life:
    return Life(7, 70, date(2027, 1, 1), [on(date(2027, 1, 1))], usage=list(usage), resets=resets)


def listed(terms: PriceTerms) -> Prices:
    return Prices(lambda *_: terms, {2: 200})


def test_a_counter_runs_on_over_the_months_of_its_year() -> None:
    """TIER-3: 100 at 0.10, then 0.05; 80 in May and 50 in June: 8.00, then 2.00 + 1.50."""
    one = counting(used(date(2027, 5, 3), "80"), used(date(2027, 6, 20), "50"))
    found = run(one, CALLS, JULY)
    assert brief(found) == [(5, 1, D("8.00")), (6, 1, D("3.50"))]


def test_a_counter_that_begins_anew_inside_a_period_cuts_it() -> None:
    """The contract year began on 15 June 2026: of June the first 14 days belong to the old."""
    days = resets("CONTRACT_YEAR", date(2026, 6, 15), (), JULY)
    assert days == (date(2026, 6, 15), date(2027, 6, 15))
    one = counting(
        used(date(2027, 5, 3), "90"), used(date(2027, 6, 14), "20"), used(date(2027, 6, 15), "20"),
        resets=days,
    )  # fmt: skip
    found = run(one, CALLS, JULY)
    # 20 on top of 90: 10 · 0.10 + 10 · 0.05; the new year begins at 0.10 again.
    assert brief(found) == [(5, 1, D("9.00")), (6, 1, D("1.50")), (6, 15, D("2.00"))]
    bill(one, found)
    assert run(one, CALLS, JULY).items == []


def test_late_usage_of_a_month_moves_the_months_after_it() -> None:
    """RATE-3: 30 late units of May push 10 of June into the cheaper tier."""
    one = counting(used(date(2027, 5, 3), "80"), used(date(2027, 6, 20), "30"))
    bill(one, run(one, CALLS, JULY))
    one.usage.append(used(date(2027, 5, 30), "30"))
    found = run(one, CALLS, JULY)
    # May: 110 units, 10.50 instead of 8.00; June: 30 at 0.05 instead of 2.00 + 0.50.
    assert brief(found) == [(5, 1, D("2.50")), (6, 1, D("-1.00"))]
    bill(one, found)
    assert run(one, CALLS, JULY).items == []


def test_a_correction_takes_back_what_it_corrects() -> None:
    """A negative event of May lowers May, and what June had on top of it rises to 0.10."""
    one = counting(used(date(2027, 5, 3), "120"), used(date(2027, 6, 20), "30"))
    bill(one, run(one, CALLS, JULY))
    one.usage.append(used(date(2027, 5, 9), "-40"))
    assert brief(run(one, CALLS, JULY)) == [(5, 1, D("-3.00")), (6, 1, D("1.00"))]


def test_the_order_of_usage_changes_nothing() -> None:
    rows = [
        used(date(2027, 5, 3), "80"), used(date(2027, 5, 30), "30"),
        used(date(2027, 6, 2), "7.5"), used(date(2027, 6, 20), "50"),
    ]  # fmt: skip
    answers = {tuple(brief(run(counting(*order), CALLS, JULY))) for order in permutations(rows)}
    assert answers == {((5, 1, D("10.50")), (6, 1, D("2.88")))}


def test_what_was_counted_before_the_window_is_one_row() -> None:
    """Usage before the look-back comes as one sum, dated on the day its counter began."""
    one = counting(used(date(2027, 1, 1), "95"), used(date(2027, 5, 3), "10"))
    assert brief(run(one, CALLS, JUNE, rebill=0)) == [(5, 1, D("0.75"))]


def test_least_and_greatest_amounts_are_those_of_the_period() -> None:
    """95 before; 10 more cost 0.75, at least 1.00 a month, at most 2.00."""
    bounded = replace(GRADUATED, min_amount=D(1), max_amount=D(2))
    for quantity, amount, bound in (
        ("10", "1.00", "MIN"),
        ("60", "2.00", "MAX"),
        ("20", "1.25", ""),
    ):
        (priced,) = split_counter([(bounded, D(quantity))], "EUR", before=D(95))
        assert (priced.amount, priced.bound) == (D(amount), bound)


def test_a_year_cut_in_two_shares_the_least_amount_by_days() -> None:
    """A least amount of 30 for June: 14 days of it for the old year, 16 for the new one."""
    days = (date(2026, 6, 15), date(2027, 6, 15))
    one = counting(used(date(2027, 6, 14), "1"), used(date(2027, 6, 15), "1"), resets=days)
    terms = replace(GRADUATED, min_amount=D(30))
    found = run(one, CALLS, JULY, prices=listed(terms))
    assert brief(found) == [(6, 1, D("14.00")), (6, 15, D("16.00"))]


def test_a_price_change_inside_a_year_does_not_begin_anew() -> None:
    """TIER-3: 80 before, 40 in May at 0.10/0.05 up to the 14th, then at 0.20/0.10."""
    one = counting(
        used(date(2027, 1, 1), "80"), used(date(2027, 5, 3), "15"), used(date(2027, 5, 20), "25")
    )
    found = run(one, CALLS, JUNE, prices=prices(change_on=date(2027, 5, 15)), rebill=0)
    # 15 · 0.10; then 5 · 0.20 + 20 · 0.10.
    assert brief(found) == [(5, 1, D("1.50")), (5, 15, D("3.00"))]


def test_packages_and_included_units_last_for_the_whole_counter() -> None:
    """A package of 100 bought in May serves June; 500 included units are those of the year."""
    pack = PriceTerms(1, "PACKAGE", "EUR", unit_price=D(7), package_size=D(100))
    over = PriceTerms(2, "OVERAGE", "EUR", unit_price=D("0.10"), included=D(500))
    for terms, amounts in ((pack, ["7.00", "0.00", "7.00"]), (over, ["0.00", "0.00", "0.00"])):
        for before, amount in zip((D(0), D(60), D(90)), amounts, strict=True):
            (priced,) = split_counter([(terms, D(40))], "EUR", before=before)
            assert priced.amount == D(amount), (terms.model, before)
    (priced,) = split_counter([(over, D(40))], "EUR", before=D(480))
    assert priced.amount == D("2.00")


def test_each_service_has_tiers_of_its_own() -> None:
    """TIER-3 SERVICE: two numbers of 80 each stay in the first tier; together they would not."""
    rows = [used(date(2027, 5, 3), "80", 1), used(date(2027, 5, 4), "80", 2)]
    plan = ChargePlan(2, "USAGE", ARREARS, counter_scope="SERVICE")
    one = counting(*rows, resets=())
    found = run(one, plan)
    assert [(c.service_id, c.amount) for _, c in found.items] == [(1, D(8)), (2, D(8))]
    assert len({(c.start, c.usage_key, c.price_key) for _, c in found.items}) == 2
    bill(one, found)
    assert run(one, plan).items == []
    assert brief(run(counting(*rows, resets=()), CALLS)) == [(5, 1, D("13.00"))]


def test_each_service_counts_on_by_itself() -> None:
    rows = [
        used(date(2027, 5, 3), "80", 1), used(date(2027, 5, 4), "10", 2),
        used(date(2027, 6, 3), "40", 1), used(date(2027, 6, 4), "40", 2),
    ]  # fmt: skip
    plan = ChargePlan(2, "USAGE", ARREARS, counter_scope="SERVICE")
    found = run(counting(*rows), plan, JULY)
    assert [(c.service_id, c.amount) for _, c in found.items] == [
        (1, D(8)), (2, D(1)), (1, D(3)), (2, D(4)),
    ]  # fmt: skip


def test_terms_and_anniversaries_begin_counters() -> None:
    """PER-3: 29 February falls on the 28th of common years; a renewal begins a term."""
    leap = date(2024, 2, 29)
    assert resets("CONTRACT_YEAR", leap, (), date(2026, 3, 1)) == (
        leap, date(2025, 2, 28), date(2026, 2, 28),
    )  # fmt: skip
    assert resets("TERM", leap, (date(2025, 8, 29),), date(2026, 3, 1)) == (
        leap,
        date(2025, 8, 29),
    )
    assert resets("NEVER", leap, (date(2025, 8, 29),), date(2026, 3, 1)) == (leap,)


def test_usage_of_a_stub_is_not_billed_twice() -> None:
    """PER-7: billed to 15 June by the 15th; the new cycle bills only what comes after."""
    on_15 = Rhythm(date(2020, 1, 15), Unit.MONTH, 1, 15)
    one = counting(
        used(date(2027, 6, 3), "10"), used(date(2027, 6, 14), "10"), used(date(2027, 6, 15), "30"),
        resets=(),
    )  # fmt: skip
    bill(one, run(one, CALLS, date(2027, 6, 15), cycle=on_15))
    assert brief(run(one, CALLS, JULY)) == [(6, 15, D("3.00"))]


def test_tiers_choose_where_a_whole_counter_stands() -> None:
    """The months of a year add up to the whole year, whatever their cut."""
    terms = PriceTerms(
        1, "GRADUATED", "EUR",
        tiers=(
            Tier(D(7), D("1.37"), D(2)), Tier(D(40), D("0.9"), D(1)),
            Tier(None, D("0.11"), D(0)),
        ),
    )  # fmt: skip
    cuts = [D("3.25"), D("3.75"), D(0), D("40.5"), D(1)]
    before, total = D(0), D(0)
    for quantity in cuts:
        (priced,) = split_counter([(terms, quantity)], "EUR", before=before)
        before, total = before + quantity, total + priced.amount_exact
    (whole,) = split_counter([(terms, sum(cuts, D(0)))], "EUR")
    assert total == whole.amount_exact
