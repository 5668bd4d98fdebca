"""Zone maps and band plans: guards by raw SQL, imports, and what publication asks (UNIT-5)."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from catalog import operations
from catalog.models import BandPlan, ZoneMap, ZonePrefix
from catalog.operations import CannotPublish
from catalog.rules.pricing import Tier
from foundation.errors import FileRefused, Forbidden, Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.attacks import refused, run
from tests.apps.catalog.shop import START, published
from tests.apps.catalog.test_offers import fully_priced, go

pytestmark = pytest.mark.django_db
D = Decimal
EVERY = (1, 2, 3, 4, 5, 6, 7)
FILE = b"prefix,zone,name\n43,AT,Austria\n+43 664,AT-M,\n0049,DE,\n"


def zone_map(**more: Any) -> ZoneMap:
    found = operations.define_zone_map(code="DEST", name="Destinations", actor=None, **more)
    operations.import_zones(
        zone_map=found, content=FILE, filename="z.csv", starts=START, actor=None
    )
    return found


def plan(*bands: Any) -> BandPlan:
    return operations.define_band_plan(code="WEEK", name="Week", bands=bands, actor=None)


ALWAYS = ("OFF", EVERY, time(0), time(0), 0)
PEAK = ("PEAK", (1, 2, 3, 4, 5), time(8), time(20), 1)


def called(fiber: Any, model: str = "MATRIX", **terms: Any) -> Any:
    values: dict[str, Any] = {"usage_rounding": "EVENT", "price_attributes": ["band", "zone"]}
    return operations.add_charge(
        version=fiber.version, product=fiber.usage, code="ABROAD", name="Abroad", kind="USAGE",
        price_model=model, usage_type=fiber.voice, actor=None, **(values | terms),
    )  # fmt: skip


def cells(*named: str) -> tuple[Tier, ...]:
    return tuple(Tier(None, D("0.1"), D(0), name) for name in named)


def test_a_file_is_the_map_from_a_day_on() -> None:
    found = zone_map()
    later = date(2027, 3, 1)
    changed = b"prefix,zone\n43,AT\n43664,AT-MOBILE\n1,NANP\nxy,NO\n1,AGAIN\n2,no zone\n"
    for dry_run in (True, False):
        report = operations.import_zones(
            zone_map=found, content=changed, filename="z2.csv", starts=later, actor=None,
            dry_run=dry_run,
        )  # fmt: skip
        assert report.counts == {
            "NEW": 1, "CHANGED": 1, "ENDED": 1, "UNCHANGED": 1, "rejected_rows": 3,
        }  # fmt: skip
    assert {problem.row for problem in report.problems} == {5, 6, 7}
    rows = ZonePrefix.objects.order_by("prefix", "valid").values_list("prefix", "zone", "valid")
    assert [(p, z, v.lower, v.upper) for p, z, v in rows] == [
        ("1", "NANP", later, None), ("43", "AT", START, None), ("43664", "AT-M", START, later),
        ("43664", "AT-MOBILE", later, None), ("49", "DE", START, later),
    ]  # fmt: skip
    with pytest.raises(Invalid, match="changes on 2027-03-01 already"):
        operations.import_zones(
            zone_map=found, content=FILE, filename="z3.csv", starts=START, actor=None
        )


def test_importing_asks_for_the_right_and_a_readable_file() -> None:
    found = zone_map()
    with pytest.raises(Forbidden):
        operations.import_zones(
            zone_map=found, content=FILE, filename="z.csv", starts=START, actor=shop.viewer()
        )
    with pytest.raises(FileRefused):
        operations.import_zones(
            zone_map=found, content=b"number\n1\n", filename="z.csv", starts=START, actor=None
        )


def test_the_command_imports(tmp_path: Any) -> None:
    operations.define_zone_map(code="DEST", name="Destinations", actor=None)
    file = tmp_path / "zones.csv"
    file.write_bytes(FILE)
    call_command("import_zones", "DEST", str(file), "--from", "2027-01-01")
    assert ZonePrefix.objects.count() == 3


def test_what_is_sold_only_ends() -> None:
    fiber = shop.open_shop()
    found, week = zone_map(), plan(ALWAYS, PEAK)
    old = f"({found.pk}, '33', 'FR', '[2025-01-01,)')"
    run(f"INSERT INTO catalog_zoneprefix (zone_map_id, prefix, zone, valid) VALUES {old}")
    charge = called(fiber, zone_map=found, band_plan=week)
    fully_priced(fiber)
    published(charge, tiers=cells("*"))
    run(f"UPDATE catalog_zonemap SET attribute = 'b' WHERE id = {found.pk}")
    run("UPDATE catalog_timeband SET weight = weight + 1")
    go(fiber.version.pk)
    prefix = "catalog_zoneprefix_only_ends"
    assert refused("UPDATE catalog_zoneprefix SET zone = 'X'") == prefix
    assert refused("DELETE FROM catalog_zoneprefix WHERE lower(valid) <= '2026-01-01'") == prefix
    run("UPDATE catalog_zoneprefix SET valid = daterange(lower(valid), '2027-02-01')")
    held = f"UPDATE catalog_zonemap SET fallback = 'X' WHERE id = {found.pk}"
    assert refused(held) == "catalog_zonemap_keeps_its_meaning"
    another = f"({week.pk}, 'X', '{{1}}', '01:00', '02:00', 1)"
    columns = "(plan_id, code, days, starts, ends, weight)"
    for attack in (
        "UPDATE catalog_timeband SET weight = 9", "DELETE FROM catalog_timeband",
        f"INSERT INTO catalog_timeband {columns} VALUES {another}",
    ):  # fmt: skip
        assert refused(attack) == "catalog_timeband_is_frozen"
    day = f"({week.pk}, '2027-12-25', 'Christmas')"
    holiday = f"INSERT INTO catalog_holiday (plan_id, on_date, name) VALUES {day}"
    run(holiday)
    assert refused(holiday) == "catalog_holiday_once_a_day"


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'43', 'X', '[2027-01-05,)'", "one_at_a_time"),
        ("'4x', 'X', '[2027-01-05,)'", "is_dialled"),
        ("'7', 'a b', '[2027-01-05,)'", "names_a_zone"), ("'7', 'X', 'empty'", "has_days"),
        ("'7', 'X', '(,2027-01-05)'", "has_days"),
    ],
)  # fmt: skip
def test_prefixes_are_checked(values: str, guard: str) -> None:
    attack = "INSERT INTO catalog_zoneprefix (zone_map_id, prefix, zone, valid) VALUES "
    assert refused(f"{attack} ({zone_map().pk}, {values})") == f"catalog_zoneprefix_{guard}"


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'a,b', '{1}'", "code_is_a_value"), ("'A', '{0}'", "days_are_known"),
        ("'A', '{9}'", "days_are_known"), ("'A', '{}'", "days_are_known"),
    ],
)  # fmt: skip
def test_bands_are_checked(values: str, guard: str) -> None:
    attack = "INSERT INTO catalog_timeband (plan_id, code, days, starts, ends, weight) VALUES "
    statement = f"{attack} ({plan().pk}, {values}, '01:00', '02:00', 1)"
    assert refused(statement) == f"catalog_timeband_{guard}"


def test_a_band_is_said_once() -> None:
    plan(ALWAYS, PEAK)
    columns = "plan_id, code, days, starts, ends, weight"
    again = f"INSERT INTO catalog_timeband ({columns}) SELECT {columns} FROM catalog_timeband"
    assert refused(again) == "catalog_timeband_is_said_once"


def test_charges_with_zones_and_bands_are_checked() -> None:
    fiber = shop.open_shop()
    found, week = zone_map(), plan(ALWAYS)
    usage = f"UPDATE catalog_charge SET {{}} WHERE id = {fiber.minutes.pk}"
    events = "catalog_charge_bands_and_slots_are_of_events"
    assert refused(usage.format(f"band_plan_id = {week.pk}")) == events
    assert refused(usage.format("price_model = 'SLOTS'")) == events
    rental = f"UPDATE catalog_charge SET zone_map_id = {found.pk} WHERE id = {fiber.rental.pk}"
    assert refused(rental) == "catalog_charge_zones_and_bands_are_of_usage"


@pytest.mark.parametrize(
    ("terms", "named", "why"),
    [
        ({"price_attributes": ["band"]}, ("*",), "add it to the price attributes"),
        ({"usage_filter": {"zone": "AT"}}, ("*",), "filter by an attribute that is sent"),
        ({}, ("zone=FR", "*"), "No event has the zone FR; known are AT, AT-M, DE"),
        ({}, ("band=NIGHT", "*"), "No event has the band NIGHT"),
        ({"band_plan": (PEAK,)}, ("*",), "leave out Monday 00:00 to 08:00"),
    ],
)  # fmt: skip
def test_prices_that_cannot_be_met_are_refused(
    terms: dict[str, Any], named: tuple[str, ...], why: str
) -> None:
    fiber = shop.open_shop()
    bands = terms.pop("band_plan", (ALWAYS, PEAK))
    charge = called(fiber, zone_map=zone_map(), band_plan=plan(*bands), **terms)
    with pytest.raises(CannotPublish, match=why):
        published(charge, tiers=cells(*named))


def test_zones_without_a_price_stop_the_offer() -> None:
    """One price by zone AT, one by band PEAK: what is left is named."""
    fiber = shop.open_shop()
    charge = called(fiber, "PER_UNIT", zone_map=zone_map(), band_plan=plan(ALWAYS, PEAK))
    fully_priced(fiber)
    published(charge, unit_price=D(1), attributes={"zone": "AT"})
    with pytest.raises(CannotPublish, match="no price fits zone=AT-M, band=OFF"):
        go(fiber.version.pk)


def test_the_page_shows_the_difference_and_then_takes_it(client: Client) -> None:
    found = operations.define_zone_map(code="DEST", name="Destinations", actor=None)
    page = reverse("catalog:zone_import")
    client.force_login(shop.person("importer", "catalog.view_zoneprefix", "catalog.import_prices"))
    data: dict[str, Any] = {"zone_map": found.pk, "starts": "2027-01-01"}
    for check_only, stored in (("on", 0), ("", 3)):
        file = SimpleUploadedFile("zones.csv", FILE)
        answer = client.post(page, {**data, "file": file, "check_only": check_only})
        assert (answer.status_code, ZonePrefix.objects.count()) == (200, stored)
        told = {total.label: total.amount for total in answer.context["totals"]}
        assert told == {"New": 3, "Changed": 0, "Ended": 0, "Unchanged": 0, "Rows not taken": 0}
    bad = client.post(page, {**data, "file": SimpleUploadedFile("z.csv", b"number\n1\n")})
    assert bad.status_code == 422
    client.force_login(shop.person("nobody"))
    assert client.get(page).status_code == 403
