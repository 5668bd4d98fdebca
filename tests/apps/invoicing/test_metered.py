"""Quantities that are no sums, from stored events to documents and previews (UNIT-3 to UNIT-9)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

import invoicing.queries
import rating.queries
from catalog.models import UnitOfMeasure, UsageType
from customers.models import Subscription, SubscriptionCharge
from customers.operations import IdentifierInput
from invoicing.models import Invoice
from rating.models import UsageAggregate, UsageEvent
from rating.operations.partitions import ensure_partitions
from tests.apps.invoicing.company import Company, add, lines, terminate

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR, APR = (date(2027, month, 1) for month in (1, 2, 3, 4))
PHONE = IdentifierInput(type="MSISDN", value="+4930123456")


def kind(**terms: Any) -> UsageType:
    unit, _ = UnitOfMeasure.objects.get_or_create(
        code="GB", defaults={"name": "GB", "dimension": "DATA"}
    )
    return UsageType.objects.create(
        code="LEVEL", name="Level", unit=unit, identifier_type="MSISDN", **terms
    )


def sold(company: Company, model: str, usage_type: UsageType, **more: Any) -> Subscription:
    on = more.pop("on", JAN)
    version = company.offer(
        "PLAN",
        {"code": "CALLS", "name": "Level", "kind": "USAGE", "price_model": model,
         "usage_type": usage_type, **more},
    )  # fmt: skip
    return add(company.payer(), version, on, identifiers=(PHONE,))


def event(
    subscription: Subscription, moment: str, quantity: object, number: int = 0, **attributes: str
) -> None:
    """Store an event and its sum, as a load does."""
    own = SubscriptionCharge.objects.get(subscription=subscription, charge__code="CALLS")
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    value = D(str(quantity))
    with connection.cursor() as cursor:
        ensure_partitions(cursor, {moment[:7]})
        cursor.execute("SELECT nextval('rating_usageevent_id_seq')")
        identity = cursor.fetchone()[0]
    UsageEvent.objects.create(
        id=identity, account_id=own.account_id, event_start=at, event_end=at, source_id=1,
        event_key=f"{moment}-{number}", usage_type="LEVEL", identifier_type="MSISDN",
        identifier=PHONE.value, quantity=value, billable_quantity=value, attributes=attributes,
        service_id=1, subscription_charge_id=own.pk, on_date=at.date(), attribute_key="*",
        file_id=1, row_number=number, received_at=at,
    )  # fmt: skip
    same = UsageAggregate.objects.filter(
        account_id=own.account_id, subscription_charge_id=own.pk, service_id=1, on_date=at.date(),
        attribute_key="*",
    )  # fmt: skip
    known = same.first()
    if known is None:
        UsageAggregate.objects.create(
            account_id=own.account_id, subscription_charge_id=own.pk, service_id=1,
            on_date=at.date(), attribute_key="*", quantity=value, event_count=1,
        )  # fmt: skip
    else:
        same.update(quantity=known.quantity + value, event_count=known.event_count + 1)


def latest(subscription: Subscription) -> list[tuple[str, str, str]]:
    return lines(Invoice.objects.filter(payer=subscription.account).latest("id"))


def test_a_burst_above_the_commit_is_billed_and_explained(company: Company) -> None:
    """UNIT-3: of twenty samples the 19th is 130; 100 are committed for 500, 4.00 above."""
    subscription = sold(
        company, "P95_BURST", kind(), price=D(4), flat=D(500), price_columns={"free_units": D(100)}
    )
    for number in range(20):
        value = {18: 130, 19: 900}.get(number, 10 + number)
        event(subscription, f"2027-01-10T{number:02}:00:00", value, number)
    company.bill(FEB)
    assert latest(subscription) == [("01.01.", "Level", "620.00")]
    line = Invoice.objects.get(payer=subscription.account).lines.get()
    told = "; ".join(invoicing.queries.explain(line.pk).steps)
    assert "the 95th percentile, nearest rank (UNIT-3) of 20 events" in told
    rated = rating.queries.provisional(account_id=subscription.account_id, start=JAN, end=FEB)
    assert [(one.quantity, one.event_count, one.amount) for one in rated] == [(D(130), 20, D(620))]


def test_a_level_is_billed_until_it_changes_and_no_longer_than_its_charge(
    company: Company,
) -> None:
    """UNIT-6: 10 from 11 January, carried through February, ended on 15 March."""
    subscription = sold(
        company, "PER_UNIT", kind(aggregate_rule="TIME_WEIGHTED", carries_over=True),
        price=D(31),
    )  # fmt: skip
    event(subscription, "2027-01-10T23:00:00", 10)  # midnight in Berlin
    UsageEvent.objects.update(on_date=date(2027, 1, 11))
    company.bill(FEB)
    assert latest(subscription) == [("01.01.", "Level", "210.00")]
    company.bill(MAR)
    assert latest(subscription) == [("01.02.", "Level", "310.00")]
    terminate(subscription, date(2027, 3, 15), MAR)
    company.bill(APR)
    (only,) = latest(subscription)
    # 14 days of March, whose last Sunday has 23 hours: 14 · 24 / 743 of 310.
    assert only == ("01.03.", "Level", "140.19")


def test_a_late_event_moves_the_level_by_difference(company: Company) -> None:
    subscription = sold(company, "HIGH_WATER", kind(), price=D(2))
    event(subscription, "2027-01-10T10:00:00", 40)
    event(subscription, "2027-01-11T10:00:00", 25)
    company.bill(FEB)
    assert latest(subscription)[0][2] == "80.00"
    event(subscription, "2027-01-12T10:00:00", 55)
    company.bill(MAR)
    assert latest(subscription) == [("01.01.", "Addition: Level", "30.00")]


@pytest.mark.parametrize(
    ("terms", "quantity"),
    [
        ({"aggregate_rule": "COUNT"}, "4"),
        ({"aggregate_rule": "UNIQUE", "unique_attribute": "user"}, "2"),
        ({"aggregate_rule": "UNIQUE"}, "1"),
        ({"aggregate_rule": "LAST"}, "700"),
        ({"aggregate_rule": "AVERAGE", "quantity_places": 0}, "500"),
        ({"aggregate_rule": "BUCKET_MAX"}, "1300"),
        ({"aggregate_rule": "SUM", "quantity_places": 0}, "2000"),
        ({"aggregate_rule": "SUM", "price_unit": True, "quantity_mode": "ROUND_UP",
          "quantity_places": 0}, "2"),
    ],
)  # fmt: skip
def test_aggregations_are_billed_and_previewed_alike(
    company: Company, terms: dict[str, Any], quantity: str
) -> None:
    more: dict[str, Any] = {"price": D(1)}
    if terms.pop("price_unit", False):
        more["price_unit"] = UnitOfMeasure.objects.create(
            code="TB", name="TB", dimension="DATA", to_base=D(1024)
        )
    subscription = sold(company, "PER_UNIT", kind(**terms), **more)
    for number, (moment, value, user) in enumerate(
        (("05T01", 300, "a"), ("05T02", 600, "b"), ("06T01", 400, "a"), ("06T02", 700, "a"))
    ):
        event(subscription, f"2027-01-{moment}:00:00", value, number, user=user)
    company.bill(FEB)
    line = Invoice.objects.get(payer=subscription.account).lines.get()
    assert line.quantity == D(quantity)
    assert line.net == D(quantity)
    (rated,) = rating.queries.provisional(account_id=subscription.account_id, start=JAN, end=FEB)
    assert (rated.quantity, rated.amount) == (D(quantity), D(quantity))


def test_transactions_are_free_in_their_order(company: Company) -> None:
    """UNIT-9: 1 % and 0.30 of each, the first two free; the order is that of the events."""
    subscription = sold(
        company, "PERCENT", kind(),
        price_columns={"percent": D("0.01"), "event_fee": D("0.30"), "free_events": 2},
    )  # fmt: skip
    for number, (day, value) in enumerate(((9, 400), (3, 100), (5, 200))):
        event(subscription, f"2027-01-{day:02}T10:00:00", value, number)
    company.bill(FEB)
    assert latest(subscription) == [("01.01.", "Level", "4.30")]
    (rated,) = rating.queries.provisional(account_id=subscription.account_id, start=JAN, end=FEB)
    assert rated.amount == D("4.30")


def test_events_outside_of_the_period_do_not_count(company: Company) -> None:
    subscription = sold(company, "HIGH_WATER", kind(), price=D(1))
    for day in (date(2027, 1, 31), FEB):
        event(subscription, f"{day}T10:00:00", day.month * 10)
    company.bill(FEB)
    assert latest(subscription)[0][2] == "10.00"


def test_corrections_beyond_the_usage_are_credited_and_further_ones_too(company: Company) -> None:
    """CHG-3, RATE-3: 10 billed; later -15 leaves -5, then -3 more: -10.00, -5.00, -3.00."""
    subscription = sold(company, "PER_UNIT", kind(allows_corrections=True), price=D(1))
    event(subscription, "2027-01-10T08:00:00", 10)
    company.bill(FEB)
    assert latest(subscription) == [("01.01.", "Level", "10.00")]
    event(subscription, "2027-01-10T09:00:00", -15, 1)
    company.bill(MAR)
    notes = Invoice.objects.filter(payer=subscription.account, doc_type="CREDIT_NOTE")
    assert [(one.invoice_date, one.net) for one in notes.order_by("net")] == [
        (MAR, D("5.00")),
        (MAR, D("10.00")),
    ]
    event(subscription, "2027-01-10T10:00:00", -3, 2)
    company.bill(APR)
    assert notes.latest("id").net == D("3.00")
