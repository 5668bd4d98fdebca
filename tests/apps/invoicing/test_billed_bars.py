"""The timeline of a subscription shows what was billed of each charge, and given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from customers.models import Subscription
from customers.queries.above import billed_pieces
from tests.apps.invoicing.company import Company, add, terminate

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR = date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture
def subscription() -> Subscription:
    """Billed for February, ended on the 15th, given back on 1 March."""
    company = Company()
    sold = add(company.payer(), company.offer("FIBER", {"price": D(28)}), FEB)
    company.bill(FEB)
    terminate(sold, date(2027, 2, 15), FEB)
    company.bill(MAR)
    return sold


def test_pieces_are_told_with_their_documents(subscription: Subscription) -> None:
    charge = subscription.charges.get()
    found = billed_pieces([charge.pk, 0])
    assert [(one.start, one.amount) for one in found] == [(FEB, D("28.00")), (FEB, D("-14.00"))]
    assert len({one.document for one in found}) == 2
    assert all(one.document for one in found)


def test_the_bars_show_them_to_whoever_may_see_invoices(
    subscription: Subscription, client: Client
) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_subscription"))
    page = reverse("customers:subscription", args=[subscription.pk])
    client.force_login(viewer)
    assert "billed 28.00" not in client.get(page).content.decode()
    viewer.user_permissions.add(Permission.objects.get(codename="view_invoice"))
    client.force_login(User.objects.get(pk=viewer.pk))
    text = client.get(page).content.decode()
    assert "from 2027-02-01 to 2027-02-28: billed 28.00 EUR" in text
    assert "given back 14.00 EUR" in text
