"""The pages of usage: what they show, what they refuse, how few statements they need."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from rating import operations
from rating.choices import SuspenseState
from rating.models import SuspenseItem, Usage, UsageFile
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    csv_of,
    load,
    person,
    row,
    stored_events,
)

pytestmark = pytest.mark.django_db
VIEWS = (
    "rating.view_usagefile",
    "rating.view_suspenseitem",
    "rating.view_usageevent",
    "customers.view_account",
)
LATER = RECEIVED + timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_june(monkeypatch: pytest.MonkeyPatch) -> None:
    from foundation import clock

    monkeypatch.setattr(clock, "now", lambda: LATER)


@pytest.fixture
def viewer(client: Client, company: Company) -> Client:
    client.force_login(person("viewer", *VIEWS))
    return client


@pytest.fixture
def operator(client: Client, company: Company) -> Client:
    client.force_login(person("operator", *VIEWS, "rating.load_usage", "rating.recycle_suspense"))
    return client


def page(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(f"rating:{name}", args=args) + query)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_files_show_their_totals_and_alarms(viewer: Client, company: Company) -> None:
    load(company, row("a"), row("b", identifier="4999"), name="first.csv", sequence=1)
    file = load(company, row("c"), row("c"), name="third.csv", sequence=3)
    text = page(viewer, "files")
    assert "first.csv" in text
    assert "numbers 2–2 missing when it came" in text
    assert "Missing: MED 2." in text
    text = page(viewer, "file", file.pk)
    assert "Control totals" in text
    assert page(viewer, "files", query="?state=REJECTED").count("first.csv") == 0


def test_rejected_rows_are_downloaded_and_can_be_sent_again(
    viewer: Client, company: Company
) -> None:
    file = load(
        company, row("a"), row("b", identifier="=1+1", quantity="x"), row("+c", quantity="-x")
    )
    assert viewer.get(reverse("rating:rejected", args=[file.pk])).status_code == 403
    viewer.force_login(person("exporter", *VIEWS, "rating.export_lists"))
    answer = viewer.get(reverse("rating:rejected", args=[file.pk]))
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    text = body.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("row,state,reason,column,message,event_key")
    assert "BAD_QUANTITY" in text
    assert ",=1+1" not in text  # nothing that a spreadsheet would run
    again = [",".join(fields[5:-1]) for fields in csv.reader(io.StringIO(text))]
    assert again[2].startswith("'+c,")
    sent = operations.load_file(
        source=company.source, filename="again.csv", content="\n".join(again).encode(),
        received_at=RECEIVED,
    )  # fmt: skip
    found = SuspenseItem.objects.filter(file=sent).values_list("fields", flat=True)
    told = sorted((one["event_key"], one["identifier"], one["quantity"]) for one in found)
    assert told == [("+c", "4915", "-x"), ("b", "=1+1", "x")]
    assert (
        viewer.get(reverse("rating:rejected", args=[file.pk]), {"format": "xlsx"}).status_code
        == 200
    )


def test_a_file_is_checked_first_and_then_loaded(operator: Client, company: Company) -> None:
    url = reverse("rating:load")
    content = csv_of(row("a"), row("b", identifier="4999"))
    answer = operator.post(
        url,
        {
            "source": company.source.pk,
            "check_only": "on",
            "file": SimpleUploadedFile("u.csv", content),
        },
    )
    assert answer.status_code == 200
    assert "NO_OWNER" in answer.content.decode()
    assert not UsageFile.objects.exists()
    answer = operator.post(
        url, {"source": company.source.pk, "file": SimpleUploadedFile("u.csv", content)}
    )
    file = UsageFile.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("rating:file", args=[file.pk])
    again = operator.post(
        url, {"source": company.source.pk, "file": SimpleUploadedFile("u.csv", content)}
    )
    assert again.status_code == 422
    assert "before" in again.content.decode()


def test_suspense_is_grouped_corrected_and_recycled(operator: Client, company: Company) -> None:
    load(company, row("a", identifier="4999"), row("b", identifier="4999"))
    assert "NO_OWNER" in page(operator, "suspense")
    assert page(operator, "suspense_rows", query="?reason=NO_OWNER").count('name="item"') == 2
    ids = list(SuspenseItem.objects.values_list("id", flat=True))
    answer = operator.post(
        reverse("rating:suspense_work"),
        {
            "item": ids,
            "verb": "recycle",
            "set_identifier": "4915",
            "query": "reason=NO_OWNER",
        },
        follow=True,
    )
    assert "2 rows stored" in answer.content.decode()
    assert stored_events() == 2
    item = SuspenseItem.objects.first()
    assert item is not None
    assert "Recycled" in page(operator, "suspense_item", item.pk)


def test_who_may_not_ask_for_a_write_off_is_told_so(client: Client, company: Company) -> None:
    load(company, row("a", identifier="4999"))
    client.force_login(person("viewer", *VIEWS))
    item = SuspenseItem.objects.get()
    assert "write off" not in page(client, "suspense_item", item.pk)
    answer = client.post(
        reverse("rating:suspense_work"),
        {"item": [item.pk], "verb": "write_off", "reason": "test traffic"},
        follow=True,
    )
    assert answer.status_code == 403
    assert "Can correct and recycle suspended usage" in answer.content.decode()
    item.refresh_from_db()
    assert item.state == SuspenseState.OPEN


@pytest.mark.parametrize("items", [["x"], ["²"], [""], ["99999999"], []])
def test_a_forged_choice_is_a_sentence(
    operator: Client, company: Company, items: list[str]
) -> None:
    answer = operator.post(
        reverse("rating:suspense_work"), {"item": items, "verb": "recycle"}, follow=True
    )
    assert answer.status_code == 200


def test_events_are_found_by_account_and_by_identifier(viewer: Client, company: Company) -> None:
    load(company, row("a"), row("b", usage_type="VOICE", attr_zone="", quantity="61"))
    account = company.accounts["Household"]
    days = "&start=2027-05-01&end=2027-05-31"
    assert page(viewer, "events").count("DATA") == 0
    assert "2 May" not in page(viewer, "events", query=f"?identifier=4915{days}")
    text = page(viewer, "events", query=f"?account={account.number}{days}")
    assert "VOICE" in text
    assert "0.15" in text
    text = page(viewer, "account_usage", account.pk, query="?start=2027-05-01&end=2027-05-31")
    assert "provisional" in text
    event = Usage.objects.get(event_key="b")
    text = page(viewer, "event", event.account_id, event.id)
    assert "each" not in text
    assert account.number in text
    too_wide = viewer.get(reverse("rating:events"), {"identifier": "4915", "start": "2020-01-01"})
    assert too_wide.status_code == 422


def test_a_page_needs_few_statements(
    viewer: Client, company: Company, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        load(
            company,
            *[row(f"{number}-{i}", identifier="4999" if i % 2 else "4915") for i in range(30)],
            name=f"{number}.csv",
        )
    account = company.accounts["Household"]
    queries = "?start=2027-05-01&end=2027-05-31"
    for name, args, query in (
        ("files", (), ""),
        ("file", (UsageFile.objects.latest("id").pk,), ""),
        ("suspense", (), ""),
        ("suspense_rows", (), ""),
        ("events", (), f"{queries}&account={account.number}"),
        ("account_usage", (account.pk,), queries),
    ):
        with django_assert_max_num_queries(24):
            page(viewer, name, *args, query=query)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("files", ()), ("load", ()), ("file", (1,)), ("rejected", (1,)), ("suspense", ()),
        ("suspense_rows", ()), ("suspense_item", (1,)), ("events", ()), ("event", (1, 1)),
        ("account_usage", (1,)),
    ],
)  # fmt: skip
def test_whoever_lacks_the_right_is_refused(
    client: Client, company: Company, name: str, args: tuple[int, ...]
) -> None:
    load(company, row("a", identifier="4999"))
    client.force_login(person("stranger", "customers.view_customer"))
    assert client.get(reverse(f"rating:{name}", args=args)).status_code == 403


def test_what_is_in_a_row_is_never_markup(operator: Client, company: Company) -> None:
    load(company, row("<script>alert(1)</script>", identifier="<b>4999"))
    for text in (
        page(operator, "suspense_rows"),
        page(operator, "suspense_item", SuspenseItem.objects.get().pk),
    ):
        assert "<script>alert" not in text
        assert "<b>4999" not in text


def test_an_interrupted_load_is_finished_from_its_page(
    operator: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rating.operations import loading

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_parts", lambda *a, **k: None)
        with pytest.raises(loading.CannotFinishLoad):
            load(company, row("a"))
    file = UsageFile.objects.get()
    assert "Finish loading" in page(operator, "file", file.pk)
    operator.post(reverse("rating:resume", args=[file.pk]))
    assert stored_events() == 1
    assert operations.resume_files() == []
