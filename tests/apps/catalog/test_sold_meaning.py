"""What is sold keeps its meaning: usage types and units, attacked by raw SQL (UNIT-7)."""

from __future__ import annotations

import pytest
from django.contrib.admin.sites import site
from django.test import RequestFactory

from catalog.models import UsageType
from tests.apps.catalog import shop
from tests.apps.catalog.attacks import refused, run
from tests.apps.catalog.test_offers import fully_priced, go

pytestmark = pytest.mark.django_db

CHANGES = (
    "code = 'OTHER'", "identifier_type = 'SIM'", "time_attribute = 'END'",
    "dedupe_fields = '{quantity}'", "aggregate_rule = 'MAX'", "bucket = 'HOUR'",
    "unique_attribute = 'user'", "carries_over = true", "missing_zero = true",
    "quantity_places = 2", "quantity_mode = 'ROUND_UP'",
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_how_a_sold_usage_type_counts_does_not_change(change: str) -> None:
    fiber = shop.open_shop()
    fully_priced(fiber)
    statement = f"UPDATE catalog_usagetype SET {change} WHERE id = {fiber.voice.pk}"
    run(statement)  # of a draft it may
    run(
        "UPDATE catalog_usagetype SET code = 'VOICE', identifier_type = 'MSISDN', "
        "time_attribute = 'START', dedupe_fields = '{}', aggregate_rule = 'SUM', bucket = 'DAY', "
        "unique_attribute = '', carries_over = false, missing_zero = false, quantity_places = 8, "
        "quantity_mode = 'ROUND_HALF_UP'"
    )
    go(fiber.version.pk)
    assert refused(statement) == "catalog_usagetype_keeps_its_meaning"


def test_names_and_values_of_a_sold_usage_type_may_change() -> None:
    fiber = shop.open_shop()
    fully_priced(fiber)
    go(fiber.version.pk)
    run("UPDATE catalog_usagetype SET name = 'Calls', attribute_schema = '{}', is_active = false")
    form = site._registry[UsageType].get_readonly_fields(RequestFactory().get("/"), fiber.voice)
    assert set(form) == set(UsageType.MEANING)


@pytest.mark.parametrize("change", ["to_base = 61", "dimension = 'DATA'", "code = 'M'"])
def test_a_sold_unit_keeps_its_factor(change: str) -> None:
    fiber = shop.open_shop()
    fully_priced(fiber)
    go(fiber.version.pk)
    statement = f"UPDATE catalog_unitofmeasure SET {change} WHERE id = {fiber.voice.unit_id}"
    assert refused(statement) == "catalog_unitofmeasure_keeps_its_meaning"
    run(f"UPDATE catalog_unitofmeasure SET name = 'Min.' WHERE id = {fiber.voice.unit_id}")
