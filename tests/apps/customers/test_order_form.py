"""The clerk's order form: several lines at once, faults beside them, a look before placing."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations, queries
from customers.choices import OrderAction
from customers.models import Account, Order, OrderItem, Subscription
from customers.operations import AddressInput, ItemInput, Phase
from customers.views.order_sheet import MOST_LINES
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
JAN, FEB = date(2020, 1, 1), date(2020, 2, 1)


def page(name: str, *args: int) -> str:
    return reverse(f"customers:{name}", args=args)


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(build.user("boss"))
    return client


@pytest.fixture
def account() -> Account:
    return build.account(opened_on=JAN)


def sent(*lines: dict[str, Any], **whole: Any) -> dict[str, Any]:
    """Return a form as the page sends it; each line names its action as `line`."""
    data: dict[str, Any] = {"line": [one["line"] for one in lines], **whole}
    for number, one in enumerate(lines, start=1):
        for name, value in one.items():
            if name != "line":
                data[f"line-{number}-{name}"] = value
    return data


def adding(version: Any, **more: Any) -> dict[str, Any]:
    return {
        "line": "ADD",
        "offer_version": version.pk,
        "quantity": "1",
        "effective_on": "2020-02-01",
        "price_policy": "FLOATING",
        **more,
    }


def part(text: str, number: int) -> str:
    """Return what the page says in one line."""
    found = re.search(rf'<fieldset[^>]*id="line-{number}".*?</fieldset>', text, re.S)
    assert found is not None
    return found[0]


def test_one_order_adds_changes_pauses_and_ends_at_once(clerk: Client, account: Account) -> None:
    version, other = build.offer(), build.offer("MORE")
    grows, pauses, ends = (build.add(account, version, JAN) for _ in range(3))
    answer = clerk.post(
        page("add_order", account.pk),
        sent(
            adding(other, quantity="2", phases="2020-03-01 5 C1 4.50\n2020-04-01 -  C1 4"),
            {
                "line": "MODIFY",
                "subscription": grows.number,
                "quantity": "3",
                "effective_on": "2020-02-01",
            },
            {
                "line": "SUSPEND",
                "subscription": pauses.number,
                "effective_on": "2020-02-10",
                "pause_policy": "STOP",
                "pause_reason": "CUSTOMER",
            },
            {
                "line": "TERMINATE",
                "subscription": ends.number,
                "effective_on": "2020-02-15",
                "end_rule": "ON_DATE",
                "reason": "Moves away",
            },
            po_number="PO 7",
        ),
    )
    assert answer.status_code == 302, answer.content.decode()
    order = Order.objects.latest("id")
    assert answer.headers["Location"] == page("order", order.pk)
    assert (order.state, order.po_number) == ("COMPLETED", "PO 7")
    assert list(order.items.order_by("seq").values_list("action", flat=True)) == [
        *("ADD", "MODIFY", "MODIFY", "MODIFY", "SUSPEND", "TERMINATE"),
    ]
    added = Subscription.objects.latest("id")
    assert [(row[2], row[3]) for row in build.timeline(added)] == [
        (2, None),
        (5, Decimal("4.5")),
        (5, Decimal(4)),
    ]
    assert [row[2] for row in build.timeline(grows)] == [1, 3]
    pauses.refresh_from_db()
    ends.refresh_from_db()
    assert (pauses.state, ends.state) == ("SUSPENDED", "TERMINATED")


def test_every_fault_stands_beside_its_line_and_nothing_is_placed(
    clerk: Client, account: Account
) -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    sub = build.add(account, version, JAN, identifiers=[build.number("491")])
    lines = (
        adding(version, phases="2020-01-15 4"),
        {"line": "MODIFY", "subscription": sub.number, "effective_on": "2020-02-01"},
        {"line": "RESUME", "subscription": sub.number, "effective_on": "2020-02-01"},
    )
    answer = clerk.post(page("add_order", account.pk), sent(*lines))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was placed" in text
    assert "Usage needs an identifier of type MSISDN. (ORD-10)" in part(text, 1)
    assert "A phase comes after the start. (ORD-15)" in part(text, 1)
    assert "Say what changes" in part(text, 2)
    assert "is not suspended on that day. (ORD-20)" in part(text, 3)
    assert "ORD-10" not in part(text, 2) + part(text, 3)
    wrong = clerk.post(
        page("add_order", account.pk),
        sent(
            adding(version, identifiers="MSISDN 492"),
            {
                "line": "MODIFY",
                "subscription": sub.number,
                "effective_on": "2020-02-01",
                "prices": "NOSUCH 3",
            },
        ),
    ).content.decode()
    assert "There is no charge NOSUCH (PRC-2)" in part(wrong, 2)
    assert "PRC-2" not in part(wrong, 1)
    typed = clerk.post(
        page("add_order", account.pk),
        sent(adding(version, phases="2020-03-01 5 C1", quantity="many")),
    ).content.decode()
    assert "Write a day, the quantity or -" in part(typed, 1)
    assert "2020-03-01 5 C1" in part(typed, 1), "what was typed stays"
    assert Order.objects.count() == 1, "the order that made the subscription"


def test_a_fault_outside_the_order_leads_to_where_it_is_mended(clerk: Client) -> None:
    version = build.offer()
    bare = build.account(opened_on=JAN, billing_address=None)
    text = clerk.post(page("add_order", bare.pk), sent(adding(version))).content.decode()
    assert "The payer has no billing address. (ORD-3)" in text
    assert f'href="{page("set_address", bare.pk)}"' in text


def test_lines_come_and_go_with_all_that_was_typed(clerk: Client, account: Account) -> None:
    version = build.offer()
    sub = build.add(account, version, JAN)
    address = page("add_order", account.pk)
    first = clerk.get(address).content.decode()
    assert first.count("<fieldset") == 1
    assert first.index('value="preview"') < first.index('value="remove-1"'), "Enter looks first"
    more = clerk.post(
        address,
        sent(adding(version, quantity="17"), do="line", next="TERMINATE", note="Call him"),
    ).content.decode()
    assert more.count("<fieldset") == 2
    assert 'value="17"' in part(more, 1)
    assert "Call him" in more
    assert sub.number in part(more, 2)
    assert "autofocus" in part(more, 2)
    assert "hs-error" not in more, "nothing is judged before it is sent"
    fewer = clerk.post(
        address,
        sent(
            adding(version, quantity="17"),
            {"line": "TERMINATE", "subscription": sub.number, "reason": "Moves"},
            do="remove-1",
        ),
    ).content.decode()
    assert fewer.count("<fieldset") == 1
    assert 'value="Moves"' in part(fewer, 1)
    none = clerk.post(address, sent(do="remove-x")).content.decode()
    assert "The order has no line" in none
    assert "The order has no items. (ORD-1)" in clerk.post(address, sent()).content.decode()
    many = clerk.post(
        address, sent(*[adding(version)] * (MOST_LINES + 5), do="line", next="ADD")
    ).content.decode()
    assert many.count("<fieldset") == MOST_LINES


def test_a_look_at_what_it_changes_before_it_is_placed(clerk: Client, account: Account) -> None:
    version = build.offer()
    answer = clerk.post(page("add_order", account.pk), sent(adding(version), do="preview"))
    draft = Order.objects.get()
    assert draft.state == "DRAFT"
    assert answer.headers["Location"] == reverse("invoicing:order_preview", args=[draft.pk])
    shown = clerk.get(answer.headers["Location"]).content.decode()
    assert reverse("invoicing:submit_previewed", args=[draft.pk]) in shown
    change = page("revise_order", draft.pk)
    assert change in shown
    form = clerk.get(change).content.decode()
    assert 'value="2020-02-01"' in part(form, 1)
    incomplete = clerk.post(change, sent(adding(version, quantity=""), do="preview"))
    assert incomplete.status_code == 422
    assert [item.quantity for item in draft.items.all()] == [1], "as it was"
    placed = clerk.post(change, sent(adding(version, quantity="4"), note="Now four"))
    assert placed.status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.note) == ("COMPLETED", "Now four")
    assert [item.quantity for item in draft.items.all()] == [4]
    late = clerk.post(change, sent(adding(version)))
    assert "is completed (ORD-17)" in late.content.decode()
    assert clerk.get(change).status_code == 404


def test_a_draft_is_shown_as_it_was_asked_for(clerk: Client, account: Account) -> None:
    version, target = build.offer(), build.account("Other", opened_on=JAN)
    sub = build.add(account, version, JAN)
    items = [
        ItemInput(
            action=OrderAction.ADD,
            offer_version=version,
            quantity=Decimal("2.5"),
            effective_on=FEB,
            term_months=12,
            prices={"C1": Decimal("9.90")},
            identifiers=[build.number("493")],
            attributes={"colour": "dark blue"},
            phases=[Phase(on=date(2020, 5, 1), quantity=Decimal(4), prices={"C1": Decimal(8)})],
        ),
        ItemInput(
            action=OrderAction.RENEW, subscription=sub, effective_on=FEB, uplift=Decimal("0.03")
        ),
        ItemInput(
            action=OrderAction.TRANSFER, subscription=sub, effective_on=FEB, target_account=target
        ),
    ]
    draft = operations.place_order(account=account, items=items, requested_on=FEB, actor=None)
    before = [facts(one) for one in draft.items.order_by("seq")]
    answer = clerk.get(page("revise_order", draft.pk))
    form = answer.context["form"]
    data = sent(
        *[
            {
                "line": line.action,
                **{
                    name: "" if value is None else getattr(value, "pk", value)
                    for name, value in line.form.initial.items()
                    if name in line.form.fields and value is not False
                },
            }
            for line in form.lines
        ],
        do="draft",
    )
    assert clerk.post(page("revise_order", draft.pk), data).status_code == 302
    assert [facts(one) for one in draft.items.order_by("seq")] == before


def facts(item: OrderItem) -> tuple[Any, ...]:
    return (
        *(item.seq, item.action, item.offer_version_id, item.subscription_id, item.quantity),
        *(item.effective_on, item.term_months, item.uplift, item.target_account_id),
        *(item.attributes, item.renewal, item.price_policy, item.trial_outcome),
        sorted((one.charge.code, one.unit_price) for one in item.prices.all()),
        sorted((one.type, one.value) for one in item.identifiers.all()),
    )


def test_a_draft_that_asks_for_more_than_the_form_shows_is_not_shown_in_it(
    clerk: Client, account: Account
) -> None:
    item = ItemInput(
        action=OrderAction.ADD,
        offer_version=build.offer(),
        quantity=Decimal(1),
        service_address=AddressInput(town="Elsewhere", country="DE"),
    )
    draft = operations.place_order(account=account, items=[item], requested_on=FEB, actor=None)
    assert not queries.can_be_revised(order=draft)
    assert clerk.get(page("revise_order", draft.pk)).status_code == 404
    assert (
        page("revise_order", draft.pk) not in clerk.get(page("order", draft.pk)).content.decode()
    )


def test_only_a_draft_is_revised(account: Account) -> None:
    version = build.offer()
    build.add(account, version, JAN)
    placed = Order.objects.get()
    with pytest.raises(operations.CannotReviseOrder, match="is completed"):
        operations.revise_order(order=placed, items=[], requested_on=JAN, actor=None)
