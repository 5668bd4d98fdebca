"""Bad files through the doors of people and programs: pages, commands and the bulk API.

Each door gives the verdict of the operation (tests/doors/test_bad_files.py), refuses whoever may
only look, and never answers with a traceback.
"""

from __future__ import annotations

import html
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from foundation import clock
from tests.apps.rating.company import RECEIVED
from tests.doors.file_kinds import KINDS, Kind, World, as_csv, counts

BAD = {
    "usage": {"quantity": "1,5"}, "prices": {"unit_price": "1,5"},
    "customers": {"legal_name": "a\u202eb"}, "accounts": {"credit_limit": "1,5"},
    "orders": {"quantity": "1,5"}, "payments": {"amount": "1,5"},
}  # fmt: skip
SHOWN = {"customers": "a\\u202eb"}
RULES = {"usage": "BAD_QUANTITY", "customers": "TEXT"}
COMMANDS: dict[str, tuple[str, ...]] = {
    "usage": ("load_usage", "--source", "MED"),
    "prices": ("import_prices",),
    "customers": ("import_customers", "--what", "customers"),
    "accounts": ("import_customers", "--what", "accounts"),
    "orders": ("import_customers", "--what", "orders"),
    "payments": ("record_payments", "--entity", "EU"),
}
PAGES = {
    "usage": "rating:load", "prices": "catalog:price_import", "customers": "customers:import",
    "accounts": "customers:import", "orders": "customers:import", "payments": "payments:import",
}  # fmt: skip
by_name = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture(autouse=True)
def _in_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: RECEIVED)


def spoilt(kind: Kind) -> bytes:
    return as_csv(kind.table(BAD[kind.name]))


