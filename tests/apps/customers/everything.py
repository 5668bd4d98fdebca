"""One of everything that has a page in the room of customers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from customers import operations
from customers.choices import ContactRole
from tests.apps.customers import build
from tests.apps.customers.test_discount_pages import promised
from tests.apps.customers.test_discounts import given

JAN, FEB = date(2020, 1, 1), date(2020, 2, 1)


def everything() -> dict[str, int]:
    """Make one of everything."""
    version = build.offer(charges=({}, build.usage_charge()))
    root = build.account("Group", opened_on=JAN)
    leaf = build.account("Site", parent=root, opened_on=JAN)
    sub = build.add(
        leaf, version, JAN, identifiers=[build.number("491")], prices={"C1": Decimal(5)}
    )
    build.modify(sub, FEB, quantity=Decimal(3))
    order = operations.place_order(account=leaf, items=[], requested_on=JAN, actor=None)
    contract = operations.draft_contract(account=root, valid_from=JAN, actor=None)
    operations.set_contract_price(
        contract=contract,
        currency="EUR",
        charge=version.charges.get(code="C1"),
        unit_price=Decimal(8),
        actor=None,
    )
    certificate = operations.draft_certificate(
        account=root, number="X", jurisdiction=build.place(), valid_from=JAN, actor=None
    )
    operations.add_contact(
        customer=root.customer, role=ContactRole.BILLING, name="Eve", email="e@x.org", actor=None
    )
    other = build.account("Payer", opened_on=JAN)
    redirection = operations.redirect_charges(account=root, payer=other, starts=FEB, actor=None)
    fiber = build.offer("FIBER2", charges=({"trigger": "ACTIVATION"},))
    waiting = build.add(root, fiber, JAN, awaits_activation=True)
    failure = operations.report_failure(
        subscription=waiting, reason="no port", next_step="RETRY", actor=None
    )
    granted = given(root, level="ACCOUNT", starts=JAN)
    return {
        "redirection": redirection.pk,
        "discount": granted.pk,
        "commitment": promised(root).pk,
        "failure": failure.pk,
        "customer": root.customer_id,
        "root": root.pk,
        "leaf": leaf.pk,
        "subscription": sub.pk,
        "order": order.pk,
        "contract": contract.pk,
        "certificate": certificate.pk,
    }
