"""What waits in suspense is valued in money, and somebody sees to it (RATE step 9)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from customers.models import ChargeSegment
from foundation import clock
from foundation.errors import Forbidden, Invalid
from rating import operations, queries, tasks
from rating.models import SuspenseItem
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    found_company,
    load,
    open_line,
    person,
    row,
)

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=10)
D = Decimal


def valued() -> list[tuple[str, str, Decimal | None, str]]:
    operations.value_suspense(as_of=LATER)
    return [
        (one.fields.get("event_key", ""), one.basis, one.worth, one.currency)
        for one in SuspenseItem.objects.order_by("row_number")
    ]


def test_what_nobody_holds_has_the_list_price(company: Company) -> None:
    """7 MB at 0.01 in the EU, 7 at 0.05 elsewhere; 61 seconds are two minutes at 0.00125."""
    load(
        company,
        row("eu", identifier="4999", quantity="7"),
        row("world", identifier="4999", quantity="7", attr_zone="WORLD"),
        row("call", identifier="4999", usage_type="VOICE", attr_zone="", quantity="61"),
        row("sms", usage_type="SMS"),
        row("bad", quantity="x"),
    )
    assert valued() == [
        ("eu", "LIST", D("0.07"), "EUR"),
        ("world", "LIST", D("0.35"), "EUR"),
        ("call", "LIST", D("0.15"), "EUR"),
        ("sms", "NONE", None, ""),
        ("bad", "NONE", None, ""),
    ]


def test_what_somebody_holds_has_their_price(company: Company) -> None:
    """A row that came too late would cost its owner 0.03 the MB, as agreed, not 0.01."""
    company.source.late_days = 5
    company.source.save()
    own = ChargeSegment.objects.get(subscription_charge__charge=company.data)
    own.override_price = D("0.03")
    own.save()
    load(company, row("late", quantity="7"))
    assert valued() == [("late", "OWNER", D("0.21"), "EUR")]
    assert SuspenseItem.objects.get().account_id == company.accounts["Household"].pk


def test_a_service_that_was_not_active_is_valued_by_the_list(company: Company) -> None:
    open_line(company, "4998", date(2027, 5, 20), name="Student")
    load(company, row("early", identifier="4998", quantity="7"))
    assert valued() == [("early", "LIST", D("0.07"), "EUR")]


def test_corrections_count_and_a_row_that_still_waits_is_valued_anew(company: Company) -> None:
    load(company, row("a", identifier="4999", quantity="x"))
    assert valued() == [("a", "NONE", None, "")]
    item = SuspenseItem.objects.get()
    operations.recycle(item_ids=[item.pk], corrections={"quantity": "50"}, as_of=LATER)
    item.refresh_from_db()
    assert (item.basis, queries.unvalued_count()) == ("PENDING", 1)
    assert valued() == [("a", "LIST", D("0.5"), "EUR")]


def test_the_currency_is_the_one_that_most_accounts_have() -> None:
    """Without an account there is none, and no value: nothing is converted silently (PRC-1)."""
    company = found_company()
    load(company, row("a", identifier="4999"))
    assert valued() == [("a", "NONE", None, "")]


def test_the_clock_and_the_command_value_what_is_not_valued(company: Company) -> None:
    load(company, row("a", identifier="4999"), row("b", quantity="x"))
    assert tasks.value_suspense(LATER) == {"valued": 1, "without": 1}
    assert tasks.value_suspense(LATER) == {"valued": 0, "without": 0}
    again = operations.value_suspense(
        as_of=LATER, item_ids=SuspenseItem.objects.values_list("pk", flat=True)
    )
    assert (again.valued, again.without) == (1, 1)
    call_command("value_suspense", "--as-of", "2027-06-10")


def test_groups_say_what_they_are_worth(company: Company) -> None:
    load(
        company,
        row("a", identifier="4999", quantity="7"),
        row("b", identifier="4998", quantity="3"),
        row("c", usage_type="SMS"),
    )
    load(company, row("d", quantity="x"), name="new.csv", received_at=LATER)
    operations.value_suspense(as_of=LATER)
    first = SuspenseItem.objects.get(fields__event_key="a")
    clerk = person("clerk", "rating.recycle_suspense")
    assert operations.hand_suspense(item_ids=[first.pk], owner=clerk) == 1

    def told(by: str) -> list[tuple[str, str, int, Decimal | None, int]]:
        return [
            (one.reason or one.owner or one.age, one.currency, one.count, one.worth, one.unvalued)
            for one in queries.suspense_groups(by=by, as_of=LATER)
        ]

    assert told("reason") == [
        ("NO_OWNER", "EUR", 2, D("0.1"), 0),
        ("BAD_QUANTITY", "", 1, None, 1),
        ("UNKNOWN_TYPE", "", 1, None, 1),
    ]
    assert told("owner") == [("-", "EUR", 3, D("0.03"), 2), ("clerk", "EUR", 1, D("0.07"), 0)]
    assert told("age") == [
        ("8 to 30 days", "EUR", 3, D("0.1"), 1),
        ("up to a day", "", 1, None, 1),
    ]
    assert queries.suspense_worth() == [("EUR", D("0.1"))]
    assert queries.suspense(owner="clerk").count() == 1
    assert queries.suspense(owner=queries.NOBODY).count() == 3
    assert queries.suspense(age="8 to 30 days", as_of=LATER).count() == 3
    assert queries.suspense(age="over 90 days", as_of=LATER).count() == 0


def test_rows_of_two_currencies_are_never_added(company: Company) -> None:
    load(company, row("a", identifier="4999"), row("b", identifier="4999"))
    operations.value_suspense(as_of=LATER)
    SuspenseItem.objects.filter(row_number=3).update(currency="USD", worth=D(4))
    groups = queries.suspense_groups()
    assert [(one.currency, one.count, one.worth) for one in groups] == [
        ("EUR", 1, D("0.01")), ("USD", 1, D(4)),
    ]  # fmt: skip


def test_only_who_may_correct_rows_is_given_them(company: Company) -> None:
    load(company, row("a", identifier="4999"))
    item = SuspenseItem.objects.get()
    with pytest.raises(Invalid, match="may not correct"):
        operations.hand_suspense(item_ids=[item.pk], owner=person("guest"))
    with pytest.raises(Forbidden):
        operations.hand_suspense(item_ids=[item.pk], owner=None, actor=person("viewer"))
    with pytest.raises(Forbidden):
        operations.value_suspense(as_of=LATER, actor=person("other"))


def test_the_workbench_shows_money_and_hands_rows_over(
    company: Company, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    load(company, row("a", identifier="4999", quantity="7"))
    operations.value_suspense(as_of=LATER)
    clerk = person("clerk", "rating.view_suspenseitem", "rating.recycle_suspense")
    client.force_login(clerk)
    groups = client.get(reverse("rating:suspense")).content.decode()
    assert "0.07" in groups
    item = SuspenseItem.objects.get()
    given = {"item": [item.pk], "verb": "hand", "owner": "clerk"}
    done = client.post(reverse("rating:suspense_work"), given, follow=True).content.decode()
    assert "clerk sees to them" in done
    by_owner = client.get(reverse("rating:suspense") + "?by=owner").content.decode()
    assert "owner=clerk" in by_owner
    assert "8 to 30 days" in client.get(reverse("rating:suspense") + "?by=age").content.decode()
    shown = client.get(reverse("rating:suspense_item", args=[item.pk])).content.decode()
    assert "List price" in shown
    rows = client.get(reverse("rating:suspense_rows") + "?owner=clerk&age=8+to+30+days")
    assert rows.content.decode().count('name="item"') == 1


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("worth = 1", "rating_suspenseitem_worth_has_basis"),
        ("basis = 'LIST', currency = 'EUR'", "rating_suspenseitem_worth_has_basis"),
        ("basis = 'LIST', worth = 1", "rating_suspenseitem_worth_has_basis"),
        ("basis = 'GUESS'", "rating_suspenseitem_worth_has_basis"),
        (
            "basis = 'LIST', currency = 'EUR', worth = 'NaN'",
            "rating_suspenseitem_worth_is_number",
        ),
    ],
)
def test_values_that_cannot_be(company: Company, change: str, guard: str) -> None:
    load(company, row("a", identifier="4999"))
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE rating_suspenseitem SET {change}")
    diagnosis = getattr(refusal.value.__cause__, "diag", None)
    assert diagnosis is not None
    assert diagnosis.constraint_name == guard
