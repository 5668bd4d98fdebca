"""Whatever is opened, allocated and taken back, in any order: the books agree (AR-1 to AR-4)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import receivables.queries
from foundation.errors import Refusal
from receivables import operations
from receivables.models import Allocation, OpenItem
from receivables.rules.ageing import Buckets, net_oldest_first
from receivables.rules.allocation import (
    Advice,
    Item,
    functional_part,
    spread_oldest_due,
    spread_remittance,
)
from tests.apps.receivables.conftest import open_item, open_payer

D = Decimal
FIRST = date(2027, 2, 1)
cents = st.integers(1, 20_000).map(lambda n: D(n) / 100)
days = st.integers(0, 60).map(lambda n: FIRST + timedelta(n))


@st.composite
def items(draw: st.DrawFn, first_id: int = 1) -> list[Item]:
    rows = draw(st.lists(st.tuples(cents, cents, days, days), max_size=8))
    return [
        Item(
            id=first_id + place,
            number=f"N-{first_id + place}",
            doc_date=dated,
            due_date=due,
            open=amount,
            disputed=min(disputed, amount),
            functional_open=amount,
        )
        for place, (amount, disputed, dated, due) in enumerate(rows)
    ]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(items(), items(first_id=100))
def test_ar2_as_much_is_settled_as_can_be_and_nothing_disputed(
    debits: list[Item], credits_: list[Item]
) -> None:
    portions = spread_oldest_due(debits, credits_)
    by_debit = {item.id: D(0) for item in debits}
    by_credit = {item.id: D(0) for item in credits_}
    for part in portions:
        assert part.amount > 0
        by_debit[part.debit_id] += part.amount
        by_credit[part.credit_id] += part.amount
    assert all(by_debit[item.id] <= item.free for item in debits)
    assert all(by_credit[item.id] <= item.open for item in credits_)
    owed, held = sum((i.free for i in debits), D(0)), sum((i.open for i in credits_), D(0))
    assert sum(by_debit.values()) == min(owed, held)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(items(), items(first_id=100))
def test_ar2_the_order_of_the_lists_does_not_matter(
    debits: list[Item], credits_: list[Item]
) -> None:
    assert spread_oldest_due(debits, credits_) == spread_oldest_due(
        reversed(debits), reversed(credits_)
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(items(), cents, st.lists(st.tuples(st.integers(1, 10), st.none() | cents), max_size=6))
def test_ar2_a_remittance_never_settles_more_than_there_is(
    debits: list[Item], amount: Decimal, named: list[tuple[int, Decimal | None]]
) -> None:
    credit = Item(100, "C", FIRST, FIRST, amount, D(0), amount)
    advice = [Advice(f"N-{number}", part) for number, part in named]
    portions, unknown = spread_remittance(debits, credit, advice)
    still = {item.id: item.open for item in debits}
    assert sum((part.amount for part in portions), D(0)) <= amount
    assert all(0 < part.amount <= still[part.debit_id] for part in portions)
    assert {line.number for line in unknown} == {
        line.number for line in advice if int(line.number[2:]) not in still
    }


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(cents, cents, st.lists(cents, max_size=6))
def test_ar8_functional_parts_add_up_to_the_whole(
    amount: Decimal, worth: Decimal, parts: list[Decimal]
) -> None:
    open_amount, functional_open = amount, worth
    for part in [min(part, amount) for part in parts]:
        taken = min(part, open_amount)
        functional = functional_part(
            taken, open_amount=open_amount, functional_open=functional_open, currency="EUR"
        )
        assert 0 <= functional <= functional_open
        open_amount -= taken
        functional_open -= functional
        if open_amount == 0:
            break
    last = functional_part(
        open_amount, open_amount=open_amount, functional_open=functional_open, currency="EUR"
    )
    assert last == functional_open


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(-400, 400), min_size=1, max_size=30))
def test_col1_every_age_has_one_bucket(ages: list[int]) -> None:
    buckets = Buckets()
    for age in ages:
        place = buckets.index(age)
        lower = buckets.bounds[place - 1] if place else None
        assert lower is None or age > lower
        assert place == len(buckets.bounds) or age <= buckets.bounds[place]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cents, min_size=6, max_size=6), cents)
def test_col1_netting_keeps_the_total(amounts: list[Decimal], unapplied: Decimal) -> None:
    netted = net_oldest_first(amounts, unapplied)
    assert sum(netted) == sum(amounts) - unapplied
    assert all(amount >= 0 for amount in netted[1:])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["debit", "credit", "oldest", "explicit", "back", "return", "dispute"]),
        st.integers(0, 30),
        cents,
        st.integers(0, 40),
    ),
    min_size=3,
    max_size=14,
)


class Desk:
    """A payer's book, acted on step by step, with a plain record kept beside it."""

    def __init__(self) -> None:
        from ledger import operations as ledger_operations

        entity = ledger_operations.ensure_entity(
            code="EU",
            name="Larkfield EU",
            country="AV",
            functional_currency="EUR",
            time_zone="Europe/Berlin",
            books_from=date(2027, 1, 1),
        )
        self.payer = open_payer(entity, "A-100", "Brightwater Mills")
        self.returns = 0

    def act(self, what: str, chosen: int, amount: Decimal, day: int) -> None:
        on_date = FIRST + timedelta(day)
        if what in ("debit", "credit"):
            side = what[0].upper()
            open_item(
                side,
                self.payer,
                str(amount),
                due=on_date + timedelta(14),
                dated=on_date,
                number="",
                currency="EUR",
                rate="1",
            )
            return
        with transaction.atomic():
            self.settle(what, chosen, amount, on_date)

    def settle(self, what: str, chosen: int, amount: Decimal, on_date: date) -> None:
        debits = list(OpenItem.objects.debits().order_by("pk"))
        credits_ = list(OpenItem.objects.credits().order_by("pk"))
        standing = list(Allocation.objects.order_by("pk"))
        if what == "oldest":
            operations.allocate_oldest(
                payer_id=self.payer.pk, currency="EUR", on_date=on_date, actor=None
            )
        elif what == "explicit" and debits and credits_:
            operations.allocate(
                debit_item_id=debits[chosen % len(debits)].pk,
                credit_item_id=credits_[chosen % len(credits_)].pk,
                amount=amount,
                on_date=on_date,
                actor=None,
            )
        elif what == "back" and standing:
            operations.reverse_allocations(
                allocation_ids=[standing[chosen % len(standing)].pk],
                on_date=on_date,
                reason="step",
                actor=None,
            )
        elif what == "return" and credits_:
            self.returns += 1
            operations.return_credit(
                credit_item_id=credits_[chosen % len(credits_)].pk,
                source_type="tests.refund",
                source_id=self.returns,
                number=f"R-{self.returns}",
                on_date=on_date,
                actor=None,
            )
        elif what == "dispute" and debits:
            operations.set_disputed(
                item_id=debits[chosen % len(debits)].pk,
                amount=amount,
                on_date=on_date,
                reason="x",
                actor=None,
            )


