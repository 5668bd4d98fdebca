"""A charge that cannot be billed waits by itself; everything else of its account is billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import foundation.integrity
import invoicing.operations
import invoicing.queries
from catalog.models import Charge
from invoicing.models import BillRunAccount
from tests.apps.invoicing.company import Company, add, documents, person

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR = date(2027, 2, 1), date(2027, 3, 1)
PRICED = {"code": "FEE", "name": "Rental", "price": D(30)}
UNPRICED = {"code": "BOX", "name": "Box", "price": D(5), "price_columns": {"ends": FEB}}
WHY = "PRC-1: Box: "


def is_green() -> None:
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, result


def test_the_rest_of_the_account_is_billed_and_the_charge_follows_once_it_has_a_price(
    company: Company,
) -> None:
    """30.00 a month; the box of 5.00, without a price from February on, joins in March."""
    payer = company.payer()
    add(payer, company.offer("PLAN", PRICED, UNPRICED))
    company.bill(FEB)
    assert documents(payer) == [("INVOICE", "60.00", "71.40")]
    (waits,) = invoicing.queries.charges_left_off()
    assert (waits.payer_id, waits.severity) == (payer.pk, "WARN")
    assert waits.message.startswith(WHY)
    ahead = invoicing.operations.next_invoice(account_id=payer.pk, as_of=FEB)
    assert ahead.problem.startswith(WHY)
    company.price(Charge.objects.get(code="BOX"), D(5), starts=FEB)
    company.bill(MAR)
    assert documents(payer)[1:] == [("INVOICE", "45.00", "53.55")]
    assert not invoicing.queries.charges_left_off().exists()
    is_green()


def test_an_account_of_which_nothing_can_be_billed_waits_as_a_whole(company: Company) -> None:
    payer = company.payer()
    add(payer, company.offer("PLAN", UNPRICED))
    company.start(FEB)
    waits = BillRunAccount.objects.get(payer=payer)
    assert (waits.state, waits.reason.startswith(WHY)) == ("ERROR", True)
    assert not invoicing.queries.charges_left_off().exists()


def test_a_clerk_finds_what_was_left_off(company: Company, client: Client) -> None:
    payer = company.payer()
    add(payer, company.offer("PLAN", PRICED, UNPRICED))
    address = reverse("invoicing:left_off")
    client.force_login(_reader())
    assert "Every charge was billed" in client.get(address).content.decode()
    company.start(FEB)
    page = client.get(address).content.decode()
    assert payer.number in page
    assert WHY in page


def _reader() -> User:
    return person("reader", "view_billrun")
