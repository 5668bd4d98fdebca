"""A child that moves between two drafts of a run is billed once, and a person told (CHG-8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from unittest import mock

import pytest

import customers.operations
import invoicing.operations
from customers.models import Account
from invoicing import bill_run
from invoicing.models import BillRunAccount, InvoiceLine
from invoicing.operations import drafting
from invoicing.operations.writing import DraftedElsewhere
from tests.apps.invoicing.company import Company, add

pytestmark = pytest.mark.django_db
D = Decimal
FEB = date(2027, 2, 1)


@pytest.fixture
def family(company: Company) -> tuple[Account, Account, Account]:
    """A payer with a child, and another payer; each has a seat."""
    head, other = company.payer("Head"), company.payer("Other")
    child = company.payer("Child", parent=head)
    seat = company.offer("SEAT", {"price": D(31)})
    for account in (head, other, child):
        add(account, seat)
    return head, other, child


def move(child: Account, parent: Account) -> None:
    customers.operations.move_account(
        account=Account.objects.get(pk=child.pk), parent=parent, on_date=FEB, as_of=FEB, actor=None
    )


def test_whoever_calculates_the_new_payer_first_is_told_what_to_do(
    company: Company, family: tuple[Account, Account, Account]
) -> None:
    head, other, child = family
    run = company.start(FEB)
    move(child, other)

    def again(payer: Account) -> None:
        invoicing.operations.recalculate_account(
            run_id=run.pk, payer_id=payer.pk, actor=company.clerk
        )

    with pytest.raises(DraftedElsewhere, match="Calculate that payer again"):
        again(other)
    again(head)
    again(other)
    billed = InvoiceLine.objects.filter(account_id=child.pk, service_start=FEB)
    assert [line.invoice.payer_id for line in billed.select_related("invoice")] == [other.pk]


def test_a_run_parks_the_new_payer_and_bills_the_rest(
    company: Company, family: tuple[Account, Account, Account]
) -> None:
    """The move falls between the first chunk and the second."""
    head, other, child = family
    make = drafting.make_drafts

    def moved_before_the_second(cursor, frame, payers):  # type: ignore[no-untyped-def]
        if list(payers) == [other.pk]:
            move(child, other)
        return make(cursor, frame, payers)

    alone = mock.patch.multiple(bill_run, SMALLEST_CHUNK=1, LARGEST_CHUNK=1)
    with alone, mock.patch.object(drafting, "make_drafts", moved_before_the_second):
        run = company.start(FEB)
    state = dict(BillRunAccount.objects.filter(run=run).values_list("payer_id", "state"))
    assert state == {head.pk: "DRAFTED", other.pk: "ERROR"}
    assert "was moved" in BillRunAccount.objects.get(run=run, payer=other).reason
