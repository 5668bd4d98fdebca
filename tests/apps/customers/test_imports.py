"""Files of customers, accounts and orders: the same verdict dry and wet."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from audit.models import ImportBatch, ImportRowError
from audit.operations import AlreadyImported
from customers import operations, queries
from customers.models import Account, Customer, Order, Subscription
from customers.operations import ImportReport
from foundation.errors import FileRefused, Forbidden
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
TODAY = date(2027, 3, 1)
CUSTOMERS = "number,kind,legal_name,segment\nC-1,PERSON,Ada Byron,\nC-2,ORG,Größe GmbH,SME\n"
ACCOUNTS = """number,customer,name,opened_on,parent,entity,cycle_code,billing_town,\
billing_country,billing_jurisdiction
A-3,C-2,Site,2027-01-01,A-2,,,,,
A-1,C-1,Household,2027-01-01,,EU,C1,Berlin,DE,DE
A-2,C-2,Group,2027-01-01,,EU,C1,Bonn,DE,DE
"""
ORDERS = """order,account,action,offer,subscription,quantity,effective_on,identifiers,prices
X-1,A-1,ADD,FIBER,,1,2027-01-05,MSISDN:491; MSISDN:492,C1=7.50
X-1,A-1,ADD,FIBER,,2,2027-04-01,MSISDN:493,
X-2,A-3,ADD,FIBER,,1,2027-02-01,MSISDN:494,
"""


def take(what: str, text: str | bytes, **more: Any) -> ImportReport:
    content = text if isinstance(text, bytes) else text.encode()
    more.setdefault("filename", f"{what}.csv")
    return operations.import_file(what=what, content=content, as_of=TODAY, actor=None, **more)


@pytest.fixture
def ready() -> None:
    build.entity()
    build.place()
    build.offer(charges=({}, build.usage_charge()))


def test_a_company_comes_in_three_files(ready: None) -> None:
    assert take("customers", CUSTOMERS).counts["new"] == 2
    assert take("accounts", ACCOUNTS).counts["new"] == 3
    report = take("orders", ORDERS)
    assert report.counts == {"rows": 3, "new": 3, "changed": 0, "same": 0, "rejected_rows": 0}
    site = Account.objects.get(number="A-3")
    assert site.parent is not None
    assert site.parent.number == "A-2"
    assert queries.payer_of(account_id=site.pk, on_date=TODAY) == site.parent_id
    assert queries.hierarchy_findings(TODAY) == []
    states = Subscription.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["ACTIVE", "PENDING", "ACTIVE"]
    assert Order.objects.get(external_id="X-1").channel == "IMPORT"


def test_a_dry_run_says_the_same_and_leaves_nothing(ready: None) -> None:
    dry = take("customers", CUSTOMERS, dry_run=True)
    assert not Customer.objects.exists()
    assert not ImportBatch.objects.exists()
    wet = take("customers", CUSTOMERS)
    assert (dry.counts, dry.outcomes) == (wet.counts, wet.outcomes)


def test_the_same_file_is_taken_once_and_the_next_shows_differences(ready: None) -> None:
    take("customers", CUSTOMERS)
    with pytest.raises(AlreadyImported):
        take("customers", CUSTOMERS)
    report = take("customers", CUSTOMERS.replace("Ada Byron", "Ada Lovelace"))
    assert (report.counts["changed"], report.counts["same"]) == (1, 1)
    assert report.outcomes[0].changes == {"legal_name": ("Ada Byron", "Ada Lovelace")}


def test_orders_taken_before_are_left_as_they_are(ready: None) -> None:
    take("customers", CUSTOMERS)
    take("accounts", ACCOUNTS)
    take("orders", ORDERS)
    assert take("orders", ORDERS + "\n").counts["same"] == 3
    assert Subscription.objects.count() == 3


def test_bad_rows_are_told_and_the_others_taken(ready: None) -> None:
    take("customers", CUSTOMERS)
    report = take(
        "accounts",
        ACCOUNTS.replace("A-1,C-1", "A-1,C-9")
        + "A-4,C-1,Loop,2027-01-01,A-5,,,,,\nA-5,C-1,Loop,2027-01-01,A-4,,,,,\n"
        + "A-6,C-1,Rootless,2027-13-01,,EU,,,,\nA-7,C-1,\u202eX,2027-01-01,,EU,,,,\n"
        + "A-2,C-2,Again,2027-01-01,,EU,,,,\n",
    )
    assert {(one.row, one.column, one.rule) for one in report.problems} == {
        (3, "customer", "UNKNOWN"),
        (5, "parent", "HIER-1"),
        (6, "parent", "HIER-1"),
        (7, "opened_on", "DATE"),
        (8, "name", "TEXT"),
        (9, "number", "REPEATED"),
    }
    assert set(Account.objects.values_list("number", flat=True)) == {"A-2", "A-3"}
    assert ImportRowError.objects.filter(batch=report.batch).count() == 6
    assert queries.hierarchy_findings(TODAY) == []


def test_one_bad_row_refuses_the_file_when_asked(ready: None) -> None:
    with pytest.raises(FileRefused, match="nothing was taken"):
        take("customers", CUSTOMERS + "C-3,ALIEN,Zork,\n", all_or_nothing=True)
    assert not Customer.objects.exists()
    assert ImportBatch.objects.get().state == "REFUSED"
    take("customers", CUSTOMERS + "C-3,ORG,Zork,\n", all_or_nothing=True)
    assert Customer.objects.count() == 3


def test_an_incomplete_order_is_told_item_by_item(ready: None) -> None:
    take("customers", CUSTOMERS)
    take("accounts", ACCOUNTS)
    report = take(
        "orders",
        "order,account,action,offer,subscription,quantity,effective_on,identifiers\n"
        "Y-1,A-1,ADD,FIBER,,1,2027-01-05,MSISDN:1\nY-1,A-1,ADD,FIBER,,,2026-01-05,\n"
        "Y-2,A-3,ADD,NOFFER,,1,2027-01-05,\n",
    )
    found = {(one.row, one.column, one.rule) for one in report.problems}
    assert found >= {
        (3, "quantity", "ORD-6"),
        (3, "effective_on", "ORD-5"),
        (3, "identifiers", "ORD-10"),
        (4, "", "ORD-9"),
    }
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "EMPTY"),
        (b"number,kind,legal_name\n", "EMPTY"),
        (b"number,kind\nC-1,ORG\n", "HEADER"),
        (b"number,kind,legal_name,colour\nC-1,ORG,X,red\n", "HEADER"),
        ("number,kind,legal_name\nC-1,ORG,Gr\u00f6\u00dfe\n".encode("latin-1"), "ENCODING"),
        ("number,kind,legal_name\nC-1,ORG,X\n".encode("utf-16"), "ENCODING"),
        (b"number;kind;legal_name\nC-1;ORG;X\n", "DELIMITER"),
        (b"number,kind,legal_name\nC-1,ORG\n", "COLUMNS"),
        (b"PK\x03\x04nonsense", "FORMAT"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_as_a_whole(content: bytes, rule: str) -> None:
    with pytest.raises(FileRefused) as refused:
        take("customers", content)
    assert refused.value.rule == rule
    assert not Customer.objects.exists()
    assert ImportBatch.objects.get().state == "REFUSED"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "<b>x</b>", "'; DROP TABLE x; --"])
def test_text_is_kept_as_text(text: str) -> None:
    take("customers", f'number,kind,legal_name\nC-1,ORG,"{text}"\n')
    assert Customer.objects.get().legal_name == text


def test_a_workbook_is_a_file_too() -> None:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate((("number", "kind", "legal_name"), ("C-1", "ORG", "Größe"))):
        sheet.write_row(number, 0, row)
    book.close()
    take("customers", data.getvalue(), filename="customers.xlsx")
    assert Customer.objects.get().legal_name == "Größe"


def test_the_command_reports_and_says_how_it_went(
    ready: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(CUSTOMERS + "C-3,ALIEN,Zork,\n")
    call = ["import_customers", str(file), "--json", "--as-of", "2027-03-01"]
    with pytest.raises(SystemExit) as ended:
        call_command(*call, "--dry-run")
    assert ended.value.code == 3
    assert json.loads(capsys.readouterr().out)["problems"][0]["column"] == "kind"
    assert not Customer.objects.exists()
    with pytest.raises(SystemExit):
        call_command(*call)
    assert Customer.objects.count() == 2
    with pytest.raises(SystemExit) as ended:
        call_command(*call)
    assert ended.value.code == 4
    capsys.readouterr()


def test_verify_hierarchy_is_green_on_a_sound_tree(
    ready: None, capsys: pytest.CaptureFixture[str]
) -> None:
    build.account("Leaf", parent=build.account("Root"))
    call_command("verify_hierarchy", "--json", "--as-of", "2027-03-01")
    assert json.loads(capsys.readouterr().out)["findings"] == []
    call_command("verify_hierarchy", "--rebuild", "--json", "--as-of", "2027-03-01")
    assert json.loads(capsys.readouterr().out)["rebuilt"] == 2


def test_the_page_looks_first_and_needs_the_right(ready: None) -> None:
    address = reverse("customers:import")

    def send(client: Client, **more: str) -> Any:
        file = SimpleUploadedFile("customers.csv", CUSTOMERS.encode())
        return client.post(address, {"what": "customers", "file": file, **more})

    client = Client()
    client.force_login(build.user("boss"))
    looked = send(client, dry_run="on")
    assert looked.status_code == 200
    assert "nothing taken" in looked.content.decode()
    assert not Customer.objects.exists()
    assert "C-2" in send(client).content.decode()
    assert Customer.objects.count() == 2
    viewer = build.user("viewer", is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    reader = Client()
    reader.force_login(User.objects.get(pk=viewer.pk))
    assert send(reader).status_code == 403
    with pytest.raises(Forbidden):
        operations.import_file(
            what="customers",
            content=CUSTOMERS.encode(),
            filename="c.csv",
            as_of=TODAY,
            actor=User.objects.get(pk=viewer.pk),
        )
