"""One table of values through every door, hostile files, and the commands."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from rating import operations
from rating.models import SuspenseItem, UsageAggregate, UsageFile
from rating.operations.receiving import CannotLoadFile
from tests.apps.rating.company import (
    HEADER,
    RECEIVED,
    Company,
    csv_of,
    load,
    row,
    stored_events,
    sums,
)
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
GOOD = ["1", "0", "0.5", "1.00000000", "-3", "999999999999999", "007"[2:]]
BAD = [
    "NaN", "nan", "sNaN", "inf", "-inf", "Infinity", "1e3", "1E3", "1_000", "1'000", "1.", ".5",
    "+1", "--1", "-0", "-0.0", "0x10", "1 000", "1\u00a0000", "٣", "３", "½", "1,5", "€1", "$1",
    "−1", "", " ", "1.123456789", "1000000000000000", "1" * 40, "true", "null", "=1+1", "1;2",
    "01", "1\u200b", "1\u202e2",
]  # fmt: skip


def through_file(company: Company, value: str, key: str) -> str:
    file = load(company, row(key, quantity=f'"{value}"' if "," in value else value), name=key)
    return "LOADED" if file.loaded_count else SuspenseItem.objects.latest("id").reason


def through_api(company: Company, value: str, key: str) -> str:
    _, results = operations.load_events(
        source=company.source,
        rows=[
            {
                "event_key": key, "usage_type": "DATA", "identifier_type": "MSISDN",
                "identifier": "4915", "event_start": "2027-05-03T10:15:22Z", "quantity": value,
                "attr.zone": "EU",
            }
        ],
        request_id=key,
        received_at=RECEIVED,
    )  # fmt: skip
    return results[0].reason or str(results[0].verdict)


def through_recycling(company: Company, value: str, key: str) -> str:
    load(company, row(key, quantity="broken"), name=key)
    item = SuspenseItem.objects.latest("id")
    done = operations.recycle(
        item_ids=[item.pk],
        corrections={"quantity": value},
        as_of=RECEIVED + timedelta(days=1),
    )
    item.refresh_from_db()
    return "LOADED" if done.stored else item.reason


def test_every_door_gives_the_same_verdict(company: Company) -> None:
    """F33: file, API and recycling read a quantity with the same eyes."""
    doors = (through_file, through_api, through_recycling)
    for value in GOOD + BAD:
        verdicts = {
            door.__name__: door(company, value, f"{door.__name__}-{value.encode().hex()}")
            for door in doors
        }
        wanted = "LOADED" if value in GOOD else "BAD_QUANTITY"
        assert set(verdicts.values()) == {wanted}, (value, verdicts)
    assert findings() == []


HEAD = HEADER.encode()
LINE = row("k").encode()
HOSTILE: dict[str, bytes] = {
    "utf-16": HEADER.encode("utf-16"),
    "latin-1": HEAD + b"\n" + "é".encode("latin-1") + LINE,
    "mixed": HEAD + b"\n" + LINE + b"\n" + "ü".encode() + b"\xff" + LINE,
    "semicolons": csv_of(row("a")).replace(b",", b";"),
    "tabs": csv_of(row("a")).replace(b",", b"\t"),
    "carriage returns": csv_of(row("a")).replace(b"\n", b"\r"),
    "huge field": HEAD + b"\n" + b"x" * 200_000,
    "many columns": b",".join([b"attr.a"] * 100_000) + b"\n",
    "unclosed header": b'"' + HEAD + b"\n" + LINE,
    "missing column": HEAD.replace(b"quantity", b"qty") + b"\n" + LINE,
    "double column": HEAD.replace(b"uom", b"quantity") + b"\n" + LINE,
    "look-alike": HEAD.replace(b"event_key", "еvent_key".encode()) + b"\n" + LINE,
    "nul": HEAD + b"\n" + LINE + b"\x00\n",
    "empty": b"",
    "blank": b"\n\n\n",
    "trailer lies": HEAD + b"\n" + LINE + b"\n#TRAILER,5,1\n",
    "trailer broken": HEAD + b"\n" + LINE + b"\n#TRAILER,x\n",
    "rows after trailer": HEAD + b"\n#TRAILER,0,0\n" + LINE * 200_000,
    "zip named csv": b"PK\x03\x04" + b"\x00" * 100,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason(company: Company, name: str) -> None:
    with pytest.raises(CannotLoadFile) as refusal:
        operations.load_file(
            source=company.source, filename="x.csv", content=HOSTILE[name], received_at=RECEIVED
        )
    assert refusal.value.message
    assert stored_events() == 0
    assert not SuspenseItem.objects.exists()


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04broken", b"not a zip", _bomb()], ids=["none", "cut", "no", "bomb"]
)
def test_a_hostile_workbook_is_refused_with_a_reason(company: Company, content: bytes) -> None:
    with pytest.raises(CannotLoadFile):
        operations.load_file(
            source=company.source, filename="x.xlsx", content=content, received_at=RECEIVED
        )
    assert stored_events() == 0


ROWS = {
    "too few fields": ("a,b", "BAD_ROW"),
    "too many fields": (row("k") + ",x", "BAD_ROW"),
    "empty line": ("", "BAD_ROW"),
    "open quote": ('"' + row("k"), "BAD_ROW"),
    "quote inside": (row('k"x'), ""),
    "too much to price": (
        row("k", usage_type="VOICE", quantity="999999999999999", attr_zone=""),
        "BAD_QUANTITY",
    ),
    "two-digit year": (row("k", event_start="27-05-03T10:00:00Z"), "BAD_TIME"),
    "excel serial": (row("k", event_start="46145.43"), "BAD_TIME"),
    "leap day": (row("k", event_start="2027-02-29T10:00:00Z"), "BAD_TIME"),
    "24 o'clock": (row("k", event_start="2027-05-03T24:00:00Z"), "BAD_TIME"),
    "no zone": (row("k", event_start="2027-05-03T10:00:00"), ""),
    "formula": (row("=cmd()"), ""),
    "html": (row("<b>"), ""),
    "sql": (row("'; DROP TABLE rating_usageevent; --"), ""),
    "backslash": (row("\\N\\t\\."), ""),
    "right to left": (row("a\u202eb"), "BAD_TEXT"),
    "other source": (row("k"), ""),
    "quoted": (row("k").replace("4915", '"4915"'), ""),
    "unknown type": (row("k", usage_type="data"), "UNKNOWN_TYPE"),
    "unknown unit": (row("k", uom="KB"), "UNKNOWN_UNIT"),
    "negative voice": (row("k", usage_type="VOICE", quantity="-1", attr_zone=""), "NEGATIVE"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_hostile_row_waits_and_its_neighbours_pass(company: Company, name: str) -> None:
    line, reason = ROWS[name]
    file = load(company, row("before"), line, row("after"))
    assert file.received_count == 3
    assert file.loaded_count == (2 if reason else 3), list(SuspenseItem.objects.values())
    assert [item.reason for item in SuspenseItem.objects.all()] == ([reason] if reason else [])
    assert findings() == []


def test_a_price_that_makes_an_event_too_dear_sends_it_to_suspense(company: Company) -> None:
    from customers.models import ChargeSegment

    own = ChargeSegment.objects.get(subscription_charge__charge=company.calls)
    own.override_price = 1000
    own.save()
    dear = row("k", usage_type="VOICE", quantity="999999999999999", attr_zone="")
    file = load(company, dear, row("fine"))
    assert file.loaded_count == 1
    assert SuspenseItem.objects.get().reason == "BAD_QUANTITY"


def test_sums_hold_the_greatest_events(company: Company) -> None:
    load(company, *[row(f"k{n}", quantity="999999999999999") for n in range(30)])
    assert sums()[0][3] == 30 * 999999999999999


def test_a_row_of_another_source_waits(company: Company) -> None:
    content = f"source,{HEADER}\nMED,{row('a')}\nOTHER,{row('b')}\n".encode()
    operations.load_file(
        source=company.source, filename="x.csv", content=content, received_at=RECEIVED
    )
    assert SuspenseItem.objects.get().reason == "WRONG_SOURCE"


def command(name: str, *words: str, capsys: Any) -> tuple[int, dict[str, Any]]:
    code = 0
    try:
        call_command(name, *words, "--json")
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    return code, json.loads(capsys.readouterr().out)


def test_the_commands_load_recycle_and_rate(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "u.csv"
    path.write_bytes(csv_of(row("a"), row("b", identifier="4999", quantity="4")))
    at = ("--as-of", "2027-05-31")
    code, said = command(
        "load_usage", "--source", "MED", str(path), "--dry-run", *at, capsys=capsys
    )
    assert (code, said["loaded"], said["by_reason"]) == (3, 1, {"NO_OWNER": 1})
    assert not UsageFile.objects.exists()
    code, said = command("load_usage", "--source", "MED", str(path), *at, capsys=capsys)
    assert (code, said["loaded"], said["suspended"]) == (3, 1, 1)
    code, said = command("load_usage", "--source", "MED", str(path), *at, capsys=capsys)
    assert (code, said["rule"]) == (4, "SAME_FILE")
    code, said = command(
        "recycle_suspense", "--reason", "NO_OWNER", "--set", "identifier=4915", *at,
        capsys=capsys,
    )  # fmt: skip
    assert (code, said["stored"]) == (0, 1)
    assert sums()[0][3] == 5
    code, said = command(
        "rate_usage", "--from", "2027-05-01", "--to", "2027-06-01", *at, capsys=capsys
    )
    assert (code, said["events"], said["changed"]) == (0, 2, 0)
    UsageAggregate.objects.update(quantity=1)
    only = ("rate_usage", "--from", "2027-05-01", "--to", "2027-06-01", "--sums-only")
    code, said = command(*only, "--dry-run", *at, capsys=capsys)
    assert (code, len(said["accounts"]), int(sums()[0][3])) == (0, 1, 1)
    code, said = command(*only, *at, capsys=capsys)
    assert (code, said["accounts"][0]["quantity_after"], int(sums()[0][3])) == (0, "5.00000000", 5)
    backwards = ("rate_usage", "--from", "2027-06-01", "--to", "2027-05-01")
    code, said = command(*backwards, *at, capsys=capsys)
    assert (code, said["rule"]) == (2, "DATE")
    code, said = command("load_usage", "--source", "NOBODY", str(path), capsys=capsys)
    assert (code, said["rule"]) == (2, "SOURCE")
    code, said = command("load_usage", "--resume", capsys=capsys)
    assert (code, said["resumed_files"]) == (0, [])
