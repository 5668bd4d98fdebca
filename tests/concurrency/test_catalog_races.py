"""One file drafted once, one price in force, on real connections."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError

from audit.models import ImportBatch
from audit.operations import AlreadyImported
from catalog import operations, queries
from catalog.models import BundleComponent, PriceVersion
from foundation.errors import Refusal
from tax.operations import RetroactiveTaxChange, add_jurisdiction, add_rate, add_tax_type
from tests.apps.catalog import shop
from tests.apps.catalog.shop import START
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
TODAY = date(2026, 12, 1)


def test_f08_one_file_sent_at_once_by_many_is_drafted_once() -> None:
    shop.open_shop()
    content = b"charge,currency,valid_from,model,flat\nFIBER/1/RENTAL,USD,2027-04-01,FLAT,9\n"

    def send() -> int:
        report = operations.import_prices(
            content=content, filename="p.csv", on_date=TODAY, actor=None
        )
        return len(report.drafted)

    outcomes = race(*[send] * 4)
    assert refusals(outcomes, AlreadyImported) == 3
    assert PriceVersion.objects.count() == ImportBatch.objects.count() == 1


def test_two_prices_of_one_key_are_not_both_put_in_force() -> None:
    """I-22: the exclusion constraint decides, whatever the operations saw."""
    fiber = shop.open_shop()
    pks = []
    for amount in (9, 10, 11):
        draft = operations.draft_price(
            charge=fiber.rental, currency="USD", starts=START, flat_amount=D(amount), actor=None
        )
        operations.submit_price(price_id=draft.pk, actor=None)
        operations.approve_price(price_id=draft.pk, actor=None)
        pks.append(draft.pk)

    def publish(pk: int) -> int:
        return operations.publish_price(price_id=pk, on_date=TODAY, actor=None).pk

    outcomes = race(*(lambda pk=pk: publish(pk) for pk in pks))  # type: ignore[misc]
    lost = [one for one in outcomes if isinstance(one, Refusal | DatabaseError)]
    assert len(lost) == 2, outcomes
    assert PriceVersion.objects.filter(state="PUBLISHED").count() == 1
    assert all(check.run() == [] for check in queries.INTEGRITY)


def test_two_rates_of_one_day_are_not_both_added() -> None:
    place = add_jurisdiction(code="XA", name="Avalon", level="COUNTRY", actor=None)
    tax = add_tax_type(code="VAT", name="VAT", actor=None)

    def add(rate: str) -> int:
        return add_rate(
            jurisdiction=place, tax_type=tax, rate=D(rate), starts=date(2020, 1, 1),
            on_date=TODAY, actor=None,
        ).pk  # fmt: skip

    outcomes = race(lambda: add("0.19"), lambda: add("0.20"), lambda: add("0.21"))
    assert refusals(outcomes, RetroactiveTaxChange) == 2


def test_two_offers_do_not_come_to_contain_each_other() -> None:
    """P8: whoever draws an edge holds the lock of all bundles, and sees the one before."""
    offers = [operations.create_offer(code=code, name=code, actor=None) for code in "ABC"]
    drafts = [operations.draft_version(offer=one, starts=START, actor=None) for one in offers]

    def put(inside: int, outside: int) -> int:
        return operations.add_component(
            version=drafts[outside], offer=offers[inside], treatment="LIST", actor=None
        ).pk

    outcomes = race(lambda: put(0, 1), lambda: put(1, 2), lambda: put(2, 0))
    lost = [one for one in outcomes if isinstance(one, DatabaseError)]
    assert len(lost) == 1, outcomes
    assert "contain itself" in str(lost[0])
    assert BundleComponent.objects.count() == 2
