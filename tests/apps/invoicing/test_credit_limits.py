"""Credit limits up to the root (HIER-5), and what keeps an account open (HIER-9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

import customers.operations
import customers.queries
import receivables.operations
from audit.models import ApprovalRequest
from customers.models import Account, Order, Subscription
from customers.operations import CannotCloseAccount, IdentifierInput, ItemInput
from customers.queries import above
from foundation import clock
from receivables.models import OpenItem
from tests.apps.invoicing.company import Company, add, terminate, use

pytestmark = pytest.mark.django_db
D = Decimal
JAN, MID, FEB, MAR = date(2027, 1, 1), date(2027, 1, 15), date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture
def offer(company: Company) -> Any:
    return company.offer(
        "FIBER", {"price": D(30)}, {"code": "CALLS", "kind": "USAGE", "price": D("0.10")}
    )


def clerk() -> User:
    user = User.objects.create_user("seller", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="place_order"))
    return user


def limit(account: Account, amount: str) -> Account:
    account.refresh_from_db()
    return customers.operations.change_account(
        account=account, changes={"credit_limit": D(amount)}, version=account.version, actor=None
    )


def order(account: Account, offer: Any, quantity: int, actor: User, as_of: date = MID) -> Order:
    item = ItemInput(
        action="ADD",
        offer_version=offer,
        quantity=D(quantity),
        effective_on=as_of,
        identifiers=[IdentifierInput("MSISDN", f"1555{Subscription.objects.count():05d}")],
    )
    return customers.operations.place_order(
        account=account, items=[item], requested_on=as_of, submit_as_of=as_of, actor=actor
    )


def pay(account: Account, amount: Decimal, on_date: date) -> None:
    receivables.operations.open_credit(
        payer_id=account.pk,
        entity_id=account.entity_id,
        source_type="tests.receipt",
        source_id=1,
        number="R1",
        doc_date=on_date,
        amount=amount,
        currency=account.currency,
    )


def shown(account: Account, as_of: date) -> dict[str, Decimal]:
    found = customers.queries.exposure(account=account, as_of=as_of)
    return {part.label: part.amount for part in found.parts if part.amount}


def test_what_is_at_risk_is_added_up_over_all_accounts_below(company: Company, offer: Any) -> None:
    """30.00 billed with 19 % tax on two accounts, 12 calls since, 2 seats ordered for March."""
    head = company.payer("Head")
    child = company.payer("Child", parent=head)
    separate = company.payer("Separate", parent=head, role="PAYER", cycle_code="C1",
                             billing_address=company.address())  # fmt: skip
    first = add(child, offer, FEB, identifiers=[IdentifierInput("MSISDN", "1")])
    add(separate, offer, FEB, identifiers=[IdentifierInput("MSISDN", "2")])
    assert shown(head, MID) == {"First bill of what was ordered": D("60.00")}
    company.bill(FEB)
    assert shown(head, FEB) == {"Open receivables": D("71.40")}
    use(first, date(2027, 2, 9), "12")
    add(child, offer, MAR, quantity=2, identifiers=[IdentifierInput("MSISDN", "3")])
    assert shown(head, FEB) == {
        "Open receivables": D("71.40"),
        "Usage not billed": D("1.20"),
        "First bill of what was ordered": D("60.00"),
    }
    assert shown(child, FEB) == {
        "Usage not billed": D("1.20"),
        "First bill of what was ordered": D("60.00"),
    }
    assert shown(separate, FEB) == {"Open receivables": D("35.70")}


def test_credits_that_are_held_make_room(company: Company, offer: Any) -> None:
    head = company.payer("Head")
    add(head, offer, FEB, identifiers=[IdentifierInput("MSISDN", "1")])
    company.bill(FEB)
    debt = OpenItem.objects.get()
    pay(head, D("50.00"), FEB)
    assert debt.open == D("35.70")
    assert customers.queries.exposure(account=head, as_of=FEB).total == D("-14.30")


def test_an_order_within_every_limit_asks_nobody(company: Company, offer: Any) -> None:
    head = limit(company.payer("Head"), "60.00")
    child = limit(company.payer("Child", parent=head), "30.00")
    assert order(child, offer, 1, clerk()).state == "COMPLETED"
    assert not ApprovalRequest.objects.exists()


def test_an_order_over_a_limit_above_waits_for_a_second_person(
    company: Company, offer: Any
) -> None:
    """HIER-5: the child has no limit, the root's is 60.00; what was just ordered counts."""
    head = limit(company.payer("Head"), "60.00")
    child, other = company.payer("Child", parent=head), company.payer("Other", parent=head)
    seller = clerk()
    assert order(other, offer, 1, seller).state == "COMPLETED"
    waiting = order(child, offer, 2, seller)
    assert waiting.state == "PENDING_APPROVAL"
    request = ApprovalRequest.objects.get()
    assert request.reason == (
        f"over the credit limit of {head.number}: 30.00 and 60.00 more, limit 60.00 EUR"
    )
    assert not request.alone
    done = customers.operations.approve_order(order=waiting, as_of=MID, approver=company.boss)
    assert done.state == "COMPLETED"


def test_a_change_that_costs_nothing_more_asks_nobody(company: Company, offer: Any) -> None:
    head = company.payer("Head")
    subscription = add(head, offer, MID, identifiers=[IdentifierInput("MSISDN", "1")])
    limit(head, "1.00")
    item = ItemInput(action="TERMINATE", subscription=subscription, effective_on=FEB)
    ended = customers.operations.place_order(
        account=head, items=[item], requested_on=MID, submit_as_of=MID, actor=clerk()
    )
    assert ended.state == "SUBMITTED"


def test_half_of_the_books_judges_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = company.payer("Head")
    monkeypatch.delitem(above._exposing, "receivables")
    with pytest.raises(KeyError):
        customers.queries.exposure(account=head, as_of=MID)


def test_the_account_shows_the_figures_behind_each_limit(
    company: Company, offer: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    head = company.payer("Head")
    child = company.payer("Child", parent=head)
    page = reverse("customers:account", args=[child.pk])
    assert "Credit limits" not in client.get(page).content.decode()
    limit(head, "100.00")
    order(child, offer, 2, clerk())
    text = client.get(page).content.decode()
    for words in ("Credit limits", "First bill of what was ordered", "60.00", "100.00", "40.00"):
        assert words in text


def test_an_account_stays_open_until_it_is_billed_and_settled(
    company: Company, offer: Any
) -> None:
    """HIER-9: nothing left to bill, nothing open."""
    head = company.payer("Head")
    subscription = add(head, offer, FEB, identifiers=[IdentifierInput("MSISDN", "1")])
    company.bill(FEB)
    use(subscription, date(2027, 2, 9), "12")
    terminate(subscription, date(2027, 2, 15), FEB)
    customers.operations.activate_due(as_of=date(2027, 2, 20))

    def close() -> None:
        customers.operations.close_account(account=head, on_date=date(2027, 2, 20), actor=None)

    with pytest.raises(CannotCloseAccount, match=r"is not paid; .* is not billed yet"):
        close()
    company.bill(MAR)
    with pytest.raises(CannotCloseAccount, match=r"17.85 EUR of .* is held for it$"):
        close()
    debts = OpenItem.objects.filter(side="D")
    credit = OpenItem.objects.filter(side="C")
    held = sum(one.open for one in debts) - sum(one.open for one in credit)
    pay(head, D(held), MAR)
    receivables.operations.allocate_oldest(
        payer_id=head.pk, currency="EUR", on_date=MAR, actor=None
    )
    close()
    head.refresh_from_db()
    assert head.status == "CLOSED"
