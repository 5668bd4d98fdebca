"""The pages of the customers room, as a clerk uses them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import operations
from customers.models import (
    Account,
    Contract,
    Customer,
    ExemptionCertificate,
    Order,
    Subscription,
)
from customers.urls import urlpatterns
from invoicing.models import BillCycle
from tests.apps.customers import build
from tests.apps.customers.everything import everything
from tests.worlds import standing

pytestmark = pytest.mark.django_db
JAN = date(2020, 1, 1)
LISTS = ("customers", "accounts", "orders", "subscriptions", "certificates")


def page(name: str, *args: int) -> str:
    return reverse(f"customers:{name}", args=args)


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(build.user("boss"))
    return client


everything_world = standing("everything_world", everything)


@pytest.fixture
def world(everything_world: dict[str, int]) -> dict[str, int]:
    return everything_world


def pk_for(route: str, world: dict[str, int]) -> int:
    if route.startswith("accounts/"):
        return world["leaf"]
    for start, name in (
        ("contracts/", "contract"),
        ("certificates/", "certificate"),
        ("orders/", "order"),
        ("redirections/", "redirection"),
        ("discounts/", "discount"),
        ("commitments/", "commitment"),
        ("fall-out/", "failure"),
        ("subscriptions/", "subscription"),
    ):
        if route.startswith(start):
            return world[name]
    return world["customer"]


def addresses(world: dict[str, int]) -> list[tuple[str, Any]]:
    """Return every page of the room with a true address."""
    found = []
    for entry in urlpatterns:
        route = str(entry.pattern)
        args = [pk_for(route, world)] if "<int:pk>" in route else []
        found.append((page(str(entry.name), *args), entry.callback))
    return found


def test_every_page_opens(clerk: Client, world: dict[str, int]) -> None:
    for address, view in addresses(world):
        answer = clerk.get(address)
        expected = 405 if "get" not in view.view_class.http_method_names else 200
        assert answer.status_code == expected, address


def test_a_viewer_opens_what_is_for_reading_and_nothing_else(world: dict[str, int]) -> None:
    viewer = build.user("viewer", is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(User.objects.get(pk=viewer.pk))
    counted = (Customer, Account, Order, Subscription, Contract, ExemptionCertificate)
    before = [model.objects.count() for model in counted]
    for address, view in addresses(world):
        permission = str(view.view_class.permission)
        reads = permission.partition(".")[2].startswith("view_")
        assert client.get(address).status_code in ((200,) if reads else (403,)), address
        if not reads:
            assert client.post(address, {}).status_code == 403, address
    assert [model.objects.count() for model in counted] == before


def test_a_stranger_sees_nothing(world: dict[str, int]) -> None:
    client = Client()
    client.force_login(build.user("stranger", is_superuser=False))
    for address, _ in addresses(world):
        assert client.get(address).status_code == 403, address
    assert Client().get(page("accounts")).status_code == 302


def test_a_page_leads_only_where_its_reader_may_go(world: dict[str, int]) -> None:
    reader = build.user("reader", is_superuser=False)
    client = Client()
    address, account = page("order", world["order"]), page("account", world["leaf"])
    for right, leads in (("view_order", False), ("view_account", True)):
        reader.user_permissions.add(Permission.objects.get(codename=right))
        client.force_login(User.objects.get(pk=reader.pk))
        text = client.get(address).content.decode()
        assert "Site" in text, "what it is about is named either way"
        assert (f'href="{account}"' in text) is leads


def test_from_customer_to_service_by_hand(clerk: Client) -> None:
    build.entity()
    build.place()
    BillCycle.objects.create(code="C15", name="Mid month", day=15)
    version = build.offer(charges=({}, build.usage_charge()))
    answer = clerk.post(
        page("new_customer"),
        {"kind": "PERSON", "legal_name": "Ada Byron", "language": "en"},
    )
    owner = Customer.objects.get()
    assert answer.headers["Location"] == page("customer", owner.pk)
    clerk.post(
        page("open_account", owner.pk),
        {
            "name": "Household",
            "opened_on": "2020-01-01",
            "entity": "EU",
            "cycle_code": "C15",
            "invoice_mode": "CONSOLIDATED",
            "terms_kind": "NET",
            "terms_days": "14",
            "delivery": "EMAIL",
        },
    )
    account = Account.objects.get(currency="EUR", cycle_day=15)
    order = {
        "line": "ADD",
        "line-1-offer_version": version.pk,
        "line-1-quantity": "1",
        "line-1-effective_on": "2020-02-01",
        "line-1-identifiers": "",
        "line-1-price_policy": "FLOATING",
    }
    refused = clerk.post(page("add_order", account.pk), order)
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "The payer has no billing address. (ORD-3)" in text
    assert "Usage needs an identifier of type MSISDN. (ORD-10)" in text
    assert not Order.objects.exists(), "nothing is left of an order that was not placed"
    clerk.post(
        page("set_address", account.pk),
        {
            "role": "BILLING",
            "valid_from": "2020-01-01",
            "town": "Berlin",
            "country": "DE",
            "jurisdiction": "DE",
        },
    )
    placed = clerk.post(
        page("add_order", account.pk),
        {**order, "line-1-identifiers": "MSISDN 491", "line-1-prices": "C1 7.50"},
    )
    assert placed.status_code == 302, placed.content.decode()
    sub = Subscription.objects.get()
    assert sub.state == "ACTIVE"
    assert build.timeline(sub)[0][3] == Decimal("7.5")
    clerk.post(page("modify_order", sub.pk), {"effective_on": "2020-03-01", "quantity": "4"})
    assert [row[2] for row in build.timeline(sub)] == [1, 4]
    clerk.post(
        page("terminate_order", sub.pk), {"effective_on": "2020-04-01", "reason": "Moves away"}
    )
    sub.refresh_from_db()
    assert (sub.state, sub.end_reason) == ("TERMINATED", "Moves away")


def test_a_draft_is_kept_judged_and_submitted(clerk: Client) -> None:
    account, version = build.account(opened_on=JAN), build.offer()
    clerk.post(
        page("add_order", account.pk),
        {
            "line": "ADD",
            "line-1-offer_version": version.pk,
            "line-1-quantity": "1",
            "line-1-effective_on": "2020-02-01",
            "line-1-price_policy": "FLOATING",
            "do": "draft",
        },
    )
    order = Order.objects.get()
    assert order.state == "DRAFT"
    assert "the order is complete" in clerk.get(page("order", order.pk)).content.decode()
    clerk.post(page("submit_order", order.pk))
    order.refresh_from_db()
    assert order.state == "COMPLETED"


def test_a_move_by_hand_and_a_circle_refused(clerk: Client, world: dict[str, int]) -> None:
    other = build.account("Other", parent=Account.objects.get(pk=world["root"]), opened_on=JAN)
    moved = {"parent": other.number, "on_date": "2020-03-01", "reason": "Reorganised"}
    assert clerk.post(page("move_account", world["leaf"]), moved).status_code == 302
    leaf = Account.objects.get(pk=world["leaf"])
    assert leaf.parent_id == other.pk
    circle = {"parent": leaf.number, "on_date": "2020-04-01", "reason": "Wrong"}
    answer = clerk.post(page("move_account", other.pk), circle)
    assert answer.status_code == 422
    assert "would hang below itself" in answer.content.decode()


def test_the_tree_opens_line_by_line(clerk: Client, world: dict[str, int]) -> None:
    root = Account.objects.get(pk=world["root"])
    side = build.account("Side", parent=root, opened_on=JAN)
    deep = build.account("Deep", parent=side, opened_on=JAN)
    closed = clerk.get(page("account_tree", root.pk)).content.decode()
    assert "Side" in closed
    assert "Deep" not in closed
    opened = clerk.get(page("account_tree", root.pk) + f"?open={side.pk}").content.decode()
    assert deep.number in opened
    assert clerk.get(page("account_tree", root.pk) + "?open=x,-1,9e9").status_code == 200


def test_two_clerks_do_not_overwrite_each_other(clerk: Client, world: dict[str, int]) -> None:
    owner = Customer.objects.get(pk=world["customer"])
    form = {"legal_name": "First", "language": "en", "status": "ACTIVE", "version": owner.version}
    assert clerk.post(page("edit_customer", owner.pk), form).status_code == 302
    second = clerk.post(page("edit_customer", owner.pk), {**form, "legal_name": "Second"})
    assert second.status_code == 422
    assert "changed in the meantime" in second.content.decode()


def test_an_exemption_goes_through_two_people(clerk: Client, world: dict[str, int]) -> None:
    certificate = world["certificate"]
    clerk.post(page("request_certificate", certificate))
    clerk.post(page("approve_certificate", certificate))
    row = ExemptionCertificate.objects.get(pk=certificate)
    assert row.state == "PENDING", "nobody approves a request of their own"
    other = Client()
    other.force_login(build.user("second"))
    other.post(page("approve_certificate", certificate))
    row.refresh_from_db()
    assert row.state == "APPROVED"


def test_an_agreed_price_by_hand(clerk: Client, world: dict[str, int]) -> None:
    clerk.post(page("sign_contract", world["contract"]))
    contract = Contract.objects.get(pk=world["contract"])
    assert contract.state == "SIGNED"
    answer = clerk.post(
        page("new_contract_price", contract.pk),
        {"product": "LINE", "currency": "EUR", "percent_off": "12.5"},
    )
    assert answer.status_code == 302, answer.content.decode()
    price = contract.prices.get(product__code="LINE")
    assert price.percent_off == Decimal("0.125")
    assert "12.5" in clerk.get(page("account", world["leaf"])).content.decode()


def test_a_contract_ends_and_its_prices_with_it(clerk: Client, world: dict[str, int]) -> None:
    clerk.post(page("sign_contract", world["contract"]))
    ended = clerk.post(page("terminate_contract", world["contract"]), {"on_date": "2020-06-01"})
    assert ended.status_code == 302, ended.content.decode()
    price = Contract.objects.get(pk=world["contract"]).prices.get()
    assert price.valid.upper == date(2020, 6, 1)
    twice = clerk.post(page("terminate_contract", world["contract"]), {"on_date": "2020-06-01"})
    assert twice.status_code == 422


def test_the_answer_of_a_vat_check_is_kept(clerk: Client, world: dict[str, int]) -> None:
    owner = Customer.objects.get(pk=world["customer"])
    answer = {"checked_on": "2020-01-02", "valid": "on", "source": "VIES"}
    refused = clerk.post(page("vat_check", owner.pk), answer)
    assert "has no VAT number" in refused.content.decode()
    operations.change_customer(
        customer=owner, changes={"vat_id": "DE123"}, version=owner.version, actor=None
    )
    assert clerk.post(page("vat_check", owner.pk), answer).status_code == 302
    assert owner.vat_id_checks.get().is_valid


@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_whatever_they_hold(
    clerk: Client, world: dict[str, int], name: str
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert clerk.get(page(name)).status_code == 200
        return len(captured)

    clerk.get(page(name))
    before = questions()
    version = build.offer("MORE")
    for number in range(4):
        owner = build.account(f"A{number}", opened_on=JAN)
        build.add(owner, version, JAN)
        operations.draft_certificate(
            account=owner, number="Y", jurisdiction=build.place(), valid_from=JAN, actor=None
        )
    assert questions() == before
    assert before <= 12


@pytest.mark.parametrize("search", ["Site", "A0", "a0", "%", "'; --", "\x00"])
def test_accounts_are_found(clerk: Client, world: dict[str, int], search: str) -> None:
    answer = clerk.get(page("accounts"), {"search": search})
    assert answer.status_code in (200, 422)
    if search == "Site":
        assert "Site" in answer.content.decode()


def test_a_subscription_is_found_by_its_identifier(clerk: Client, world: dict[str, int]) -> None:
    number = Subscription.objects.get(pk=world["subscription"]).number
    found = clerk.get(page("subscriptions"), {"identifier": "491"}).content.decode()
    assert number in found
    assert number not in clerk.get(page("subscriptions"), {"identifier": "49"}).content.decode()


def test_a_subscription_is_paused_handed_on_and_ended_by_hand(
    clerk: Client, world: dict[str, int]
) -> None:
    """Every action of an order has its page, and the page shows what may come next."""
    pk = world["subscription"]

    def send(name: str, **fields: str) -> Subscription:
        answer = clerk.post(page(name, pk), {"effective_on": "2020-03-01", **fields})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        return Subscription.objects.get(pk=pk)

    def offered() -> str:
        return clerk.get(page("subscription", pk)).content.decode()

    assert send("suspend_order", pause_policy="CONTINUE").state == "SUSPENDED"
    assert "Resume" in offered()
    assert 'class="hs-bar-ON"' in offered(), "the timeline is drawn as bars"
    assert send("resume_order", effective_on="2020-03-05").state == "ACTIVE"
    renewed = send("renew_order", term_months="120", uplift="5", effective_on="2020-04-01")
    assert renewed.term.lower == date(2020, 4, 1)
    ended = send("terminate_order", reason="moves", effective_on="2029-01-01")
    assert (ended.state, ended.end_on) == ("PENDING_END", date(2029, 1, 1))
    assert "Withdraw the end" in offered()
    clerk.post(page("withdraw_end", pk))
    other = build.account("Other", opened_on=JAN)
    handed = send("transfer_order", target_account=other.number, effective_on="2020-06-01")
    assert (handed.state, other.subscriptions.count()) == ("TERMINATED", 1)
