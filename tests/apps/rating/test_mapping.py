"""Files with columns of their own: which is which is declared once per source."""

from __future__ import annotations

import csv
import json
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from foundation.errors import Invalid
from foundation.verdicts import BadFile
from rating import operations
from rating.models import UsageFile, UsageSource
from rating.operations.receiving import CannotLoadFile
from rating.queries import file_problems
from rating.rules.mapping import ColumnMap
from rating.rules.partials import PartTerms
from tests.apps.rating.company import RECEIVED, Company, load, person, row, sums
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
COLUMNS = {
    "event_key": "CDR_ID", "identifier": "A number", "event_start": "Began", "quantity": "Volume",
    "attr.zone": "Net",
}  # fmt: skip
CONSTANTS = {"usage_type": "DATA", "identifier_type": "MSISDN", "uom": "GB"}
HEADING = ["Cell", "Net", "Volume", "Began", "A number", "CDR_ID"]
ROWS = [
    ["17", "EU", "2", "03.05.2027 12:15:22", "4915", "a"],
    ["18", "WORLD", "0.5", "04.05.2027 00:30:00", "4915", "b"],
]


@pytest.fixture
def own(company: Company) -> UsageSource:
    return operations.define_source(
        code="SWITCH", name="Switch", time_zone="Europe/Berlin", column_map=COLUMNS,
        constants=CONSTANTS, date_format="%d.%m.%Y %H:%M:%S",
    )  # fmt: skip


def sent(
    source: UsageSource, *rows: list[str], name: str = "cdr.csv", tail: str = ""
) -> UsageFile:
    table = [HEADING, *rows]
    if name.endswith(".xlsx"):
        book, out = Workbook(), BytesIO()
        sheet = book.worksheets[0]
        for line in table:
            sheet.append(line)
        book.save(out)
        content = out.getvalue()
    else:
        content = ("\n".join(",".join(line) for line in table) + "\n" + tail).encode()
    return operations.load_file(
        source=source, filename=name, content=content, received_at=RECEIVED
    )


@pytest.mark.parametrize("name", ["cdr.csv", "cdr.xlsx"])
def test_columns_dates_zone_unit_and_constants_as_declared(own: UsageSource, name: str) -> None:
    """12:15 in Berlin is 10:15 UTC; two gigabytes are 2,000 MB; the cell is left out."""
    file = sent(own, *ROWS, name=name)
    assert (file.loaded_count, file.suspended_count) == (2, 0)
    assert [(line[2], str(line[3].normalize())) for line in sums()] == [
        ("2027-05-03 zone=EU", "2E+3"), ("2027-05-04 zone=WORLD", "5E+2"),
    ]  # fmt: skip
    assert findings() == []


def test_a_source_without_columns_is_read_as_before(company: Company) -> None:
    assert load(company, row("a")).loaded_count == 1


def test_a_trailer_counts(own: UsageSource) -> None:
    assert sent(own, *ROWS, tail="#TRAILER,2,2.5\n").declared_count == 2
    with pytest.raises(CannotLoadFile, match="2"):
        sent(own, ROWS[0], tail="#TRAILER,2,2\n")


def test_errors_name_the_columns_of_the_file(own: UsageSource, client: Client) -> None:
    with pytest.raises((CannotLoadFile, BadFile), match="CDR_ID"):
        operations.load_file(
            source=own, filename="x.csv", content=b"Net,Volume,Began,A number\nEU,1,x,1\n",
            received_at=RECEIVED,
        )  # fmt: skip
    file = sent(own, ROWS[0], ["19", "EU", "1", "5/3/2027", "4915", "c"])
    (problem,) = file_problems(file.pk)
    assert (problem.row, problem.column, problem.value) == (3, "Began", "5/3/2027")
    client.force_login(
        person("v", "rating.view_usagefile", "rating.view_suspenseitem", "rating.export_lists")
    )
    answer: Any = client.get(reverse("rating:rejected", args=[file.pk]))
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    found = next(csv.DictReader(body.decode("utf-8-sig").splitlines()))
    assert {name: found[name] for name in ("column", "CDR_ID", "Began", "Net")} == {
        "column": "Began", "CDR_ID": "c", "Began": "5/3/2027", "Net": "EU",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "constants", "why"),
    [
        ({**COLUMNS, "colour": "C"}, CONSTANTS, "no field 'colour'"),
        ({**COLUMNS, "uom": "U"}, CONSTANTS, "a column and a constant"),
        (COLUMNS, {"usage_type": "DATA"}, "field identifier_type is missing"),
        ({**COLUMNS, "attr.Net": "N"}, CONSTANTS, "not a lower-case name"),
        ({**COLUMNS, "event_end": "Began"}, CONSTANTS, "two fields"),
    ],
)
def test_a_declaration_makes_a_row(
    columns: dict[str, str], constants: dict[str, str], why: str
) -> None:
    assert why in ColumnMap(columns, constants).problem()


def test_a_wrong_declaration_is_refused(company: Company) -> None:
    given: dict[str, Any] = {"code": "X", "name": "X", "column_map": COLUMNS}
    with pytest.raises(Invalid, match="is missing"):
        operations.define_source(**given)


def test_a_declaration_is_read_and_changed_line_by_line(own: UsageSource, client: Client) -> None:
    boss = person("boss")
    boss.is_superuser = True
    boss.save()
    client.force_login(boss)
    address = reverse("admin:rating_usagesource_change", args=[own.pk])
    page = unescape(client.get(address).content.decode())
    assert '\n  "identifier": "A number"' in page
    given = {
        "name": "Switch", "time_zone": "Europe/Berlin", "is_active": "on", "session_hours": "6",
        "column_map": json.dumps(COLUMNS), "constants": json.dumps({**CONSTANTS, "colour": "red"}),
    }  # fmt: skip
    assert "no field 'colour'" in unescape(client.post(address, given).content.decode())
    client.post(address, {**given, "constants": json.dumps({**CONSTANTS, "uom": "MB"})})
    own.refresh_from_db()
    assert (own.constants["uom"], own.session_hours) == ("MB", 6)
    parts = {"session_attribute": "call", "sequence_attribute": "part", "last_attribute": "last"}
    client.post(address, {**given, "constants": json.dumps(CONSTANTS), **parts})
    own.refresh_from_db()
    assert own.part_terms == PartTerms("call", "part", "last")
    assert own.updated_by == boss
