"""A price that is not in force against the usage of the last period that was billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import invoicing.operations
from catalog.models import Charge, OfferVersion, PriceTier, PriceVersion
from customers.models import Account, Subscription, SubscriptionCharge
from customers.operations import IdentifierInput
from invoicing.models import ChargeItem, Invoice
from invoicing.operations import CannotSimulate, Simulated
from rating.models import UsageAggregate
from tests.apps.invoicing.company import Company, add

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))
TIERS = ((D(100), D("0.10")), (None, D("0.05")))


def used(subscription: Subscription, quantity: int, day: date = date(2027, 1, 10)) -> None:
    own = SubscriptionCharge.objects.get(subscription=subscription, charge__code="CALLS")
    UsageAggregate.objects.create(
        account_id=own.account_id, subscription_charge_id=own.pk, service_id=1, on_date=day,
        attribute_key="*", quantity=quantity, event_count=1,
    )  # fmt: skip


def line(payer: Account, version: OfferVersion, name: str) -> Subscription:
    return add(payer, version, JAN, identifiers=(IdentifierInput(type="MSISDN", value=name),))


def two_payers(company: Company, **charge: Any) -> tuple[Subscription, Subscription]:
    """Sell calls in tiers to two payers, who use 50 and 300 minutes, and bill January."""
    terms = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    version = company.offer("PLAN", {**terms, "tiers": TIERS, **charge})
    small, large = (line(company.payer(name), version, name) for name in ("Ada", "Bob"))
    used(small, 50)
    used(large, 300)
    company.bill(FEB)
    return small, large


def drafted(company: Company, *tiers: tuple[Decimal | None, Decimal]) -> PriceVersion:
    """Draft a price from March on; it is not in force."""
    row = PriceVersion.objects.create(
        charge=Charge.objects.get(code="CALLS"), currency=company.currency, valid=(MAR, None)
    )
    for seq, (upper, unit) in enumerate(tiers, start=1):
        PriceTier.objects.create(
            price_version=row, seq=seq, upper_inclusive=upper, unit_price=unit
        )
    row.refresh_from_db()
    return row


def brief(found: list[Simulated]) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return [(one.account_name, one.quantity, one.before, one.after) for one in found]


def test_a_draft_price_against_the_usage_of_last_month(company: Company) -> None:
    """50 at 0.10 is 5.00 and 300 is 10 + 10 = 20.00; at 0.08 and above 200 at 0.02: 4, 18."""
    two_payers(company)
    before = Invoice.objects.count(), ChargeItem.objects.count()
    price = drafted(company, (D(200), D("0.08")), (None, D("0.02")))
    found = invoicing.operations.simulate_price(price=price)
    assert brief(found) == [
        ("Bob", D(300), D("20.00"), D("18.00")),
        ("Ada", D(50), D("5.00"), D("4.00")),
    ]
    assert {(one.start, one.end) for one in found} == {(JAN, FEB)}
    assert [one.difference for one in found] == [D("-2.00"), D("-1.00")]
    assert (Invoice.objects.count(), ChargeItem.objects.count()) == before
    assert invoicing.operations.simulate_price(price=price) == found


def test_a_price_of_the_same_terms_changes_nothing(company: Company) -> None:
    """What is simulated by the price in force is what was billed, to the last cent."""
    two_payers(company)
    found = invoicing.operations.simulate_price(price=drafted(company, *TIERS))
    billed = sorted(Invoice.objects.values_list("net", flat=True))
    assert sorted(one.before for one in found) == sorted(one.after for one in found) == billed


def test_a_shared_counter_is_priced_as_the_run_prices_it(company: Company) -> None:
    """TIER-3: two subscriptions of a payer share the tiers: 350 cost 10 + 12.50 together."""
    small, _ = two_payers(company, counter_scope="PAYER")
    more = line(small.account, OfferVersion.objects.get(), "more")
    company.bill(MAR)
    price = drafted(company, (None, D("0.01")))
    used(more, 300, date(2027, 2, 5))
    used(small, 50, date(2027, 2, 5))
    (found,) = invoicing.operations.simulate_price(price=price)
    assert brief([found]) == [("Ada", D(350), D("22.50"), D("3.50"))]


def test_what_is_rounded_event_by_event_is_refused(company: Company) -> None:
    two_payers(company, usage_rounding="EVENT", price_model="PER_UNIT", tiers=(), price=D(1))
    with pytest.raises(CannotSimulate, match="rounds each event"):
        invoicing.operations.simulate_price(price=drafted(company))


def test_nothing_is_simulated_before_a_bill_or_for_other_entities(company: Company) -> None:
    two_payers(company)
    price = drafted(company, (None, D("0.01")))
    assert len(invoicing.operations.simulate_price(price=price, entities=[])) == 0
    assert len(invoicing.operations.simulate_price(price=price, entities=[company.entity.pk])) == 2


def test_the_page_shows_accounts_and_totals(company: Company, client: Client) -> None:
    two_payers(company)
    price = drafted(company, (D(200), D("0.08")), (None, D("0.02")))
    client.force_login(User.objects.create_superuser("reader"))
    page = client.get(reverse("invoicing:price_simulation", args=[price.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Bob" in text
    for total in ("25.00", "22.00", "3.00"):
        assert total in text
    export = client.get(reverse("invoicing:price_simulation", args=[price.pk]), {"export": "csv"})
    assert b"Bob" in export.getvalue()
