"""Usage from JSON: an array, lines and CloudEvents give what the same rows give as CSV."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from rating import operations
from rating.choices import FileFormat
from rating.models import SuspenseItem, Usage, UsageFile
from rating.operations.receiving import CannotLoadFile
from tests.apps.rating.company import RECEIVED, Company, csv_of, row, sums

pytestmark = pytest.mark.django_db
D = Decimal


def event(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "event_key": key, "usage_type": "DATA", "identifier_type": "MSISDN", "identifier": "4915",
        "event_start": "2027-05-03T10:15:22Z", "quantity": "1", "attributes": {"zone": "EU"},
    } | changes  # fmt: skip


def cloud(key: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": key, "source": "/net/1", "type": "DATA", "subject": "4915",
        "time": "2027-05-03T10:15:22Z", "datacontenttype": "application/json",
        "data": {"identifier_type": "MSISDN", "attributes": {"zone": "EU"}} | data,
    }  # fmt: skip


def load(company: Company, content: str | bytes, name: str = "u.json") -> UsageFile:
    raw = content.encode() if isinstance(content, str) else content
    return operations.load_file(
        source=company.source, filename=name, content=raw, received_at=RECEIVED
    )


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in rows)


def test_an_array_lines_and_csv_give_the_same(company: Company) -> None:
    rows = [event("a", quantity="2.5"), event("b", quantity="7", attributes={"zone": "WORLD"})]
    expected = None
    for name, content in (
        ("u.csv", csv_of(row("a", quantity="2.5"), row("b", quantity="7", attr_zone="WORLD"))),
        ("u.json", json.dumps(rows)),
        ("u.jsonl", lines(*rows)),
        ("u.ndjson", "\n" + lines(*rows)),
    ):
        with transaction.atomic():
            file = load(company, content, name)
            assert (file.loaded_count, file.received_quantity) == (2, D("9.5"))
            expected = expected or sums()
            assert sums() == expected
            transaction.set_rollback(True)


def test_numbers_keep_their_digits(company: Company) -> None:
    """0.1 is a tenth and not its nearest double; what no CSV could say is refused alike."""
    tenth = json.dumps(event("a", quantity="Q")).replace('"Q"', "0.10000001")
    power = json.dumps(event("b", quantity="Q")).replace('"Q"', "1e3")
    file = load(company, f"{tenth}\n{power}\n")
    assert file.format == FileFormat.JSON
    assert Usage.objects.get().quantity == D("0.10000001")
    assert SuspenseItem.objects.get().reason == "BAD_QUANTITY"


def test_a_cloud_event_is_counted_once_by_source_and_id(company: Company) -> None:
    other = cloud("1", quantity="5") | {"source": "/net/2"}
    file = load(company, lines(cloud("1", quantity=3), cloud("1", quantity=3), other))
    assert (file.loaded_count, file.duplicate_count) == (2, 1)
    keys = Usage.objects.order_by("event_key").values_list("event_key", "quantity")
    assert list(keys) == [("/net/1#1", D(3)), ("/net/2#1", D(5))]


def test_the_trailer_is_held_against_the_rows(company: Company) -> None:
    trailer = {"trailer": {"count": 1, "quantity": "1"}}
    file = load(company, json.dumps([event("a"), trailer]))
    assert (file.declared_count, file.declared_quantity) == (1, D(1))
    with pytest.raises(CannotLoadFile):
        load(company, json.dumps([event("b"), event("c"), trailer]))


def test_what_is_no_line_of_text_waits_and_the_others_are_loaded(company: Company) -> None:
    load(company, json.dumps([event("a\nb"), event("c"), event("d\0"), event("e\ud800")]))
    waiting = SuspenseItem.objects.values_list("reason", "column")
    assert list(waiting) == [("BAD_TEXT", "event_key")] * 3
    assert Usage.objects.get().event_key == "c"


@pytest.mark.parametrize("lacks", [{"id": None}, {"source": None}, {"id": ""}, {"id": {"a": "b"}}])
def test_a_cloud_event_without_id_or_source_is_nobodys_duplicate(
    company: Company, lacks: dict[str, Any]
) -> None:
    """Two events that say the same were one `/net/1#None`, and the second was dropped as known."""
    nameless = cloud("1", quantity=1) | lacks
    file = load(company, lines(nameless, nameless, cloud("2", quantity=1)))
    assert (file.loaded_count, file.duplicate_count, file.suspended_count) == (1, 0, 2)
    found = SuspenseItem.objects.values_list("reason", "column")
    assert list(found) == [("BAD_TEXT", "event_key")] * 2


def test_a_trailer_adds_no_rows(company: Company) -> None:
    for count in ("0,0\nx,DATA,MSISDN,4915,2027-05-03T10:15:22Z,1\n#TRAILER,1", "\ud800"):
        with pytest.raises(CannotLoadFile) as refused:
            load(company, json.dumps([{"trailer": {"count": count, "quantity": "1"}}]))
        assert refused.value.rule == "TRAILER"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "EMPTY"),
        ("{", "JSON"),
        ("[1]", "JSON"),
        ("[" * 100_000, "JSON"),
        (b"\xff\xfe{}", "ENCODING"),
        (b'[{"event_key": "a\x00"}]', "ENCODING"),
        ('[{"attributes": {"\\ud800": "a"}}]', "HEADER"),
        ('[{"event_key": "a", "event_key": "b"}]', "JSON"),
        ('[{"event_key": "a", "colour": "red"}]', "HEADER"),
        ('[{"event_key": ["a"]}]', "JSON"),
        ('[{"quantity": NaN}]', "JSON"),
        ('[{"specversion": "0.3"}]', "JSON"),
        ('[{"specversion": "1.0", "data": []}]', "JSON"),
        ('[{"trailer": 5}]', "TRAILER"),
        ('[{"trailer": {"count": 0, "quantity": "0"}}, {"event_key": "a"}]', "TRAILER"),
    ],
)
def test_what_is_refused_as_a_whole(company: Company, content: str | bytes, rule: str) -> None:
    with pytest.raises(CannotLoadFile) as refused:
        load(company, content)
    assert refused.value.rule == rule
    assert not Usage.objects.exists()
