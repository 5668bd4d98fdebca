"""To which maps a zone map falls back: set by days, guarded, asked at publication."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import operations
from catalog.models import ZoneFallback, ZoneMap
from catalog.operations import CannotPublish
from catalog.queries import zone_maps
from foundation.errors import Forbidden, Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.attacks import refused, run
from tests.apps.catalog.shop import START, published
from tests.apps.catalog.test_offers import fully_priced, go
from tests.apps.catalog.test_zones_and_bands import called, cells

pytestmark = pytest.mark.django_db
LATER = date(2027, 3, 1)


def a_map(code: str, content: bytes = b"", **more: Any) -> ZoneMap:
    found = operations.define_zone_map(code=code, name=code.title(), actor=None, **more)
    if content:
        operations.import_zones(
            zone_map=found, content=b"prefix,zone\n" + content, filename="z.csv", starts=START,
            actor=None,
        )  # fmt: skip
    return found


def fall_back(zone_map: ZoneMap, *then: ZoneMap, starts: date = START) -> list[ZoneFallback]:
    return operations.set_zone_fallbacks(zone_map=zone_map, then=then, starts=starts, actor=None)


def standing() -> list[tuple[str, int, str, date, date | None]]:
    rows = ZoneFallback.objects.select_related("zone_map", "then")
    return [
        (r.zone_map.code, r.turn, r.then.code, r.valid.lower, r.valid.upper)
        for r in rows.order_by("zone_map__code", "turn", "valid")
    ]


def test_they_are_set_from_a_day_on_and_the_days_before_stay() -> None:
    special, nation, world = a_map("SPECIAL"), a_map("NATION"), a_map("WORLD")
    for _ in range(2):
        assert [one.then_id for one in fall_back(special, nation, world)] == [nation.pk, world.pk]
    fall_back(special, nation, starts=LATER)
    assert standing() == [
        ("SPECIAL", 1, "NATION", START, None), ("SPECIAL", 2, "WORLD", START, LATER),
    ]  # fmt: skip
    fall_back(special, world, nation, starts=LATER)
    assert standing()[:2] == [
        ("SPECIAL", 1, "NATION", START, LATER), ("SPECIAL", 1, "WORLD", LATER, None),
    ]  # fmt: skip
    with pytest.raises(Invalid, match="change on 2027-03-01 already"):
        fall_back(special)
    with pytest.raises(Invalid, match="asked once"):
        fall_back(nation, world, world)
    with pytest.raises(Forbidden):
        operations.set_zone_fallbacks(zone_map=special, then=[], starts=LATER, actor=shop.viewer())


def test_a_circle_is_refused_by_name_and_by_the_database() -> None:
    special, nation, world = a_map("SPECIAL"), a_map("NATION"), a_map("WORLD")
    fall_back(special, nation)
    fall_back(nation, world)
    with pytest.raises(Invalid, match="WORLD → SPECIAL → NATION → WORLD"):
        fall_back(world, special)
    with pytest.raises(Invalid, match="WORLD → WORLD"):
        fall_back(world, world)
    link = "INSERT INTO catalog_zonefallback (zone_map_id, then_id, turn, valid) VALUES "
    circle = "catalog_zonefallback_makes_no_circle"
    attack = f"{link} ({world.pk}, {special.pk}, 1, '[2027-01-01,)')"
    assert refused(attack) == circle
    assert refused(f"{link} ({world.pk}, {world.pk}, 1, '[2027-01-01,)')") == circle
    assert refused(f"UPDATE catalog_zonefallback SET then_id = {special.pk}") == circle
    fall_back(nation, starts=LATER)
    run(attack.replace("2027-01-01", "2027-03-01"))  # on no day a circle


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("1, '[2027-02-01,)'", "one_at_a_turn"), ("2, '[2027-02-01,)'", "is_asked_once"),
        ("3, 'empty'", "has_days"), ("3, '(,2020-01-01)'", "has_days"),
    ],
)  # fmt: skip
def test_fallbacks_are_checked(values: str, guard: str) -> None:
    special, nation, world = a_map("SPECIAL"), a_map("NATION"), a_map("WORLD")
    fall_back(special, nation)
    then = world.pk if guard == "one_at_a_turn" else nation.pk
    attack = "INSERT INTO catalog_zonefallback (zone_map_id, then_id, turn, valid) VALUES "
    assert refused(f"{attack} ({special.pk}, {then}, {values})") == f"catalog_zonefallback_{guard}"


def test_what_is_sold_only_ends_down_to_the_last_map() -> None:
    fiber = shop.open_shop()
    special, world = a_map("SPECIAL", b"43800,FREE\n"), a_map("WORLD", b"43,AT\n")
    fall_back(special, world)
    run("UPDATE catalog_zonefallback SET valid = '[2025-01-01,)'")
    charge = called(fiber, zone_map=special, price_attributes=["zone"])
    fully_priced(fiber)
    published(charge, tiers=cells("zone=FREE", "*"))
    go(fiber.version.pk)
    only_ends = "catalog_zonefallback_only_ends"
    assert refused("DELETE FROM catalog_zonefallback") == only_ends
    assert refused("UPDATE catalog_zonefallback SET turn = 2") == only_ends
    run("UPDATE catalog_zonefallback SET valid = daterange(lower(valid), '2027-02-01')")
    sold = f"UPDATE catalog_zoneprefix SET zone = 'X' WHERE zone_map_id = {world.pk}"
    assert refused(sold) == "catalog_zoneprefix_only_ends"
    held = f"UPDATE catalog_zonemap SET fallback = 'X' WHERE id = {world.pk}"
    assert refused(held) == "catalog_zonemap_keeps_its_meaning"


def test_publication_knows_the_zones_of_the_chain_and_names_a_silent_map() -> None:
    fiber = shop.open_shop()
    special, world = a_map("SPECIAL", b"43800,FREE\n"), a_map("WORLD")
    fall_back(special, world)
    charge = called(fiber, "PER_UNIT", zone_map=special, price_attributes=["zone"])
    with pytest.raises(CannotPublish, match="zone map WORLD of its chain has no prefix"):
        published(charge, unit_price=Decimal(1), attributes={"zone": "FREE"})
    content = b"prefix,zone\n43,AT\n"
    operations.import_zones(
        zone_map=world, content=content, filename="w.csv", starts=START, actor=None
    )
    fully_priced(fiber)
    published(charge, unit_price=Decimal(1), attributes={"zone": "FREE"})
    with pytest.raises(CannotPublish, match="no price fits zone=AT"):
        go(fiber.version.pk)


def test_maps_are_read_with_their_chains_in_three_statements(
    django_assert_num_queries: Any,
) -> None:
    special, nation, world = (
        a_map("SPECIAL", b"43800,FREE\n"), a_map("NATION", b"43,AT\n"), a_map("WORLD", b"1,US\n")
    )  # fmt: skip
    fall_back(special, nation)
    fall_back(nation, world)
    with django_assert_num_queries(3):
        maps = zone_maps([special.pk])
    assert maps[special.pk].zone_of("+1212", "2027-05-01") == "US"


def test_the_page_sets_and_lists_them(client: Client) -> None:
    special, world = a_map("SPECIAL"), a_map("WORLD")
    page = reverse("catalog:zone_fallbacks")
    client.force_login(shop.person("caller", "catalog.view_zoneprefix", "catalog.change_zonemap"))
    data = {"zone_map": special.pk, "starts": "2027-01-01", "then": "WORLD"}
    assert client.post(page, data).status_code == 302
    assert standing() == [("SPECIAL", 1, "WORLD", START, None)]
    assert "WORLD" in client.get(page).content.decode()
    for then, why in (("NONE", "No zone map has the code NONE"), ("SPECIAL", "itself")):
        answer = client.post(page, data | {"then": then})
        assert (answer.status_code, why in answer.content.decode()) == (422, True)
    client.force_login(shop.person("nobody"))
    assert client.get(page).status_code == 403
    assert world.pk
