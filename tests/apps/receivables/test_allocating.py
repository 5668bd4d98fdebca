"""AR-1 to AR-4: what settles what, and what a reversal brings back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from foundation.errors import Forbidden
from ledger.models import JournalEntry, JournalLine
from receivables import operations, queries
from receivables.choices import Strategy
from receivables.models import Allocation, OpenItem
from receivables.operations import CannotAllocate, CannotReverseAllocation
from receivables.rules.allocation import Advice

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2027, 3, 1)


def opened(item: OpenItem) -> Decimal:
    item.refresh_from_db()
    return item.open


def green() -> None:
    found = [finding for check in queries.INTEGRITY for finding in check.run()]
    assert not found, found


def lines_of(batch) -> list[tuple[str, Decimal, Decimal]]:
    entry = JournalEntry.objects.get(
        source_type="receivables.allocationbatch", source_id=batch.pk, event="J12"
    )
    rows = JournalLine.objects.filter(entry=entry).select_related("account").order_by("pk")
    return [(row.account.number, row.debit, row.credit) for row in rows]


def test_ar2_the_oldest_due_is_settled_first(payer, debit, credit) -> None:
    late = debit("60.00", due=date(2027, 2, 20))
    early = debit("50.00", due=date(2027, 2, 10))
    payment = credit("80.00")
    (batch,) = operations.allocate_oldest(
        payer_id=payer.pk, currency="EUR", on_date=MARCH, actor=None
    )
    assert (opened(early), opened(late), opened(payment)) == (D(0), D("30.00"), D(0))
    assert batch.strategy == Strategy.OLDEST_DUE
    assert batch.amount == D("80.00")
    green()


def test_j12_moves_unapplied_credits_to_receivables(payer, debit, credit) -> None:
    debit("50.00")
    credit("50.00")
    (batch,) = operations.allocate_oldest(
        payer_id=payer.pk, currency="EUR", on_date=MARCH, actor=None
    )
    assert lines_of(batch) == [("2100", D(50), D(0)), ("1100", D(0), D(50))]


def test_ar1_a_second_call_finds_nothing_to_do(payer, debit, credit) -> None:
    debit("50.00")
    credit("50.00")
    call: dict[str, Any] = {
        "payer_id": payer.pk,
        "currency": "EUR",
        "on_date": MARCH,
        "actor": None,
    }
    assert operations.allocate_oldest(**call)
    assert operations.allocate_oldest(**call) == []


def test_ar3_the_disputed_part_is_left_alone(payer, debit, credit) -> None:
    item = debit("100.00")
    operations.set_disputed(
        item_id=item.pk, amount=D("40.00"), on_date=MARCH, reason="meter", actor=None
    )
    payment = credit("100.00")
    operations.allocate_oldest(payer_id=payer.pk, currency="EUR", on_date=MARCH, actor=None)
    assert (opened(item), opened(payment)) == (D("40.00"), D("40.00"))


def test_ar3_an_explicit_remittance_reaches_the_disputed_part(payer, debit, credit) -> None:
    item = debit("100.00", number="INV-1")
    operations.set_disputed(
        item_id=item.pk, amount=D("40.00"), on_date=MARCH, reason="meter", actor=None
    )
    payment = credit("100.00")
    _, unknown = operations.allocate_remittance(
        credit_item_id=payment.pk, advice=[Advice("INV-1")], on_date=MARCH, actor=None
    )
    assert not unknown
    assert opened(item) == 0
    green()


def test_ar2_remittance_names_documents_and_amounts(payer, debit, credit) -> None:
    first = debit("50.00", number="INV-1", due=date(2027, 2, 2))
    second = debit("50.00", number="INV-2")
    payment = credit("70.00")
    _, unknown = operations.allocate_remittance(
        credit_item_id=payment.pk,
        advice=[Advice("INV-2"), Advice("INV-1", D("5.00")), Advice("INV-9")],
        on_date=MARCH,
        actor=None,
    )
    assert (opened(first), opened(second), opened(payment)) == (D("45.00"), D(0), D("15.00"))
    assert unknown == [Advice("INV-9")]


def test_an_allocation_is_dated_when_both_documents_exist(payer, debit, credit) -> None:
    debit("30.00", due=date(2027, 2, 2), dated=date(2027, 1, 15))
    debit("30.00", due=date(2027, 5, 1), dated=date(2027, 4, 10))
    credit("60.00", dated=date(2027, 3, 1))
    batches = operations.allocate_oldest(
        payer_id=payer.pk, currency="EUR", on_date=MARCH, actor=None
    )
    assert [batch.on_date for batch in batches] == [MARCH, date(2027, 4, 10)]
    green()


def test_ar4_a_mirror_brings_open_amounts_back_with_their_due_dates(debit, credit) -> None:
    item, payment = debit("50.00", due=date(2027, 2, 10)), credit("80.00")
    batch = operations.allocate(
        debit_item_id=item.pk,
        credit_item_id=payment.pk,
        amount=D("50.00"),
        on_date=MARCH,
        actor=None,
    )
    (mirror,) = operations.reverse_allocations(
        allocation_ids=batch.allocations.values_list("pk", flat=True),
        on_date=date(2027, 3, 20),
        reason="bounced",
        actor=None,
    )
    assert (opened(item), opened(payment)) == (D("50.00"), D("80.00"))
    assert item.due_date == date(2027, 2, 10)
    assert mirror.amount == D("-50.00")
    assert lines_of(mirror) == [("2100", D(0), D(50)), ("1100", D(50), D(0))]
    green()


def test_ar4_nothing_is_reversed_twice_or_before_its_day(debit, credit) -> None:
    item, payment = debit("50.00"), credit("50.00")
    batch = operations.allocate(
        debit_item_id=item.pk,
        credit_item_id=payment.pk,
        amount=D("50.00"),
        on_date=MARCH,
        actor=None,
    )
    (allocation,) = batch.allocations.all()
    call: dict[str, Any] = {"allocation_ids": [allocation.pk], "reason": "x", "actor": None}
    with pytest.raises(CannotReverseAllocation, match="before"):
        operations.reverse_allocations(on_date=date(2027, 2, 27), **call)
    operations.reverse_allocations(on_date=MARCH, **call)
    with pytest.raises(CannotReverseAllocation, match="already"):
        operations.reverse_allocations(on_date=MARCH, **call)
    mirror = Allocation.objects.get(reverses=allocation)
    with pytest.raises(CannotReverseAllocation, match="anew"):
        operations.reverse_allocations(
            allocation_ids=[mirror.pk], on_date=MARCH, reason="x", actor=None
        )


def test_ar8_two_rates_leave_a_realised_difference(payer, debit, credit) -> None:
    item = debit("100.00", currency="USD", rate="0.90")
    payment = credit("100.00", currency="USD", rate="0.95")
    part = operations.allocate(
        debit_item_id=item.pk,
        credit_item_id=payment.pk,
        amount=D("33.33"),
        on_date=MARCH,
        actor=None,
    )
    operations.allocate_oldest(payer_id=payer.pk, currency="USD", on_date=MARCH, actor=None)
    gains = Allocation.objects.values_list("realised_fx", flat=True)
    assert sum(gains) == D("5.00")
    entry = JournalEntry.objects.get(source_id=part.pk, event="J12")
    assert {
        (line.account.number, line.functional_debit, line.functional_credit)
        for line in entry.lines.select_related("account")
    } == {("2100", D("31.66"), 0), ("1100", 0, D("30.00")), ("7100", 0, D("1.66"))}
    item.refresh_from_db()
    assert (item.open, item.functional_open) == (0, 0)
    green()


@pytest.mark.parametrize("amount", ["0", "-1.00", "50.01", "10.001"])
def test_no_amount_beyond_what_is_open(debit, credit, amount: str) -> None:
    item, payment = debit("50.00"), credit("80.00")
    with pytest.raises(CannotAllocate):
        operations.allocate(
            debit_item_id=item.pk,
            credit_item_id=payment.pk,
            amount=D(amount),
            on_date=MARCH,
            actor=None,
        )


def test_ar6_nobody_settles_the_debts_of_another_payer(debit, credit, other_payer) -> None:
    item, payment = debit("50.00", payer=other_payer), credit("50.00")
    with pytest.raises(CannotAllocate) as refused:
        operations.allocate(
            debit_item_id=item.pk,
            credit_item_id=payment.pk,
            amount=D("50.00"),
            on_date=MARCH,
            actor=None,
        )
    assert refused.value.rule == "AR-6"


def test_ar8_currencies_do_not_mix(debit, credit) -> None:
    item, payment = debit("50.00"), credit("50.00", currency="USD", rate="0.9")
    with pytest.raises(CannotAllocate) as refused:
        operations.allocate(
            debit_item_id=item.pk,
            credit_item_id=payment.pk,
            amount=D("50.00"),
            on_date=MARCH,
            actor=None,
        )
    assert refused.value.rule == "AR-8"


def test_whoever_lacks_the_permission_is_refused(payer, debit, credit, person) -> None:
    viewer = person("viewer", "receivables.view_openitem")
    clerk = person("clerk", "receivables.allocate")
    debit("50.00")
    credit("50.00")
    call: dict[str, Any] = {"payer_id": payer.pk, "currency": "EUR", "on_date": MARCH}
    with pytest.raises(Forbidden):
        operations.allocate_oldest(actor=viewer, **call)
    (batch,) = operations.allocate_oldest(actor=clerk, **call)
    assert batch.recorded_by == clerk
