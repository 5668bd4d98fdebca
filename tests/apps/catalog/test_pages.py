"""The pages of the catalogue: who sees them, what they show, what they do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import ImportBatch
from catalog import operations
from catalog.models import OfferVersion, PriceVersion
from catalog.rules.pricing import Tier
from ledger.models import LegalEntity
from tests.apps.catalog import shop
from tests.apps.catalog.shop import Shop, published

pytestmark = pytest.mark.django_db
D = Decimal
TIERS = (Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))
LAST_MONTH = date.today() - timedelta(days=30)
SOON = date.today() + timedelta(days=30)


def login(client: Client, user: User) -> User:
    client.force_login(user)
    return user


def live(fiber: Shop) -> PriceVersion:
    published(fiber.minutes, tiers=TIERS, starts=LAST_MONTH, on_date=LAST_MONTH)
    return published(fiber.rental, flat_amount=D("29.99"), starts=LAST_MONTH, on_date=LAST_MONTH)


def draft(fiber: Shop, author: User | None = None, **values: Any) -> PriceVersion:
    asked: dict[str, Any] = {"flat_amount": D("31.50"), "starts": SOON, "currency": "USD"} | values
    return operations.draft_price(charge=fiber.rental, actor=author, **asked)


def test_the_matrix_shows_prices_in_force_with_tiers(client: Client, fiber: Shop) -> None:
    live(fiber)
    draft(fiber)
    login(client, shop.viewer())
    page = client.get(reverse("catalog:matrix")).content.decode()
    assert "29.99" in page
    assert "FIBER/1/MINUTES" in page
    assert "above 100" in page
    assert "31.50" not in page
    assert "31.50" in client.get(reverse("catalog:matrix"), {"state": "DRAFT"}).content.decode()
    for filters in (
        {"charge": "MINUTES"}, {"currency": "USD"}, {"book": "-"}, {"on_date": str(SOON)}
    ):  # fmt: skip
        assert "FIBER/1/MINUTES" in client.get(reverse("catalog:matrix"), filters).content.decode()
    assert "No price matches" in client.get(
        reverse("catalog:matrix"), {"segment": "SMB"}
    ).content.decode()  # fmt: skip
    assert client.get(reverse("catalog:matrix"), {"on_date": "soon"}).status_code == 422


def test_only_whoever_may_export_exports(client: Client, fiber: Shop) -> None:
    live(fiber)
    login(client, shop.viewer())
    page = client.get(reverse("catalog:matrix"))
    assert "Export CSV" not in page.content.decode()
    assert client.get(reverse("catalog:matrix"), {"export": "csv"}).status_code == 403
    login(client, shop.author())
    text = client.get(reverse("catalog:matrix"), {"export": "csv"}).content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("charge,pricebook,currency")
    assert len(text.splitlines()) == 4  # the heading, a rental, two tiers
    assert client.get(reverse("catalog:matrix"), {"export": "xlsx"}).content.startswith(b"PK")
    assert client.get(reverse("catalog:matrix"), {"export": "pdf"}).status_code == 302


PAGES = [
    ("matrix", ()), ("queue", ()), ("offers", ()), ("price", ("price",)), ("version", ("version",))
]  # fmt: skip
FORMS = [
    ("price_add", ()), ("price_import", ()), ("offer_add", ()), ("price_edit", ("price",)),
    ("price_successor", ("price",)), ("price_reject", ("price",)), ("price_retire", ("price",)),
    ("version_add", ("version",)), ("charge_add", ("version",)), ("offer_reject", ("version",)),
    ("price_import_preview", ()),
]  # fmt: skip
STEPS = [
    ("price_submit", "price"), ("price_discard", "price"), ("price_approve", "price"),
    ("price_publish", "price"), ("offer_submit", "version"), ("offer_approve", "version"),
    ("offer_publish", "version"), ("offer_retire", "version"),
]  # fmt: skip


def test_a_viewer_sees_and_does_nothing_more(client: Client, fiber: Shop) -> None:
    price = draft(fiber)
    ids = {"price": price.pk, "version": fiber.version.pk}
    login(client, shop.viewer())
    for name, args in PAGES:
        url = reverse(f"catalog:{name}", args=[ids[arg] for arg in args])
        assert client.get(url).status_code == 200, name
    for name, args in FORMS:
        url = reverse(f"catalog:{name}", args=[ids[arg] for arg in args])
        assert client.get(url).status_code == 403, name
        assert client.post(url, {}).status_code == 403, name
    for name, arg in STEPS:
        assert client.post(reverse(f"catalog:{name}", args=[ids[arg]])).status_code == 403, name
    for step in ("submit", "approve", "publish", "discard", "nonsense"):
        answer = client.post(reverse("catalog:queue"), {"step": step, "price": [price.pk]})
        assert answer.status_code == 403
    price.refresh_from_db()
    assert price.state == "DRAFT"


def test_whoever_may_not_see_is_refused(client: Client, fiber: Shop) -> None:
    price = draft(fiber)
    ids = {"price": price.pk, "version": fiber.version.pk}
    login(client, shop.person("nobody"))
    for name, args in [*PAGES, *FORMS]:
        url = reverse(f"catalog:{name}", args=[ids[arg] for arg in args])
        assert client.get(url).status_code == 403, name


def test_a_price_goes_from_a_form_to_force(client: Client, fiber: Shop) -> None:
    author, checker = shop.author(), shop.checker()
    login(client, author)
    form = {
        "charge": "FIBER/1/MINUTES", "currency": "USD", "starts": str(SOON),
        "attributes": "zone=EU", "tiers": "100; 0.10\n*; 0.05; 1.00",
    }  # fmt: skip
    answer = client.post(reverse("catalog:price_add"), form)
    assert answer.status_code == 302
    price = PriceVersion.objects.get()
    assert (price.created_by, price.attribute_key, price.tiers.count()) == (author, "zone=EU", 2)
    page = client.get(answer["Location"]).content.decode()
    assert "Submit for review" in page
    assert "Approve" not in page
    client.post(reverse("catalog:price_submit", args=[price.pk]))
    login(client, checker)
    assert "Approve" in client.get(answer["Location"]).content.decode()
    client.post(reverse("catalog:price_approve", args=[price.pk]))
    client.post(reverse("catalog:price_publish", args=[price.pk]))
    price.refresh_from_db()
    assert (price.state, price.approved_by) == ("PUBLISHED", checker)
    client.post(reverse("catalog:price_retire", args=[price.pk]), {"ends": str(SOON)})
    price.refresh_from_db()
    assert price.state == "PUBLISHED", "a price does not end before it began"
    later = SOON + timedelta(days=90)
    client.post(reverse("catalog:price_retire", args=[price.pk]), {"ends": str(later)})
    price.refresh_from_db()
    assert (price.state, price.valid.upper) == ("RETIRED", later)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("flat_amount", "NaN", "is not a number"),
        ("flat_amount", "1e5", "is not a number"),
        ("flat_amount", "1_000", "is not a number"),
        ("flat_amount", "9.999", "more than 2 decimals"),
        ("flat_amount", "-1", "is less than 0"),
        ("flat_amount", "", "0 where the charge costs nothing"),
        ("currency", "usd", "is not one of the available choices"),
        ("charge", "GHOST/1/X", "no such charge"),
        ("segment", "a b", "is not a code"),
        ("attributes", "zone", "written name=value"),
        ("tiers", "100", "line 1"),
        ("tiers", "100; x", "line 1"),
        ("tiers", "0; 1\n*; 2", "line 1: 0 is less than 0.00000001"),
        ("package_size", "0", "0 is less than 0.00000001"),
        ("starts", "2027-02-29", "valid date"),
        ("starts", "9999-12-31", "is not from 1900-01-01 to 2199-12-31"),
        ("starts", "0001-01-01", "is not from 1900-01-01 to 2199-12-31"),
        ("percent", "9.1", "9.1 is more than 9"),
        ("tiers", "100; ", "line 1: say the price"),
    ],
)
def test_a_bad_value_is_said_at_its_field(
    client: Client, fiber: Shop, field: str, value: str, words: str
) -> None:
    """The same parsers as the file's."""
    login(client, shop.author())
    form = {"charge": "FIBER/1/RENTAL", "currency": "USD", "starts": str(SOON), "flat_amount": "9"}
    answer = client.post(reverse("catalog:price_add"), form | {field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not PriceVersion.objects.exists()


def test_drafts_are_changed_and_rejected_prices_come_back(client: Client, fiber: Shop) -> None:
    author, checker = shop.author(), shop.checker()
    price = draft(fiber, author)
    login(client, author)
    url = reverse("catalog:price_edit", args=[price.pk])
    assert "31.5" in client.get(url).content.decode()
    left_out = client.post(url, {"starts": str(SOON), "flat_amount": ""})
    assert left_out.status_code == 422
    assert "flat_amount" in left_out.context["form"].errors
    client.post(url, {"starts": str(SOON), "flat_amount": "0"})
    assert client.get(url).context["form"].initial["flat_amount"] == "0"
    client.post(url, {"starts": str(SOON), "flat_amount": "32.00"})
    client.post(reverse("catalog:price_submit", args=[price.pk]))
    login(client, checker)
    client.post(reverse("catalog:price_reject", args=[price.pk]), {"comment": "Too high"})
    price.refresh_from_db()
    assert (price.state, price.flat_amount) == ("DRAFT", D("32.00"))
    login(client, author)
    client.post(reverse("catalog:price_discard", args=[price.pk]))
    assert not PriceVersion.objects.exists()


def test_a_successor_begins_with_what_the_price_says(client: Client, fiber: Shop) -> None:
    price = live(fiber)
    login(client, shop.author())
    page = client.get(reverse("catalog:price_successor", args=[price.pk])).content.decode()
    assert "29.99" in page
    assert "FIBER/1/RENTAL" in page


def test_what_is_missing_is_said_on_the_page(client: Client, fiber: Shop) -> None:
    author = shop.author()
    price = operations.draft_price(charge=fiber.minutes, currency="USD", starts=SOON, actor=author)
    login(client, author)
    assert "needs tiers" in client.get(
        reverse("catalog:price", args=[price.pk])
    ).content.decode()  # fmt: skip
    answer = client.post(reverse("catalog:price_submit", args=[price.pk]), follow=True)
    assert "needs tiers" in answer.content.decode()
    page = client.get(reverse("catalog:version", args=[fiber.version.pk])).content.decode()
    assert "RENTAL has no published price" in page


def file(text: str, name: str = "prices.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


HEAD = "charge,currency,valid_from,model,flat\n"


def test_an_import_is_compared_confirmed_and_queued(client: Client, fiber: Shop) -> None:
    live(fiber)
    author, checker = shop.author(), shop.checker()
    login(client, author)
    text = HEAD + f"FIBER/1/RENTAL,USD,{SOON},FLAT,33\nFIBER/1/GHOST,USD,{SOON},FLAT,1\n"
    answer = client.post(reverse("catalog:price_import"), {"file": file(text)}, follow=True)
    page = answer.content.decode()
    assert "nothing is written yet" in page
    assert "29.99" in page
    assert "33.00" in page
    assert "there is no charge FIBER/1/GHOST" in page
    assert not ImportBatch.objects.exists()
    preview = reverse("catalog:price_import_preview")
    queue = client.post(preview)
    batch = ImportBatch.objects.get()
    assert queue["Location"].endswith(f"?batch={batch.pk}")
    price = PriceVersion.objects.get(batch_id=batch.pk)
    assert (price.state, price.created_by) == ("DRAFT", author)
    again = client.post(preview, follow=True)
    assert "There is no file to import" in again.content.decode()
    url = queue["Location"]
    assert "Submit for review" in client.get(url).content.decode()
    client.post(url, {"step": "submit", "price": [price.pk]})
    login(client, checker)
    client.post(url, {"step": "approve", "price": [price.pk]})
    done = client.post(url, {"step": "publish", "price": [price.pk]}, follow=True)
    assert "1 prices published" in done.content.decode()
    price.refresh_from_db()
    assert price.is_published


def test_a_step_of_the_queue_is_taken_by_all_or_none(client: Client, fiber: Shop) -> None:
    author = shop.author()
    good = draft(fiber, author)
    bad = operations.draft_price(charge=fiber.minutes, currency="USD", starts=SOON, actor=author)
    login(client, author)
    url = reverse("catalog:queue")
    answer = client.post(url, {"step": "submit", "price": [good.pk, bad.pk]}, follow=True)
    assert "needs tiers" in answer.content.decode()
    good.refresh_from_db()
    assert good.state == "DRAFT"
    for chosen in ([], ["x"], ["99999999"], ["9" * 40]):
        answer = client.post(url, {"step": "submit", "price": chosen}, follow=True)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.csv", "", "empty"),
        ("p.csv", "a;b\n1;2\n", "separate them by commas"),
        ("p.pdf", HEAD, "csv"),
    ],
)
def test_a_bad_file_is_said_on_the_form(
    client: Client, fiber: Shop, name: str, text: str, words: str
) -> None:
    login(client, shop.author())
    answer = client.post(reverse("catalog:price_import"), {"file": file(text, name)})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_an_offer_goes_from_a_form_to_sale(client: Client, fiber: Shop) -> None:
    author, checker = shop.author(), shop.checker()
    login(client, author)
    LegalEntity.objects.create(
        code="US", name="US", country="US", functional_currency="USD", time_zone="UTC"
    )
    form = {"code": "BASIC", "name": "Basic", "starts": str(SOON), "currencies": ["USD"]}
    answer = client.post(reverse("catalog:offer_add"), form)
    version = OfferVersion.objects.get(offer__code="BASIC")
    assert version.currencies == ["USD"]
    charge = {
        "product": fiber.product.pk, "code": "RENT", "name": "Rent", "kind": "RECURRING",
        "timing": "ADVANCE", "price_model": "FLAT", "period_unit": "MONTH", "period_count": 1,
        "alignment": "CYCLE", "trigger": "EFFECTIVE", "proration": "ACTUAL_DAYS",
        "granularity": "DAY",
        "in_policy": "PRORATE", "out_policy": "PRORATE", "change_policy": "PRORATE",
        "change_day": "NEW", "long_anchor": "NEXT_CYCLE_DATE", "billed_through": "PERIOD_END",
        "usage_rounding": "LINE", "event_decimals": 4, "event_mode": "ROUND_HALF_UP",
        "first_increment": 0, "next_increment": 0, "counter_scope": "SUBSCRIPTION",
        "tier_reset": "PERIOD", "increment_mode": "UP",
        "invoice_section": "Charges", "text_template": "{name}",
    }  # fmt: skip
    added = client.post(reverse("catalog:charge_add", args=[version.pk]), charge)
    assert added.status_code == 302, added.content.decode()[:3000]
    published(version.charges.get(), flat_amount=D(5), starts=SOON)
    client.post(reverse("catalog:offer_submit", args=[version.pk]))
    login(client, checker)
    client.post(reverse("catalog:offer_approve", args=[version.pk]))
    client.post(reverse("catalog:offer_publish", args=[version.pk]))
    version.refresh_from_db()
    assert version.is_published
    assert "Draft the next version" not in client.get(answer["Location"]).content.decode()
    login(client, author)
    later = {"starts": str(SOON + timedelta(days=30))}
    client.post(reverse("catalog:version_add", args=[version.pk]), later)
    assert OfferVersion.objects.filter(offer__code="BASIC").count() == 2


def test_lists_ask_a_bounded_number_of_questions(
    client: Client, fiber: Shop, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        published(
            fiber.minutes, tiers=TIERS, segment=f"S{number}", starts=LAST_MONTH,
            on_date=LAST_MONTH,
        )  # fmt: skip
        draft(fiber, segment=f"S{number}")
    login(client, shop.viewer())
    for name in ("matrix", "queue", "offers"):
        with django_assert_max_num_queries(16):
            assert client.get(reverse(f"catalog:{name}")).status_code == 200


def test_the_admin_shows_and_edits_what_it_may(client: Client, fiber: Shop) -> None:
    price = live(fiber)
    User.objects.create_superuser("root", password="x")
    login(client, User.objects.get(username="root"))
    for model, pk in (
        ("unitofmeasure", None), ("usagetype", fiber.voice.pk), ("glcode", None),
        ("revenuerule", None), ("product", fiber.product.pk), ("pricebook", None),
        ("offer", fiber.offer.pk), ("offerversion", fiber.version.pk),
        ("charge", fiber.rental.pk), ("priceversion", price.pk),
    ):  # fmt: skip
        assert client.get(reverse(f"admin:catalog_{model}_changelist")).status_code == 200
        if pk is not None:
            change = client.get(reverse(f"admin:catalog_{model}_change", args=[pk]))
            assert change.status_code == 200, model
    for model in ("offer", "offerversion", "charge", "priceversion"):
        assert client.get(reverse(f"admin:catalog_{model}_add")).status_code == 403
    url = reverse("admin:catalog_priceversion_change", args=[price.pk])
    client.post(url, {"flat_amount": "1"})
    price.refresh_from_db()
    assert price.flat_amount == D("29.99")


def test_a_reviewer_sees_what_a_price_takes_over_from(client: Client, fiber: Shop) -> None:
    price = live(fiber)
    waiting = draft(fiber)
    login(client, shop.checker())
    page = client.get(reverse("catalog:price", args=[waiting.pk])).content.decode()
    assert "What it meets" in page
    assert reverse("catalog:price", args=[price.pk]) in page


def test_the_queue_is_exported_by_whoever_may(client: Client, fiber: Shop) -> None:
    draft(fiber)
    url = reverse("catalog:queue")
    login(client, shop.viewer())
    assert "export=csv" not in client.get(url).content.decode()
    assert client.get(url, {"export": "csv"}).status_code == 403
    login(client, shop.author())
    assert "FIBER/1/RENTAL" in client.get(url, {"export": "csv"}).content.decode("utf-8-sig")
