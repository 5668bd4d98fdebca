"""Bill only the difference between owed and billed (CHG-3 to CHG-5, CHG-8, CHG-11)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.rules.difference import Billed, BilledLessThanNothing, Target, changes

MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)
D = Decimal


def target(
    amount: str, *, start: date = MAY, price: str = "v1", factor: str = "1", qty: str = "1"
):
    return Target(
        start, JUNE, "", price, D(qty), D("30"), D(factor), D(amount), D(amount), 1, None, None
    )


def billed(items, generation: int = 0):
    """Turn what was written into what a later run reads."""
    found = []
    for number, one in enumerate(items, start=1):
        given_back = sum(
            (-c.amount for c in items if c.reverses is not None and c.reverses.id == number), D(0)
        )
        found.append(
            Billed(
                number,
                number,
                one.start,
                one.end,
                one.usage_key,
                one.price_key,
                one.generation,
                one.quantity,
                one.unit_price,
                one.factor,
                one.amount,
                max(one.amount - given_back, D(0)),
                one.price_version_id,
                one.service_id,
                is_back=one.reverses is not None,
            )
        )
    return found


def test_a_target_not_yet_billed_becomes_an_item() -> None:
    (item,) = changes([target("30.00")], [])
    assert (item.amount, item.generation, item.reverses) == (D("30.00"), 0, None)


def test_the_same_identity_with_the_same_amount_is_kept() -> None:
    """CHG-8: the second run bills nothing."""
    first = changes([target("30.00")], [])
    assert changes([target("30.00")], billed(first)) == []


def test_a_shorter_segment_gives_one_difference_item_that_inherits() -> None:
    """CHG-3, CHG-5: terminated on the 16th: 30.00 owed becomes 15.00, so 15.00 go back."""
    first = billed(changes([target("30.00")], []))
    (item,) = changes([target("15.00", factor="0.5")], first)
    assert (item.amount, item.factor, item.quantity) == (D("-15.00"), D("-0.5"), D(1))
    assert item.reverses == first[0]
    assert item.generation == 1


def test_a_longer_segment_bills_the_difference_as_a_new_supply() -> None:
    """CHG-5: what adds is taxed anew and reverses nothing."""
    first = billed(changes([target("15.00", factor="0.5")], []))
    (item,) = changes([target("30.00")], first)
    assert (item.amount, item.factor, item.reverses) == (D("15.00"), D("0.5"), None)


def test_another_quantity_moves_the_quantity() -> None:
    first = billed(changes([target("150.00", qty="5")], []))
    (item,) = changes([target("90.00", qty="3")], first)
    assert (item.quantity, item.factor, item.amount) == (D(-2), D(1), D("-60.00"))


def test_another_price_reverses_in_full_and_bills_anew() -> None:
    """CHG-3: absent → the full billed amount; then the new target."""
    first = billed(changes([target("30.00", price="v1")], []))
    new, back = changes([target("50.00", price="v2")], first)
    assert (new.amount, new.generation, new.reverses) == (D("50.00"), 0, None)
    assert (back.amount, back.quantity, back.price_key) == (D("-30.00"), D(-1), "v1")


def test_money_given_back_by_hand_is_not_given_back_again() -> None:
    """CHG-11: of 30.00 a clerk has credited 20.00; a termination returns the 10.00 left."""
    (first,) = billed(changes([target("30.00")], []))
    after_goodwill = first._replace(left=D("10.00"))
    (item,) = changes([], [after_goodwill])
    assert item.amount == D("-10.00")
    spent = first._replace(left=D(0))
    assert changes([], [spent]) == []


def test_a_reduction_over_several_items_takes_the_latest_first() -> None:
    items = changes([target("10.00", qty="10")], [])
    items += changes([target("15.00", qty="15")], billed(items))
    back = changes([target("8.00", qty="8")], billed(items))
    assert [(c.amount, c.reverses.id) for c in back if c.reverses] == [
        (D("-5.00"), 2),
        (D("-2.00"), 1),
    ]


def test_less_than_nothing_is_for_a_person() -> None:
    (first,) = billed(changes([target("30.00")], []))
    with pytest.raises(BilledLessThanNothing):
        changes([], [first._replace(amount=D("-1.00"), is_back=True)])


def test_a_target_that_falls_below_zero_and_further_is_credited_each_time() -> None:
    """CHG-3: 10 calls of 1.00 billed; corrections leave -5, then -8, then 2 calls."""
    items = changes([target("10.00", qty="10")], [])
    back = changes([target("-5.00", qty="-5")], billed(items))
    assert [(c.amount, c.quantity, c.reverses is None, c.generation) for c in back] == [
        (D("-10.00"), D(-10), False, 1),
        (D("-5.00"), D(-5), True, 2),
    ]
    items += back
    (further,) = changes([target("-8.00", qty="-8")], billed(items))
    assert (further.amount, further.quantity, further.reverses) == (D("-3.00"), D(-3), None)
    items.append(further)
    (more,) = changes([target("2.00", qty="2")], billed(items))
    assert (more.amount, more.quantity, more.reverses) == (D("10.00"), D(10), None)


def test_a_credit_below_zero_is_billed_again_when_its_usage_goes() -> None:
    """CHG-3: a correction of -5.00 alone was credited, then cancelled: nothing is owed."""
    items = changes([target("-5.00", qty="-5")], [])
    (again,) = changes([], billed(items))
    assert (again.amount, again.quantity, again.reverses) == (D("5.00"), D(5), None)
    assert changes([], billed([*items, again])) == []


def test_what_was_credited_by_hand_is_not_credited_below_zero_too() -> None:
    """CHG-11: 10.00 billed and given back by hand; only what lies below zero is credited."""
    (first,) = billed(changes([target("10.00", qty="10")], []))
    (item,) = changes([target("-5.00", qty="-5")], [first._replace(left=D(0))])
    assert (item.amount, item.reverses) == (D("-5.00"), None)


AMOUNTS = st.integers(-50_000, 100_000).map(lambda cents: D(cents) / 100)


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), AMOUNTS), max_size=4), min_size=1, max_size=6
    )
)
def test_after_any_sequence_of_targets_billed_equals_target(states) -> None:
    """CHG-3: Σ billed = Σ target after every evaluation, and evaluating again changes nothing."""
    items: list = []
    for state in states:
        wanted = [
            target(str(amount), price=price) for price, amount in dict(state).items() if amount
        ]
        items += changes(wanted, billed(items))
        assert sum((i.amount for i in items), D(0)) == sum((t.amount for t in wanted), D(0))
        assert changes(wanted, billed(items)) == []
        keys = [(i.start, i.usage_key, i.price_key, i.generation) for i in items]
        assert len(keys) == len(set(keys))


def test_two_payers_who_settle_a_move_in_one_run_take_other_generations() -> None:
    """HIER-6: the old payer gives May back, the new one bills it; each sees the other's items."""
    known = [one._replace(payer_id=7) for one in billed(changes([target("30.00")], []))]
    back = changes([], known, 7)
    (new,) = changes([target("30.00")], known, 8)
    (early,) = changes([target("30.00")], known, 6)
    assert [(one.amount, one.generation) for one in back] == [(D("-30.00"), 1)]
    assert (new.amount, new.generation) == (D("30.00"), 3)
    assert early.generation == new.generation, "only one of them can be the new payer"


def test_two_payers_who_both_give_back_take_other_generations() -> None:
    """HIER-6: whichever is asked first."""
    one = billed(changes([target("30.00")], []))[0]
    known = [one._replace(payer_id=8), one._replace(id=2, generation=1, payer_id=7)]
    taken = [each.generation for payer in (7, 8) for each in changes([], known, payer)]
    assert taken == [2, 4]
