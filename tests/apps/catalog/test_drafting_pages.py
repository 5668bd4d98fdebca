"""The pages on which an offer is drafted: long forms folded by topic, parts taken out, priced."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from catalog import operations
from catalog.models import OfferVersion, PriceVersion
from tests.apps.catalog import shop
from tests.apps.catalog.shop import START, Shop
from tests.apps.catalog.test_bundles import bundle, put

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def fiber(client: Client, shop_world: Shop) -> Shop:
    client.force_login(shop.author())
    return shop_world


def shown(client: Client, version: OfferVersion) -> str:
    return client.get(reverse("catalog:version", args=[version.pk])).content.decode()


def test_parts_of_a_draft_are_taken_out_again(client: Client, fiber: Shop) -> None:
    draft = fiber.version
    spec = operations.add_entitlement(
        version=draft, usage_type=fiber.voice, code="FREE", name="Free minutes", quantity=D(300),
        actor=None,
    )  # fmt: skip
    operations.draft_price(
        charge=fiber.rental, currency="USD", flat_amount=D(20), starts=START, actor=None
    )
    page = reverse("catalog:part_remove", args=[draft.pk])
    for part, name in (
        (f"charge-{fiber.rental.pk}", "FIBER/1/RENTAL"),
        (f"entitlementspec-{spec.pk}", "Free minutes"),
    ):
        assert f"{page}?part={part}" in shown(client, draft)
        asked = client.get(page, {"part": part}).content.decode()
        assert re.search(rf'<option value="{part}" selected>[^<]*{name}', asked)
        answer = client.post(page, {"part": part})
        assert answer["Location"] == reverse("catalog:version", args=[draft.pk])
        assert name not in shown(client, draft)
    assert not PriceVersion.objects.exists(), "with a charge go the drafts of its prices"
    home = bundle()
    inside = put(home, fiber.offer)
    page = reverse("catalog:part_remove", args=[home.pk])
    assert client.post(page, {"part": f"charge-{fiber.install.pk}"}).status_code == 422, (
        "another's"
    )
    assert draft.charges.filter(pk=fiber.install.pk).exists()
    client.post(page, {"part": f"bundlecomponent-{inside.pk}"})
    assert not home.components.exists()


def test_a_draft_leads_to_the_price_that_it_lacks(client: Client, fiber: Shop) -> None:
    page = f"{reverse('catalog:price_add')}?charge={fiber.rental.reference}"
    text = shown(client, fiber.version)
    assert page in text
    assert f"on {START.day} {START:%b %Y}." in text, "the day as people write it"
    asked = client.get(f"{page}&currency=USD").content.decode()
    assert f'value="{fiber.rental.reference}"' in asked
    assert '<option value="USD" selected>' in asked


def test_rare_fields_are_folded_and_open_where_one_is_refused(client: Client, fiber: Shop) -> None:
    page = reverse("catalog:charge_add", args=[fiber.version.pk])
    text = client.get(page).content.decode()
    folds = re.findall(r'<details class="hs-fold" (open)?>\s*<summary>([^<]+)', text)
    assert [one for one, _ in folds] == [""] * 4
    assert "---------" not in text
    assert text.count('name="text_template"') == 1
    refused = client.post(page, {"event_decimals": "many"}).content.decode()
    assert '<details class="hs-fold" open>\n      <summary>Usage and how events' in refused
    price = operations.draft_price(
        charge=fiber.rental, currency="USD", flat_amount=D(20), min_amount=D(5), starts=START,
        actor=None,
    )  # fmt: skip
    change = client.get(reverse("catalog:price_edit", args=[price.pk])).content.decode()
    assert re.findall(r'<details class="hs-fold" (open)?>', change) == ["", "", "open"]


@pytest.mark.parametrize(
    ("least", "greatest"), [("min_amount", "max_amount"), ("event_min", "event_max")]
)
def test_bounds_that_cross_are_said_at_the_field(
    client: Client, fiber: Shop, least: str, greatest: str
) -> None:
    form = {"charge": fiber.rental.reference, "currency": "USD", "starts": str(START)}
    form |= {"flat_amount": "9", least: "10", greatest: "5"}
    answer = client.post(reverse("catalog:price_add"), form)
    assert answer.status_code == 422
    assert "It is less than the least amount, 10." in answer.content.decode()


def test_a_greatest_amount_of_zero_is_kept(client: Client, fiber: Shop) -> None:
    """An empty field would take the cap off what nobody was to pay for."""
    price = operations.draft_price(
        charge=fiber.rental, currency="USD", flat_amount=D(20), min_amount=D(0), max_amount=D(0),
        starts=START, actor=None,
    )  # fmt: skip
    form = client.get(reverse("catalog:price_edit", args=[price.pk])).context["form"]
    told = [form[name].value() for name in ("min_amount", "max_amount", "event_max")]
    assert told == ["0", "0", ""]
