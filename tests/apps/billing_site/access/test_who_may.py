"""Who may do what, door by door, as the committed tables say it.

`console.txt`, `admin.txt` and `api.txt` hold one line per door and one column per role. They are
written and reviewed by people; the doors come from the running project. A page, a verb, a file, an
action or a route that nobody has put in a table fails here, and so does one that admits somebody
else than its line says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.views.generic import TemplateView

from foundation.screens import frame
from tests.apps.billing_site.access import doors
from tests.apps.billing_site.access.doors import Door

KINDS: dict[str, Callable[[], Iterator[Door]]] = {
    "console": doors.console,
    "admin": doors.admin_acts,
    "api": doors.api,
}


@pytest.fixture
def only_gates(people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the gates of the pages in place, and put nothing behind them."""
    monkeypatch.setattr(TemplateView, "dispatch", lambda *a, **k: HttpResponse("in"))
    monkeypatch.setattr(frame, "refuse", lambda *a, **k: HttpResponse("out", status=403))


@pytest.mark.parametrize("kind", KINDS)
def test_every_door_stands_in_the_table(kind: str, db: None) -> None:
    found, expected = {door.name for door in KINDS[kind]()}, set(doors.table(kind))
    if kind == "admin":  # what is left out there is for nobody; who may look is always said
        found = {name for name in found if name in expected or name.endswith(" view")}
    assert not found - expected, f"say in {kind}.txt who may: {sorted(found - expected)}"
    assert not expected - found, f"gone, take out of {kind}.txt: {sorted(expected - found)}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_door_admits_exactly_whom_the_table_names(kind: str, only_gates: None) -> None:
    expected = doors.table(kind)
    people = [User.objects.get(username=name) for name in doors.USERS]
    wrong = []
    for door in KINDS[kind]():
        admitted = {person.username for person in people if door.admits(person)}
        named = expected.get(door.name, set())
        if admitted != named:
            wrong.append(
                f"{door.name}: lets in {sorted(admitted - named)}, "
                f"keeps out {sorted(named - admitted)}"
            )
    assert not wrong, "\n".join(wrong)
