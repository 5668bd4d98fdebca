"""Calls by destination, hour and increment, from a file to sums and suspense (UNIT-1, UNIT-5)."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

import catalog.operations
from catalog.models import Charge, Offer, OfferVersion, PriceTier, PriceVersion, UsageType, ZoneMap
from rating import operations
from rating.models import SuspenseItem, Usage, UsageAggregate, UsageFile
from tests.apps.rating.company import RECEIVED, Company, open_line, publish_price, walk

pytestmark = pytest.mark.django_db
D = Decimal
LONG_AGO = date(2020, 1, 1)
HEADER = "event_key,usage_type,identifier_type,identifier,event_start,quantity,attr.called"
PREFIXES = b"prefix,zone\n43,AT\n+43664,AT-MOBILE\n1,NANP\n"
WORKDAYS, EVERY = (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7)
CELLS = (
    ("band=PEAK,zone=AT", "0.02"), ("band=OFF,zone=AT", "0.01"), ("zone=AT-MOBILE", "0.05"),
    ("*", "0.10"),
)  # fmt: skip


def zones(**more: Any) -> ZoneMap:
    found = catalog.operations.define_zone_map(code="DEST", name="To", actor=None, **more)
    catalog.operations.import_zones(
        zone_map=found, content=PREFIXES, filename="z.csv", starts=LONG_AGO, actor=None
    )
    return found


def sell(company: Company, model: str = "MATRIX", *, fallback: str = "", price: dict[str, Any],
         tiers: Any = (), bands: bool = True, **terms: Any) -> Charge:  # fmt: skip
    """Sell calls by zone and band beside what the company has, to the number 43660."""
    plan = None
    if bands:
        plan = catalog.operations.define_band_plan(
            code="WEEK", name="Week", actor=None, holidays=[(date(2027, 5, 6), "Ascension")],
            bands=[
                ("PEAK", WORKDAYS, time(8), time(20), 1), ("OFF", EVERY, time(0), time(0), 0),
                ("OFF", (8,), time(0), time(0), 5),
            ],
        )  # fmt: skip
    kind = UsageType.objects.create(
        code="INTL", name="Calls abroad", unit=company.calls.usage_type.unit,  # type: ignore[union-attr]
        identifier_type="MSISDN", allows_corrections=True,
    )  # fmt: skip
    version = OfferVersion.objects.create(
        offer=Offer.objects.create(code="ABROAD", name="Abroad"), number=1,
        sale_window=(LONG_AGO, None),
    )  # fmt: skip
    values: dict[str, Any] = {
        "usage_rounding": "EVENT", "event_decimals": 4, "price_attributes": ["band", "zone"],
        "zone_map": zones(fallback=fallback), "band_plan": plan, **terms,
    }  # fmt: skip
    charge = Charge.objects.create(
        offer_version=version, product=company.calls.product, code="INTL", name="Calls abroad",
        reference="ABROAD/1/INTL", kind="USAGE", timing="ARREARS", price_model=model,
        usage_type=kind, **values,
    )  # fmt: skip
    row = PriceVersion.objects.create(
        charge=charge, currency="EUR", valid=(LONG_AGO, None), **price
    )
    for seq, (upper, unit, flat, cell) in enumerate(tiers, start=1):
        PriceTier.objects.create(
            price_version=row, seq=seq, upper_inclusive=upper, unit_price=unit, flat_amount=flat,
            cell=cell,
        )  # fmt: skip
    walk(row)
    walk(version)
    company.version = version
    open_line(company, "43660", name="Caller")
    return charge


def matrix(company: Company, **terms: Any) -> Charge:
    tiers = [(None, D(price), D(0), cell) for cell, price in CELLS]
    return sell(company, price={"event_fee": D("0.05")}, tiers=tiers, **terms)


def load(company: Company, *calls: tuple[str, object, str], name: str = "c.csv") -> UsageFile:
    lines = [
        f"{name}{number},INTL,MSISDN,43660,{start},{seconds},{called}"
        for number, (start, seconds, called) in enumerate(calls)
    ]
    return operations.load_file(
        source=company.source, filename=name, content="\n".join([HEADER, *lines, ""]).encode(),
        received_at=RECEIVED,
    )  # fmt: skip


def amounts() -> list[Decimal | None]:
    return list(Usage.objects.order_by("row_number").values_list("amount_exact", flat=True))


def test_a_call_is_priced_by_number_hour_and_holiday(company: Company) -> None:
    """Berlin has two hours more than UTC in May; the 6th, a Thursday, is a holiday."""
    matrix(company, fallback="REST")
    load(
        company,
        ("2027-05-03T10:00:00Z", 100, "+43 1 5"),  # Monday noon: 100 · 0.02 + 0.05
        ("2027-05-03T20:00:00Z", 100, "0043699"),  # at night: 100 · 0.01 + 0.05
        ("2027-05-06T10:00:00Z", 100, "431"),  # holiday: 100 · 0.01 + 0.05
        ("2027-05-03T10:00:00Z", 10, "4366412"),  # a mobile, at any hour: 10 · 0.05 + 0.05
        ("2027-05-03T10:00:00Z", 10, "99"),  # fits no prefix: 10 · 0.10 + 0.05
        ("2027-05-03T17:59:30Z", 60, "431"),  # 30 s before eight, 30 after: 0.60 + 0.30 + 0.05
        ("2027-05-03T10:00:00Z", -100, "431"),  # takes the first back
        ("2027-05-03T10:00:00Z", 0, "431"),  # nothing, and no connect fee
    )  # fmt: skip
    found = [D("2.05"), D("1.05"), D("1.05"), D("0.55"), D("1.05"), D("0.95"), D("-2.05"), D(0)]
    assert amounts() == found
    sums = UsageAggregate.objects.values_list("attribute_key", "amount", "event_count")
    assert {key: (amount, count) for key, amount, count in sums.filter(on_date="2027-05-03")} == {
        "zone=AT": (D("2.00"), 5), "zone=AT-MOBILE": (D("0.55"), 1), "zone=REST": (D("1.05"), 1),
    }  # fmt: skip


def test_increments_run_past_the_end_of_a_band(company: Company) -> None:
    """60/60: the minute begun at 19:59:30 is dear to its end, the next one cheap."""
    matrix(company, first_increment=60, next_increment=60)
    load(company, ("2027-05-03T17:59:30Z", 61, "431"))
    event = Usage.objects.get()
    assert (event.billable_quantity, event.amount_exact) == (D(120), D("1.85"))


def test_increments_may_be_rounded_down(company: Company) -> None:
    matrix(company, first_increment=60, next_increment=6, increment_mode="DOWN")
    load(company, ("2027-05-03T10:00:00Z", 65, "431"), ("2027-05-03T10:00:00Z", 66, "431"))
    quantities = Usage.objects.order_by("row_number").values_list("billable_quantity")
    assert list(quantities) == [(D(60),), (D(66),)]


def test_a_number_without_zone_waits_until_its_prefix_is_known(company: Company) -> None:
    charge = matrix(company)
    load(company, ("2027-05-03T10:00:00Z", 10, "882"), ("2027-05-03T10:00:00Z", 10, "1212"))
    item = SuspenseItem.objects.get()
    assert (item.reason, "no prefix" in item.message) == ("NO_ZONE", True)
    assert charge.zone_map is not None
    catalog.operations.import_zones(
        zone_map=charge.zone_map, content=PREFIXES + b"882,SAT\n", filename="z2.csv",
        starts=date(2027, 5, 1), actor=None,
    )  # fmt: skip
    operations.recycle(item_ids=[item.pk], as_of=RECEIVED, actor=None)
    assert amounts() == [D("1.05"), D("1.05")]
    assert UsageAggregate.objects.filter(attribute_key="zone=SAT").exists()


def test_zones_are_those_of_the_day_of_the_call_and_rating_again_agrees(company: Company) -> None:
    charge = matrix(company)
    assert charge.zone_map is not None
    report = catalog.operations.import_zones(
        zone_map=charge.zone_map, content=b"prefix,zone\n43,AT\n43664,AT\n1,NANP\n",
        filename="z2.csv", starts=date(2027, 5, 4), actor=None,
    )  # fmt: skip
    assert report.counts["CHANGED"] == 1
    load(company, ("2027-05-03T10:00:00Z", 10, "43664"), ("2027-05-04T10:00:00Z", 10, "43664"))
    before = amounts()
    assert before == [D("0.55"), D("0.25")]
    later = RECEIVED + timedelta(days=1)
    operations.rerate(start=date(2027, 5, 1), end=date(2027, 6, 1), as_of=later)
    assert amounts() == before


def test_slots_are_priced_from_the_start_of_the_call(company: Company) -> None:
    """0.10 and three minutes at 0.02, then 0.01; 60/1: 200 seconds are 3.90."""
    sell(
        company, "SLOTS", price={}, bands=False, price_attributes=["zone"], first_increment=60,
        next_increment=1, tiers=[(D(180), D("0.02"), D("0.10"), ""), (None, D("0.01"), D(0), "")],
    )  # fmt: skip
    load(company, ("2027-05-03T10:00:00Z", 200, "431"), ("2027-05-03T10:00:00Z", -5, "431"))
    assert amounts() == [D("3.90"), D("-1.30")]


def test_zones_alone_are_summed_and_priced_by_the_line(company: Company) -> None:
    charge = sell(
        company, "PER_UNIT", price={"unit_price": D("0.10")}, bands=False,
        usage_rounding="LINE", price_attributes=["zone"],
    )  # fmt: skip
    publish_price(charge, unit_price=D("0.02"), attribute_key="zone=AT")
    load(company, ("2027-05-03T10:00:00Z", 10, "431"), ("2027-05-03T11:00:00Z", 5, "1212"))
    rows = UsageAggregate.objects.values_list("attribute_key", "quantity").order_by(
        "attribute_key"
    )
    assert list(rows) == [("zone=AT", D(10)), ("zone=NANP", D(5))]


def test_an_event_with_a_band_without_price_waits(company: Company) -> None:
    charge = sell(company, "PER_UNIT", price={"unit_price": D(1), "attribute_key": "band=PEAK"})
    load(company, ("2027-05-03T17:59:30Z", 60, "431"), ("2027-05-03T10:00:00Z", 60, "431"))
    assert SuspenseItem.objects.get().reason == "NO_PRICE"
    assert amounts() == [D(60)]
    publish_price(charge, unit_price=D(2), attribute_key="band=OFF")
