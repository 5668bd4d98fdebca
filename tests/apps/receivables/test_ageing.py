"""R1, COL-1, I-15: ageing at the end of any day, and the pages that show it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from receivables import operations, queries
from receivables.choices import AgeingBasis
from receivables.rules.ageing import Buckets
from receivables.views.ageing import AgeingList

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def book(payer, debit, credit) -> dict[str, Any]:
    """Three debts of different age; the oldest settled in April, in part taken back in May."""
    old = debit("100.00", dated=date(2027, 1, 5), due=date(2027, 1, 20))
    young = debit("60.00", dated=date(2027, 3, 1), due=date(2027, 3, 31))
    payment = credit("130.00", dated=date(2027, 4, 2))
    (batch,) = operations.allocate_oldest(
        payer_id=payer.pk, currency="EUR", on_date=date(2027, 4, 2), actor=None
    )
    first = batch.allocations.get(debit_item=old)
    operations.reverse_allocations(
        allocation_ids=[first.pk], on_date=date(2027, 5, 3), reason="x", actor=None
    )
    return {"old": old, "young": young, "payment": payment}


@pytest.mark.parametrize(
    ("day", "amounts", "unapplied"),
    [
        (date(2027, 1, 4), [], 0),
        (date(2027, 1, 20), ["100", "0", "0", "0", "0", "0"], 0),
        (date(2027, 1, 21), ["0", "100", "0", "0", "0", "0"], 0),
        (date(2027, 3, 31), ["60", "0", "0", "100", "0", "0"], 0),
        (date(2027, 4, 1), ["0", "60", "0", "100", "0", "0"], 0),
        (date(2027, 4, 2), ["0", "30", "0", "0", "0", "0"], 0),
        (date(2027, 5, 2), ["0", "0", "30", "0", "0", "0"], 0),
        (date(2027, 5, 3), ["0", "0", "30", "0", "100", "0"], 100),
    ],
)
def test_i15_ageing_at_the_end_of_any_day(book, day, amounts, unapplied) -> None:
    report = queries.ageing(as_of=day)
    if not amounts:
        assert not report.rows
        return
    (total,) = report.totals
    assert list(total.amounts) == [D(amount) for amount in amounts]
    assert total.unapplied == D(unapplied)
    assert total.net == sum(map(D, amounts)) - D(unapplied)
    without_rows = queries.ageing(as_of=day, most=0)
    assert without_rows.totals == [total]
    assert without_rows.rows.found == []


def test_a_window_of_the_rows_has_the_totals_of_all(book, debit, other_payer) -> None:
    debit("7.00", payer=other_payer)
    debit("9.00", payer=other_payer, currency="USD", rate="0.9")
    day = date(2027, 3, 31)
    whole = queries.ageing(as_of=day)
    assert len(whole.rows) == 3
    for first in range(3):
        part = queries.ageing(as_of=day, first=first, most=1)
        assert (len(part.rows), part.totals) == (3, whole.totals)
        assert part.rows[first] == whole.rows[first]
        assert part.rows[first : first + 1] == [whole.rows[first]]
        with pytest.raises(LookupError):
            part.rows[first - 1 if first else 2]


def test_each_page_of_the_report_shows_its_payers(
    browser, book, debit, other_payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    debit("7.00", payer=other_payer)
    monkeypatch.setattr(AgeingList, "page_size", 1)
    shown = []
    for page in ("1", "2", "9"):  # beyond the end is the last page
        answer = browser.get(reverse("receivables:ageing"), {"as_of": "2027-03-31", "page": page})
        shown.append([row.row.payer_id for row in answer.context["table"].rows])
        assert answer.context["paging"]["count"] == "2"
    assert shown[0] != shown[1] == shown[2]


def test_basis_currency_entity_and_payer_narrow_the_report(
    book, debit, other_payer, payer, entity
) -> None:
    debit("7.00", payer=other_payer)
    debit("9.00", currency="USD", rate="0.9")
    day = date(2027, 3, 31)
    assert {row.currency for row in queries.ageing(as_of=day).totals} == {"EUR", "USD"}
    (row,) = queries.ageing(as_of=day, payer_id=other_payer.pk).rows
    assert row.total == D("7.00")
    assert queries.ageing(as_of=day, currency="USD").totals[0].total == D("9.00")
    assert queries.ageing(as_of=day, entities=[entity.pk + 1]).rows.found == []
    by_document = queries.ageing(
        as_of=day, payer_id=payer.pk, currency="EUR", basis=AgeingBasis.DOCUMENT_DATE
    )
    assert by_document.rows[0].amounts[1] == D("60.00")
    two = queries.ageing(as_of=day, payer_id=payer.pk, currency="EUR", buckets=Buckets((0, 15)))
    assert two.rows[0].amounts == (D(60), D(0), D(100))


def test_disputed_and_netted_are_shown(book, payer) -> None:
    mark = partial(operations.set_disputed, item_id=book["old"].pk, reason="x", actor=None)
    mark(amount=D("25.00"), on_date=date(2027, 4, 10))
    mark(amount=D("10.00"), on_date=date(2027, 5, 2))
    mark(amount=D(0), on_date=date(2027, 5, 4))
    (row,) = queries.ageing(as_of=date(2027, 5, 3)).rows
    assert row.disputed == D("10.00")
    assert row.netted == (D(0), D(0), D(30), D(0), D(0), D(0))


def test_the_items_of_a_day_add_up_to_its_line(book, payer) -> None:
    day = date(2027, 5, 3)
    items = queries.standing_items(as_of=day, payer_id=payer.pk)
    assert [(line.item.pk, line.open) for line in items] == [
        (book["old"].pk, D(100)),
        (book["young"].pk, D(30)),
        (book["payment"].pk, D(100)),
    ]


def test_the_balance_of_now(book, payer) -> None:
    (balance,) = queries.balance(payer_id=payer.pk, as_of=date(2027, 3, 31))
    assert (balance.debit, balance.credit, balance.amount) == (D(130), D(100), D(30))
    assert balance.overdue == D(100)


@pytest.fixture
def browser(person) -> Client:
    client = Client()
    client.force_login(person("reader", "receivables.view_openitem", "receivables.export_lists"))
    return client


def test_the_report_leads_from_totals_to_items_to_documents(browser, book, payer) -> None:
    page = browser.get(reverse("receivables:ageing"), {"as_of": "2027-05-03"}).content.decode()
    items = f"{reverse('receivables:account_items', args=[payer.pk])}?as_of=2027-05-03"
    assert items in page
    assert "Brightwater Mills" in page
    page = browser.get(items).content.decode()
    one = reverse("receivables:openitem", args=[book["old"].pk])
    assert one in page
    page = browser.get(one).content.decode()
    assert book["payment"].number in page
    assert "Mirror of earlier allocations" in page


def test_the_report_is_handed_out_as_a_file(browser, book) -> None:
    text = browser.get(
        reverse("receivables:ageing"), {"as_of": "2027-05-03", "export": "csv"}
    ).content.decode("utf-8-sig")
    head, line, *_ = text.splitlines()
    assert head.startswith("Payer,Name,Current,Current currency,1–30")
    assert line.startswith("A-100,Brightwater Mills,")
    book_file = browser.get(
        reverse("receivables:ageing"), {"as_of": "2027-05-03", "export": "xlsx"}
    )
    assert book_file.content.startswith(b"PK")
    wrong = browser.get(reverse("receivables:ageing"), {"as_of": "yesterday"})
    assert wrong.status_code == 422


def test_a_page_costs_the_same_for_one_payer_and_for_thirty(browser, book, entity, debit) -> None:
    from tests.apps.receivables.conftest import open_payer

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            browser.get(reverse("receivables:ageing"), {"as_of": "2027-05-03"})
        return len(captured)

    cost()
    one = cost()
    for number in range(30):
        debit("5.00", payer=open_payer(entity, f"B-{number}", f"Payer {number}"))
    assert cost() == one


@time_machine.travel("2027-06-01T12:00Z", tick=False)
def test_a_clerk_works_from_the_item(person, book, payer, debit, credit) -> None:
    clerk = Client()
    clerk.force_login(
        person(
            "clerk",
            "receivables.view_openitem",
            "receivables.allocate",
            "receivables.dispute_item",
        )
    )
    clerk.post(
        reverse("receivables:dispute", args=[book["old"].pk]),
        {"amount": "40.00", "on_date": "2027-06-01", "reason": "meter"},
    )
    book["old"].refresh_from_db()
    assert book["old"].disputed == D("40.00")
    too_much = clerk.post(
        reverse("receivables:dispute", args=[book["old"].pk]),
        {"amount": "140.00", "reason": "meter"},
    )
    assert too_much.status_code == 422
    clerk.post(reverse("receivables:apply_credits", args=[payer.pk]))
    book["old"].refresh_from_db()
    assert book["old"].open == D("40.00")
    allocation = queries.allocations_of(book["old"])[-1]
    clerk.post(
        reverse("receivables:reverse_allocation", args=[allocation.pk]),
        {"on_date": allocation.on_date.isoformat(), "reason": "wrong"},
    )
    book["old"].refresh_from_db()
    assert book["old"].open == D("100.00")


def test_whoever_may_only_look_does_nothing(browser, book, payer) -> None:
    allocation = queries.allocations_of(book["young"])[0]
    for name, pk in (
        ("dispute", book["old"].pk),
        ("apply_credits", payer.pk),
        ("reverse_allocation", allocation.pk),
    ):
        assert browser.post(reverse(f"receivables:{name}", args=[pk])).status_code == 403
    page = browser.get(reverse("receivables:openitem", args=[book["young"].pk])).content.decode()
    assert "Take back" not in page


@pytest.mark.parametrize("model", ["openitem", "allocation", "allocationbatch"])
def test_the_admin_only_shows(person, book, model) -> None:
    client = Client()
    client.force_login(person("looker", f"receivables.view_{model}"))
    assert client.get(reverse(f"admin:receivables_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:receivables_{model}_add")).status_code == 403