# -- Commands ----------------------------------------------------------------------------------
def run(kind: Kind, content: bytes, folder: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    """Run the command of a kind; return exit code, report and what standard error says."""
    path = folder / "sent.csv"
    path.write_bytes(content)
    name, *words = COMMANDS[kind.name]
    out, err, code = io.StringIO(), io.StringIO(), 0
    as_of = ("--as-of", "2027-05-31", "--json")
    try:
        call_command(name, str(path), *words, *as_of, *more, stdout=out, stderr=err)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    return code, json.loads(out.getvalue()), err.getvalue()


@by_name
def test_a_command_says_what_is_wrong_and_how_it_ended(
    world: World, kind: Kind, tmp_path: Path
) -> None:
    before = counts()
    code, said, error = run(kind, as_csv(kind.table()).replace(b",", b";"), tmp_path)
    assert (code, said["rule"]) == (2, "DELIMITER")
    assert "refused (DELIMITER)" in error
    assert "Save the file with commas" in error
    assert said["problems"][0]["row"] == 1
    assert counts() == before

    for more in (("--dry-run",), ()):
        code, said, error = run(kind, spoilt(kind), tmp_path, *more)
        assert code == 3
        assert "not taken" in error
        (problem,) = said["problems"]
        column = next(iter(BAD[kind.name]))
        shown = SHOWN.get(kind.name, "1,5")
        rule = RULES.get(kind.name, "NUMBER")
        assert [problem[name] for name in ("row", "column", "value", "rule")] == [
            3, column, shown, rule,
        ]  # fmt: skip
        assert problem["message"]
        assert problem["remedy"]
        if more or kind.is_whole:
            assert counts() == before

    code, said, error = run(kind, as_csv(kind.table()) + b"\n", tmp_path)
    assert code == 0, said
    code, said, error = run(kind, as_csv(kind.table()) + b"\n", tmp_path)
    assert (code, "refused" in error) == (4, True)
    assert said["rule"] in {"ALREADY_IMPORTED", "SAME_FILE"}


def test_one_refused_file_of_several_keeps_none_of_the_others_out(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = KINDS[0]
    paths = []
    for number, content in enumerate((b"\xff\xfe", as_csv(usage.table()), spoilt(usage))):
        paths.append(tmp_path / f"u{number}.csv")
        paths[-1].write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        call_command("load_usage", *map(str, paths), "--source", "MED", "--json")
    assert ended.value.code == 2
    caught = capsys.readouterr()
    first, second, third = json.loads(caught.out)["files"]
    assert (first["rule"], second["loaded"]) == ("ENCODING", 3)
    assert third["problems"][0]["rule"] == "BAD_QUANTITY"
    assert "refused (ENCODING)" in caught.err


# -- Pages -------------------------------------------------------------------------------------
def post(client: Client, world: World, kind: Kind, content: bytes, *, wet: bool = False) -> Any:
    """Send a file by the page of its kind; the pages only look unless told otherwise."""
    looks = {
        "usage": {"source": world.company.source.pk, "check_only": "on"},
        "payments": {"entity": world.company.entity.pk, "is_rehearsal": "on"},
        "prices": {},
    }.get(kind.name, {"what": kind.name, "dry_run": "on"})
    if wet:
        looks = {name: value for name, value in looks.items() if value != "on"}
    file = SimpleUploadedFile("sent.csv", content)
    return client.post(reverse(PAGES[kind.name]), {**looks, "file": file}, follow=True)


@by_name
def test_a_page_says_what_is_wrong(world: World, kind: Kind) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("clerk"))
    before = counts()
    answer = post(client, world, kind, as_csv(kind.table()).replace(b",", b";"))
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "DELIMITER" in text

    answer = post(client, world, kind, spoilt(kind))
    text = html.unescape(answer.content.decode())
    assert answer.status_code == (422 if kind.is_whole else 200)
    for word in (
        next(iter(BAD[kind.name])),
        SHOWN.get(kind.name, "1,5"),
        RULES.get(kind.name, "NUMBER"),
        "What to do",
    ):
        assert word in text
    unchanged = {"django_session"}
    after = counts()
    assert {n for n in after if after[n] != before[n]} <= unchanged


@by_name
def test_a_page_takes_the_sound_rows(world: World, kind: Kind) -> None:
    if kind.name == "prices":  # the page compares; the second step is in the tests of prices
        return
    client = Client()
    client.force_login(User.objects.create_superuser("clerk"))
    before = counts()
    answer = post(client, world, kind, spoilt(kind), wet=True)
    assert answer.status_code == (422 if kind.is_whole else 200)
    assert (counts() == before) is kind.is_whole or kind.name == "payments"
    answer = post(client, world, kind, as_csv(kind.table()) + b"\n", wet=True)
    assert answer.status_code == 200


@by_name
def test_a_page_refuses_whoever_may_only_look(world: World, kind: Kind) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(viewer)
    before = counts()
    for content in (as_csv(kind.table()), spoilt(kind), b"\xff\xfe"):
        assert post(client, world, kind, content, wet=True).status_code == 403
    assert counts() == before


def test_prices_are_not_imported_by_somebody_of_one_entity(world: World) -> None:
    prices = next(kind for kind in KINDS if kind.name == "prices")
    client = Client()
    client.force_login(world.limited)
    before = counts()
    assert post(client, world, prices, as_csv(prices.table())).status_code in {403, 404}
    assert {n: c for n, c in counts().items() if n != "django_session"} == {
        n: c for n, c in before.items() if n != "django_session"
    }


# -- The bulk API ------------------------------------------------------------------------------
def send(user: User, body: bytes) -> Any:
    client: Any = APIClient()
    client.force_authenticate(user)
    return client.generic(
        "POST", "/api/v1/usage-events/", body, content_type="application/json",
        HTTP_IDEMPOTENCY_KEY="bad-rows-1",
    )  # fmt: skip


def event(key: str, **changes: Any) -> dict[str, Any]:
    row = {
        "event_key": key, "usage_type": "DATA", "identifier_type": "MSISDN",
        "identifier": "4915", "event_start": "2027-05-03T10:15:22Z", "quantity": "1",
    }  # fmt: skip
    return {**row, **changes}


def test_the_bulk_api_judges_row_by_row(world: World) -> None:
    rows = [
        event("a"),
        event("b", quantity="1,5"),
        event("c", event_start="2027-02-29T00:00:00Z"),
        event("d\u202e"),
        event("e", identifier="4999"),
        event("a"),
        event("f\ud800"),
    ]
    body = json.dumps({"source": "MED", "rows": rows}).encode()
    answer = send(User.objects.create_superuser("machine"), body)
    assert answer.status_code == 200, answer.content
    found = answer.json()["results"]
    assert [(one["verdict"], one["reason"], one["column"], one["value"]) for one in found] == [
        ("LOADED", "", "", ""),
        ("SUSPENDED", "BAD_QUANTITY", "quantity", "1,5"),
        ("SUSPENDED", "BAD_TIME", "event_start", "2027-02-29T00:00:00Z"),
        ("SUSPENDED", "BAD_TEXT", "event_key", "d\\u202e"),
        ("SUSPENDED", "NO_OWNER", "identifier", "4999"),
        ("DUPLICATE", "", "", ""),
        ("SUSPENDED", "BAD_TEXT", "event_key", "f\\ud800"),
    ]
    assert all(bool(one["next_step"]) is (one["verdict"] == "SUSPENDED") for one in found)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe{", 400),
        (b'{"source": "MED", "rows": [', 400),
        (b"[" * 100_000, 400),
        (b'{"source": "MED", "rows": [{"quantity": NaN}]}', 400),
        (b'{"source": "MED", "rows": [{"quantity": 1.5}]}', 400),
        (b'{"source": "MED", "source": "X", "rows": []}', 400),
        (b'{"source": "MED", "rows": []}', 400),
        (b'{"source": "MED\\u0000", "rows": [{"event_key": "a"}]}', 400),
    ],
)
def test_the_bulk_api_refuses_a_body_that_is_none(world: World, body: bytes, status: int) -> None:
    user = User.objects.create_superuser("machine")
    before = counts()
    with transaction.atomic():
        answer = send(user, body)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    after = counts()
    assert after["rating_usageevent"] == before["rating_usageevent"]


def test_the_bulk_api_refuses_whoever_may_only_look(world: World) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    before = counts()
    body = json.dumps({"source": "MED", "rows": [event("a")]}).encode()
    assert send(viewer, body).status_code == 403
    assert counts() == before
