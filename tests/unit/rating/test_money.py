"""Which balance of money pays what of a document, and how much of it had been paid for."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rating.rules.money import Due, Purse, paid_part, pay

D = Decimal
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))
DATA, VOICE = 1, 2


def purse(key: int, left: str, **more: object) -> Purse:
    given = {"initial": D(left), "consideration": D(left), "currency": "EUR", "start": JAN, **more}
    return Purse(key, D(left), **given)  # type: ignore[arg-type]


def due(amount: str, usage: int | None = None, start: date = JAN, end: date = FEB) -> Due:
    return Due(start, end, usage, D(amount))


def paid(dues: list[Due], purses: list[Purse], limit: str = "1000") -> list[tuple[int, int]]:
    return [(one.purse_id, int(one.amount)) for one in pay(dues, purses, D(limit))]


def test_ent2_priority_then_the_earlier_end_then_the_gift_then_the_older() -> None:
    purses = [
        purse(1, "10"),
        purse(2, "10", end=MAR),
        purse(3, "10", end=MAR, source="PROMO"),
        purse(4, "10", priority=1),
        purse(5, "10"),
    ]
    assert paid([due("45")], purses) == [(4, 10), (3, 10), (2, 10), (1, 10), (5, 5)]


def test_ent1_a_balance_pays_for_its_usage_and_its_days() -> None:
    dues = [due("30", DATA), due("20", VOICE), due("7", start=FEB, end=MAR)]
    assert paid(dues, [purse(1, "100", usage_type_id=VOICE)]) == [(1, 20)]
    assert paid(dues, [purse(1, "100", end=FEB)]) == [(1, 50)]
    assert paid(dues, [purse(1, "100", start=FEB)]) == [(1, 7)]
    assert paid(dues, [purse(1, "100", start=MAR)]) == []
    assert paid([due("5", start=JAN, end=JAN)], [purse(1, "9")]) == [(1, 5)]


def test_what_reduces_the_document_is_not_paid_and_the_limit_holds() -> None:
    dues = [due("100", DATA), due("-20", DATA), due("-30", start=FEB, end=MAR)]
    assert paid(dues, [purse(1, "500")], limit="50") == [(1, 50)]
    assert paid(dues, [purse(1, "500")], limit="80") == [(1, 80)]


def test_ent9_what_was_paid_is_spread_by_cumulative_rounding() -> None:
    """120.00 sold for 100.00: draws of 50, 50 and 20."""
    held = purse(1, "120", consideration=D(100))
    parts = [paid_part(held, D(a), D(b)) for a, b in ((120, 70), (70, 20), (20, 0))]
    assert parts == [D("41.67"), D("41.66"), D("16.67")]


@given(
    st.lists(st.integers(-5000, 9000), max_size=6),
    st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 100)), max_size=5),
    st.integers(0, 20000),
)
def test_no_balance_is_overdrawn_and_nothing_is_paid_beyond_the_document(
    amounts: list[int], held: list[tuple[int, int]], limit: int
) -> None:
    dues = [due(f"{cents / 100:.2f}", number % 2) for number, cents in enumerate(amounts)]
    purses = [
        purse(key, f"{cents / 100:.2f}", consideration=D(cents) * share / 10000)
        for key, (cents, share) in enumerate(held, start=1)
    ]
    due_at_all = sum((D(max(one, 0)) for one in amounts), D(0)) / 100
    most = min(D(limit) / 100, due_at_all)
    pays = list(pay(dues, purses, D(limit) / 100))
    assert sum((one.amount for one in pays), D(0)) <= most
    left = {one.id: one.left for one in purses}
    assert all(D(0) < one.amount <= left[one.purse_id] for one in pays)
    assert all(D(0) <= one.paid <= one.amount for one in pays)
    assert len({one.purse_id for one in pays}) == len(pays)
