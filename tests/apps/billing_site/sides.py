"""Books with a small and a large thing of each sort that has a page of its own.

A payer with one service, whose papers hold one row each, and a payer with accounts below, many
services, documents of many lines, payments of many debts and papers of several rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User

import customers.operations
import payments.operations
from catalog.models import OfferVersion, PriceVersion
from customers.models import Account, Order, Subscription
from customers.operations import IdentifierInput, ItemInput
from invoicing.models import Invoice
from ledger.models import JournalEntry
from payments.models import Payment, TenderType
from receivables.models import AllocationBatch, OpenItem
from tests.apps.billing_site.papers import house_lists, papers
from tests.apps.invoicing.company import START, Company, add, use

D = Decimal
JANUARY, FEBRUARY, MARCH = date(2027, 1, 10), date(2027, 2, 10), date(2027, 3, 10)
APRIL = date(2027, 4, 5)
FEW, MANY = 1, 4
Keys = dict[str, tuple[Any, ...]]
"""What stands in the address of the page of each sort."""


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
    papers: Keys

    def keys(self) -> Keys:
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
            "any": ("customers.account", self.account.pk),
            **self.papers,
        }


TIERS: Final = [(D(10), D("0.20")), (D(50), D("0.15")), (D(90), D("0.12")), (None, D("0.10"))]
CALLS: Final = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}


def two_sides(reader: User) -> tuple[Side, Side]:
    """Bill a small payer for January, and a large one besides for February and March."""
    company = Company()
    small = company.offer("SMALL", {"price": D(30)}, {**CALLS, "tiers": [(None, D("0.20"))]})
    charges: list[dict[str, Any]] = [{"price": D(number)} for number in range(1, 6)]
    large = company.offer("LARGE", *charges, {**CALLS, "tiers": TIERS})
    few = company.payer("Ada")
    use(add(few, small, identifiers=[IdentifierInput("MSISDN", "15551")]), JANUARY, "25")
    first = company.bill(date(2027, 2, 1))
    many = company.payer("Bo")
    _order_much(company, many, large)
    company.bill(date(2027, 3, 1))
    last = company.bill(date(2027, 4, 1))
    billed = Invoice.objects.order_by("pk")
    house_lists()
    one, all_of_them = list(billed.filter(payer=few)[:1]), list(billed.filter(payer=many))
    return (
        _side(reader, few, small, one, first.pk, papers(company, one[0], reader, FEW)),
        _side(
            reader, many, large, all_of_them, last.pk,
            papers(company, all_of_them[0], reader, MANY),
        ),
    )  # fmt: skip


def read_sides() -> tuple[User, tuple[Side, Side]]:
    """Return who may read everything, and both sides."""
    reader = User.objects.create_superuser("reader")
    return reader, two_sides(reader)


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
    reader: User, account: Account, version: OfferVersion, invoices: Sequence[Invoice], run: int,
    of_papers: Keys,
) -> Side:  # fmt: skip
    """Pay invoices with one payment; return the things of this side."""
    payment = payments.operations.record_payment(
        payer=account,
        amount=sum((invoice.total for invoice in invoices), D(0)) - 10,
        currency="EUR",
        tender=TenderType.objects.get(code="CHEQUE"),
        received_on=APRIL,
        actor=reader,
    )
    return Side(
        account=account,
        order=Order.objects.filter(account=account).earliest("pk"),
        subscription=Subscription.objects.filter(account=account).earliest("pk"),
        version=version,
        price=PriceVersion.objects.get(charge__offer_version=version, charge__code="CALLS"),
        invoice=invoices[0],
        payment=payment,
        run=run,
        papers=of_papers,
    )
