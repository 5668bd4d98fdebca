"""Discounts on the charges of a period (DSC-1 to DSC-4)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.discounts import Base, Discount, off_document, reliefs

D = Decimal


def base(amount: str, *grants: int, qty: str = "1", factor: str = "1", charge=1, **more) -> Base:
    pots = (charge, more.pop("offer", 1), more.pop("account", 1))
    return Base(D(amount), D(qty), D(factor), pots, frozenset(grants), **more)


def off(grant: int, value: str, kind="PERCENT", level="CHARGE", **more) -> Discount:
    return Discount(grant, kind, level, D(value), **more)


def taken(bases, discounts, currency="EUR"):
    return [
        (one.base, one.grant_id, str(one.amount)) for one in reliefs(bases, discounts, currency)
    ]


def test_stages_come_in_the_published_order() -> None:
    """DSC-1: 10 units of 10.00, 2 free: 80; price 9 instead: 72... then percent, then amount.

    Two of ten units free take 20.00 of 100.00. The special price of 7.00 for ten units asks for
    70.00: 10.00 more. Half of 70.00 is 35.00, then 5.00, then a tenth of 30.00 for the offer and
    a tenth of 27.00 for the account. Priorities do not change the order of stages.
    """
    charges = [base("100.00", 1, 2, 3, 4, 5, 6, qty="10")]
    discounts = [
        off(6, "0.1", level="ACCOUNT", priority=1),
        off(5, "0.1", level="OFFER", priority=2),
        off(4, "5", "AMOUNT", priority=3),
        off(3, "0.5", priority=4),
        off(2, "7", "PRICE_OVERRIDE", priority=5),
        off(1, "2", "FREE_UNITS", priority=6),
    ]
    assert taken(charges, discounts) == [
        (0, 1, "20.00"),
        (0, 2, "10.00"),
        (0, 3, "35.00"),
        (0, 4, "5.00"),
        (0, 5, "3.00"),
        (0, 6, "2.70"),
    ]


def test_compound_percents_take_of_what_is_left_by_priority() -> None:
    """DSC-2: 10 % then 20 % of 100.00 are 10.00 and 18.00, whatever the order they come in."""
    discounts = [off(1, "0.2", priority=2), off(2, "0.1", priority=1)]
    wanted = [(0, 2, "10.00"), (0, 1, "18.00")]
    assert taken([base("100.00", 1, 2)], discounts) == wanted
    assert taken([base("100.00", 1, 2)], discounts[::-1]) == wanted


def test_additive_percents_of_a_group_are_summed_and_applied_once() -> None:
    """DSC-2: 10 % and 20 % of one group take 30.00 of 100.00; a stranger takes of the rest."""
    group = {"is_additive": True, "stack_group": "sale"}
    discounts = [off(1, "0.1", **group), off(2, "0.5", priority=200), off(3, "0.2", **group)]
    assert taken([base("100.00", 1, 2, 3)], discounts) == [
        (0, 1, "10.00"),
        (0, 3, "20.00"),
        (0, 2, "35.00"),
    ]


def test_of_exclusive_discounts_the_best_for_the_customer_is_taken() -> None:
    """DSC-2: 10 % of 100.00 and of 20.00 is 12.00: better than 11.00 off the one."""
    group = {"is_exclusive": True, "stack_group": "best"}
    discounts = [off(1, "11", "AMOUNT", "OFFER", **group), off(2, "0.1", level="OFFER", **group)]
    charges = [base("100.00", 1, 2), base("20.00", 1, 2, charge=2)]
    assert taken(charges, discounts) == [(0, 2, "10.00"), (1, 2, "2.00")]


def test_amounts_round_half_up_by_charge_and_never_go_below_zero() -> None:
    """DSC-3: 10 % of 0.05 is 0.01; 5.00 off 3.00 are 3.00; half a yen is one."""
    assert taken([base("0.05", 1)], [off(1, "0.1")]) == [(0, 1, "0.01")]
    assert taken([base("3.00", 1)], [off(1, "5", "AMOUNT")]) == [(0, 1, "3.00")]
    assert taken([base("5", 1)], [off(1, "0.1")], "JPY") == [(0, 1, "1")]
    assert taken([base("-5.00", 1)], [off(1, "0.1")]) == []


def test_a_ceiling_is_used_up_in_line_order() -> None:
    """DSC-3: 50 % of three lines of 10.00 with a ceiling of 8.00: 5.00, 3.00, nothing."""
    lines = [base("10.00", 1, charge=number) for number in range(3)]
    discount = off(1, "0.5", level="ACCOUNT", max_amount=D(8))
    assert taken(lines, [discount]) == [(0, 1, "5.00"), (1, 1, "3.00")]


def test_an_amount_is_given_once_a_charge_and_period_and_prorates_where_it_says() -> None:
    """PRO-3: 6.00 off a month of which half is charged: 3.00 prorated, else 6.00."""
    half = [base("5.00", 1, factor="0.25"), base("5.00", 1, factor="0.25")]
    assert taken(half, [off(1, "6", "AMOUNT")]) == [(0, 1, "3.00")]
    assert taken(half, [off(1, "6", "AMOUNT", prorates=False)]) == [(0, 1, "5.00"), (1, 1, "1.00")]


def test_free_units_of_usage_are_used_up_in_line_order() -> None:
    """DSC-1: 100 free of 80 at 8.00 and 40 at 8.00: the first is free, and half of the second."""
    lines = [base("8.00", 1, qty="80", is_usage=True), base("8.00", 1, qty="40", is_usage=True)]
    assert taken(lines, [off(1, "100", "FREE_UNITS")]) == [(0, 1, "8.00"), (1, 1, "4.00")]


STEPS = ((D(1000), D("0.02")), (D(5000), D("0.05")))


def test_a_percentage_by_volume_is_of_all_that_the_period_charges() -> None:
    """DSC-1: below 1,000 nothing, from there 2 % of all, from 5,000 on 5 % of all."""
    rebate = off(1, "0.05", "VOLUME_REBATE", "ACCOUNT", steps=STEPS)
    assert taken([base("999.99", 1)], [rebate]) == []
    assert taken([base("600.00", 1), base("400.00", 1, charge=2)], [rebate]) == [
        (0, 1, "12.00"), (1, 1, "8.00"),
    ]  # fmt: skip
    assert taken([base("5000.00", 1), base("77.00")], [rebate]) == [(0, 1, "250.00")]


def test_the_volume_is_what_discounts_before_left_and_the_ceiling_holds() -> None:
    """DSC-2: ten per cent of 1,100.00 leave 990.00, which reaches no step."""
    rebate = off(2, "0.05", "VOLUME_REBATE", "ACCOUNT", steps=STEPS)
    assert taken([base("1100.00", 1, 2)], [off(1, "0.1"), rebate]) == [(0, 1, "110.00")]
    capped = rebate._replace(max_amount=D("100.00"))
    assert taken([base("6000.00", 2)], [capped]) == [(0, 2, "100.00")]


def test_an_amount_off_the_document_is_shared_by_net_and_capped() -> None:
    """DSC-4: 10.00 over three lines of 5.00: 3.34, 3.33, 3.33; 20.00 leave 5.00 unused."""
    fives = [D("5.00")] * 3
    assert off_document(fives, "EUR", value=D(10)).parts == [D("3.34"), D("3.33"), D("3.33")]
    capped = off_document(fives, "EUR", value=D(20))
    assert (sum(capped.parts), capped.unused) == (D(15), D(5))
    none = off_document([D("-5.00")], "EUR", value=D(20))
    assert (none.parts, none.unused) == ([D(0)], D(20))
    assert off_document(fives, "EUR", value=D("0.1"), kind="PERCENT").parts == [D("0.50")] * 3


cents = st.integers(0, 100_000).map(lambda one: D(one) / 100)
shares = st.integers(0, 1000).map(lambda one: D(one) / 1000)
discounts_of = st.lists(
    st.builds(
        lambda kind, level, share, money, priority, group, additive, exclusive, most: (
            "AMOUNT" if kind else "PERCENT", level, money if kind else share, priority, group,
            additive, exclusive, most,
        ),
        st.booleans(), st.sampled_from(["CHARGE", "OFFER", "ACCOUNT"]), shares, cents,
        st.integers(0, 3), st.sampled_from(["", "a", "b"]), st.booleans(), st.booleans(),
        st.none() | cents,
    ),
    max_size=6,
).map(
    lambda rows: [
        Discount(number, kind, level, value, priority, additive, group, exclusive, most)
        for number, (kind, level, value, priority, group, additive, exclusive, most)
        in enumerate(rows, start=1)
    ]
)  # fmt: skip


@given(st.lists(cents, max_size=6), discounts_of, st.randoms())
def test_never_below_zero_never_beyond_a_ceiling_and_any_order_gives_the_same(
    amounts, discounts, random
) -> None:
    """DSC-2, DSC-3: what is taken stays within base, amount and ceiling, whatever the order."""
    every = frozenset(one.grant_id for one in discounts)
    bases = [
        Base(amount, D(1), D(1), (number, number // 2, 0), every)
        for number, amount in enumerate(amounts)
    ]
    found = reliefs(bases, discounts, "EUR")
    shuffled = list(discounts)
    random.shuffle(shuffled)
    assert reliefs(bases, shuffled, "EUR") == found
    for number, amount in enumerate(amounts):
        assert sum((one.amount for one in found if one.base == number), D(0)) <= amount
    assert all(one.amount > 0 and one.amount == round(one.amount, 2) for one in found)
    for one in discounts:
        if one.level == "ACCOUNT":
            total = sum((each.amount for each in found if each.grant_id == one.grant_id), D(0))
            assert one.max_amount is None or total <= one.max_amount
            assert one.kind == "PERCENT" or total <= one.value


@given(st.lists(cents, min_size=1, max_size=8), cents)
def test_the_parts_off_a_document_and_what_is_unused_sum_to_the_whole(nets, value) -> None:
    """DSC-4: parts plus unused are the discount, and no line falls below zero."""
    share = off_document(nets, "EUR", value=value)
    assert sum(share.parts) + share.unused == value
    assert all(0 <= part <= net for part, net in zip(share.parts, nets, strict=True))
