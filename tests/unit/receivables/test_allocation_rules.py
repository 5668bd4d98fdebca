"""AR-2, AR-3, AR-8 by worked examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from receivables.rules.allocation import (
    Advice,
    Item,
    Portion,
    functional_part,
    spread_oldest_due,
    spread_remittance,
)

D = Decimal


def item(id_: int, amount: str, due: int, *, disputed: str = "0", number: str = "") -> Item:
    day = date(2027, 2, 1)
    return Item(
        id_, number or f"N-{id_}", day, date(2027, 3, due), D(amount), D(disputed), D(amount)
    )


def test_ar2_due_date_then_document_date_then_number() -> None:
    debits = [item(1, "10", 9), item(2, "10", 5, number="B"), item(3, "10", 5, number="A")]
    portions = spread_oldest_due(debits, [item(9, "25", 1)])
    assert portions == [Portion(3, 9, D(10)), Portion(2, 9, D(10)), Portion(1, 9, D(5))]


def test_ar2_several_credits_are_used_oldest_first() -> None:
    portions = spread_oldest_due([item(1, "30", 9)], [item(8, "10", 1), item(9, "50", 1)])
    assert portions == [Portion(1, 8, D(10)), Portion(1, 9, D(20))]


def test_ar3_what_is_disputed_waits() -> None:
    debits = [item(1, "30", 5, disputed="20"), item(2, "30", 9)]
    portions = spread_oldest_due(debits, [item(9, "35", 1)])
    assert portions == [Portion(1, 9, D(10)), Portion(2, 9, D(25))]
    assert spread_remittance(debits, item(9, "35", 1), [Advice("N-1")]) == (
        [Portion(1, 9, D(30))],
        [],
    )


def test_ar2_a_document_named_twice_is_settled_once() -> None:
    portions, _ = spread_remittance(
        [item(1, "30", 5)], item(9, "50", 1), [Advice("N-1", D(20)), Advice("N-1", D(20))]
    )
    assert portions == [Portion(1, 9, D(30))]


def test_ar8_a_third_and_the_rest() -> None:
    third = functional_part(
        D("33.33"), open_amount=D("100.00"), functional_open=D("90.00"), currency="EUR"
    )
    assert third == D("30.00")
    rest = functional_part(
        D("66.67"), open_amount=D("66.67"), functional_open=D("60.00"), currency="EUR"
    )
    assert rest == D("60.00")
