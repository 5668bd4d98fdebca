"""Query budgets of the pages of one thing: what it holds does not decide what it asks for.

The books hold a small and a large thing of each sort: a payer with one service and one with
accounts below, many services, documents of many lines and payments of many debts. The page of
either takes the same number of queries, and at most ROOM more than what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

import customers.operations
import payments.operations
from catalog.models import OfferVersion, PriceVersion
from customers.models import Account, Order, Subscription
from customers.operations import IdentifierInput, ItemInput
from invoicing.models import Invoice
from ledger.models import JournalEntry
from payments.models import Payment, TenderType
from receivables.models import AllocationBatch, OpenItem
from tests.apps.billing_site.test_query_budgets import console_cost
from tests.apps.invoicing.company import START, Company, add, use

pytestmark = pytest.mark.django_db
D = Decimal
JANUARY, FEBRUARY, MARCH = date(2027, 1, 10), date(2027, 2, 10), date(2027, 3, 10)
APRIL = date(2027, 4, 5)
HOME, ROOM = 18, 2


@dataclass
class Side:
    """The small or the large thing of each sort."""

    account: Account
    order: Order
    subscription: Subscription
    version: OfferVersion
    price: PriceVersion
    invoice: Invoice
    payment: Payment
    run: int

    def keys(self) -> dict[str, tuple[Any, ...]]:
        """Return what stands in the address of each sort of page."""
        item = OpenItem.objects.get(source_type="invoicing.invoice", source_id=self.invoice.pk)
        entry = JournalEntry.objects.get(
            source_type="invoicing.invoice", source_id=self.invoice.pk
        )
        batch = AllocationBatch.objects.filter(payer=self.account).latest("pk")
        usage = self.invoice.lines.filter(text="Calls").earliest("pk")
        return {
            "account": (self.account.pk,),
            "customer": (self.account.customer_id,),
            "order": (self.order.pk,),
            "subscription": (self.subscription.pk,),
            "version": (self.version.pk,),
            "price": (self.price.pk,),
            "invoice": (self.invoice.pk,),
            "line": (self.invoice.lines.exclude(text="Calls").earliest("pk").pk,),
            "usage line": (usage.pk,),
            "run": (self.run,),
            "member": (self.run, self.account.pk),
            "item": (item.pk,),
            "entry": (entry.pk,),
            "payment": (self.payment.pk,),
            "batch": (batch.pk,),
        }


# The page, what its address names, and the queries measured, session and user included.
BUDGETS = (
    ("customers:account", "account", 22),
    ("customers:account_tree", "account", 6),
    ("customers:account_services", "account", 6),
    ("customers:customer", "customer", 6),
    ("customers:order", "order", 9),
    ("customers:subscription", "subscription", 8),
    ("customers:modify_order", "subscription", 4),
    ("customers:add_order", "account", 4),
    ("customers:open_below", "account", 8),
    ("console:account_history", "account", 10),
    ("catalog:version", "version", 6),
    ("catalog:price", "price", 4),
    ("rating:account_usage", "account", 4),
    ("rating:account_balances", "account", 4),
    ("rating:account_pools", "account", 4),
    ("invoicing:account_next", "account", 35),
    ("invoicing:invoice", "invoice", 13),
    ("invoicing:request_credit", "invoice", 13),
    ("invoicing:line", "line", 11),
    ("invoicing:line", "usage line", 12),
    ("invoicing:run", "run", 6),
    ("invoicing:run_account", "member", 7),
    ("receivables:openitem", "item", 4),
    ("receivables:account_items", "account", 4),
    ("ledger:entry", "entry", 6),
    ("payments:payment", "payment", 11),
    ("payments:apply", "payment", 3),
    ("admin:customers_account_change", "account", 9),
    ("admin:customers_order_change", "order", 6),
    ("admin:customers_subscription_change", "subscription", 8),
    ("admin:catalog_offerversion_change", "version", 6),
    ("admin:catalog_priceversion_change", "price", 7),
    ("admin:ledger_journalentry_change", "entry", 7),
    ("admin:receivables_allocationbatch_change", "batch", 8),
    ("admin:payments_payment_change", "payment", 8),
)


@pytest.fixture
def reader(db: None) -> User:
    return User.objects.create_superuser("reader")


@pytest.fixture
def sides(reader: User) -> tuple[Side, Side]:
    """Bill a small payer for January, and a large one besides for February and March."""
    company = Company()
    tiers = [(D(10), D("0.20")), (D(50), D("0.15")), (D(90), D("0.12")), (None, D("0.10"))]
    calls = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    small = company.offer("SMALL", {"price": D(30)}, {**calls, "tiers": [(None, D("0.20"))]})
    charges: list[dict[str, Any]] = [{"price": D(number)} for number in range(1, 6)]
    large = company.offer("LARGE", *charges, {**calls, "tiers": tiers})
    few = company.payer("Ada")
    use(add(few, small, identifiers=[IdentifierInput("MSISDN", "15551")]), JANUARY, "25")
    first = company.bill(date(2027, 2, 1))
    many = company.payer("Bo")
    _order_much(company, many, large)
    company.bill(date(2027, 3, 1))
    last = company.bill(date(2027, 4, 1))
    billed = Invoice.objects.order_by("pk")
    return (
        _side(reader, few, small, list(billed.filter(payer=few)[:1]), first.pk),
        _side(reader, many, large, list(billed.filter(payer=many)), last.pk),
    )


def _order_much(company: Company, many: Account, large: OfferVersion) -> Order:
    """Order for the payer and for three accounts below it, four items for each."""
    offices = [company.payer(f"Office {number}", parent=many) for number in range(3)]
    for at, owner in enumerate([many, *offices]):
        items = [
            ItemInput(
                action="ADD",
                offer_version=large,
                quantity=D(1),
                effective_on=START,
                identifiers=[IdentifierInput("MSISDN", f"1666{at}{number}")],
            )
            for number in range(4)
        ]
        order = customers.operations.place_order(
            account=owner, items=items, requested_on=START, actor=None
        )
        customers.operations.submit_order(order=order, as_of=START, actor=None)
    for subscription in Subscription.objects.filter(account__in=[many, *offices]):
        for day in (JANUARY, FEBRUARY, MARCH):
            use(subscription, day, "70")
    return Order.objects.get(account=many)


def _side(
    reader: User, account: Account, version: OfferVersion, invoices: Sequence[Invoice], run: int
) -> Side:
    """Pay invoices with one payment; return the things of this side."""
    payment = payments.operations.record_payment(
        payer=account,
        amount=sum((invoice.total for invoice in invoices), D(0)) - 1,
        currency="EUR",
        tender=TenderType.objects.get(code="CHEQUE"),
        received_on=APRIL,
        actor=reader,
    )
    return Side(
        account=account,
        order=Order.objects.get(account=account),
        subscription=Subscription.objects.filter(account=account).earliest("pk"),
        version=version,
        price=PriceVersion.objects.get(charge__offer_version=version, charge__code="CALLS"),
        invoice=invoices[0],
        payment=payment,
        run=run,
    )


def test_pages_of_one_thing_keep_their_budget(reader: User, sides: tuple[Side, Side]) -> None:
    small, large = (side.keys() for side in sides)
    wrong = []
    for page, sort, most in BUDGETS:
        few, many = (console_cost(reader, reverse(page, args=key[sort])) for key in (small, large))
        if many != few or many > most + ROOM:
            wrong.append(f"{page} of {sort}: {few}, {many} for the large one, budget {most}")
    assert not wrong, "\n".join(wrong)


def test_the_home_costs_the_same_however_much_waits(reader: User, sides: object) -> None:
    assert console_cost(reader, reverse("console:home")) <= HOME + ROOM
