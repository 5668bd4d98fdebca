"""The lines of a bundle: what bills its components is what bills any offer, and says why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import invoicing.queries
from catalog.models import BundleComponent, Offer, OfferVersion
from customers.models import Subscription
from customers.operations import ComponentInput, IdentifierInput, ItemInput
from invoicing.models import InvoiceLine
from tests.apps.invoicing.company import START, Company, submit, use, walk

pytestmark = pytest.mark.django_db
D = Decimal


def test_a_line_says_what_it_is_in_its_bundle(client: Client) -> None:
    """D11: included, its usage is charged all the same; at list, its own price."""
    company = Company()
    call = {"code": "CALLS", "kind": "USAGE", "price": D("0.10")}
    parts = [(company.offer("LINE", {"price": D(30)}, call), "INCLUDED")]
    parts.append((company.offer("BOX", {"price": D(5)}), "LIST"))
    home = OfferVersion.objects.create(
        offer=Offer.objects.create(code="HOME", name="Home"),
        number=1,
        sale_window=(date(2020, 1, 1), None),
    )
    for version, treatment in parts:
        BundleComponent.objects.create(
            offer_version=home, offer=version.offer, treatment=treatment, ssp_weight=D(5)
        )
    walk(home)
    phone = ComponentInput(identifiers=[IdentifierInput("MSISDN", "491")])
    payer = company.payer()
    item = ItemInput(
        action="ADD", offer_version=home, quantity=D(1), effective_on=START,
        components={"LINE": phone},
    )  # fmt: skip
    submit(payer, item, START)
    whole = Subscription.objects.get(bundle=None)
    use(Subscription.objects.get(items__offer_version=parts[0][0]), date(2027, 1, 5), "10")
    company.bill(date(2027, 2, 1))
    found = {}
    for line in InvoiceLine.objects.filter(invoice__payer=payer):
        explained = invoicing.queries.explain(line.pk)
        found[line.net] = str(explained.in_bundle)
    assert found == {
        D("1.00"): f"Included in the price of HOME, {whole.number}",
        D("5.00"): f"At its own price, a part of HOME, {whole.number}",
    }
    client.force_login(User.objects.create(username="auditor", is_superuser=True, is_staff=True))
    box = InvoiceLine.objects.filter(invoice__payer=payer, net=D(5))[0]
    page = client.get(reverse("invoicing:line", args=[box.pk])).content.decode()
    assert f"At its own price, a part of HOME, {whole.number}" in page
