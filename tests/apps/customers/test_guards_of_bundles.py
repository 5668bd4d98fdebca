"""The guards of bundles that were ordered, attacked by raw SQL (BND-2 to BND-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from catalog.models import OfferVersion
from customers import operations
from customers.operations import ItemInput
from tests.apps.customers import build, bundling
from tests.apps.customers.attacks import refused, run
from tests.apps.customers.bundling import Home

pytestmark = pytest.mark.django_db
D = Decimal
SUB, ITEM = "customers_subscription", "customers_orderitem"


@pytest.fixture
def home() -> Home:
    build.offer("LINE")
    return bundling.order(bundling.bundle(parts={"LINE": {}}))


def another(home: Home, account: int, on: str) -> str:
    """Return the statement that adds a component to the bundle."""
    return (
        f"INSERT INTO {SUB} (number, account_id, state, term_type, renewal, effective_on, "
        "end_reason, price_policy, po_number, bundle_id, updated_at) VALUES "
        f"('X', {account}, 'PENDING', 'EVERGREEN', 'AUTO', '{on}', '', 'FLOATING', '', "
        f"{home.whole.pk}, now())"
    )


def test_a_component_stays_in_its_bundle(home: Home) -> None:
    line, plain = home.part("LINE"), build.add(home.account, build.offer("PLAIN"))
    for change in (f"NULL WHERE id = {line.pk}", f"{home.whole.pk} WHERE id = {plain.pk}"):
        assert refused(f"UPDATE {SUB} SET bundle_id = {change}") == f"{SUB}_keeps_bundle"


def test_a_component_is_of_the_account_of_its_bundle(home: Home) -> None:
    other = build.account("Other")
    assert refused(another(home, other.pk, "2027-01-01")) == f"{SUB}_joins_bundle"


def test_a_component_begins_and_ends_within_its_bundle(home: Home) -> None:
    early = another(home, home.account.pk, "2026-12-01")
    assert refused(early) == f"{SUB}_within_bundle"
    home.act("TERMINATE", date(2027, 3, 1))
    line = home.part("LINE")
    for change in (
        f"end_on = NULL, state = 'ACTIVE' WHERE id = {line.pk}",
        f"end_on = '2027-03-02' WHERE id = {line.pk}",
    ):
        assert refused(f"UPDATE {SUB} SET {change}") == f"{SUB}_stays_within_bundle"


def test_no_component_outlives_a_bundle_that_ends_or_never_was(home: Home) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    run(f"ALTER TABLE {SUB} DISABLE TRIGGER {SUB}_state_moves")
    run(f"ALTER TABLE {SUB} DISABLE TRIGGER {SUB}_covers_timeline")
    for change in ("end_on = '2027-03-01'", "state = 'CANCELLED'"):
        attack = f"UPDATE {SUB} SET {change} WHERE id = {home.whole.pk}"
        assert refused(attack) == f"{SUB}_stays_within_bundle"


def test_the_item_of_a_component_follows_that_of_its_bundle(home: Home) -> None:
    version = OfferVersion.objects.get(offer__code="HOME")
    item = ItemInput(action="ADD", offer_version=version, quantity=D(1))
    draft = operations.place_order(
        account=home.account, items=[item], requested_on=bundling.JAN, actor=None
    )
    part = draft.items.get(seq=2)
    elsewhere = home.order.items.get(seq=1)
    for change in (f"part_of_id = {elsewhere.pk}", f"part_of_id = {part.pk}", "seq = 0"):
        attack = f"UPDATE {ITEM} SET {change} WHERE id = {part.pk}"
        assert refused(attack) == f"{ITEM}_follows_bundle"
