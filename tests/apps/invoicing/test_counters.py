"""Tier counters from stored usage to documents: years, terms, services, long periods (TIER-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import invoicing.queries
from audit.models import BusinessEvent
from customers.models import Subscription, SubscriptionCharge
from customers.operations import IdentifierInput, ItemInput
from invoicing.models import ChargeItem, Invoice
from rating.models import UsageAggregate
from tests.apps.invoicing.company import Company, add, lines, submit

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR, APR, MAY = (date(2027, month, 1) for month in (1, 2, 3, 4, 5))
PHONE = IdentifierInput(type="MSISDN", value="+4930123456")
TIERS = ((D(100), D("0.10")), (None, D("0.05")))


def sold(company: Company, on: date = JAN, **terms: Any) -> Subscription:
    charge = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    term = {"term_months": terms.pop("term_months")} if "term_months" in terms else {}
    version = company.offer("PLAN", {**charge, "tiers": TIERS, **terms})
    return add(company.payer(), version, on, identifiers=(PHONE,), **term)


def use(subscription: Subscription, day: date, quantity: int, service: int = 1) -> None:
    own = SubscriptionCharge.objects.get(subscription=subscription)
    UsageAggregate.objects.create(
        account_id=own.account_id, subscription_charge_id=own.pk, service_id=service,
        on_date=day, attribute_key="*", quantity=D(quantity), event_count=1,
    )  # fmt: skip


def latest(subscription: Subscription) -> list[tuple[str, str, str]]:
    return lines(Invoice.objects.filter(payer=subscription.account).latest("id"))


def test_a_contract_year_counts_on_and_says_so(company: Company) -> None:
    """80 in January; 50 in February meet the second tier; the line says where it counted from."""
    subscription = sold(company, tier_reset="CONTRACT_YEAR")
    use(subscription, date(2027, 1, 10), 80)
    company.bill(FEB)
    use(subscription, date(2027, 2, 10), 50)
    company.bill(MAR)
    assert latest(subscription) == [("01.02.", "Calls", "3.50")]
    line = Invoice.objects.filter(payer=subscription.account).latest("id").lines.get()
    told = "; ".join(invoicing.queries.explain(line.pk).steps)
    assert "counted on from the 80 MIN that its counter had reached (TIER-3)" in told


def test_a_counter_remembers_what_lies_before_the_look_back(company: Company) -> None:
    """95 units of January, billed long ago, count in June."""
    subscription = sold(company, tier_reset="NEVER")
    use(subscription, date(2027, 1, 10), 95)
    for month in range(2, 7):
        company.bill(date(2027, month, 1))
    use(subscription, date(2027, 6, 10), 10)
    company.bill(date(2027, 7, 1))
    assert latest(subscription) == [("01.06.", "Calls", "0.75")]


def test_a_renewal_begins_the_counter_of_a_term_anew(company: Company) -> None:
    """A term of three months is renewed on 1 April; usage of April begins in the first tier."""
    subscription = sold(company, tier_reset="TERM", term_months=3)
    use(subscription, date(2027, 3, 10), 120)
    submit(
        subscription.account,
        ItemInput(action="RENEW", effective_on=APR, subscription=subscription, term_months=3),
        APR,
    )
    use(subscription, date(2027, 4, 10), 20)
    company.bill(APR)
    assert latest(subscription) == [("01.03.", "Calls", "11.00")]
    company.bill(MAY)
    assert latest(subscription) == [("01.04.", "Calls", "2.00")]


def test_each_service_has_its_own_tiers_and_lines(company: Company) -> None:
    subscription = sold(company, counter_scope="SERVICE")
    use(subscription, date(2027, 1, 10), 80, service=1)
    use(subscription, date(2027, 1, 10), 120, service=2)
    company.bill(FEB)
    assert [amount for *_, amount in latest(subscription)] == ["8.00", "11.00"]
    assert set(ChargeItem.objects.values_list("service_id", "amount")) == {(1, D(8)), (2, D(11))}
    use(subscription, date(2027, 1, 11), 30, service=1)
    company.bill(MAR)
    assert latest(subscription) == [("01.01.", "Addition: Calls", "2.50")]


def test_usage_of_a_quarter_is_billed_whole(company: Company) -> None:
    """CHG-6: a charge with periods longer than the cycle sees all of their days."""
    subscription = sold(company, period_count=6, alignment="CALENDAR")
    for month in (1, 2, 3, 6):
        use(subscription, date(2027, month, 15), 50)
    company.bill(date(2027, 7, 1))
    assert latest(subscription) == [("01.01.", "Calls", "15.00")]


def test_accounts_of_a_payer_reach_the_cheaper_tier_together(company: Company) -> None:
    """80 and 120 are 10.00 + 5.00, borne 80 : 120; late usage of one moves both."""
    charge = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    version = company.offer("PLAN", {**charge, "tiers": TIERS, "counter_scope": "PAYER"})
    payer = company.payer()
    child = company.payer("Child", parent=payer)
    own = add(payer, version, JAN, identifiers=(PHONE,))
    other = IdentifierInput(type="MSISDN", value="+4930123457")
    theirs = add(child, version, JAN, identifiers=(other,))
    use(own, date(2027, 1, 10), 80)
    use(theirs, date(2027, 1, 11), 120)
    company.bill(FEB)
    assert [amount for *_, amount in latest(own)] == ["6.00", "9.00"]
    line = Invoice.objects.get(payer=payer).lines.order_by("seq")[0]
    told = "; ".join(invoicing.queries.explain(line.pk).steps)
    assert "its part of 200 MIN that 2 subscriptions of the payer used together" in told
    use(theirs, date(2027, 1, 12), 120)
    company.bill(MAR)
    both = Invoice.objects.filter(payer=payer).order_by("-id")[:2]
    assert {one.doc_type: lines(one)[0][2] for one in both} == {
        "CREDIT_NOTE": "0.75", "INVOICE": "6.75",
    }  # fmt: skip
    credit = next(one for one in both if one.doc_type == "CREDIT_NOTE")
    assert BusinessEvent.objects.get(subject_id=credit.pk, topic="credit_memo.posted").payload == {
        "number": credit.number, "of": None, "total": f"{credit.total:.2f}", "currency": "EUR",
    }  # fmt: skip