@pytest.mark.django_db
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_whatever_happens_open_is_amount_less_allocations(
    steps: list[tuple[str, int, Decimal, int]],
) -> None:
    """Steps that are refused change nothing; after each accepted one every item agrees."""
    try:
        with transaction.atomic():
            desk = Desk()
            for step in steps:
                try:
                    desk.act(*step)
                except Refusal:
                    continue
                check_items()
            for back in (0, 7, 30, 90):
                check_day(FIRST + timedelta(back))
            raise Undo
    except Undo:
        pass


class Undo(Exception):
    """Takes an example back, so that the next starts from an empty book."""


def check_items() -> None:
    for check in receivables.queries.INTEGRITY:
        if check.code == "AR-1":
            assert not check.run()


def check_day(day: date) -> None:
    """Compare the day's ageing with the plain definition: amount less allocations up to it."""
    expected = D(0)
    for item in OpenItem.objects.filter(doc_date__lte=day):
        column = "debit_item" if item.side == "D" else "credit_item"
        allocated = Allocation.objects.filter(**{column: item}, on_date__lte=day)
        left = item.amount - sum(allocated.values_list("amount", flat=True), D(0))
        assert 0 <= left <= item.amount
        expected += left if item.side == "D" else -left
    report = receivables.queries.ageing(as_of=day)
    assert sum((total.net for total in report.totals), D(0)) == expected


@pytest.mark.django_db
def test_any_order_of_payments_leaves_the_same_balance() -> None:
    finals = set()
    for order in permutations(("30.00", "45.50", "60.00")):
        try:
            with transaction.atomic():
                desk = Desk()
                for amount, due in (("50.00", 10), ("70.00", 5), ("40.00", 20)):
                    desk.act("debit", 0, D(amount), due)
                for amount in order:
                    desk.act("credit", 0, D(amount), 0)
                    desk.act("oldest", 0, D(0), 30)
                rows = OpenItem.objects.debits().order_by("pk")
                finals.add(tuple(rows.values_list("open", flat=True)))
                raise Undo
        except Undo:
            continue
    assert finals == {(D("0.00"), D("0.00"), D("24.50"))}
