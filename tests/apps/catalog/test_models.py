"""Every further price model from the charge to a published price, by form, file and operation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import operations
from catalog.models import Charge, PriceVersion
from catalog.operations.life import CannotPublish
from catalog.queries import compiled, price_lists
from catalog.rules.price_rows import HEADINGS
from catalog.rules.pricing import Tier, price
from foundation.errors import Invalid
from foundation.exports import csv_bytes
from tests.apps.catalog.shop import START, Shop, author, published

pytestmark = pytest.mark.django_db
D = Decimal
CELLS = (Tier(None, D("0.10"), D(0), "zone=EU"), Tier(None, D("0.50"), D("0.02"), "*"))
RATES = (Tier(D(1000), D("0.03"), D(0)), Tier(None, D("0.02"), D(0)))


def charge(fiber: Shop, model: str, kind: str = "USAGE", **terms: Any) -> Charge:
    if kind == "USAGE":
        terms.setdefault("usage_type", fiber.voice)
        terms.setdefault("price_attributes", ["zone"])
    return operations.add_charge(
        version=fiber.version, product=fiber.usage, code=model, name=model.title(), kind=kind,
        price_model=model, actor=None, **terms,
    )  # fmt: skip


def stock(fiber: Shop) -> None:
    published(charge(fiber, "MATRIX"), tiers=CELLS)
    published(charge(fiber, "GRADUATED_PERCENT"), tiers=RATES)
    published(charge(fiber, "DYNAMIC"), percent=D("0.25"))
    published(charge(fiber, "PER_DAY", "RECURRING"), unit_price=D("0.25"))
    published(
        charge(fiber, "PER_UNIT", usage_rounding="EVENT"), unit_price=D("0.002"),
        event_fee=D("0.05"), event_min=D("0.10"), event_max=D(3),
    )  # fmt: skip


def test_every_model_is_published_and_read_back_by_the_engine(fiber: Shop) -> None:
    stock(fiber)
    book = compiled()

    def cost(model: str, quantity: str, **attributes: str) -> Decimal:
        found = book.price_for(
            Charge.objects.get(code=model).pk, book_id=None, currency="USD", on_date=START,
            attributes=attributes,
        )  # fmt: skip
        assert found is not None
        return price(found, D(quantity), "USD").amount

    assert cost("MATRIX", "10", zone="EU") == D("1.00")
    assert cost("MATRIX", "10", zone="WORLD") == D("5.02")
    assert cost("GRADUATED_PERCENT", "1500") == D(40)
    assert cost("DYNAMIC", "80") == D(100)
    assert cost("PER_DAY", "2") == D("0.50")


def test_what_is_exported_of_them_imports_unchanged(fiber: Shop) -> None:
    stock(fiber)
    rows = price_lists.file_rows(price_lists.prices(state="PUBLISHED"))
    report = operations.import_prices(
        content=csv_bytes(HEADINGS, rows), filename="p.csv", on_date=START, actor=None
    )
    assert [*report.problems] == []
    assert {change.kind for change in report.changes} == {"unchanged"}
    assert len(report.changes) == 5


def test_a_matrix_comes_from_a_file_cell_by_cell(fiber: Shop) -> None:
    charge(fiber, "MATRIX")
    head = "charge,currency,valid_from,model,cell,unit_price\n"
    row = "FIBER/1/MATRIX,USD,2027-04-01,MATRIX"

    def send(*cells: str, name: str) -> Any:
        content = head + "".join(f"{row},{cell}\n" for cell in cells)
        return operations.import_prices(
            content=content.encode(), filename=name, on_date=START, actor=None
        )

    good = send("*,0.50", "zone=EU,0.10", "zone=EU;peak=yes,0.15", name="a.csv")
    assert [(p.column, p.rule) for p in good.problems] == [("tier_seq", "PRC-3")] * 3
    good = send("*,0.50", "zone=EU,0.10", name="b.csv")
    assert not good.problems
    draft = PriceVersion.objects.get(pk=good.drafted[0])
    assert [tier.cell for tier in draft.tiers.order_by("seq")] == ["zone=EU", "*"]
    twice = send("*,0.50", "*,0.60", name="c.csv")
    assert [(p.row, p.column, p.rule) for p in twice.problems] == [
        (2, "charge", "TOGETHER"),
        (3, "cell", "DUPLICATE"),
    ]
    lone = send("zone=EU,0.10", name="d.csv")
    assert "matches no other" in lone.problems[0].message
    none = send(",0.10", name="e.csv")
    assert [(p.column, p.rule) for p in none.problems] == [("cell", "REQUIRED")]


@pytest.mark.parametrize(
    ("model", "terms", "values", "told"),
    [
        ("MATRIX", {}, {"tiers": CELLS[:1]}, "add the cell *"),
        ("MATRIX", {}, {"tiers": (*CELLS, Tier(None, D(1), D(0), "hour=9"))}, "asks for hour"),
        (
            "MATRIX",
            {"price_attributes": ["zone", "peak"]},
            {"tiers": (*CELLS, Tier(None, D(1), D(0), "peak=yes"))},
            "can both match an event",
        ),
        ("MATRIX", {}, {"tiers": CELLS, "unit_price": D(1)}, "has no unit price"),
        ("DYNAMIC", {}, {"percent": D(1), "event_fee": D(1)}, "rounds by event"),
        ("DYNAMIC", {}, {"percent": D(1), "free_units": D(1)}, "has no included quantity"),
        ("GRADUATED_PERCENT", {}, {"tiers": RATES[:1]}, "last tier must have no end"),
    ],
)
def test_a_bad_price_is_refused_at_the_gate(
    fiber: Shop, model: str, terms: dict[str, Any], values: dict[str, Any], told: str
) -> None:
    with pytest.raises(CannotPublish) as refusal:
        published(charge(fiber, model, **terms), **values)
    assert told in str(refusal.value)


def test_a_charge_that_contradicts_its_model_is_refused(fiber: Shop) -> None:
    with pytest.raises(Invalid, match="choose that kind"):
        charge(fiber, "PER_DAY")
    with pytest.raises(Invalid, match="name them in the price attributes"):
        charge(fiber, "MATRIX", price_attributes=[])
    with pytest.raises(Invalid, match="cell is named twice"):
        operations.draft_price(
            charge=charge(fiber, "MATRIX"), currency="USD", starts=START,
            tiers=(CELLS[0], CELLS[0]), actor=None,
        )  # fmt: skip


def test_a_matrix_is_drafted_and_changed_on_its_page(client: Client, fiber: Shop) -> None:
    charge(fiber, "MATRIX")
    client.force_login(author())
    given = {
        "charge": "FIBER/1/MATRIX", "currency": "USD", "starts": "2027-04-01",
        "tiers": "zone=EU; 0.10; 0\n*; 0.50; 0.02",
    }  # fmt: skip
    answer = client.post(reverse("catalog:price_add"), given)
    assert answer.status_code == 302, answer.content.decode()
    draft = PriceVersion.objects.latest("pk")
    assert price_lists.values_of(draft).tiers == CELLS
    page = client.get(reverse("catalog:price", args=[draft.pk])).content.decode()
    assert "anything else" in page
    assert "zone=EU" in page
    edit = reverse("catalog:price_edit", args=[draft.pk])
    shown = client.get(edit).context["form"].initial["tiers"]
    assert shown == "zone=EU; 0.1; \n*; 0.5; 0.02"
    client.post(edit, {"starts": date(2027, 5, 1), "tiers": shown})
    draft.refresh_from_db()
    assert price_lists.values_of(PriceVersion.objects.get(pk=draft.pk)).tiers == CELLS
